//! Passwords on their way from a request to the target.
//!
//! Clear text leaves the body before anything else looks at it, is checked against the
//! scheme of its mapping, and waits in memory that is wiped. Only once the rest of the
//! request has been found good is it hashed, by whom the host appointed, and what a
//! connector gets is the hash. Where the target keeps passwords in its own way, it is not
//! hashed: it goes on as a [`Secret`], whose text no connector gets.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use patchbay_contract::{AttributeInfo, Change, Delta, Secret, Value};
use patchbay_password::{Keeping, Scheme};
use patchbay_scim::{Edit, EditOp, Mutability, ScimError};
use serde_json::{Map, Value as Json};
use zeroize::Zeroizing;

use crate::mapping::{Leaf, Mapped, Resource, Shape, Source};
use crate::service::Service;
use crate::spread::value_of;

/// When whoever hashes is busy: so long should a client wait.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Hashes passwords. The host gives one to each gateway, for hashing takes threads, memory
/// and randomness, of which the gateway has none.
#[async_trait]
pub trait PasswordHasher: Send + Sync + fmt::Debug {
    /// The text to store for `password`, which `scheme` has found good, with a salt of its
    /// own. Gives up `within` that time.
    async fn hash(
        &self,
        scheme: &Scheme,
        password: Zeroizing<String>,
        within: Duration,
    ) -> Result<String, PasswordError>;
}

/// Why a password was not hashed. Never because of what it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too many others are being hashed.
    #[error("too many passwords are being hashed")]
    Busy,
    /// Something is wrong on the host, in words for its log.
    #[error("hashing failed: {0}")]
    Failed(String),
}

/// What becomes of one native attribute that holds a password.
struct Pending {
    native: String,
    /// The SCIM path, for messages.
    path: String,
    keeping: Arc<Keeping>,
    /// The new one; none takes the old one away.
    clear: Option<Zeroizing<String>>,
}

/// The passwords that a request sets or takes away, each native attribute once.
#[derive(Default)]
pub(crate) struct Passwords(Vec<Pending>);

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|pending| &pending.native)).finish()
    }
}

impl Passwords {
    /// Takes all passwords out of a canonical body. One that the body does not name, or
    /// names as null, is left as it is at the target: who cannot read it cannot be asked to
    /// repeat it, and null says no more than silence does (RFC 7643 section 2.5).
    ///
    /// # Errors
    /// invalidValue, naming the attribute, for a password that the scheme cannot keep
    /// whole, and for two that contradict each other.
    pub(crate) fn take(resource: &Resource, body: &mut Map<String, Json>) -> Result<Self, ScimError> {
        let mut passwords = Self::default();
        for (mapped, leaf, keeping) in resource.attributes.iter().filter_map(password_of) {
            if value_of(body, mapped).is_none() {
                continue;
            }
            let members = match &mapped.urn {
                None => Some(&mut *body),
                Some(urn) => body.get_mut(urn.as_ref()).and_then(Json::as_object_mut),
            };
            let given = members.and_then(|members| members.shift_remove(&mapped.definition.name));
            let Some((info, given)) = native(resource, leaf).zip(given) else { continue };
            let clear = clear_text(given, leaf, keeping)?;
            match passwords.0.iter().find(|other| other.native == info.name) {
                None => passwords.set(info, leaf, keeping, Some(clear)),
                Some(other) if other.clear.as_ref() == Some(&clear) => {}
                Some(_) => {
                    let message = format!("{}: contradicts another attribute of the request", leaf.path);
                    return Err(ScimError::invalid_value(message));
                }
            }
        }
        Ok(passwords)
    }

    /// Notes an edit of a PATCH if it is about a password: it is written whatever is there,
    /// for nobody can tell whether it is the same. Of several edits the last one counts.
    /// Says whether it was one.
    ///
    /// # Errors
    /// As [`Passwords::take`]; mutability for taking away what every object has to have.
    pub(crate) fn edit(&mut self, resource: &Resource, mapped: &Mapped, edit: &mut Edit) -> Result<bool, ScimError> {
        let Some((_, leaf, keeping)) = password_of(mapped) else { return Ok(false) };
        let Some(info) = native(resource, leaf) else { return Ok(true) };
        let clear = match edit.value.take().filter(|_| edit.op != EditOp::Remove) {
            Some(given) => Some(clear_text(given, leaf, keeping)?),
            None if info.traits.required || info.traits.never_absent => {
                return Err(ScimError::mutability(format!("'{}' is required and cannot be removed.", leaf.path)));
            }
            None => None,
        };
        self.set(info, leaf, keeping, clear);
        Ok(true)
    }

    fn set(&mut self, info: &AttributeInfo, leaf: &Leaf, keeping: &Arc<Keeping>, clear: Option<Zeroizing<String>>) {
        self.0.retain(|other| other.native != info.name);
        let (native, path) = (info.name.clone(), leaf.path.clone());
        self.0.push(Pending { native, path, keeping: Arc::clone(keeping), clear });
    }

    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one is given for this native attribute.
    pub(crate) fn has(&self, native: &str) -> bool {
        self.0.iter().any(|pending| pending.native == native)
    }
}

impl Service<'_> {
    /// Passwords as the target takes them; the last step before a write.
    pub(crate) async fn kept(&self, passwords: Passwords) -> Result<Vec<Delta>, ScimError> {
        let mut deltas = Vec::with_capacity(passwords.0.len());
        for Pending { native, path, keeping, clear } in passwords.0 {
            let value = match (clear, &*keeping) {
                (None, _) => None,
                (Some(clear), Keeping::Hashed(scheme)) => Some(Value::Text(self.hash(&path, scheme, clear).await?)),
                (Some(clear), Keeping::Target) => Some(Value::Secret(Secret::new(clear))),
            };
            let change = value.map_or(Change::Clear, |value| Change::Replace(vec![value]));
            deltas.push(Delta { attribute: native, change });
        }
        Ok(deltas)
    }

    async fn hash(&self, path: &str, scheme: &Scheme, clear: Zeroizing<String>) -> Result<String, ScimError> {
        let failed = |why: String| ScimError::new(500, None, format!("{path}: the host failed")).with_internal(why);
        let Some(hasher) = self.hasher else {
            return Err(failed("the gateway was put together without anyone to hash passwords".to_owned()));
        };
        hasher.hash(scheme, clear, self.context().deadline).await.map_err(|error| match error {
            PasswordError::Busy => ScimError::unavailable(format!("{path}: {error}"), RETRY_AFTER),
            PasswordError::Failed(_) => failed(error.to_string()),
        })
    }
}

/// The leaf of a mapped password that can be written, and how it is kept.
pub(crate) fn password_of(mapped: &Mapped) -> Option<(&Mapped, &Leaf, &Arc<Keeping>)> {
    let Shape::Scalar(leaf) = &mapped.shape else { return None };
    Some((mapped, leaf, leaf.password.as_ref()?))
}

/// What clients can say of the attribute, and that they are never told.
pub(crate) fn write_only(definition: patchbay_scim::Attribute) -> patchbay_scim::Attribute {
    definition.mutability(Mutability::WriteOnly).returned(patchbay_scim::Returned::Never)
}

fn native<'r>(resource: &'r Resource, leaf: &Leaf) -> Option<&'r AttributeInfo> {
    let Source::Native(index) = leaf.source else { return None };
    resource.natives.get(index)
}

fn clear_text(given: Json, leaf: &Leaf, keeping: &Keeping) -> Result<Zeroizing<String>, ScimError> {
    let Json::String(text) = given else {
        return Err(ScimError::invalid_value(format!("{}: the value is not a string", leaf.path)));
    };
    let clear = Zeroizing::new(text);
    let refused = |refusal| ScimError::invalid_value(format!("{}: {refusal}", leaf.path));
    keeping.check(&clear).map_err(refused)?;
    Ok(clear)
}
