use super::*;

/// A name as its parts, and then written again.
fn check(text: &str, parts: &[&[(&str, &[u8])]], written: &str) {
    let dn = Dn::parse(text).expect(text);
    let read: Vec<Vec<(&str, &[u8])>> = dn
        .parts
        .iter()
        .map(|part| part.parts.iter().map(|ava| (ava.attribute.as_str(), ava.value.as_slice())).collect())
        .collect();
    assert_eq!(read, parts, "{text}");
    assert_eq!(dn.to_string(), written, "{text}");
    assert_eq!(Dn::parse(written).as_ref(), Ok(&dn), "{written}");
}

fn refused(text: &str, position: usize, reason: &str) {
    let problem = Dn::parse(text).expect_err(text);
    assert_eq!((problem.position, problem.reason), (position, reason), "{text}");
}

#[test]
fn reads_and_writes() {
    check("", &[], "");
    check("  ", &[], "");
    check("uid=a,dc=b", &[&[("uid", b"a")], &[("dc", b"b")]], "uid=a,dc=b");
    check("CN = A B ; dc = c ", &[&[("CN", b"A B")], &[("dc", b"c")]], "CN=A B,dc=c");
    check("cn=a+uid=b,dc=c", &[&[("cn", b"a"), ("uid", b"b")], &[("dc", b"c")]], "cn=a+uid=b,dc=c");
    check(r"cn=\ a\,\+\=\20", &[&[("cn", b" a,+= ")]], r"cn=\ a\,\+=\ ");
    check(r"cn=\#a\C3\A9\00", &[&[("cn", "#aé\0".as_bytes())]], r"cn=\#aé\00");
    check(r"cn=x\0ADEL:y", &[&[("cn", b"x\nDEL:y")]], r"cn=x\0ADEL:y");
    check(r"cn=\ff ", &[&[("cn", b"\xff")]], r"cn=\FF");
    check(r#"cn="a, b\" ",dc=c"#, &[&[("cn", b"a, b\" ")], &[("dc", b"c")]], r#"cn=a\, b\"\ ,dc=c"#);
    check("cn=,dc=b", &[&[("cn", b"")], &[("dc", b"b")]], "cn=,dc=b");
    check("OID.2.5.4.3=#040161", &[&[("2.5.4.3", b"a")]], "2.5.4.3=a");
    check("cn=#3003020101", &[&[("cn", b"\x30\x03\x02\x01\x01")]], r"cn=0\03\02\01\01");
    check("cn=a#b=c", &[&[("cn", b"a#b=c")]], "cn=a#b=c");
}

#[test]
fn says_where_a_text_is_no_name() {
    refused("x", 1, "`=` is missing");
    refused("=x", 0, "the name of an attribute is missing");
    refused("cn=a,", 5, "the name of an attribute is missing");
    refused("cn=a,,dc=b", 5, "the name of an attribute is missing");
    refused("cn=a+", 5, "the name of an attribute is missing");
    refused(r"cn=a\", 5, "the text ends in an escape");
    refused(r"cn=a\g", 5, "two hexadecimal digits have to follow `\\`");
    refused("cn=#4", 5, "a hexadecimal digit is missing");
    refused("cn=#,dc=b", 4, "hexadecimal digits are missing");
    refused("cn=\"a", 5, "the quotes are not closed");
    refused("cn=\"a\"b", 6, "something follows a value in quotes or in hexadecimal");
    refused("cn=a\"b", 4, "`\"` has to be escaped");
    refused("cn=a\0", 4, "a NUL has to be escaped");
    refused("cé=a", 1, "`=` is missing");
}

#[test]
fn one_entry_has_one_key() {
    let same = |a: &str, b: &str, expected: bool| assert_eq!(key(a) == key(b), expected, "{a} | {b}");
    same("cn=A,dc=B", "CN=a, DC=b", true);
    same("commonName=A,dc=B", "2.5.4.3=a,domainComponent=b", true);
    same("cn=a  b ,dc=c", "cn=\\20a b,dc=c", true);
    same("cn=a+uid=b,dc=c", "UID=B+cn=A,dc=c", true);
    same("cn=a\\,dc=b", "cn=a,dc=b", false);
    same("cn=a\\+uid=b", "cn=a+uid=b", false);
    same("cn=a\\2Cdc\\3Db", "cn=a\\,dc=b", true);
    same("cn=ÄB", "cn=äb", true);
    same("no name", "NO NAME", true);
}

#[test]
fn knows_what_is_below_what() {
    let below = |a: &str, b: &str, expected: (bool, bool)| {
        let (a, b) = (Dn::parse(a).expect(a), Dn::parse(b).expect(b));
        assert_eq!((a.is_below(&b), a.is_at_or_below(&b)), expected, "{a} | {b}");
    };
    below("cn=a,ou=b,dc=c", "dc=C", (true, true));
    below("cn=a,ou=b,dc=c", "OU=b,dc=c", (true, true));
    below("ou=b,dc=c", "ou=b,dc=c", (false, true));
    below("dc=c", "ou=b,dc=c", (false, false));
    below("cn=a\\,ou=b,dc=c", "ou=b,dc=c", (false, false));
    below("cn=a", "", (true, true));
    let parents = std::iter::successors(Dn::parse("cn=a,ou=b,dc=c").ok(), Dn::parent);
    assert_eq!(parents.map(|dn| dn.to_string()).collect::<Vec<_>>(), ["cn=a,ou=b,dc=c", "ou=b,dc=c", "dc=c", ""]);
}

#[test]
fn any_text_comes_to_an_end() {
    let pieces = ["cn", "=", ",", "+", "\\", "\"", "#", " ", "ff", "é", ";", "\0", "OID."];
    let mut number = 7_usize;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..8 {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(number >> 33) % pieces.len()]);
        }
        if let Ok(dn) = Dn::parse(&text) {
            assert_eq!(Dn::parse(&dn.to_string()), Ok(dn), "{text}");
        }
    }
}
