//! The schemas of RFC 7643: common attributes (section 3.1), User (4.1), Group (4.2) and
//! the enterprise extension (4.3).

use std::sync::LazyLock;

use super::{Attribute, Mutability, Returned, Schema, Type, Uniqueness};
use crate::{ENTERPRISE_URN, GROUP_URN, USER_URN};

/// The attributes that every resource has without its schema naming them. A schema that
/// does name one of them overrides it.
pub fn common_attributes() -> &'static [Attribute] {
    static COMMON: LazyLock<Vec<Attribute>> = LazyLock::new(|| {
        let instant = |name, text| Attribute::new(name, Type::DateTime, text);
        vec![
            Attribute::new("schemas", Type::Reference, "URNs of the schemas that the resource uses.")
                .multi()
                .required()
                .references(["uri"])
                .returned(Returned::Always),
            Attribute::string("id", "Identifier of the resource, given by the server.")
                .case_exact()
                .unique(Uniqueness::Server)
                .returned(Returned::Always)
                .read_only(),
            Attribute::string("externalId", "Identifier of the resource at the client.").case_exact(),
            Attribute::complex(
                "meta",
                "What the server knows of the resource.",
                [
                    Attribute::string("resourceType", "Name of the resource type.").case_exact(),
                    instant("created", "When the resource was created."),
                    instant("lastModified", "When the resource was last changed."),
                    Attribute::new("location", Type::Reference, "URL of the resource.").references(["uri"]),
                    Attribute::string("version", "Version of the resource, as in its ETag.").case_exact(),
                ],
            )
            .read_only(),
        ]
    });
    &COMMON
}

/// The core User schema.
pub fn user() -> Schema {
    let text = Attribute::string;
    let never = |attribute: Attribute| attribute.mutability(Mutability::WriteOnly).returned(Returned::Never);
    let name = [
        text("formatted", "The whole name, ready to show."),
        text("familyName", "Last name."),
        text("givenName", "First name."),
        text("middleName", "Middle names."),
        text("honorificPrefix", "Title before the name, e.g. Dr."),
        text("honorificSuffix", "What follows the name, e.g. III."),
    ];
    let address = [
        text("formatted", "The whole address, ready to print."),
        text("streetAddress", "Street, house number, box."),
        text("locality", "City or town."),
        text("region", "State or region."),
        text("postalCode", "Postal code."),
        text("country", "Country, as an ISO 3166-1 alpha-2 code."),
        text("type", "What the address is for.").canonical(["work", "home", "other"]),
        primary(),
    ];
    let groups = [
        text("value", "Id of the group."),
        reference("$ref", "URL of the group.", &["User", "Group"]),
        text("display", "Name of the group."),
        text("type", "Whether the membership is direct.").canonical(["direct", "indirect"]),
    ];
    let certificate = Attribute::new("value", Type::Binary, "DER of the certificate, in Base64.");
    Schema::new(USER_URN, "User", "A person's account.").with([
        text("userName", "Name that the user signs in with.").required().unique(Uniqueness::Server),
        Attribute::complex("name", "Parts of the user's name.", name),
        text("displayName", "Name to show."),
        text("nickName", "What people call the user."),
        reference("profileUrl", "Page about the user.", &["external"]),
        text("title", "Job title."),
        text("userType", "How the user belongs to the organisation, e.g. Contractor."),
        text("preferredLanguage", "Language, as in an Accept-Language header."),
        text("locale", "Locale for dates and currency, e.g. en-US."),
        text("timezone", "Time zone, as an IANA name."),
        Attribute::new("active", Type::Boolean, "Whether the account may be used."),
        never(text("password", "Clear-text password to set; never shown.")),
        plural("emails", "E-mail addresses.", text("value", "E-mail address."), &["work", "home", "other"]),
        plural(
            "phoneNumbers",
            "Phone numbers.",
            text("value", "Phone number."),
            &["work", "home", "mobile", "fax", "pager", "other"],
        ),
        plural(
            "ims",
            "Instant messaging addresses.",
            text("value", "Instant messaging address."),
            &["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"],
        ),
        plural(
            "photos",
            "Pictures.",
            reference("value", "URL of the picture.", &["external"]),
            &["photo", "thumbnail"],
        ),
        Attribute::complex("addresses", "Postal addresses.", address).multi(),
        Attribute::complex("groups", "Groups that the user is in.", groups).multi().read_only(),
        plural("entitlements", "What the user is entitled to.", text("value", "Entitlement."), &[]),
        plural("roles", "Roles of the user.", text("value", "Role."), &[]),
        plural("x509Certificates", "Certificates of the user.", certificate, &[]),
    ])
}

/// The core Group schema.
pub fn group() -> Schema {
    let immutable = |attribute: Attribute| attribute.mutability(Mutability::Immutable);
    let members = [
        immutable(Attribute::string("value", "Id of the member.").case_exact()),
        immutable(reference("$ref", "URL of the member.", &["User", "Group"])),
        immutable(Attribute::string("type", "Resource type of the member.").canonical(["User", "Group"])),
        Attribute::string("display", "Name of the member.").read_only(),
    ];
    Schema::new(GROUP_URN, "Group", "A group of users.").with([
        Attribute::string("displayName", "Name of the group.").required(),
        Attribute::complex("members", "Who is in the group.", members).multi(),
    ])
}

/// The enterprise extension of User.
pub fn enterprise_user() -> Schema {
    let text = Attribute::string;
    let manager = [
        text("value", "Id of the manager.").case_exact(),
        reference("$ref", "URL of the manager.", &["User"]),
        text("displayName", "Name of the manager.").read_only(),
    ];
    Schema::new(ENTERPRISE_URN, "EnterpriseUser", "What an organisation knows of its people.").with([
        text("employeeNumber", "Number or code of the employee."),
        text("costCenter", "Cost centre."),
        text("organization", "Organisation."),
        text("division", "Division."),
        text("department", "Department."),
        Attribute::complex("manager", "The user's manager.", manager),
    ])
}

fn reference(name: &str, description: &str, types: &[&str]) -> Attribute {
    Attribute::new(name, Type::Reference, description).references(types.iter().copied())
}

fn primary() -> Attribute {
    Attribute::new("primary", Type::Boolean, "Whether this is the preferred value; at most one is.")
}

/// A list of values with `display`, `type` and `primary` (RFC 7643 section 2.4).
fn plural(name: &str, description: &str, value: Attribute, types: &[&str]) -> Attribute {
    let subs = [
        value,
        Attribute::string("display", "Text to show for the value."),
        Attribute::string("type", "What the value is for.").canonical(types.iter().copied()),
        primary(),
    ];
    Attribute::complex(name, description, subs).multi()
}
