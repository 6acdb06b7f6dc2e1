//! How far somebody has come, as a line of text: in a file, or on a command line.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use sha2::{Digest as _, Sha256};

/// Goes up whenever the text changes.
const VERSION: &str = "pbc1";
/// Bytes of the checksum.
const CHECKSUM: usize = 16;

/// What the text belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    /// The app.
    pub(super) app: &'a str,
    /// The resource type.
    pub(super) resource: &'a str,
}

/// How far somebody has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The connector's token.
    pub(super) token: Vec<u8>,
    /// While all resources are walked through: where that goes on; empty at the beginning.
    pub(super) walk: Option<Vec<u8>>,
}

/// Why a text is no place here.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    /// It belongs elsewhere.
    #[error("the token is of {0}")]
    Other(String),
    /// It was cut off or changed, or never was one.
    #[error("the token cannot be read: it was changed, or is none of this version")]
    Unreadable,
}

impl Place {
    /// `VERSION.APP.RESOURCE.TOKEN.WALK.CHECKSUM`, each part in base64url. The checksum is
    /// against accidents: who may write the token may as well begin anew.
    pub(super) fn text(&self, scope: Scope<'_>) -> String {
        let walk = match &self.walk {
            None => "-".to_owned(),
            Some(walk) => BASE64.encode(walk),
        };
        let [app, resource] = [scope.app, scope.resource].map(|name| BASE64.encode(name));
        let text = format!("{VERSION}.{app}.{resource}.{}.{walk}", BASE64.encode(&self.token));
        let checksum = checksum(&text);
        format!("{text}.{checksum}")
    }

    /// Whether some of all resources were told, and not all.
    pub(super) fn is_under_way(&self) -> bool {
        self.walk.as_ref().is_some_and(|walk| !walk.is_empty())
    }

    /// Reads what [`Place::text`] wrote for the same scope.
    pub(super) fn read(text: &str, scope: Scope<'_>) -> Result<Self, Unfit> {
        let (text, sum) = text.trim().rsplit_once('.').ok_or(Unfit::Unreadable)?;
        if checksum(text) != sum {
            return Err(Unfit::Unreadable);
        }
        let mut parts = text.split('.');
        let mut next = || parts.next().ok_or(Unfit::Unreadable);
        if next()? != VERSION {
            return Err(Unfit::Unreadable);
        }
        let (app, resource) = (name(next()?)?, name(next()?)?);
        if (app.as_str(), resource.as_str()) != (scope.app, scope.resource) {
            return Err(Unfit::Other(format!("{resource} of the app `{app}`")));
        }
        let token = bytes(next()?)?;
        let walk = match next()? {
            "-" => None,
            walk => Some(bytes(walk)?),
        };
        match parts.next() {
            None => Ok(Self { token, walk }),
            Some(_) => Err(Unfit::Unreadable),
        }
    }
}

fn checksum(text: &str) -> String {
    let digest = Sha256::digest(text);
    BASE64.encode(digest.get(..CHECKSUM).unwrap_or(&digest))
}

fn bytes(text: &str) -> Result<Vec<u8>, Unfit> {
    BASE64.decode(text).map_err(|_| Unfit::Unreadable)
}

fn name(text: &str) -> Result<String, Unfit> {
    String::from_utf8(bytes(text)?).map_err(|_| Unfit::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Scope<'_> = Scope { app: "hr", resource: "User" };

    #[test]
    fn a_place_reads_back_where_it_belongs() {
        let check = |token: &[u8], walk: Option<&[u8]>| {
            let place = Place { token: token.to_vec(), walk: walk.map(<[u8]>::to_vec) };
            let text = place.text(HERE);
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)), "{text}");
            assert_eq!(Place::read(&text, HERE), Ok(place.clone()));
            assert_eq!(Place::read(&format!("{text}\n"), HERE), Ok(place));
            for scope in [Scope { app: "crm", ..HERE }, Scope { resource: "Group", ..HERE }] {
                assert_eq!(Place::read(&text, scope), Err(Unfit::Other("User of the app `hr`".to_owned())));
            }
            for cut in 0..text.len() {
                assert_eq!(Place::read(&text[..cut], HERE), Err(Unfit::Unreadable), "cut at {cut}");
            }
            for place in 0..text.len() {
                let mut changed = text.clone().into_bytes();
                changed[place] = if changed[place] == b'x' { b'y' } else { b'x' };
                let changed = String::from_utf8(changed).unwrap();
                assert_eq!(Place::read(&changed, HERE), Err(Unfit::Unreadable), "changed at {place}");
            }
        };
        check(b"token", None);
        check(&[0xff, 0, 0x80], Some(b""));
        check(b"", Some(b"somewhere"));
    }
}
