//! A plan as bytes: what [`Connector::prepare`](crate::Connector::prepare) makes and every
//! operation gets back. Classes are encoded one by one, and an operation decodes only its
//! own: the cost does not grow with the number of classes.

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Fault};

/// A compiled class, as a plan keeps it.
pub trait Planned: Serialize + DeserializeOwned {
    /// Goes up whenever the encoding changes. Bytes of another version are never decoded: the
    /// host keeps them in memory only, and only for the same component.
    const VERSION: u8;

    /// The name it is asked for by.
    fn name(&self) -> &str;
}

/// The outer layer: everything borrowed from the encoded bytes.
#[derive(Clone, PartialEq)]
pub struct Plan<'a, C> {
    /// Binding that reaches the target.
    pub binding: &'a str,
    classes: Vec<(&'a str, &'a [u8])>,
    class: PhantomData<fn() -> C>,
}

/// The bytes' form.
#[derive(Serialize, Deserialize)]
struct Encoded<'a> {
    version: u8,
    binding: &'a str,
    #[serde(borrow)]
    classes: Vec<(&'a str, &'a [u8])>,
}

impl<C> fmt::Debug for Plan<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classes: Vec<&str> = self.classes.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Plan").field("binding", &self.binding).field("classes", &classes).finish()
    }
}

impl<'a, C: Planned> Plan<'a, C> {
    /// Reads the outer layer. Fails with [`ErrorKind::StalePlan`] for bytes that are no plan
    /// of this version.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Error> {
        let Encoded { version, binding, classes } = postcard::from_bytes(bytes).map_err(|error| stale(&error))?;
        if version != C::VERSION {
            return Err(Error::fault(ErrorKind::StalePlan, "the prepared plan is of another version"));
        }
        Ok(Self { binding, classes, class: PhantomData })
    }

    /// One class; an error of the caller where there is none of this name.
    pub fn class(&self, name: &str) -> Result<C, Error> {
        let (_, bytes) = self.classes.iter().find(|(class, _)| *class == name).ok_or_else(|| {
            Error::fault(ErrorKind::Configuration, "the connector has no such class")
                .with_internal(format!("class `{name}` is asked for, but not configured"))
        })?;
        postcard::from_bytes(bytes).map_err(|error| stale(&error))
    }

    /// All classes in order.
    pub fn classes(&self) -> Result<Vec<C>, Error> {
        self.classes.iter().map(|(_, bytes)| postcard::from_bytes(bytes).map_err(|error| stale(&error))).collect()
    }
}

/// Encodes compiled classes.
pub fn encode<C: Planned>(binding: &str, classes: &[C]) -> Result<Vec<u8>, Error> {
    let failed = |error: postcard::Error| {
        Error::fault(ErrorKind::Internal, "the plan cannot be encoded").with_internal(error.to_string())
    };
    let encoded = classes
        .iter()
        .map(|class| Ok((class.name(), postcard::to_allocvec(class).map_err(failed)?)))
        .collect::<Result<Vec<(&str, Vec<u8>)>, Error>>()?;
    let classes = encoded.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    postcard::to_allocvec(&Encoded { version: C::VERSION, binding, classes }).map_err(failed)
}

fn stale(error: &postcard::Error) -> Error {
    Error::fault(ErrorKind::StalePlan, "the prepared plan cannot be read").with_internal(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Class<const VERSION: u8>(String);

    impl<const VERSION: u8> Planned for Class<VERSION> {
        const VERSION: u8 = VERSION;

        fn name(&self) -> &str {
            &self.0
        }
    }

    #[test]
    fn classes_come_back_one_by_one_and_only_in_their_version() {
        let classes = [Class::<1>("a".to_owned()), Class("b".to_owned())];
        let bytes = encode("db", &classes).unwrap();
        let plan: Plan<'_, Class<1>> = Plan::decode(&bytes).unwrap();
        assert_eq!((plan.binding, plan.class("b").unwrap()), ("db", Class("b".to_owned())));
        assert_eq!(plan.classes().unwrap(), classes);
        assert_eq!(plan.class("c").unwrap_err().kind, ErrorKind::Configuration);
        let other = Plan::<'_, Class<2>>::decode(&bytes).unwrap_err();
        assert_eq!(other.kind, ErrorKind::StalePlan);
        for length in 0..bytes.len() {
            assert_eq!(Plan::<'_, Class<1>>::decode(&bytes[..length]).unwrap_err().kind, ErrorKind::StalePlan);
        }
    }
}
