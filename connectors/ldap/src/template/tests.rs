use super::*;

/// Values of the one entry of these tests.
fn value(name: &str) -> Option<String> {
    let values = [("uid", "jd"), ("cn", ""), ("sn", "Doe, J+\\"), ("givenName", "Jo"), ("ou", "R&D"), ("blank", "  ")];
    values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
}

/// The parts of the name, `attribute=value` with the value as it is.
fn check(text: &str, parts: &[&[&str]], below: &str) {
    let template = Template::parse(text).expect(text);
    let name = template.fill(value).expect(text);
    let show = |rdn: &Rdn| rdn.iter().map(|n| format!("{}={}", n.attribute, n.value)).collect::<Vec<_>>();
    assert_eq!(name.parts.iter().map(show).collect::<Vec<_>>(), parts, "{text}");
    assert_eq!((name.below.as_str(), template.below()), (below, below), "{text}");
    assert_eq!(template.leaf(value).as_ref().ok(), name.parts.first());
    assert_eq!(template.parents() + 1, parts.len());
    let stored = postcard::to_allocvec(&template).expect("a plan holds it");
    assert_eq!(postcard::from_bytes(&stored), Ok(template), "{text}");
}

#[test]
fn values_are_parts() {
    check("uid={uid},ou=people,dc=x", &[&["uid=jd"]], "ou=people,dc=x");
    check("uid={uid}, ou={ou}, ou=a, dc=x", &[&["uid=jd"], &["ou=R&D"]], "ou=a, dc=x");
    check("cn={givenName} {sn},dc=x", &[&["cn=Jo Doe, J+\\"]], "dc=x");
    check("cn={cn|blank|none|uid},dc=x", &[&["cn=jd"]], "dc=x");
    check("cn={givenName} + uid={uid} ,dc=x", &[&["cn=Jo", "uid=jd"]], "dc=x");
    check("cn=a{uid}b,ou=c,ou={ou},dc=x", &[&["cn=ajdb"], &["ou=c"], &["ou=R&D"]], "dc=x");
    check(r"cn=\ \{\,\C3\A9{uid}\ ,dc=x", &[&["cn= {,éjd "]], "dc=x");
    check(r"uid={uid},ou=a\, b,dc=x", &[&["uid=jd"]], r"ou=a\, b,dc=x");
    check("uid={uid}", &[&["uid=jd"]], "");
}

#[test]
fn missing_values_are_named() {
    let check = |text: &str, expected: &[&str]| {
        let missing = Template::parse(text).expect(text).fill(value).expect_err(text);
        assert_eq!(missing.attributes, expected, "{text}");
    };
    check("cn={cn},dc=x", &["cn"]);
    check("cn={givenName} {none},dc=x", &["none"]);
    check("uid={uid},ou={blank|cn},dc=x", &["blank", "cn"]);
    assert_eq!(
        Missing { attributes: vec!["cn".into(), "uid".into()] }.to_string(),
        "the entry's name needs a value of cn or uid"
    );
}

#[test]
fn tells_what_it_depends_on() {
    let template = Template::parse("cn={givenName|SN}+uid={uid},l={l},ou={sn},dc=x").expect("a template");
    assert_eq!(template.attributes(), ["givenName", "SN", "uid", "l"]);
    assert_eq!(template.leaf_attributes(), ["givenName", "SN", "uid"]);
    assert_eq!(template.container_attributes(), ["l", "sn"]);
    assert_eq!(template.naming(), ["cn", "uid"]);
    assert_eq!(template.parents(), 2);
}

#[test]
fn problems_have_a_place() {
    let check = |text: &str, expected: &str| {
        assert_eq!(Template::parse(text).expect_err(text).to_string(), expected, "{text}");
    };
    check("", "the name of an attribute is missing at position 0");
    check("uid=jd,dc=x", "the first part needs a placeholder at position 0");
    check("uid=,dc=x", "the value is missing at position 4");
    check("uid{uid}", "`=` is missing at position 3");
    check("uid={}", "the name of an attribute is missing at position 5");
    check("uid={uid|}", "the name of an attribute is missing at position 9");
    check("uid={uid", "the placeholder is not closed at position 8");
    check("uid={u d}", "`|` or `}` has to follow the name of an attribute at position 7");
    check("uid=a}b{uid}", "`}` has to be escaped at position 5");
    check("uid={uid},dc", "`=` is missing at position 12");
    check("uid={uid},", "a part is missing at position 10");
    check("uid={uid}, ,dc=x", "the name of an attribute is missing at position 11");
    check(r"cn={uid}\z,dc=x", "a special character or two hexadecimal digits have to follow `\\` at position 9");
    check(r"cn={uid}\ff,dc=x", "the escaped bytes are no UTF-8 at position 8");
    check("uid={uid},ou=\"a", "`\"` has to be escaped at position 13");
    check(&format!("{}uid={{uid}}", "ou={ou},".repeat(32)), "the template has too many parts at position 265");
}
