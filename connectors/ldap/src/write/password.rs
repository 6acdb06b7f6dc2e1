//! Passwords, which the connector never sees: it says where the host is to put them.

use patchbay_connector::Error;
use patchbay_connector::ldap::{ChangeKind, Modification, SecretForm, SecretValue};

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
        changes.push(Modification::new(ChangeKind::Replace, "pwdAccountLockedTime", vec![LOCKED.to_vec()]));
    }
    changes
}

/// Sets it by the operation, and what goes with it.
pub(super) fn set(db: &mut impl Directory, class: &Class, dn: &str, secret: u32, inactive: bool) -> Result<(), Error> {
    let written: Vec<_> = class.attribute("password").into_iter().collect();
    db.set_password(dn, secret).map_err(|error| fault::write(class, &error, &written))?;
    let changes = after(class, inactive);
    if changes.is_empty() {
        return Ok(());
    }
    db.modify(dn, &changes, &[], &terms(Vec::new())).map(|_| ()).map_err(|error| fault::plain(&error))
}
