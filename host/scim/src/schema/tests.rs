use serde_json::{Value, json};

use super::*;
use crate::{
    AttrPath,
    testing::{ECMA_URN, enterprise, users},
};

const BASE: &str = "https://host.example/apps/a/scim/v2";

/// Which attribute a path means, in canonical names.
#[track_caller]
fn check(path: &str, expected: Option<&str>) {
    let schemas = users();
    let path = AttrPath::parse(path, schemas.urns()).unwrap();
    assert_eq!(schemas.resolve(&path).map(|resolved| resolved.path().to_string()).as_deref(), expected, "{path}");
}

#[test]
fn paths_resolve() {
    check("USERNAME", Some("userName"));
    check("urn:ietf:params:scim:schemas:core:2.0:user:Name.GIVENNAME", Some("name.givenName"));
    check("meta.lastmodified", Some("meta.lastModified"));
    check("externalid", Some("externalId"));
    check(&enterprise("Department"), Some(&enterprise("department")));
    check("manager.$REF", Some(&enterprise("manager.$ref")));
    check(&format!("{ECMA_URN}:contoso$login"), Some(&format!("{ECMA_URN}:Contoso$Login")));
    check("urn:ietf:params:scim:schemas:core:2.0:User:department", None);
    check(&enterprise("userName"), None);
    check("name.nothing", None);
    check("userName.value", None);
    check("urn:unknown:x:userName", None);
}

#[test]
fn the_misspelt_enterprise_urn_is_an_alias() {
    let typo = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User";
    check(&format!("{typo}:department"), Some(&enterprise("department")));
    let strict = SchemaSet::new(user(), vec![(enterprise_user(), false)]).for_profile(&crate::Profile::strict());
    assert!(strict.schema(typo).is_none());
}

#[test]
fn a_schema_overrides_a_common_attribute() {
    let core = Schema::new("urn:x", "X", "").with([Attribute::string("externalId", "").required()]);
    let schemas = SchemaSet::new(core, Vec::new());
    let found = schemas.resolve(&AttrPath::attribute("EXTERNALID")).unwrap();
    assert!(found.attribute.required);
    assert_eq!(schemas.attributes().filter(|found| found.attribute.name == "externalId").count(), 1);
}

/// No null anywhere, and every keyword in camelCase.
#[track_caller]
fn check_rendering(value: &Value) {
    match value {
        Value::Null => panic!("a null"),
        Value::Array(items) => items.iter().for_each(check_rendering),
        Value::Object(map) => {
            for key in ["type", "mutability", "returned", "uniqueness"] {
                if let Some(Value::String(keyword)) = map.get(key) {
                    assert!(keyword.starts_with(|c: char| c.is_ascii_lowercase()), "{keyword}");
                }
            }
            map.values().for_each(check_rendering);
        }
        _ => {}
    }
}

#[test]
fn schemas_render_as_rfc_7643_section_7_has_them() {
    for schema in [user(), group(), enterprise_user()] {
        let json = schema.to_json(BASE);
        check_rendering(&json);
        assert_eq!(
            json["meta"],
            json!({"resourceType": "Schema", "location": format!("{BASE}/Schemas/{}", schema.id)})
        );
        let read: Schema = serde_json::from_value(json).unwrap();
        assert_eq!(read.attributes.len(), schema.attributes.len());
        for (read, attribute) in read.attributes.iter().zip(&schema.attributes) {
            assert_eq!(read.to_json(), attribute.to_json());
            assert!(!attribute.description.is_empty(), "{}", attribute.name);
        }
    }
    assert_eq!(
        user().attribute("active").unwrap().to_json(),
        json!({
            "name": "active", "type": "boolean", "multiValued": false, "required": false,
            "description": "Whether the account may be used.", "mutability": "readWrite", "returned": "default",
        })
    );
    assert_eq!(
        user().attribute("userName").unwrap().to_json(),
        json!({
            "name": "userName", "type": "string", "multiValued": false, "required": true, "caseExact": false,
            "description": "Name that the user signs in with.", "mutability": "readWrite", "returned": "default",
            "uniqueness": "server",
        })
    );
}

#[test]
fn the_core_schemas_have_all_attributes_of_rfc_7643() {
    let names = |schema: Schema| schema.attributes.into_iter().map(|a| a.name).collect::<Vec<_>>().join(" ");
    assert_eq!(
        names(user()),
        "userName name displayName nickName profileUrl title userType preferredLanguage locale timezone active \
         password emails phoneNumbers ims photos addresses groups entitlements roles x509Certificates"
    );
    assert_eq!(names(group()), "displayName members");
    assert_eq!(names(enterprise_user()), "employeeNumber costCenter organization division department manager");
    assert_eq!(user().attribute("password").unwrap().returned, Returned::Never);
    assert_eq!(user().attribute("groups").unwrap().sub_attribute("value").unwrap().mutability, Mutability::ReadOnly);
}

#[test]
fn resource_types_render() {
    let users = ResourceType {
        id: "User".to_owned(),
        name: "User".to_owned(),
        endpoint: "/Users".to_owned(),
        description: String::new(),
        schema: crate::USER_URN.to_owned(),
        extensions: vec![(crate::ENTERPRISE_URN.to_owned(), true)],
    };
    assert_eq!(
        users.to_json(BASE),
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": "User", "name": "User", "endpoint": "/Users", "schema": crate::USER_URN,
            "schemaExtensions": [{"schema": crate::ENTERPRISE_URN, "required": true}],
            "meta": {"resourceType": "ResourceType", "location": format!("{BASE}/ResourceTypes/User")},
        })
    );
}

#[test]
fn abilities_render() {
    let config = ServiceProviderConfig {
        patch: true,
        bulk: Some(Bulk { max_operations: 100, max_payload_size: 1_048_576 }),
        filter: Some(200),
        authentication_schemes: vec![AuthenticationScheme::bearer()],
        pagination: Some(Pagination {
            cursor: true,
            index: true,
            default_pagination_method: PageMethod::Index,
            default_page_size: Some(100),
            max_page_size: Some(200),
            cursor_timeout: None,
        }),
        ..ServiceProviderConfig::default()
    };
    let json = config.to_json(BASE);
    check_rendering(&json);
    assert_eq!(json["bulk"], json!({"supported": true, "maxOperations": 100, "maxPayloadSize": 1_048_576}));
    assert_eq!(json["filter"], json!({"supported": true, "maxResults": 200}));
    assert_eq!(json["sort"], json!({"supported": false}));
    assert_eq!(json["authenticationSchemes"][0]["type"], "oauthbearertoken");
    assert_eq!(
        json["pagination"],
        json!({"cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 100, "maxPageSize": 200})
    );
    assert_eq!(
        ServiceProviderConfig::default().to_json(BASE)["bulk"],
        json!({"supported": false, "maxOperations": 0, "maxPayloadSize": 0})
    );
}
