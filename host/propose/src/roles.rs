//! Which column is what to SCIM.

use patchbay_capability::sql::{ColumnInfo, ColumnKind};

use crate::content;
use crate::database::Table;
use crate::interview::Confidence;
use crate::names::Name;
use crate::vocabulary::{self, Role};

/// Rank from which on a column fits by a part of its name only.
const BY_PART: usize = 100;

/// A column that fits a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fit {
    pub(crate) role: Role,
    pub(crate) column: String,
    pub(crate) confidence: Confidence,
    pub(crate) reason: String,
    rank: usize,
}

/// Roles that a column of a person's row can have by itself, with their SCIM paths.
pub(crate) const PERSON: &[(Role, &str)] = &[
    (Role::UserName, "userName"),
    (Role::ExternalId, "externalId"),
    (Role::GivenName, "name.givenName"),
    (Role::FamilyName, "name.familyName"),
    (Role::MiddleName, "name.middleName"),
    (Role::Prefix, "name.honorificPrefix"),
    (Role::DisplayName, "displayName"),
    (Role::NickName, "nickName"),
    (Role::Title, "title"),
    (Role::UserType, "userType"),
    (Role::Language, "preferredLanguage"),
    (Role::Locale, "locale"),
    (Role::Timezone, "timezone"),
    (Role::Mail, r#"emails[type eq "work"].value"#),
    (Role::OtherMail, r#"emails[type eq "other"].value"#),
    (Role::WorkPhone, r#"phoneNumbers[type eq "work"].value"#),
    (Role::MobilePhone, r#"phoneNumbers[type eq "mobile"].value"#),
    (Role::HomePhone, r#"phoneNumbers[type eq "home"].value"#),
    (Role::Fax, r#"phoneNumbers[type eq "fax"].value"#),
    (Role::Street, r#"addresses[type eq "work"].streetAddress"#),
    (Role::Locality, r#"addresses[type eq "work"].locality"#),
    (Role::PostalCode, r#"addresses[type eq "work"].postalCode"#),
    (Role::Country, r#"addresses[type eq "work"].country"#),
    (Role::EmployeeNumber, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber"),
    (Role::CostCenter, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter"),
    (Role::Organization, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization"),
    (Role::Division, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division"),
    (Role::Department, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"),
    (Role::Created, "meta.created"),
    (Role::Modified, "meta.lastModified"),
];

/// The same for a group's row.
pub(crate) const GROUP: &[(Role, &str)] =
    &[(Role::ExternalId, "externalId"), (Role::Created, "meta.created"), (Role::Modified, "meta.lastModified")];

/// Gives each role the column that fits best, and each column one role at most. Columns in
/// `taken` are something else already.
pub(crate) fn fits(table: &Table, roles: &[(Role, &str)], taken: &[String]) -> Vec<Fit> {
    let mut all: Vec<Fit> = roles.iter().flat_map(|(role, _)| candidates(table, *role, taken)).collect();
    // What names say comes before what only contents say.
    all.sort_by_key(|fit| fit.rank);
    let mut chosen: Vec<Fit> = Vec::new();
    for fit in all {
        if !chosen.iter().any(|other| other.role == fit.role || other.column == fit.column) {
            chosen.push(fit);
        }
    }
    chosen
}

/// All columns that fit a role, the best first.
pub(crate) fn candidates(table: &Table, role: Role, taken: &[String]) -> Vec<Fit> {
    let free = table.info.columns.iter().filter(|column| !taken.contains(&column.name));
    let mut all: Vec<Fit> = free.filter_map(|column| fit(table, column, role)).collect();
    all.sort_by_key(|fit| fit.rank);
    all
}

/// How a column fits a role; none where it does not.
fn fit(table: &Table, column: &ColumnInfo, role: Role) -> Option<Fit> {
    let wanted = match role {
        Role::Created | Role::Modified => ColumnKind::Timestamp,
        _ => ColumnKind::Text,
    };
    if column.kind != wanted {
        return None;
    }
    let samples = table.samples_of(&column.name).filter(|samples| samples.filled() > 0);
    let mails = samples.is_some_and(|samples| samples.mostly(content::is_mail));
    let rank = vocabulary::rank(&Name::of(&column.name), &Name::of(table.own_name()), role);
    let Some(mut rank) = rank else {
        // An address says what it is whatever its column is called.
        let confidence = Confidence::Likely;
        return (role == Role::Mail && mails).then(|| Fit {
            role,
            column: column.name.clone(),
            confidence,
            reason: "mail addresses are in it".to_owned(),
            rank: BY_PART * 10,
        });
    };
    let mut reasons = vec!["the name says so"];
    let mut confidence = if rank < BY_PART { Confidence::Sure } else { Confidence::Likely };
    match (role, samples) {
        (Role::Mail | Role::OtherMail, Some(_)) if mails => reasons.push("addresses are in it"),
        (Role::Mail | Role::OtherMail, Some(_)) => return None,
        (Role::WorkPhone | Role::MobilePhone | Role::HomePhone | Role::Fax, Some(samples)) => {
            if samples.mostly(content::is_phone) {
                reasons.push("numbers are in it");
            } else {
                confidence = Confidence::Guess;
            }
        }
        (Role::UserName, samples) => {
            if samples.is_some_and(|samples| samples.filled() > 1 && !samples.all_differ()) {
                return None;
            }
            if table.is_unique(&column.name) {
                reasons.push("unique");
            } else {
                // Another one that is unique is the better one.
                rank += BY_PART;
                confidence = confidence.min(Confidence::Likely);
            }
        }
        (_, None) => confidence = confidence.min(Confidence::Likely),
        (_, Some(_)) => {}
    }
    Some(Fit { role, column: column.name.clone(), confidence, reason: reasons.join(", "), rank })
}

/// The column that users sign in with, by its name.
pub(crate) fn user_name(table: &Table) -> Option<String> {
    candidates(table, Role::UserName, &[]).into_iter().next().map(|login| login.column)
}

/// What else can stand for a log-in name, and why.
pub(crate) fn fallback(table: &Table) -> Option<(String, &'static str)> {
    let unique = |role: Role| {
        let found = candidates(table, role, &[]).into_iter().next()?;
        table.is_unique(&found.column).then_some(found.column)
    };
    if let Some(column) = unique(Role::Mail) {
        return Some((column, "no column is called like a log-in name; addresses are unique"));
    }
    unique(Role::DisplayName).map(|column| (column, "no column is called like a log-in name; names are unique"))
}

/// The column with the name of a group: by its name, else the only unique text.
pub(crate) fn group_name(table: &Table) -> Option<String> {
    let own = Name::of(table.own_name());
    let texts = || table.info.columns.iter().filter(|column| column.kind == ColumnKind::Text);
    let by_name = texts()
        .filter_map(|column| {
            let rank = vocabulary::rank(&Name::of(&column.name), &own, Role::GroupName)?;
            Some((if table.is_unique(&column.name) { rank } else { rank + BY_PART }, &column.name))
        })
        .min();
    if let Some((_, name)) = by_name {
        return Some(name.clone());
    }
    let mut unique = texts().filter(|column| table.is_unique(&column.name));
    let only = unique.next()?;
    unique.next().is_none().then(|| only.name.clone())
}
