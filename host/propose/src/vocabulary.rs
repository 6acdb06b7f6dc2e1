//! What applications call things, in English, German and French. Words are written as
//! [`crate::names::Name`] joins them: lower case, no accents, nothing in between.

mod words;

use crate::names::{Name, stem};

/// What a column may be to SCIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Role {
    UserName,
    GivenName,
    FamilyName,
    MiddleName,
    Prefix,
    DisplayName,
    NickName,
    Title,
    UserType,
    Language,
    Locale,
    Timezone,
    ExternalId,
    Mail,
    OtherMail,
    WorkPhone,
    MobilePhone,
    HomePhone,
    Fax,
    Street,
    Locality,
    PostalCode,
    Country,
    EmployeeNumber,
    CostCenter,
    Organization,
    Division,
    Department,
    Created,
    Modified,
    Password,
    Active,
    Inactive,
    Deleted,
    Version,
    Manager,
    Roles,
    Entitlements,
    /// The name of a group.
    GroupName,
}

/// Whether a text is one of a list of words.
fn has(words: &str, text: &str) -> bool {
    words.split_whitespace().any(|word| word == text)
}

/// How well a column's name fits a role: the place among the role's words decides between
/// columns that both fit, the meaning (see `Name::meanings`) comes first. Smaller is
/// better.
pub(crate) fn rank(column: &Name, table: &Name, role: Role) -> Option<usize> {
    let (_, words) = words::ROLES.iter().find(|(known, _)| *known == role)?;
    column.meanings(table).iter().enumerate().find_map(|(prefix, meaning)| {
        let place = words.split_whitespace().position(|word| word == meaning)?;
        Some(place + prefix * 100)
    })
}

/// Whether a column's name says that it holds states, and not which one: unlike `enabled`, it
/// leaves open what a number in it means.
pub(crate) fn names_states(column: &Name, table: &Name) -> bool {
    let meanings = column.meanings(table);
    meanings.iter().find(|meaning| is(Role::Active, meaning)).is_some_and(|meaning| has(words::STATES, meaning))
}

/// Whether a text is one of a role's words.
pub(crate) fn is(role: Role, text: &str) -> bool {
    words::ROLES.iter().any(|(known, words)| *known == role && has(words, text))
}

/// Whether a column of this name holds people's names or addresses.
pub(crate) fn is_personal(column: &str) -> bool {
    let name = Name::of(column);
    let joined = name.joined();
    let whole = [
        Role::UserName,
        Role::MiddleName,
        Role::DisplayName,
        Role::NickName,
        Role::OtherMail,
        Role::EmployeeNumber,
        Role::ExternalId,
    ];
    let within = [Role::GivenName, Role::FamilyName, Role::Mail, Role::Password];
    whole.iter().chain(&within).any(|role| is(*role, &joined))
        || within.iter().any(|role| name.words().iter().any(|word| is(*role, word)))
}

/// Whether a column of this name holds codes.
pub(crate) fn is_code(column: &str) -> bool {
    let name = Name::of(column);
    let joined = name.joined();
    [Role::Active, Role::Inactive, Role::Deleted].iter().any(|role| is(*role, &joined))
        || name.words().iter().any(|word| has(words::CODES, word))
}

/// Whether a table's name says that it holds people.
pub(crate) fn names_people(table: &Name) -> bool {
    let singulars = table.singulars();
    words::PEOPLE.split_whitespace().any(|word| singulars.contains(&stem(word)))
}

/// Whether a table's name says that it is about people and does not hold them.
pub(crate) fn is_aside(table: &Name) -> bool {
    table.words().iter().any(|word| has(words::NOT_PEOPLE, word))
}

/// Whether a table's name says who is in something.
pub(crate) fn names_membership(table: &Name) -> bool {
    table.words().iter().any(|word| has(words::MEMBERSHIP, word))
}

/// How much a table's name says that it holds groups.
pub(crate) fn names_groups(table: &Name) -> Option<i32> {
    let singulars = table.singulars();
    let called = |words: &str| words.split_whitespace().any(|word| singulars.contains(&stem(word)));
    words::GROUPS.iter().filter(|(_, words)| called(words)).map(|(points, _)| *points).max()
}

/// Whether a word is one for people, in the singular or the plural.
pub(crate) fn is_people(word: &str) -> bool {
    words::PEOPLE.split_whitespace().any(|known| stem(known) == stem(word))
}

/// Whether a word is one for groups, in the singular or the plural.
pub(crate) fn is_group(word: &str) -> bool {
    let mut known = words::GROUPS.iter().flat_map(|(_, words)| words.split_whitespace());
    known.any(|known| stem(known) == stem(word))
}

/// What a mail address or a phone with this code is for, in SCIM's words.
pub(crate) fn kind(code: &str) -> Option<&'static str> {
    let code = Name::of(code).joined();
    words::KINDS.iter().find(|(_, words)| has(words, &code)).map(|(kind, _)| *kind)
}

/// Whether a value means that an account may be used (true) or may not (false).
pub(crate) fn means_active(value: &str) -> Option<bool> {
    let value = Name::of(value).joined();
    if has(words::ACTIVE, &value) {
        return Some(true);
    }
    has(words::INACTIVE, &value).then_some(false)
}

/// Whether a value is the yes (true) or the no of a pair, and the other one, spelled as
/// this one is.
pub(crate) fn counterpart(value: &str) -> Option<(bool, String)> {
    let pairs = || words::COUNTERPARTS.split_whitespace().filter_map(|pair| pair.split_once('/'));
    if let Some((_, no)) = pairs().find(|(yes, _)| yes.eq_ignore_ascii_case(value)) {
        return Some((true, spelled_as(value, no)));
    }
    // `N` goes with a word of one of three languages.
    let mut alike = pairs().filter(|(_, no)| no.eq_ignore_ascii_case(value));
    let (yes, _) = alike.next()?;
    alike.next().is_none().then(|| (false, spelled_as(value, yes)))
}

/// Pairs of values that are usual for a status, yes and no.
pub(crate) fn usual_pairs() -> impl Iterator<Item = (&'static str, &'static str)> {
    words::PAIRS.split_whitespace().filter_map(|pair| pair.split_once('/'))
}

/// `word` in capitals, or with one, as `model` is.
fn spelled_as(model: &str, word: &str) -> String {
    if !model.contains(char::is_lowercase) {
        return word.to_uppercase();
    }
    let mut chars = word.chars();
    match chars.next() {
        Some(first) if model.starts_with(char::is_uppercase) => {
            first.to_uppercase().chain(chars.flat_map(char::to_lowercase)).collect()
        }
        _ => word.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_roles() {
        let fits = |table: &str, column: &str, role| rank(&Name::of(column), &Name::of(table), role).is_some();
        for (table, column, role) in [
            ("person", "login", Role::UserName),
            ("T_BENUTZER", "BEN_KENNUNG", Role::UserName),
            ("utilisateurs", "Prénom", Role::GivenName),
            ("utilisateurs", "nom", Role::FamilyName),
            ("users", "user_email", Role::Mail),
            ("mitarbeiter", "Geändert am", Role::Modified),
            ("mitarbeiter", "E-Mail-Adresse", Role::Mail),
        ] {
            assert!(fits(table, column, role), "{table}.{column} {role:?}");
        }
        assert!(!fits("person", "customer_login_count", Role::UserName));
        assert!(names_people(&Name::of("tbl_Benutzer")) && names_people(&Name::of("app_users")));
        assert!(!names_people(&Name::of("invoices")));
        assert!(is_personal("first_name") && is_personal("Nachname") && !is_personal("kind"));
    }

    #[test]
    fn values_are_understood() {
        for (value, expected) in [("A", Some(true)), ("inaktiv", Some(false)), ("?", None), ("J", Some(true))] {
            assert_eq!(means_active(value), expected, "{value}");
        }
        for (value, expected) in [
            ("Y", Some((true, "N"))),
            ("Active", Some((true, "Inactive"))),
            ("inaktiv", Some((false, "aktiv"))),
            ("N", None),
            ("A", None),
        ] {
            let expected = expected.map(|(active, other): (bool, &str)| (active, other.to_owned()));
            assert_eq!(counterpart(value), expected, "{value}");
        }
        assert_eq!([kind("W"), kind("Privat"), kind("zz")], [Some("work"), Some("home"), None]);
    }

    #[test]
    fn no_word_is_written_in_a_way_that_never_matches() {
        let lists = words::ROLES.iter().map(|(_, words)| *words).chain(words::GROUPS.iter().map(|(_, words)| *words));
        for word in lists.chain([words::PEOPLE, words::NOT_PEOPLE]).flat_map(str::split_whitespace) {
            assert_eq!(Name::of(word).joined(), word);
        }
    }
}
