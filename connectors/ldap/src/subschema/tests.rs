use super::*;

fn schema(attributes: &[(&str, &[&str])]) -> (Subschema, Vec<Skipped>) {
    let entry = attributes.iter().map(|(name, values)| ldap::Attribute {
        name: (*name).to_owned(),
        values: values.iter().map(|value| value.as_bytes().to_vec()).collect(),
    });
    Subschema::read(&entry.collect::<Vec<_>>())
}

/// As OpenLDAP and 389 print them.
const STANDARD: [(&str, &[&str]); 3] = [
    ("matchingRules", &["( 2.5.13.2 NAME 'caseIgnoreMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"]),
    (
        "attributeTypes",
        &[
            "( 2.5.4.41 NAME 'name' DESC 'RFC4519: common supertype' EQUALITY 2.5.13.2 SUBSTR caseIgnoreSubstringsMatch \
             SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{32768} )",
            "( 2.5.4.3 NAME ( 'cn' 'commonName' ) DESC 'user\\27s \\5cname' SUP name X-ORIGIN ( 'RFC 4519' 'user defined' ) )",
            "( 0.9.2342.19200300.100.1.1 NAME ( 'uid' 'userid' ) EQUALITY caseIgnoreMatch \
             SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{256} )",
            "( 2.5.18.2 NAME 'modifyTimestamp' EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch \
             SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation )",
            "( 2.5.4.35 NAME 'userPassword' OBSOLETE EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )",
            "( 1.1 NAME 'child' SUP CN COLLECTIVE USAGE dSAOperation )",
        ],
    ),
    (
        "objectClasses",
        &[
            "( 2.5.6.0 NAME 'top' DESC 'top of the superclass chain' ABSTRACT MUST objectClass )",
            "( 2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST ( sn $ cn ) MAY ( userPassword $ telephoneNumber ) )",
            "( 2.16.840.1.113730.3.2.2 NAME 'inetOrgPerson' SUP person MAY ( userid $ commonName ) )",
            "( 1.3.6.1.1.1.2.0 NAME 'posixAccount' SUP top AUXILIARY MUST ( cn $ uid ) )",
        ],
    ),
];

#[test]
fn attributes_have_what_they_inherit() {
    let (schema, skipped) = schema(&STANDARD);
    assert_eq!(skipped, []);
    let check = |name: &str, oid: &str, rules: [Option<&str>; 3], syntax: &str, length: Option<u32>| {
        let attribute = schema.attribute(name).expect(name);
        assert_eq!(attribute.oid, oid, "{name}");
        let own = [&attribute.equality, &attribute.ordering, &attribute.substring];
        assert_eq!(own.map(Option::as_deref), rules, "{name}");
        assert_eq!(attribute.syntax.as_deref(), Some(format!("1.3.6.1.4.1.1466.115.121.1.{syntax}").as_str()));
        assert_eq!(attribute.length, length, "{name}");
    };
    let text = [Some("caseIgnoreMatch"), None, Some("caseIgnoreSubstringsMatch")];
    check("name", "2.5.4.41", text, "15", Some(32_768));
    check("CommonName", "2.5.4.3", text, "15", Some(32_768));
    check("cn;lang-de", "2.5.4.3", text, "15", Some(32_768));
    check("2.5.4.3", "2.5.4.3", text, "15", Some(32_768));
    check("child", "1.1", text, "15", Some(32_768));
    check("uid", "0.9.2342.19200300.100.1.1", [Some("caseIgnoreMatch"), None, None], "15", Some(256));
    let time = [Some("generalizedTimeMatch"), Some("generalizedTimeOrderingMatch"), None];
    check("modifytimestamp", "2.5.18.2", time, "24", None);

    let cn = schema.attribute("cn").expect("cn");
    assert_eq!((cn.name(), cn.description.as_deref()), ("cn", Some("user's \\name")));
    assert!(cn.is_called("COMMONNAME") && cn.is_called("2.5.4.3") && !cn.is_called("sn"));
    assert!(!cn.is_operational() && !cn.single_value && !cn.no_user_modification && !cn.collective);
    let time = schema.attribute("modifyTimestamp").expect("modifyTimestamp");
    assert!(time.is_operational() && time.single_value && time.no_user_modification);
    let child = schema.attribute("child").expect("child");
    assert!(child.collective && child.usage == Usage::DsaOperation);
    assert!(schema.attribute("userPassword").expect("userPassword").obsolete);
    assert!(schema.same("cn", "COMMONNAME;lang-en") && !schema.same("cn", "uid") && schema.same("x", "X"));
    assert_eq!(schema.attribute("none"), None);
    assert_eq!(schema.attributes().count(), 6);
}

#[test]
fn classes_together_have_the_attributes_of_all() {
    let (schema, _) = schema(&STANDARD);
    let check = |classes: &[&str], must: &[&str], may: &[&str]| {
        let contents = schema.contents(classes).expect("known classes");
        assert_eq!((contents.must, contents.may), (own(must), own(may)), "{classes:?}");
    };
    fn own(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }
    check(&["top"], &["objectClass"], &[]);
    check(&["INETORGPERSON"], &["cn", "objectClass", "sn"], &["telephoneNumber", "uid", "userPassword"]);
    check(
        &["inetOrgPerson", "posixAccount"],
        &["cn", "objectClass", "sn", "uid"],
        &["telephoneNumber", "userPassword"],
    );
    check(&[], &[], &[]);
    assert_eq!(schema.contents(&["top", "none"]), Err(UnknownClass { name: "none".to_owned() }));
    let person = schema.class("inetorgperson").expect("a class");
    assert_eq!(
        schema.superiors(person).iter().map(|class| class.name()).collect::<Vec<_>>(),
        ["inetOrgPerson", "person", "top"]
    );
    let kinds: Vec<Kind> = schema.classes().map(|class| class.kind).collect();
    assert_eq!(kinds, [Kind::Abstract, Kind::Structural, Kind::Structural, Kind::Auxiliary]);
}

#[test]
fn active_directory_writes_in_its_own_way() {
    let (schema, skipped) = schema(&[
        (
            "attributeTypes",
            &[
                "( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' SYNTAX '1.3.6.1.4.1.1466.115.121.1.15' SINGLE-VALUE )",
                "( 1.2.840.113556.1.4.1 NAME 'name' SYNTAX '1.3.6.1.4.1.1466.115.121.1.15' SINGLE-VALUE NO-USER-MODIFICATION )",
            ],
        ),
        (
            "objectClasses",
            &[
                "( 2.5.6.0 NAME 'top' ABSTRACT MUST (objectClass $ instanceType ) MAY (cn $ name ))",
                "( 1.2.840.113556.1.5.9 NAME 'user' SUP top STRUCTURAL MAY (o $ l ) )",
            ],
        ),
        (
            "dITContentRules",
            &["( 1.2.840.113556.1.5.9 NAME 'user' AUX ( securityPrincipal ) MUST (sAMAccountName ) MAY (mail $ o ))"],
        ),
    ]);
    assert_eq!(skipped, []);
    let name = schema.attribute("samaccountname").expect("an attribute");
    assert_eq!(name.syntax.as_deref(), Some("1.3.6.1.4.1.1466.115.121.1.15"));
    assert!(name.single_value && name.equality.is_none());
    let contents = schema.contents(&["user"]).expect("a class");
    assert_eq!(contents.must, ["instanceType", "objectClass", "sAMAccountName"]);
    assert_eq!(contents.may, ["cn", "l", "mail", "name", "o"]);
}

#[test]
fn odd_descriptions_are_read_or_told_of() {
    let check = |text: &str, expected: Result<(&str, &str), (usize, &str)>| {
        let (schema, skipped) = schema(&[("attributeTypes", &[text, "( 9.9 NAME 'good' )"])]);
        let read = match skipped.first() {
            Some(skipped) => Err((skipped.position, skipped.reason.as_str())),
            None => Ok(schema.attributes().next().map(|a| (a.name(), a.syntax.as_deref().unwrap_or(""))).expect("one")),
        };
        assert_eq!(read, expected, "{text}");
        assert!(schema.attribute("good").is_some());
    };
    check("(1.1 NAME 'a'SYNTAX 1.2)", Err((10, "a quote is not closed")));
    check("(1.1 NAME a SYNTAX 1.2{ 5 })", Ok(("a", "1.2")));
    check("( 1.1 NAME ( 'a' ) DESC 'it's' SYNTAX '1.2' )", Ok(("a", "1.2")));
    check("( oid-a DESC '' NAME ( ) )", Ok(("oid-a", "")));
    check("( 1.1 X-NDS_NAME 'b' X-FLAG NAME 'a' X-LIST ( 'c' 'd' ) ( e ) 'f' SYNTAX 1.2 )", Ok(("a", "1.2")));
    check("( 1.1 name 'a' Syntax 1.2 )", Ok(("a", "1.2")));
    check("( 1.1 NAME 'a' NAME 'b' )", Ok(("a", "")));
    check("", Err((0, "`(` is missing")));
    check("( )", Err((3, "the object identifier is missing")));
    check("( 1.1 NAME 'a'", Err((14, "`)` is missing")));
    check("( 1.1 NAME 'a )", Err((11, "a quote is not closed")));
    check("( 1.1 NAME )", Err((10, "a value is missing")));
    check("( 1.1 NAME ( 'a' ( 'b' ) ) )", Err((18, "a list is within a list")));
    check("( 1.1 NAME ( 'a'", Err((16, "a list is not closed")));
    check("( 1.1 ) x", Err((9, "something follows the description")));
}

#[test]
fn circles_and_masses_come_to_an_end() {
    let (circle, _) = schema(&[
        ("attributeTypes", &["( 1 NAME 'a' SUP b SYNTAX 1.2 )", "( 2 NAME 'b' SUP a )", "( 3 NAME 'c' SUP c )"]),
        ("objectClasses", &["( 4 NAME 'x' SUP y MAY a )", "( 5 NAME 'y' SUP ( x $ none ) MAY b )"]),
    ]);
    assert_eq!(circle.attribute("b").and_then(|b| b.syntax.as_deref()), Some("1.2"));
    assert_eq!(circle.contents(&["x"]).expect("a class").may, ["a", "b"]);
    let many = vec!["( 1 )"; MAX_DESCRIPTIONS + 5];
    let (_, skipped) = schema(&[("objectClasses", &many)]);
    assert_eq!(skipped.iter().map(|skipped| skipped.index).collect::<Vec<_>>(), [MAX_DESCRIPTIONS]);
    let long = format!("( 1 DESC '{}' )", "x".repeat(MAX_BYTES));
    let (_, skipped) = schema(&[("objectClasses", &[&long])]);
    assert_eq!(skipped.len(), 1);
}
