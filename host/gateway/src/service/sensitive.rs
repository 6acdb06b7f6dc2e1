//! Secrets in a request's URL (RFC 7644 sections 3.12 and 7.5.2).

use patchbay_scim::{CompareValue, Filter, ListQuery, Mutability, Returned, ScimError};

use super::Service;

impl Service<'_> {
    /// Refuses a query whose URL holds what nobody may read, such as a password to find: URLs
    /// end up in the logs of proxies and clients.
    ///
    /// # Errors
    /// `sensitive` with the name of the attribute; invalidFilter for what is no filter.
    pub(crate) fn refuse_secrets(&self, query: &ListQuery) -> Result<(), ScimError> {
        let Some(filter) = self.filter(query)? else { return Ok(()) };
        match self.secret(&filter) {
            None => Ok(()),
            Some(name) => Err(ScimError::sensitive(format!(
                "{name}: its values have no place in a URL; and no filter, also not one in a .search, can compare them"
            ))),
        }
    }

    /// The name of a secret attribute that the filter has a value of.
    fn secret(&self, filter: &Filter) -> Option<&str> {
        match filter {
            Filter::And(parts) | Filter::Or(parts) => parts.iter().find_map(|part| self.secret(part)),
            Filter::Not(inner) => self.secret(inner),
            Filter::Compare { path, value, .. } if *value != CompareValue::Null => {
                let leaf = self.resource.accepted.resolve(path)?.leaf();
                let secret = leaf.returned == Returned::Never || leaf.mutability == Mutability::WriteOnly;
                secret.then_some(leaf.name.as_str())
            }
            Filter::Compare { .. } | Filter::Present(_) | Filter::ValuePath { .. } => None,
        }
    }
}
