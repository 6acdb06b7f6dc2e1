//! The answer's JSON, from structures that know their shape.

use anyhow::Result;
use serde::Serialize;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Rows of the other tables.
pub(super) struct Children {
    pub(super) groups: Vec<Row>,
    pub(super) other: Vec<Row>,
    pub(super) roles: Vec<Row>,
    pub(super) work: Vec<Row>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct User<'a> {
    schemas: [&'static str; 2],
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    user_name: &'a str,
    name: Name<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a str>,
    profile_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_language: Option<&'a str>,
    active: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    emails: Vec<Typed<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    phone_numbers: Vec<Typed<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Reference>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    roles: Vec<Plain<'a>>,
    #[serde(rename = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")]
    enterprise: Enterprise<'a>,
    meta: Meta,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Name<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<&'a str>,
}

#[derive(Serialize)]
struct Typed<'a> {
    value: &'a str,
    r#type: &'static str,
}

#[derive(Serialize)]
struct Plain<'a> {
    value: &'a str,
}

#[derive(Serialize)]
struct Reference {
    value: String,
    #[serde(rename = "$ref")]
    location: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Enterprise<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    employee_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_center: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    department: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manager: Option<Reference>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    resource_type: &'static str,
    created: String,
    last_modified: String,
    location: String,
    version: String,
}

/// Renders a person.
pub(super) fn render(base: &str, id: i32, person: &Row, children: &Children) -> Result<Vec<u8>> {
    let mut emails = Vec::new();
    for (kind, rows) in [("other", &children.other), ("work", &children.work)] {
        for row in rows {
            emails.push(Typed { value: row.try_get("address")?, r#type: kind });
        }
    }
    let mut phone_numbers = Vec::new();
    for (kind, column) in [("mobile", "phone_mobile"), ("work", "phone_work")] {
        if let Some(value) = person.try_get(column)? {
            phone_numbers.push(Typed { value, r#type: kind });
        }
    }
    let mut groups = Vec::new();
    for row in &children.groups {
        let team: i32 = row.try_get("team_id")?;
        groups.push(Reference { value: team.to_string(), location: format!("{base}/Groups/{team}"), r#type: None });
    }
    let roles = children.roles.iter().map(|row| Ok(Plain { value: row.try_get("role")? })).collect::<Result<_>>()?;
    let manager: Option<i32> = person.try_get("manager_id")?;
    let manager = manager.map(|manager| Reference {
        value: manager.to_string(),
        location: format!("{base}/Users/{manager}"),
        r#type: None,
    });
    let version: i32 = person.try_get("row_version")?;
    let status: &str = person.try_get("status")?;
    let cost_center: Option<&str> = person.try_get("cost_center")?;
    let user = User {
        schemas: [USER, ENTERPRISE],
        id: id.to_string(),
        external_id: person.try_get("external_id")?,
        user_name: person.try_get("login")?,
        name: Name { family_name: person.try_get("last_name")?, given_name: person.try_get("first_name")? },
        display_name: person.try_get("display_name")?,
        profile_url: format!("https://helpdesk.example/people/{id}"),
        title: person.try_get("title")?,
        preferred_language: person.try_get("locale")?,
        active: status == "A",
        emails,
        phone_numbers,
        groups,
        roles,
        enterprise: Enterprise {
            employee_number: person.try_get("employee_no")?,
            cost_center: cost_center.map(str::trim_end),
            department: person.try_get("name")?,
            manager,
        },
        meta: Meta {
            resource_type: "User",
            created: time(person.try_get("created_at")?)?,
            last_modified: time(person.try_get("updated_at")?)?,
            location: format!("{base}/Users/{id}"),
            version: format!("W/\"{version}\""),
        },
    };
    Ok(serde_json::to_vec(&user)?)
}

/// Microseconds since the year 2000, as PostgreSQL sends a time.
struct Micros(i64);

impl<'a> FromSql<'a> for Micros {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(i64::from_be_bytes(raw.try_into()?)))
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::TIMESTAMPTZ
    }
}

/// RFC 3339 in UTC.
fn time(micros: Micros) -> Result<String> {
    const YEAR_2000: i64 = 946_684_800_000_000;
    Ok(jiff::Timestamp::from_microsecond(micros.0 + YEAR_2000)?.to_string())
}
