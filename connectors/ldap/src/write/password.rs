//! Passwords, which the connector never sees: it says where the host is to put them.

use patchbay_connector::ldap::{self, ChangeKind, Failure, Modification, SecretForm, SecretValue};
use patchbay_connector::{Error, ErrorKind, Fault};

use crate::directory::{Directory, terms};
use crate::fault;
use crate::plan::{Active, Class};
use crate::vendor::{PasswordWay, Vendor};

/// The time at which 389 Directory Server takes a password for one that an administrator set.
const RESET: &str = "19700101000000Z";

/// The time that locks an account until an administrator opens it.
const LOCKED: &[u8] = b"000001010000Z";

/// A password as a value of an entry, where it is one.
pub(super) fn value(class: &Class, secret: u32) -> Option<SecretValue> {
    let (attribute, form) = match class.password.as_ref()?.way {
        PasswordWay::Modify => return None,
        PasswordWay::UserPassword => ("userPassword", SecretForm::Text),
        PasswordWay::UnicodePwd => ("unicodePwd", SecretForm::ActiveDirectory),
    };
    Some(SecretValue { attribute: attribute.to_owned(), secret, form })
}

/// What is written together with a password of a new entry.
pub(super) fn beside(class: &Class) -> Option<Modification> {
    let password = class.password.as_ref().filter(|password| password.must_change)?;
    let separate = password.way == PasswordWay::Modify;
    (!separate).then(|| must_change(class))
}

/// Makes the password one that has to be changed.
fn must_change(class: &Class) -> Modification {
    let (native, value) = match class.server.vendor {
        vendor if vendor.is_active_directory() => ("pwdLastSet", "0"),
        // Its `pwdReset` is the server's own.
        Vendor::Ds389 => ("passwordExpirationTime", RESET),
        _ => ("pwdReset", "TRUE"),
    };
    Modification::new(ChangeKind::Replace, native, vec![value.as_bytes().to_vec()])
}

/// What is written together with a new password of an entry that is there, or right behind
/// it. `inactive` is what the account is to be.
pub(super) fn after(class: &Class, inactive: bool) -> Vec<Modification> {
    let Some(password) = &class.password else { return Vec::new() };
    let mut changes = Vec::new();
    if password.must_change {
        changes.push(must_change(class));
    }
    if password.unlock && class.server.vendor.is_active_directory() {
        changes.push(Modification::new(ChangeKind::Replace, "lockoutTime", vec![b"0".to_vec()]));
    }
    // The password policy opens the account with every new password, this lock included.
    if inactive && class.active == Some(Active::LockedTime) {
        changes.push(lock(vec![LOCKED.to_vec()]));
    }
    changes
}

/// What stands in `pwdAccountLockedTime` of an account that is to be inactive by that; none of
/// others.
pub(super) fn shut(class: &Class, inactive: bool, values: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    (inactive && class.active == Some(Active::LockedTime)).then(|| values.to_vec())
}

/// A password that could not be set, or not with all that goes with it.
#[derive(Debug)]
pub(super) struct Failed {
    /// Why.
    pub(super) error: Error,
    /// Whether the password itself was.
    pub(super) set: bool,
}

/// Sets it by the operation, and what goes with it; `shut` as [`shut`] tells it.
///
/// The policy of the server opens the account with the password, and whoever comes after would
/// take it for one that is to be open. So it is shut before as well: who may not do that sets
/// no password.
pub(super) fn set(
    db: &mut impl Directory,
    class: &Class,
    dn: &str,
    secret: u32,
    shut: Option<&[Vec<u8>]>,
) -> Result<(), Failed> {
    let before = |error| Failed { error, set: false };
    let changes = after(class, shut.is_some());
    for change in &changes {
        granted(db, &change.attribute.name).map_err(before)?;
    }
    if shut.is_some() {
        put(db, dn, &[lock(vec![LOCKED.to_vec()])]).map_err(|error| before(fault::plain(&error)))?;
    }
    if let Err(error) = db.set_password(dn, secret) {
        let written: Vec<_> = class.attribute("password").into_iter().collect();
        let failed = fault::write(class, &error, &written);
        return Err(before(match shut {
            Some(values) => put_back(db, dn, values, &error, failed),
            None => failed,
        }));
    }
    if changes.is_empty() {
        return Ok(());
    }
    put(db, dn, &changes).map_err(|error| Failed { error: fault::plain(&error), set: true })
}

/// Fails where the grant does not let an attribute be written, before anything is.
fn granted(db: &mut impl Directory, native: &str) -> Result<(), Error> {
    match db.writes(native).map_err(|error| fault::plain(&error))? {
        true => Ok(()),
        false => Err(Error::fault(ErrorKind::PermissionDenied, "the binding does not grant what goes with a password")
            .with_code("ldap.denied")
            .with_internal(format!("setting it writes `{native}`"))),
    }
}

/// The change that shuts an account, or gives it back the values it had.
fn lock(values: Vec<Vec<u8>>) -> Modification {
    Modification::new(ChangeKind::Replace, "pwdAccountLockedTime", values)
}

/// Changes the entry; over another connection where one is lost, as the account may stand open
/// until this is done.
fn put(db: &mut impl Directory, dn: &str, changes: &[Modification]) -> Result<(), ldap::Error> {
    let terms = terms(Vec::new());
    match db.modify(dn, changes, &[], &terms) {
        Err(error) if is_passing(&error) => {
            db.renew();
            db.modify(dn, changes, &[], &terms).map(|_| ())
        }
        outcome => outcome.map(|_| ()),
    }
}

/// Gives an account whose password was not set the lock that it had. Where nobody knows whether
/// it was, it may have lost that.
fn put_back(db: &mut impl Directory, dn: &str, values: &[Vec<u8>], error: &ldap::Error, failed: Error) -> Error {
    if values == [LOCKED] && !is_passing(error) {
        return failed;
    }
    match put(db, dn, &[lock(values.to_vec())]) {
        Ok(()) => failed,
        Err(left) => {
            super::partly(failed, "`active` was written before, and could not be put back").with_internal(left.message)
        }
    }
}

/// Whether a failure is about the connection or the time, and not about what was asked.
fn is_passing(error: &ldap::Error) -> bool {
    matches!(error.failure, Failure::Unavailable | Failure::Busy | Failure::Timeout)
}
