//! Values that come in parts: Active Directory gives 1500 of a long list at a time
//! (`member;range=0-1499`), until the last part says so (`member;range=1500-*`).

use patchbay_connector::ldap::{Attribute, Entry, FilterBuilder, SearchOptions};
use patchbay_connector::{Error, ErrorKind, Fault};

use crate::directory::Directory;
use crate::fault;

/// Parts of one list: at the least 1000 values each, of lists of some millions.
const PARTS: usize = 10_000;

/// Makes whole lists of lists that came in part.
pub(crate) fn complete(db: &mut impl Directory, entry: &mut Entry) -> Result<(), Error> {
    for place in 0..entry.attributes.len() {
        let Some(found) = entry.attributes.get(place) else { break };
        let Some((base, mut end)) = range(&found.name) else { continue };
        let base = base.to_owned();
        let mut values = found.values.clone();
        for _ in 0..PARTS {
            let Some(last) = end else { break };
            let next = part(db, &entry.dn, &base, last.saturating_add(1))?;
            end = range(&next.name).and_then(|(_, end)| end).filter(|_| !next.values.is_empty());
            values.extend(next.values);
        }
        if end.is_some() {
            return Err(Error::fault(ErrorKind::TooMany, "an attribute has more values than can be answered"));
        }
        // The server may say the empty list, too, beside its first part.
        entry.attributes.retain(|other| !other.name.eq_ignore_ascii_case(&base));
        if let Some(found) =
            entry.attributes.iter_mut().find(|other| range(&other.name).is_some_and(|(name, _)| name == base))
        {
            *found = Attribute::new(base, values);
        }
    }
    Ok(())
}

/// The values from `start` on.
fn part(db: &mut impl Directory, dn: &str, base: &str, start: u64) -> Result<Attribute, Error> {
    let mut filter = FilterBuilder::new();
    filter.present("objectClass");
    let wanted = vec![format!("{base};range={start}-*")];
    let entry = db.entry(dn, filter.build(), wanted, SearchOptions::empty()).map_err(|error| fault::plain(&error))?;
    let entry = entry.ok_or_else(fault::not_found)?;
    let found = entry
        .attributes
        .into_iter()
        .find(|attribute| attribute.name.get(..base.len()).is_some_and(|name| name.eq_ignore_ascii_case(base)));
    Ok(found.unwrap_or_else(|| Attribute::new(base, Vec::new())))
}

/// `member;range=0-1499` into `member` and 1499; the last part (`*`) has no number.
fn range(description: &str) -> Option<(&str, Option<u64>)> {
    let lower = description.to_ascii_lowercase();
    let at = lower.find(";range=")?;
    let (_, end) = lower.get(at + 7..)?.split_once('-')?;
    let end = match end {
        "*" => None,
        number => Some(number.parse().ok()?),
    };
    Some((description.get(..at)?, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_says_which_part_it_is() {
        let check = |text: &str, expected: Option<(&str, Option<u64>)>| assert_eq!(range(text), expected, "{text}");
        check("member;range=0-1499", Some(("member", Some(1499))));
        check("member;Range=1500-*", Some(("member", None)));
        check("member", None);
        check("member;range=0", None);
        check("member;range=0-x", None);
    }
}
