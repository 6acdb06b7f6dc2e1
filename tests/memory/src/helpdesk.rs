//! A help desk: people, teams, devices. The classes, and a mapping for each way of
//! showing them.

use patchbay_contract::{AttributeInfo, ObjectClass, ValueType};

use crate::catalogue::{attribute, class, many, reference, text};

/// People and teams as a small application has them.
pub const SMALL: &str = r#"
[User]
class = "person"
[User.attributes]
userName = "login"
"name.givenName" = "first_name"
"name.familyName" = "last_name"
displayName = { from_target = "first_name + ' ' + last_name" }
title = "title"
active = { attribute = "status", values = { true = "A", false = "D" } }
'emails[type eq "work"].value' = "work_mail"
'phoneNumbers[type eq "mobile"].value' = "phone"
"roles.value" = "roles"
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager" = "manager"
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department" = "department"
"urn:example:params:scim:schemas:extension:hr:1.0:User:level" = "level"
[Group]
class = "team"
[Group.attributes]
displayName = "name"
members = "members"
"#;

/// The classes behind [`SMALL`].
pub fn small() -> Vec<ObjectClass> {
    let person = class(
        "person",
        vec![
            unique(text("login")),
            text("first_name"),
            text("last_name"),
            text("status"),
            text("title"),
            many(text("work_mail")),
            text("phone"),
            many(text("roles")),
            attribute("level", ValueType::Integer),
            reference("manager", "person"),
            text("department"),
        ],
    );
    vec![person, class("team", vec![unique(text("name")), members("person")])]
}

/// What the examples of RFC 7644 need: a wide user, groups, and a resource type that no
/// RFC knows.
pub const WIDE: &str = r#"
[User]
class = "person"
[User.attributes]
userName = "login"
externalId = "external_id"
"name.formatted" = "formatted_name"
"name.familyName" = "last_name"
"name.givenName" = "first_name"
"name.middleName" = "middle_name"
displayName = "display_name"
nickName = "nickname"
title = "title"
userType = { attribute = "kind", values = { Employee = "E", Intern = "I" } }
active = "active"
password = { attribute = "password", hash = "ssha256" }
'emails[type eq "work"].value' = "work_mail"
'emails[type eq "home"].value' = "home_mail"
'emails.value' = "other_mail"
'ims[type eq "xmpp"].value' = "xmpp"
'phoneNumbers[type eq "work"].value' = "work_phone"
'addresses[type eq "work"].formatted' = "work_address"
'addresses[type eq "work"].streetAddress' = "work_street"
'addresses[type eq "work"].locality' = "work_city"
'addresses[type eq "work"].region' = "work_region"
'addresses[type eq "work"].postalCode' = "work_code"
'addresses[type eq "work"].country' = "work_country"
'addresses[type eq "work"].primary' = "work_primary"
'addresses[type eq "home"].streetAddress' = "home_street"
'addresses[type eq "home"].primary' = "home_primary"
"roles.value" = "roles"
"x509Certificates.value" = "certificates"
"meta.created" = "created"
"meta.lastModified" = "modified"
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber" = "number"
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department" = "department"
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager" = "manager"
"urn:example:params:scim:schemas:extension:hr:1.0:User:level" = "level"
"urn:example:params:scim:schemas:extension:hr:1.0:User:rate" = "rate"
"urn:example:params:scim:schemas:extension:hr:1.0:User:hired" = "hired"
[Group]
class = "team"
[Group.attributes]
displayName = "name"
members = "members"
"meta.lastModified" = "modified"
[Device]
class = "device"
schema = "urn:example:params:scim:schemas:helpdesk:2.0:Device"
[Device.attributes]
serial = { attribute = "serial", required = true }
displayName = "label"
online = "online"
tags = "tags"
"owner.value" = "owner"
"urn:example:params:scim:schemas:extension:stock:1.0:Device:shelf" = "shelf"
"#;

/// The classes behind [`WIDE`].
pub fn wide() -> Vec<ObjectClass> {
    vec![wide_person(), class("team", vec![unique(text("name")), members("person"), stamp("modified")]), device()]
}

/// The classes behind [`WIDE`], but groups whose members are groups.
pub fn nested() -> Vec<ObjectClass> {
    vec![wide_person(), class("team", vec![unique(text("name")), members("team"), stamp("modified")]), device()]
}

/// The classes behind [`WIDE`], but people's passwords are kept in the target's own way.
pub fn keeping_passwords() -> Vec<ObjectClass> {
    let mut classes = wide();
    let attributes = classes.iter_mut().flat_map(|class| &mut class.attributes);
    attributes.filter(|info| info.name == "password").for_each(|info| {
        info.traits.secret = true;
        info.traits.readable = false;
        info.filterable.clear();
    });
    classes
}

fn wide_person() -> ObjectClass {
    let mut attributes = vec![unique(text("login")), exact(text("external_id"))];
    attributes.extend(
        ["formatted_name", "last_name", "first_name", "middle_name", "display_name", "nickname", "title", "kind"]
            .map(text),
    );
    attributes.push(attribute("active", ValueType::Boolean));
    attributes.push(text("password"));
    attributes.extend(["work_mail", "home_mail", "other_mail"].map(|name| many(text(name))));
    attributes.extend(
        [
            "xmpp",
            "work_phone",
            "work_address",
            "work_street",
            "work_city",
            "work_region",
            "work_code",
            "work_country",
            "home_street",
        ]
        .map(text),
    );
    attributes.extend(["work_primary", "home_primary"].map(|name| attribute(name, ValueType::Boolean)));
    attributes.push(many(text("roles")));
    attributes.push(many(attribute("certificates", ValueType::Binary)));
    attributes.extend([stamp("created"), stamp("modified")]);
    let mut number = exact(text("number"));
    number.traits.updatable = false;
    attributes.push(number);
    attributes.extend([text("department"), reference("manager", "person")]);
    attributes.push(attribute("level", ValueType::Integer));
    attributes.push(attribute("rate", ValueType::Decimal));
    attributes.push(attribute("hired", ValueType::Timestamp));
    class("person", attributes)
}

fn device() -> ObjectClass {
    class(
        "device",
        vec![
            unique(exact(text("serial"))),
            text("label"),
            attribute("online", ValueType::Boolean),
            many(text("tags")),
            reference("owner", "person"),
            text("shelf"),
        ],
    )
}

fn unique(mut info: AttributeInfo) -> AttributeInfo {
    info.traits.unique = true;
    info.traits.required = true;
    info
}

fn exact(mut info: AttributeInfo) -> AttributeInfo {
    info.traits.case_exact = true;
    info
}

/// A time that only the store sets.
fn stamp(name: &str) -> AttributeInfo {
    let mut info = attribute(name, ValueType::Timestamp);
    info.traits.creatable = false;
    info.traits.updatable = false;
    info
}

/// Members, which are only read when asked for.
fn members(of: &str) -> AttributeInfo {
    let mut info = many(reference("members", of));
    info.traits.expensive = true;
    info
}
