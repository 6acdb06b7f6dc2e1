//! What makes accounts active, and how their passwords are set.

use super::{Work, allows, default_password, has_account_lock};
use crate::plan::{Active, Password};
use crate::settings;
use crate::subschema::Contents;
use crate::vendor::PasswordWay;

impl Work<'_> {
    /// By the settings, else as the vendor does it.
    pub(super) fn active(&mut self, class: &settings::Class, contents: &Contents, path: &str) -> Option<Active> {
        let vendor = self.server.vendor;
        let active = match &class.active {
            Some(active) => active.clone(),
            None if vendor.is_active_directory() && allows(contents, self.schema, "userAccountControl") => {
                Some(Active::AccountControl)
            }
            None if has_account_lock(vendor)
                && self.is_known("nsAccountLock")
                && allows(contents, self.schema, "userPassword") =>
            {
                Some(Active::AccountLock)
            }
            None => None,
        }?;
        let needed = native(&active);
        if let Some(name) = needed.filter(|name| !self.is_known(name)) {
            self.problem(format!("{path}/active"), format!("the schema has no attribute `{name}`"));
        }
        if matches!(active, Active::Container(_)) && class.dn.is_none() {
            self.problem(format!("{path}/active/container"), "needs `dn`, which says where active accounts are");
        }
        Some(active)
    }

    /// By the settings, else as the vendor does it where the class has passwords at all.
    pub(super) fn password(&self, class: &settings::Class, contents: &Contents) -> Option<Password> {
        match &class.password {
            Some(None) => None,
            Some(Some(password)) => Some(Password {
                way: password.way.unwrap_or(self.defaults.password),
                must_change: password.must_change,
                unlock: password.unlock,
                optional: password.optional,
            }),
            None => {
                let password = default_password(&self.defaults);
                allows(contents, self.schema, kept_in(password.way)).then_some(password)
            }
        }
    }
}

/// The attribute of entries that a way of being active reads and writes.
pub(super) fn native(active: &Active) -> Option<&str> {
    Some(match active {
        Active::AccountControl => "userAccountControl",
        Active::LockedTime => "pwdAccountLockedTime",
        Active::AccountLock => "nsAccountLock",
        Active::Role(_) => "nsRoleDN",
        Active::Values(values) => &values.attribute,
        Active::Container(_) => return None,
    })
}

/// The attribute that a password is in.
pub(super) fn kept_in(way: PasswordWay) -> &'static str {
    match way {
        PasswordWay::Modify | PasswordWay::UserPassword => "userPassword",
        PasswordWay::UnicodePwd => "unicodePwd",
    }
}
