//! The plan as bytes. Classes are encoded one by one, and an operation decodes only its
//! own: the cost does not grow with the number of classes.

use patchbay_connector::{Error, ErrorKind, Fault};
use serde::{Deserialize, Serialize};

use super::Class;

/// Goes up whenever the encoding changes. Bytes of another version are never decoded:
/// the host keeps them in memory only, and only for the same component.
const VERSION: u8 = 1;

/// The outer layer: everything borrowed from the encoded bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan<'a> {
    version: u8,
    /// Binding that reaches the directory.
    pub binding: &'a str,
    #[serde(borrow)]
    classes: Vec<(&'a str, &'a [u8])>,
}

impl<'a> Plan<'a> {
    /// Reads the outer layer.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Error> {
        let plan: Self = postcard::from_bytes(bytes).map_err(|error| stale(&error))?;
        if plan.version != VERSION {
            return Err(Error::fault(ErrorKind::StalePlan, "the prepared plan is of another version"));
        }
        Ok(plan)
    }

    /// One class; an error of the caller where there is none of this name.
    pub fn class(&self, name: &str) -> Result<Class, Error> {
        let (_, bytes) = self.classes.iter().find(|(class, _)| *class == name).ok_or_else(|| {
            Error::fault(ErrorKind::Configuration, "the connector has no such class")
                .with_internal(format!("class `{name}` is asked for, but not configured"))
        })?;
        postcard::from_bytes(bytes).map_err(|error| stale(&error))
    }

    /// All classes in order.
    pub fn classes(&self) -> Result<Vec<Class>, Error> {
        self.classes.iter().map(|(_, bytes)| postcard::from_bytes(bytes).map_err(|error| stale(&error))).collect()
    }
}

/// Encodes compiled classes.
pub fn encode(binding: &str, classes: &[Class]) -> Result<Vec<u8>, Error> {
    let failed = |error: postcard::Error| {
        Error::fault(ErrorKind::Internal, "the plan cannot be encoded").with_internal(error.to_string())
    };
    let encoded = classes
        .iter()
        .map(|class| Ok((class.own.class.as_str(), postcard::to_allocvec(class).map_err(failed)?)))
        .collect::<Result<Vec<(&str, Vec<u8>)>, Error>>()?;
    let classes = encoded.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    postcard::to_allocvec(&Plan { version: VERSION, binding, classes }).map_err(failed)
}

fn stale(error: &postcard::Error) -> Error {
    Error::fault(ErrorKind::StalePlan, "the prepared plan cannot be read").with_internal(error.to_string())
}
