//! Writes, on terms.

use std::time::{Duration, Instant};

use patchbay_capability::ldap::{
    AddRequest, DeleteRequest, Entry, Error, Failure, ModifyRequest, PasswordRequest, RenameRequest, Terms, Written,
};
use tokio::time::timeout_at;

use crate::ber::{Writer, tag};
use crate::connection::LdapConnection;
use crate::controls;
use crate::error::{Asked, translate};
use crate::message::{Operation, RawControl};

/// The Password Modify operation (RFC 3062).
const SET_PASSWORD: &str = "1.3.6.1.4.1.4203.1.11.1";
/// Left of the time for the write when reading behind it is given up: that it was done must
/// still be told.
const TELLING: Duration = Duration::from_millis(100);

impl LdapConnection {
    pub(crate) async fn add(&mut self, request: &AddRequest, deadline: Instant) -> Result<Written, Error> {
        let AddRequest { dn, attributes, secrets, terms } = request;
        let controls = self.controls(terms, !secrets.is_empty())?;
        let operation = Operation::Add { dn, attributes, secrets };
        let answered = self.write(Asked::Add, &operation, &controls).await?;
        Ok(self.written(dn, terms, &answered, deadline).await)
    }

    pub(crate) async fn modify(&mut self, request: &ModifyRequest, deadline: Instant) -> Result<Written, Error> {
        let ModifyRequest { dn, changes, secrets, terms } = request;
        let controls = self.controls(terms, !secrets.is_empty())?;
        let operation = Operation::Modify { dn, changes, secrets };
        let answered = self.write(Asked::Modify, &operation, &controls).await?;
        Ok(self.written(dn, terms, &answered, deadline).await)
    }

    pub(crate) async fn rename(&mut self, request: &RenameRequest, deadline: Instant) -> Result<Written, Error> {
        let RenameRequest { dn, new_rdn, delete_old, new_parent, new_dn, terms } = request;
        let controls = self.controls(terms, false)?;
        let operation = Operation::Rename { dn, new_rdn, delete_old: *delete_old, new_parent: new_parent.as_deref() };
        let answered = self.write(Asked::Rename, &operation, &controls).await?;
        Ok(self.written(new_dn, terms, &answered, deadline).await)
    }

    pub(crate) async fn delete(&mut self, request: &DeleteRequest) -> Result<(), Error> {
        let DeleteRequest { dn, terms } = request;
        let mut controls = self.controls(&Terms { read_back: Vec::new(), ..terms.clone() }, false)?;
        if terms.tree {
            self.demand(controls::TREE_DELETE, "does not delete what is below an entry")?;
            controls.push(controls::plain(controls::TREE_DELETE));
        }
        self.write(Asked::Delete, &Operation::Delete { dn }, &controls).await?;
        Ok(())
    }

    pub(crate) async fn set_password(&mut self, request: &PasswordRequest) -> Result<(), Error> {
        if !self.server.has_extension(SET_PASSWORD) {
            return Err(Error::new(Failure::Unsupported, "the server has no operation for passwords"));
        }
        let mut value = Writer::with_capacity(request.dn.len() + request.secret.len() + 64);
        value.nest(tag::SEQUENCE, |value| {
            value.put(tag::primitive(0), request.dn.as_bytes());
            value.put(tag::primitive(2), &request.secret);
        });
        let value = value.into_bytes();
        let operation = Operation::Extended { name: SET_PASSWORD, value: Some(&value) };
        self.write(Asked::Password, &operation, &[controls::password_policy()]).await?;
        Ok(())
    }

    /// Controls for the terms of a write. Nothing is sent where the server cannot keep to
    /// them.
    fn controls(&self, terms: &Terms, with_secrets: bool) -> Result<Vec<RawControl>, Error> {
        let mut list = Vec::new();
        if let Some(assertion) = &terms.assertion {
            self.demand(controls::ASSERTION, "makes no writes on conditions")?;
            list.push(controls::assertion(assertion, self.server.knows_constants)?);
        }
        if !terms.read_back.is_empty() && self.server.has_control(controls::POST_READ) {
            list.push(controls::post_read(&terms.read_back));
        }
        if terms.permissive && self.server.has_control(controls::PERMISSIVE) {
            list.push(controls::plain(controls::PERMISSIVE));
        }
        if with_secrets {
            list.push(controls::password_policy());
        }
        Ok(list)
    }

    fn demand(&self, oid: &str, what: &str) -> Result<(), Error> {
        if self.server.has_control(oid) {
            Ok(())
        } else {
            Err(Error::new(Failure::Unsupported, format!("the server {what}")))
        }
    }

    /// Sends a write, and waits until the server says that it was done.
    async fn write(
        &mut self,
        asked: Asked,
        operation: &Operation<'_>,
        controls: &[RawControl],
    ) -> Result<Vec<RawControl>, Error> {
        let (outcome, answered) = self.wire.ask(operation, controls).await?;
        if outcome.code == 0 {
            return Ok(answered);
        }
        let mut error = translate(asked, &outcome);
        self.referred = outcome.referral;
        // What the policy says of a password that was refused; of one that was taken, nothing
        // matters.
        if let Ok(controls::PolicyAnswer { error: Some(policy), .. }) = controls::read_password_policy(&answered) {
            if policy.is_about_new() {
                error.failure = Failure::ConstraintViolation;
            }
            error.message = format!("the password {}: {}", policy.describe(), error.message);
        }
        Err(error)
    }

    /// The write was done: what it brings back, from the server's answer or read behind it.
    async fn written(&mut self, dn: &str, terms: &Terms, answered: &[RawControl], deadline: Instant) -> Written {
        if terms.read_back.is_empty() {
            return Written { dn: dn.to_owned(), entry: None };
        }
        let brought = answered.iter().find(|control| control.ctype == controls::POST_READ);
        let entry = match brought.and_then(|control| control.val.as_deref()) {
            Some(value) => controls::read_post_read(value).map_err(|malformed| self.wire.broken(malformed)),
            None => self.read_behind(dn, &terms.read_back, deadline).await,
        };
        match entry {
            Ok(entry) => Written { dn: entry.dn.clone(), entry: Some(entry) },
            Err(error) => {
                tracing::debug!(target: "patchbay::ldap", reason = %error, "an entry cannot be read behind a write");
                Written { dn: dn.to_owned(), entry: None }
            }
        }
    }

    async fn read_behind(&mut self, dn: &str, attributes: &[String], deadline: Instant) -> Result<Entry, Error> {
        let until = deadline.checked_sub(TELLING).unwrap_or(deadline);
        match timeout_at(until.into(), self.read(dn, attributes)).await {
            Ok(read) => read,
            Err(_) => {
                self.wire.abandon();
                Err(Error::new(Failure::Timeout, "the server did not answer in time"))
            }
        }
    }
}
