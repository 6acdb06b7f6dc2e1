//! Passwords of bindings.

use std::path::Path;

use patchbay_pool::PasswordSource;

use crate::config::{Environment, Secret, SecretSource};

/// A password as it was when the host started, and where it is read again.
#[derive(Debug, Clone)]
pub(crate) struct Password {
    /// Its value then.
    pub(super) secret: Secret,
    /// For files, which somebody else may keep current; the environment cannot change.
    pub(super) source: Option<PasswordSource>,
}

impl Password {
    /// One that is used at once, and has no time to change.
    pub(crate) fn once(secret: &Secret) -> Self {
        Self { secret: secret.clone(), source: None }
    }

    /// Reads the password of a binding; file names are relative to `base`.
    ///
    /// The error is a sentence for the administrator.
    pub(crate) fn read(source: &SecretSource, base: &Path, environment: &Environment) -> Result<Self, String> {
        let secret = source.read(base, environment)?;
        let again = match source {
            SecretSource::Env(_) => None,
            SecretSource::File(_) => {
                let (source, base) = (source.clone(), base.to_owned());
                let read = move || source.read(&base, &Environment::Process).map(|fresh| fresh.expose().to_owned());
                Some(PasswordSource::new(read))
            }
        };
        Ok(Self { secret, source: again })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_is_read_again() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("password"), "first-password\n").unwrap();
        let environment = Environment::fixed([("PASSWORD", "of-the-environment")]);
        let read = |source| Password::read(&source, directory.path(), &environment).unwrap();
        assert_eq!(read(SecretSource::Env("PASSWORD".into())).source, None);
        let password = read(SecretSource::File("password".into()));
        assert_eq!(password.secret.expose(), "first-password");
        assert!(password.source.is_some());
        assert!(!format!("{password:?}").contains("first-password"));
    }
}
