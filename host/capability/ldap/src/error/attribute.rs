//! Which attribute a server's message is about.

use super::active_directory;

/// What OpenLDAP's overlay `unique` says before the filter that it looked with.
pub(super) const NOT_UNIQUE: &str = "non-unique attributes found with ";

/// The attribute at fault, where the message names one in a way that is known.
pub(super) fn at_fault(message: &str) -> Option<String> {
    let found = if active_directory::number(message).is_some() {
        in_active_directory(message).or_else(|| in_quotes(message))
    } else {
        in_quotes(message).or_else(|| in_filter(message)).or_else(|| before_colon(message))
    };
    found.filter(|name| is_description(name)).map(str::to_owned)
}

/// `... data 0, Att 90290 (userPrincipalName)`.
fn in_active_directory(message: &str) -> Option<&str> {
    let named = message.rsplit_once(", Att ").and_then(|(_, rest)| rest.split_once('(')?.1.split_once(')'));
    // Samba: `samldb: Account name (sAMAccountName) 'ada' already in use!`
    let used = message.split_once(": samldb: ").filter(|(_, rest)| rest.contains("already in use"));
    let used = used.and_then(|(_, rest)| rest.split_once('(')?.1.split_once(')'));
    match (named.or(used), active_directory::number(message)) {
        (Some((name, _)), _) => Some(name),
        // Only passwords have a policy.
        (None, Some(0x052d)) => Some("unicodePwd"),
        _ => None,
    }
}

/// `attribute 'x' not allowed`, `object class 'y' requires attribute 'x'`.
fn in_quotes(message: &str) -> Option<&str> {
    Some(message.rsplit_once("attribute '")?.1.split_once('\'')?.0)
}

/// `non-unique attributes found with (|(uid=ada)(uid=lovelace))`: the one attribute there.
/// Values are escaped, so that every parenthesis is the filter's.
fn in_filter(message: &str) -> Option<&str> {
    let (_, filter) = message.split_once(NOT_UNIQUE)?;
    let mut names = filter.split('(').skip(2).map(|part| part.split_once('=').map(|(name, _)| name));
    let first = names.next()??;
    names.all(|name| name == Some(first)).then_some(first)
}

/// `x: value #0 invalid per syntax`, `modify/add: x: value #0 already exists`.
fn before_colon(message: &str) -> Option<&str> {
    let rest = message.strip_prefix("modify/").and_then(|rest| rest.split_once(": ")).map_or(message, |(_, rest)| rest);
    let (name, what) = rest.split_once(": ")?;
    let known = ["value #", "no such", "attribute type", "multiple values", "no user modification", "no equality"];
    known.iter().any(|known| what.starts_with(known)).then_some(name)
}

/// Letters, digits, hyphens, dots and options (RFC 4512 section 2.5).
fn is_description(name: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b';' | b'_');
    !name.is_empty() && name.bytes().all(good)
}
