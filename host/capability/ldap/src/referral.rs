//! Where a server sends a write that it does not take itself (RFC 4511 section 4.1.10): a
//! replica that is read only names its provider.
//!
//! A referral is followed where [`Referrals`](crate::Referrals) says so, to a server of the
//! binding's own, for the same entry, and once: what is granted there is granted here. The
//! second server is asked over a connection of its own, which stays with the first one's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_capability::ldap::{Dn, Error, Failure, Reply, Request};

use crate::connection::LdapConnection;
use crate::options::{Referrals, Server};
use crate::url;

/// Unused for longer than this, a connection to the second server is opened anew: whatever is
/// in between may have forgotten it.
const TRUSTED: Duration = Duration::from_secs(30);

/// A connection to the server that writes are referred to.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    pub(crate) connection: Box<LdapConnection>,
    used: Instant,
}

impl LdapConnection {
    /// Makes a write here, or where the server refers it to.
    pub(crate) async fn change(&mut self, request: &Request, deadline: Instant) -> Result<Reply, Error> {
        let outcome = self.change_here(request, deadline).await;
        let referred = std::mem::take(&mut self.referred);
        match outcome {
            Err(error) if error.failure == Failure::Referral && self.directory.referrals() == Referrals::Servers => {
                self.change_elsewhere(request, deadline, &referred).await
            }
            outcome => outcome,
        }
    }

    async fn change_here(&mut self, request: &Request, deadline: Instant) -> Result<Reply, Error> {
        match request {
            Request::Add(request) => self.add(request, deadline).await.map(Reply::Written),
            Request::Modify(request) => self.modify(request, deadline).await.map(Reply::Written),
            Request::Rename(request) => self.rename(request, deadline).await.map(Reply::Written),
            Request::Delete(request) => self.delete(request).await.map(|()| Reply::Done),
            Request::SetPassword(request) => self.set_password(request).await.map(|()| Reply::Done),
            _ => Err(Error::new(Failure::InvalidRequest, "this is no write")),
        }
    }

    /// The first server has done nothing: that is what its answer means.
    async fn change_elsewhere(
        &mut self,
        request: &Request,
        deadline: Instant,
        urls: &[String],
    ) -> Result<Reply, Error> {
        let dn = match request {
            Request::Add(request) => &request.dn,
            Request::Modify(request) => &request.dn,
            Request::Rename(request) => &request.dn,
            Request::Delete(request) => &request.dn,
            Request::SetPassword(request) => &request.dn,
            _ => return Err(Error::new(Failure::InvalidRequest, "this is no write")),
        };
        let Some(address) = own_server(urls, dn, self.directory.servers(), self.address) else {
            for place in urls.iter().filter_map(|url| place(url)) {
                let (host, port) = (place.host, place.port);
                tracing::debug!(target: "patchbay::ldap", host, port, "a write was referred to where it may not go");
            }
            return Err(referral("another server has it, and none of the binding's for this entry"));
        };
        let elsewhere = self.elsewhere(address).await?;
        let outcome = elsewhere.connection.change_here(request, deadline).await;
        elsewhere.used = Instant::now();
        let refers_on = !std::mem::take(&mut elsewhere.connection.referred).is_empty();
        if !elsewhere.connection.wire.is_alive() {
            self.elsewhere = None;
        }
        match outcome {
            Err(_) if refers_on => Err(referral("another server has it, which refers to yet another one")),
            outcome => outcome,
        }
    }

    /// The connection to the server of this index: the one there is, as long as it is good,
    /// or a new one.
    async fn elsewhere(&mut self, address: usize) -> Result<&mut Elsewhere, Error> {
        let kept = self.elsewhere.take().filter(|kept| {
            kept.connection.address == address
                && kept.connection.wire.is_alive()
                && !kept.connection.wire.is_busy()
                && kept.used.elapsed() < TRUSTED
        });
        let elsewhere = match kept {
            Some(kept) => kept,
            None => {
                let directory = Arc::clone(&self.directory);
                let opened = directory.open_at(address, self.wire.guard()).await.map_err(not_opened)?;
                Elsewhere { connection: Box::new(opened), used: Instant::now() }
            }
        };
        Ok(self.elsewhere.insert(elsewhere))
    }

    /// Brings the connection to the second server to rest, if there is one: a write that was
    /// sent is waited for. It is not used again after that.
    pub(crate) async fn leave_elsewhere(&mut self) {
        let Some(elsewhere) = &mut self.elsewhere else { return };
        let wire = &mut elsewhere.connection.wire;
        if !wire.is_busy() {
            return;
        }
        if wire.is_writing() && !wire.has_unsent() {
            // However it ends, nobody waits for it any more.
            let _ = wire.settle().await;
        }
        self.elsewhere = None;
    }
}

fn referral(message: &str) -> Error {
    const REFERRAL: u32 = 10;
    Error { code: Some(REFERRAL), ..Error::new(Failure::Referral, message) }
}

/// The second server was not asked for anything: the write can be tried again.
fn not_opened(error: Error) -> Error {
    match error.failure {
        Failure::Unavailable | Failure::Timeout => {
            let message = format!("another server has it, which cannot be reached now: {}", error.message);
            Error { failure: Failure::Busy, message, ..error }
        }
        _ => Error { message: format!("another server has it: {}", error.message), ..error },
    }
}

/// Which of `servers` one of `urls` leads to, for the entry `dn`; but for the one that says so
/// itself.
fn own_server(urls: &[String], dn: &str, servers: &[Server], here: usize) -> Option<usize> {
    let leads_to = |place: &Place<'_>, server: &Server| {
        !server.is_socket() && server.port == place.port && server.host.eq_ignore_ascii_case(place.host)
    };
    let same = |place: &Place<'_>| match (Dn::parse(place.dn.as_str()), Dn::parse(dn)) {
        _ if place.dn.is_empty() => true,
        (Ok(referred), Ok(asked)) => referred == asked,
        _ => false,
    };
    let places = urls.iter().filter_map(|url| place(url)).filter(same);
    let mut own = places.filter_map(|place| servers.iter().position(|server| leads_to(&place, server)));
    own.find(|address| *address != here)
}

/// Where a referral leads.
struct Place<'a> {
    host: &'a str,
    port: u16,
    /// Empty for what was asked for.
    dn: String,
}

/// Reads a referral; none where it is for another kind of server, or for more than an entry.
fn place(text: &str) -> Option<Place<'_>> {
    let (scheme, rest) = text.split_once("://")?;
    let default_port = match scheme.to_ascii_lowercase().as_str() {
        "ldap" => 389,
        "ldaps" => 636,
        _ => return None,
    };
    let (authority, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let (dn, rest) = rest.split_once('?').unwrap_or((rest, ""));
    // Attributes, scope, filter, extensions: nothing of that goes with a write.
    if rest.contains(|c| c != '?') {
        return None;
    }
    let (host, port) = url::host_and_port(authority, default_port).ok()?;
    Some(Place { host, port, dn: url::decode(dn)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(urls: &[&str], expected: Option<usize>) {
        let servers = ["ldaps://replica.corp", "ldap://provider.corp", "ldaps://[::1]:1636", "ldapi://%2Frun%2Fx"];
        let servers: Vec<_> = servers.iter().map(|url| Server::from_url(url, false).unwrap()).collect();
        let urls: Vec<_> = urls.iter().map(|url| (*url).to_owned()).collect();
        assert_eq!(own_server(&urls, "uid=Ada B,dc=corp", &servers, 0), expected, "{urls:?}");
    }

    #[test]
    fn only_to_the_bindings_own_servers_and_for_the_same_entry() {
        check(&[], None);
        check(&["ldap://provider.corp"], Some(1));
        check(&["LDAP://Provider.corp:389/"], Some(1));
        check(&["ldap://provider.corp/UID=ada%20b,DC=corp"], Some(1));
        check(&["ldap://provider.corp/uid=Ada%20B%2Cdc=corp???"], Some(1));
        check(&["ldaps://[::1]:1636/uid=Ada B, dc=corp"], Some(2));
        check(&["ldap://stranger.corp", "ldap://provider.corp"], Some(1));
        for stranger in [
            "provider.corp",
            "http://provider.corp",
            "ldapi://%2Frun%2Fx",
            "ldap://",
            "ldap:///uid=Ada%20B,dc=corp",
            "ldap://provider.corp:390",
            "ldaps://provider.corp",
            "ldap://provider.corp.evil",
            "ldap://provider.corp@evil",
            "ldap://evil@provider.corp",
            "ldap://provider.corp/uid=bob,dc=corp",
            "ldap://provider.corp/dc=corp",
            "ldap://provider.corp/uid=Ada%20B,dc=corp%",
            "ldap://provider.corp/<GUID=1>",
            "ldap://provider.corp/uid=Ada%20B,dc=corp??sub",
            "ldap://provider.corp/????!x=y",
        ] {
            check(&[stranger], None);
        }
        // Back to where it came from.
        check(&["ldaps://replica.corp"], None);
    }
}
