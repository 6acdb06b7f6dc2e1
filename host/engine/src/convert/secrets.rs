//! What a write brings, with its secrets kept back: a guest gets their numbers.

use patchbay_contract as contract;

use super::{all, wit};
use crate::bindings::exports::patchbay::connector::writer;

/// Secrets of one write; a guest knows them by their place.
#[derive(Debug, Default)]
pub(crate) struct Secrets(Vec<contract::Secret>);

impl Secrets {
    /// Those kept back so far, in the order of their numbers.
    pub(crate) fn into_kept(self) -> Vec<contract::Secret> {
        self.0
    }

    /// The attributes of a `create`.
    pub(crate) fn attributes(&mut self, attributes: Vec<contract::Attribute>) -> Vec<wit::Attribute> {
        let one = |attribute: contract::Attribute| wit::Attribute {
            name: attribute.name,
            values: self.values(attribute.values),
        };
        attributes.into_iter().map(one).collect()
    }

    /// The deltas of an `update`.
    pub(crate) fn deltas(&mut self, deltas: Vec<contract::Delta>) -> Vec<writer::Delta> {
        let one = |delta: contract::Delta| writer::Delta {
            attribute: delta.attribute,
            change: match delta.change {
                contract::Change::Replace(values) => writer::Change::Replace(self.values(values)),
                contract::Change::Add(values) => writer::Change::Add(all(values)),
                contract::Change::Remove(values) => writer::Change::Remove(all(values)),
                contract::Change::Clear => writer::Change::Clear,
            },
        };
        deltas.into_iter().map(one).collect()
    }

    fn values(&mut self, values: Vec<contract::Value>) -> Vec<wit::Value> {
        let one = |value| match value {
            contract::Value::Secret(secret) => {
                let number = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
                self.0.push(secret);
                wit::Value::Secret(number)
            }
            other => other.into(),
        };
        values.into_iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_stay_behind_and_are_numbered() {
        let mut secrets = Secrets::default();
        let (one, two) = (contract::Secret::nothing(), contract::Secret::nothing());
        let attributes = secrets.attributes(vec![
            contract::Attribute { name: "cn".to_owned(), values: vec![contract::Value::Text("x".to_owned())] },
            contract::Attribute { name: "a".to_owned(), values: vec![contract::Value::Secret(one.clone())] },
        ]);
        let change = contract::Change::Replace(vec![contract::Value::Secret(two.clone())]);
        let deltas = secrets.deltas(vec![contract::Delta { attribute: "b".to_owned(), change }]);
        assert!(matches!(*attributes[0].values, [wit::Value::Text(_)]));
        assert!(matches!(*attributes[1].values, [wit::Value::Secret(0)]));
        assert!(
            matches!(&deltas[0].change, writer::Change::Replace(values) if matches!(**values, [wit::Value::Secret(1)]))
        );
        assert_eq!(secrets.into_kept(), [one, two]);
    }
}
