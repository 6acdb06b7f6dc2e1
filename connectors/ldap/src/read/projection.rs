//! Which attributes of entries a request needs.

use patchbay_connector::{Error, ErrorKind, Fault};

use super::version_natives;
use crate::plan::{Attribute, Class, Source};

/// The attributes that a request asks for.
#[derive(Debug)]
pub struct Projection<'a> {
    class: &'a Class,
    /// In the order of the answer.
    pub(super) attributes: Vec<&'a Attribute>,
}

impl<'a> Projection<'a> {
    /// Of the attributes with these names.
    pub fn new(class: &'a Class, names: &[String]) -> Result<Self, Error> {
        let known = |name: &String| {
            let attribute = class.attribute(name).filter(|attribute| attribute.readable);
            attribute.ok_or_else(|| {
                Error::fault(ErrorKind::InvalidValue, format!("`{name}` cannot be read")).with_attribute(name)
            })
        };
        Ok(Self { class, attributes: names.iter().map(known).collect::<Result<_, Error>>()? })
    }

    /// Attributes of entries, each once.
    pub fn natives(&self) -> Vec<String> {
        let mut natives: Vec<String> = version_natives(self.class);
        let mut add = |native: &str| {
            if !native.is_empty() && !natives.iter().any(|known| known.eq_ignore_ascii_case(native)) {
                natives.push(native.to_owned());
            }
        };
        for attribute in &self.attributes {
            match &attribute.source {
                // Every entry comes with its name.
                Source::Dn => {}
                Source::Groups(groups) => groups.by.iter().for_each(|by| add(by)),
                Source::Value | Source::Active | Source::Password | Source::Reference(_) | Source::Urls(_) => {
                    add(&attribute.native);
                }
            }
        }
        natives
    }
}
