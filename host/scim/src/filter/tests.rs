use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::testing::{ECMA_URN, enterprise, groups, profile, users};

fn parse_with(text: &str, profile_name: &str) -> Result<Filter, ScimError> {
    let schemas = users();
    Filter::parse(text, &ParseOptions::of(schemas.urns(), &profile(profile_name)))
}

/// Reads strictly; `expected` is the canonical text, with every group shown.
#[track_caller]
fn check(text: &str, expected: &str) {
    let filter = parse_with(text, "rfc").unwrap();
    assert_eq!(shape(&filter), expected, "{text}");
}

#[track_caller]
fn check_error(text: &str, expected: &str) {
    let error = parse_with(text, "rfc").unwrap_err();
    assert_eq!(error.scim_type, Some(crate::ScimType::InvalidFilter));
    assert_eq!(error.detail, format!("The filter is invalid at {expected}."), "{text}");
}

/// The tree with all its brackets.
fn shape(filter: &Filter) -> String {
    let all = |parts: &[Filter]| parts.iter().map(shape).collect::<Vec<_>>().join(" ");
    match filter {
        Filter::And(parts) => format!("(and {})", all(parts)),
        Filter::Or(parts) => format!("(or {})", all(parts)),
        Filter::Not(inner) => format!("(not {})", shape(inner)),
        Filter::ValuePath { path, filter } => format!("{path}[{}]", shape(filter)),
        leaf => format!("{{{leaf}}}"),
    }
}

#[test]
fn examples_of_rfc_7644_section_3_4_2_2() {
    check(r#"userName eq "bjensen""#, r#"{userName eq "bjensen"}"#);
    check(r#"name.familyName co "O'Malley""#, r#"{name.familyName co "O'Malley"}"#);
    check(
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
        r#"{urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"}"#,
    );
    check("title pr", "{title pr}");
    check(r#"meta.lastModified ge "2011-05-13T04:42:34Z""#, r#"{meta.lastModified ge "2011-05-13T04:42:34Z"}"#);
    check(r#"title pr and userType eq "Employee""#, r#"(and {title pr} {userType eq "Employee"})"#);
    check(r#"title pr or userType eq "Intern""#, r#"(or {title pr} {userType eq "Intern"})"#);
    check(
        r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#,
        r#"{schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"}"#,
    );
    check(
        r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#,
        r#"(and {userType eq "Employee"} (or {emails co "example.com"} {emails.value co "example.org"}))"#,
    );
    check(
        r#"userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")"#,
        r#"(and {userType ne "Employee"} (not (or {emails co "example.com"} {emails.value co "example.org"})))"#,
    );
    check(
        r#"userType eq "Employee" and (emails.type eq "work")"#,
        r#"(and {userType eq "Employee"} {emails.type eq "work"})"#,
    );
    check(
        r#"userType eq "Employee" and emails[type eq "work" and value co "@example.com"]"#,
        r#"(and {userType eq "Employee"} emails[(and {type eq "work"} {value co "@example.com"})])"#,
    );
    check(
        r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#,
        r#"(or emails[(and {type eq "work"} {value co "@example.com"})] ims[(and {type eq "xmpp"} {value co "@foo.com"})])"#,
    );
}

#[test]
fn precedence_and_grouping() {
    check("a pr or b pr and c pr", "(or {a pr} (and {b pr} {c pr}))");
    check("(a pr or b pr) and c pr", "(and (or {a pr} {b pr}) {c pr})");
    check("not (a pr) and b pr", "(and (not {a pr}) {b pr})");
    check("NOT(a pr)AND b PR", "(and (not {a pr}) {b pr})");
    check("((a pr))", "{a pr}");
    check("a pr and b pr and c pr", "(and {a pr} {b pr} {c pr})");
    check("not pr", "{not pr}");
    check("  a   Eq\t1 ", "{a eq 1}");
    check("emails[not (type eq \"x\") or a[b pr]]", "emails[(or (not {type eq \"x\"}) a[{b pr}])]");
    check(r#"members[value eq"2819"]"#, r#"members[{value eq "2819"}]"#);
}

#[test]
fn literals() {
    check(r#"a eq "q\"\\\/\b\f\n\r\t""#, r#"{a eq "q\"\\/\b\f\n\r\t"}"#);
    check(r#"a eq "\ud83d\ude00\u00e9""#, r#"{a eq "😀é"}"#);
    check("a eq -12.50e+3", "{a eq -12.50e+3}");
    check("a eq true and b eq false and c ne null", "(and {a eq true} {b eq false} {c ne null})");
    check(r#"a eq ") or (b pr""#, r#"{a eq ") or (b pr"}"#);
}

#[test]
fn errors_say_the_byte() {
    check_error("", "byte 0: an attribute name is missing");
    check_error("userName", "byte 8: an operator is missing after 'userName'");
    check_error("userName regex \"x\"", "byte 9: the operator 'regex' is not supported");
    check_error("userName eq", "byte 11: a value is missing");
    check_error("userName eq bob", "byte 12: 'bob' is not a JSON value; strings need quotes");
    check_error("userName eq \"bob", "byte 12: a string without a closing quote");
    check_error(r#"a eq "\ud83d""#, "byte 5: a malformed string: see the JSON escapes of RFC 8259");
    check_error("a eq 01", "byte 5: '01' is not a JSON value; strings need quotes");
    check_error("a eq TRUE", "byte 5: 'TRUE' is not a JSON value; strings need quotes");
    check_error("(a pr", "byte 5: a closing ')' is missing");
    check_error("a pr)", "byte 4: unexpected ')'");
    check_error("a pr b pr", "byte 5: unexpected 'b pr'");
    check_error("a pr and", "byte 8: an attribute name is missing");
    check_error("emails[type eq \"x\"", "byte 18: a closing ']' is missing");
    check_error("é pr", "byte 0: 'é' is not an attribute name");
}

#[test]
fn limits_hold() {
    let schemas = users();
    let options = ParseOptions {
        limits: Limits { max_length: 100, max_nodes: 4, max_depth: 3 },
        ..ParseOptions::strict(schemas.urns())
    };
    let detail = |text: &str| Filter::parse(text, &options).map(|_| ()).map_err(|error| error.detail);
    assert_eq!(detail("a pr and b pr and c pr"), Ok(()));
    assert_eq!(
        detail("a pr and b pr and c pr and d pr"),
        Err("The filter is invalid at byte 31: more than 4 expressions.".to_owned())
    );
    assert_eq!(detail("(((a pr)))"), Ok(()));
    assert_eq!(detail("((((a pr))))"), Err("The filter is invalid at byte 4: nested deeper than 3.".to_owned()));
    assert_eq!(detail("a[b[c[d[e pr]]]]"), Err("The filter is invalid at byte 8: nested deeper than 3.".to_owned()));
    assert_eq!(
        detail(&"x".repeat(101)),
        Err("The filter is invalid at byte 100: it is longer than 100 bytes.".to_owned())
    );
    let deep = format!("{}a pr", "(".repeat(10_000));
    assert!(parse_with(&deep, "rfc").unwrap_err().detail.contains("nested deeper than 32"));
}

#[test]
fn entra_unquoted_value() {
    let filter = parse_with("externalId eq jyoung", "entra").unwrap();
    assert_eq!(filter.to_string(), r#"externalId eq "jyoung""#);
    for quoted in ["externalId eq 'jyoung'", "externalId eq \u{201c}jyoung\u{201d}"] {
        assert!(parse_with(quoted, "entra").unwrap_err().detail.contains("strings need quotes"), "{quoted}");
    }
    let typed = parse_with("externalId eq 12345", "entra").unwrap().typed(&users(), &profile("entra")).unwrap();
    assert_eq!(typed.to_string(), r#"externalId eq "12345""#);
}

#[test]
fn entra_urn_in_a_path_and_sub_attribute_of_a_value_path() {
    check(&format!("{ECMA_URN}:Contoso$Login eq \"x\""), &format!("{{{ECMA_URN}:Contoso$Login eq \"x\"}}"));
    check(r#"emails[type eq "work"].value eq "x""#, r#"emails[(and {type eq "work"} {value eq "x"})]"#);
    check(r#"emails[type eq "work"].value pr"#, r#"emails[(and {type eq "work"} {value pr})]"#);
}

/// Checks a filter against the schemas; `expected` is the typed filter or the error.
#[track_caller]
fn check_typed(text: &str, expected: Result<&str, &str>) {
    let filter = parse_with(text, "default").unwrap();
    let typed = filter.typed(&users(), &profile("default"));
    let typed = typed.map(|filter| filter.to_string()).map_err(|error| error.detail);
    assert_eq!(typed, expected.map(str::to_owned).map_err(str::to_owned), "{text}");
}

#[test]
fn types_are_checked() {
    check_typed("USERNAME EQ \"x\"", Ok("userName eq \"x\""));
    check_typed("urn:ietf:params:scim:schemas:core:2.0:User:title pr", Ok("title pr"));
    check_typed("emails co \"x\"", Ok("emails.value co \"x\""));
    check_typed(
        "id eq \"1\" and manager eq \"2\"",
        Ok(&format!("id eq \"1\" and {} eq \"2\"", enterprise("manager.value"))),
    );
    check_typed("active eq \"True\"", Ok("active eq true"));
    check_typed("roles[primary eq \"True\"]", Ok("roles[primary eq true]"));
    check_typed("Level gt \"4\"", Ok(&format!("{ECMA_URN}:Level gt 4")));
    check_typed("Tags[value eq \"x\"]", Ok(&format!("{ECMA_URN}:Tags[value eq \"x\"]")));
    check_typed("name eq null", Ok("name eq null"));
    check_typed("nothing eq \"x\"", Err("There is no attribute 'nothing'."));
    check_typed("emails[nothing pr]", Err("There is no attribute 'nothing'."));
    check_typed("name eq \"x\"", Err("'name' is complex; compare one of its sub-attributes."));
    check_typed("active gt true", Err("The operator gt does not fit 'active', which is a boolean."));
    check_typed("active co \"t\"", Err("The operator co does not fit 'active', which is a boolean."));
    check_typed("active eq \"x\"", Err("'active' is a boolean and cannot be compared with \"x\"."));
    check_typed(
        "x509Certificates.value gt \"AA==\"",
        Err("The operator gt does not fit 'x509Certificates.value', which is binary."),
    );
    check_typed("Level co 4", Err("The operator co does not fit 'Level', which is an integer."));
    check_typed(
        "meta.created gt \"yesterday\"",
        Err("'meta.created' is a dateTime and cannot be compared with \"yesterday\"."),
    );
    check_typed("title gt null", Err("null can be compared with eq and ne, not with gt."));
    check_typed("password eq \"x\"", Err("'password' cannot be used in a filter."));
    check_typed("userName[value eq \"x\"]", Err("'userName' has no values to choose from with '[…]'."));
}

fn person() -> Map<String, Value> {
    let Value::Object(person) = json!({
        "schemas": [crate::USER_URN, crate::ENTERPRISE_URN],
        "id": "A1",
        "userName": "Bjensen",
        "name": {"familyName": "Jensen", "givenName": "Bärbel"},
        "displayName": "",
        "active": false,
        "emails": [{"value": "b@work.example", "type": "work"}, {"value": "b@home.example", "type": "home", "primary": true}],
        "x509Certificates": [{"value": "MII/"}],
        "meta": {"lastModified": "2011-05-13T04:42:34Z"},
        crate::ENTERPRISE_URN: {"department": "Tools", "manager": {"value": "M1"}},
        ECMA_URN: {"Contoso$Login": "Bjensen", "Level": 7, "Rate": 12.5, "Hired": "2020-01-01T00:00:00+02:00", "Tags": ["x", "Y"]},
    }) else {
        panic!("an object");
    };
    person
}

#[track_caller]
fn check_eval(text: &str, expected: bool) {
    let schemas = users();
    let filter = parse_with(text, "default").unwrap();
    let typed = filter.typed(&schemas, &profile("default")).unwrap();
    assert_eq!(filter.matches(&person(), &schemas), expected, "{text}");
    assert_eq!(typed.matches(&person(), &schemas), expected, "typed: {typed}");
}

#[test]
fn strings_compare_by_case_exact() {
    check_eval("userName eq \"bJENSEN\"", true);
    check_eval("name.givenName eq \"BÄRBEL\"", true);
    check_eval("id eq \"a1\"", false);
    check_eval("id eq \"A1\"", true);
    check_eval(&format!("{ECMA_URN}:Contoso$Login eq \"bjensen\""), false);
    check_eval("userName sw \"BJ\" and userName ew \"sen\" and userName co \"ENS\"", true);
    check_eval("userName gt \"a\" and userName lt \"c\" and userName ge \"bjensen\"", true);
    check_eval("userName ne \"bjensen\"", false);
}

#[test]
fn other_types_compare_by_value() {
    check_eval("active eq false", true);
    check_eval("active ne true", true);
    check_eval("meta.lastModified eq \"2011-05-13T06:42:34+02:00\"", true);
    check_eval("meta.lastModified gt \"2011-05-13T04:42:33.999Z\"", true);
    check_eval("Hired lt \"2020-01-01T00:00:00Z\"", true);
    check_eval("Level ge 7 and Level lt 7.5 and Level eq 7.0", true);
    check_eval("Rate eq 12.50 and Rate gt 12.4999999999999999999999", true);
    check_eval("x509Certificates.value eq \"MII_\"", true);
    check_eval("x509Certificates.value eq \"MIIA\"", false);
}

#[test]
fn presence() {
    check_eval("title pr", false);
    check_eval("displayName pr", false);
    check_eval("active pr", true);
    check_eval("name pr", true);
    check_eval("name.middleName pr", false);
    check_eval("emails pr", true);
    check_eval("roles pr", false);
    check_eval("emails.primary pr", true);
    check_eval(&format!("{} pr", enterprise("department")), true);
    check_eval("title eq null and displayName eq null and userName ne null", true);
    check_eval("title ne \"x\"", true);
    check_eval("not (title eq \"x\")", true);
    check_eval("title lt \"x\"", false);
}

#[test]
fn many_values() {
    check_eval("emails eq \"b@home.example\"", true);
    check_eval("emails.type eq \"home\" and emails.value eq \"b@work.example\"", true);
    check_eval("emails[type eq \"home\" and value eq \"b@work.example\"]", false);
    check_eval("emails[type eq \"home\" and value ew \"home.example\" and primary eq true]", true);
    check_eval("emails[type eq \"work\" and not (primary eq true)]", true);
    check_eval("emails.type ne \"home\"", true);
    check_eval("Tags eq \"y\" and Tags[value eq \"X\"]", true);
    check_eval("manager eq \"M1\" and id eq \"A1\"", true);
    check_eval("schemas eq \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"", true);
}

#[test]
fn members_of_a_group_by_their_value() {
    let schemas = groups();
    let Value::Object(group) = json!({"id": "g", "members": [{"value": "u"}]}) else { panic!("an object") };
    let filter = Filter::parse("id eq \"g\" and members eq \"u\"", &ParseOptions::strict(schemas.urns())).unwrap();
    assert!(filter.matches(&group, &schemas));
    let other = Filter::parse("id eq \"g\" and members eq \"U\"", &ParseOptions::strict(schemas.urns())).unwrap();
    assert!(!other.matches(&group, &schemas));
}

fn any_path() -> impl Strategy<Value = AttrPath> {
    let urn = prop::option::of(prop::sample::select(vec![crate::USER_URN.to_owned(), ECMA_URN.to_owned()]));
    let name = prop_oneof![
        "[a-zA-Z][a-zA-Z0-9_$-]{0,6}",
        Just("not".to_owned()),
        Just("and".to_owned()),
        Just("pr".to_owned())
    ];
    (urn, name, prop::option::of("[a-zA-Z$][a-zA-Z0-9_-]{0,6}")).prop_map(|(urn, name, sub)| AttrPath {
        urn,
        name,
        sub,
    })
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let value = prop_oneof![
        any::<String>().prop_map(CompareValue::String),
        any::<i64>().prop_map(|n| CompareValue::Number(n.to_string())),
        "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?".prop_map(CompareValue::Number),
        any::<bool>().prop_map(CompareValue::Bool),
        Just(CompareValue::Null),
    ];
    let compare = (any_path(), prop::sample::select(CompareOp::ALL.to_vec()), value)
        .prop_map(|(path, op, value)| Filter::Compare { path, op, value });
    let leaf = prop_oneof![any_path().prop_map(Filter::Present), compare];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::Or),
            inner.clone().prop_map(|f| Filter::Not(Box::new(f))),
            (any_path(), inner).prop_map(|(path, f)| Filter::ValuePath { path, filter: Box::new(f) }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_the_same(filter in any_filter()) {
        let text = filter.to_string();
        let schemas = users();
        let limits = Limits { max_length: usize::MAX, ..Limits::default() };
        let options = ParseOptions { limits, ..ParseOptions::strict(schemas.urns()) };
        let read = Filter::parse(&text, &options);
        prop_assert_eq!(read, Ok(filter), "{}", text);
    }

    #[test]
    fn no_text_makes_the_parser_panic(
        words in prop::collection::vec(
            prop_oneof![
                Just("(".to_owned()), Just(")".to_owned()), Just("[".to_owned()), Just("]".to_owned()),
                Just("\"".to_owned()), Just("\\".to_owned()), Just(" ".to_owned()), Just("not".to_owned()),
                Just("and".to_owned()), Just("emails".to_owned()), Just("eq".to_owned()), Just("1".to_owned()), ".{0,4}",
            ],
            0..24,
        ),
    ) {
        let text = words.concat();
        for name in Profile::NAMES {
            if let Ok(filter) = parse_with(&text, name) {
                let _typed = filter.typed(&users(), &profile(name));
                let again = parse_with(&filter.to_string(), "rfc");
                prop_assert_eq!(again.as_ref(), Ok(&filter));
            }
        }
    }

    #[test]
    fn evaluation_obeys_logic(a in any_filter(), b in any_filter()) {
        let (schemas, person) = (users(), person());
        let holds = |filter: &Filter| filter.matches(&person, &schemas);
        let (x, y) = (holds(&a), holds(&b));
        prop_assert_eq!(holds(&Filter::and(vec![a.clone(), b.clone()])), x && y);
        prop_assert_eq!(holds(&Filter::or(vec![a.clone(), b])), x || y);
        prop_assert_eq!(holds(&Filter::Not(Box::new(a))), !x);
    }

    #[test]
    fn string_comparison_is_that_of_the_folded_strings(value in "[a-cA-C]{0,3}", literal in "[a-cA-C]{0,3}", op in prop::sample::select(CompareOp::ALL.to_vec())) {
        let resource = Map::from_iter([("title".to_owned(), Value::from(value.as_str()))]);
        let filter = Filter::compare(AttrPath::attribute("title"), op, CompareValue::String(literal.clone()));
        let (value, literal) = (value.to_ascii_lowercase(), literal.to_ascii_lowercase());
        let expected = match op {
            CompareOp::Eq => value == literal,
            CompareOp::Ne => value != literal,
            CompareOp::Co => value.contains(&literal),
            CompareOp::Sw => value.starts_with(&literal),
            CompareOp::Ew => value.ends_with(&literal),
            CompareOp::Gt => value > literal,
            CompareOp::Ge => value >= literal,
            CompareOp::Lt => value < literal,
            CompareOp::Le => value <= literal,
        };
        prop_assert_eq!(filter.matches(&resource, &users()), expected);
    }
}
