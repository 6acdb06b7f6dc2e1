//! What reads as a name, what is below what, and that values stay values.

use proptest::prelude::*;

use super::*;
use crate::ldap::{Name, Naming};

/// The types and values of an RDN.
type Part = Vec<(String, Vec<u8>)>;

/// Types and values of a name, the value without escapes.
fn parts(text: &str) -> Result<Vec<Part>, DnError> {
    let mut rdns = Vec::new();
    let mut rdn = Vec::new();
    parse::parse(text, &mut |piece| match piece {
        Piece::Part { attribute, value } => rdn.push((
            attribute.to_owned(),
            match value {
                Value::Bytes(bytes) => bytes.into_owned(),
                Value::Hex(digits) => format!("BER {digits}").into_bytes(),
            },
        )),
        Piece::End(_) => rdns.push(std::mem::take(&mut rdn)),
    })?;
    Ok(rdns)
}

/// The text reads as these parts: `type value`, RDNs divided by `|`, their parts by `&`.
#[track_caller]
fn reads(text: &str, expected: &str) {
    let shown: Vec<String> = parts(text)
        .unwrap()
        .iter()
        .map(|rdn| {
            let one = |(attribute, value): &(String, Vec<u8>)| format!("{attribute} {}", value.escape_ascii());
            rdn.iter().map(one).collect::<Vec<_>>().join("&")
        })
        .collect();
    assert_eq!(shown.join("|"), expected, "{text}");
}

#[test]
fn reads_every_form_of_the_rfc() {
    reads("", "");
    reads("  ", "");
    reads("uid=ada,ou=people,dc=example,dc=com", "uid ada|ou people|dc example|dc com");
    reads("UID=jsmith , DC = example,DC=net ", "UID jsmith|DC example|DC net");
    reads("OU=Sales+CN=J.  Smith,DC=x", "OU Sales&CN J.  Smith|DC x");
    reads(r#"CN=James \"Jim\" Smith\, III,DC=x"#, r#"CN James \"Jim\" Smith, III|DC x"#);
    reads(r"CN=Before\0dAfter,DC=x", r"CN Before\rAfter|DC x");
    reads("1.3.6.1.4.1.1466.0=#04024869", "1.3.6.1.4.1.1466.0 BER 04024869");
    reads("cn=#0402aB , dc=x", "cn BER 0402aB|dc x");
    reads(r"CN=Lu\C4\8Di\C4\87", r"CN Lu\xc4\x8di\xc4\x87");
    reads(r"cn=\ a\ ,cn=\#b,cn=a\  ,cn=x\20", "cn  a |cn #b|cn a |cn x ");
    reads("cn=,dc=x", "cn |dc x");
    reads("cn=a=b#c,dc=x", "cn a=b#c|dc x");
    reads(r"cn=x\0ADEL:1-2,cn=Deleted Objects,dc=x", r"cn x\nDEL:1-2|cn Deleted Objects|dc x");
    reads(r"cn=\ff\fe,dc=x", r"cn \xff\xfe|dc x");
    reads("cn=日本 語,dc=x", r"cn \xe6\x97\xa5\xe6\x9c\xac \xe8\xaa\x9e|dc x");
}

#[track_caller]
fn refuses(text: &str, reason: &str, at: usize) {
    assert_eq!(Dn::parse(text).unwrap_err().to_string(), format!("{reason} at byte {at}"), "{text}");
}

#[test]
fn refuses_what_is_no_name() {
    refuses("ada", "no equals sign", 3);
    refuses("=ada", "no attribute type", 0);
    refuses("uid=a,", "no attribute type", 6);
    refuses("uid=a,,dc=x", "no attribute type", 6);
    refuses(",dc=x", "no attribute type", 0);
    refuses("uid=a+,dc=x", "no attribute type", 6);
}

#[test]
fn refuses_other_ways_of_writing() {
    refuses("uid=a;dc=x", "a character that has to be escaped", 5);
    refuses(r#"cn="a,b",dc=x"#, "a double quote that is not escaped", 3);
    refuses("<GUID=0a1b>", "no attribute type", 0);
    refuses("<SID=S-1-5-21>", "no attribute type", 0);
    refuses("<WKGUID=0a1b,dc=x>", "no attribute type", 0);
    refuses("<GUID=0a1b>;cn=a,dc=x", "no attribute type", 0);
    refuses("cn=a,<GUID=0a1b>", "no attribute type", 5);
    refuses("cn=a\0,dc=x", "a character that has to be escaped", 4);
    refuses("cn=a\\", "a backslash that escapes nothing", 4);
    refuses("cn=a\\z", "a backslash that escapes nothing", 4);
    refuses("cn=a\\0", "a backslash that escapes nothing", 4);
    refuses("cn=\\é", "a backslash that escapes nothing", 3);
    refuses("cn=#", "a number sign without pairs of digits", 4);
    refuses("cn=#abc", "a number sign without pairs of digits", 7);
    refuses("cn=#ab cd", "something behind the digits of a number sign", 7);
    refuses("cn;lang-en=a", "no equals sign", 2);
    refuses("-a=b", "no attribute type", 0);
    refuses("2..5=b", "no attribute type", 0);
    refuses("2.5.=b", "no attribute type", 0);
    refuses("cñ=b", "no equals sign", 1);
    refuses(&format!("cn={}", "x".repeat(Dn::MAX_BYTES)), "a name is too long", Dn::MAX_BYTES);
}

#[track_caller]
fn same(one: &str, other: &str, expected: bool) {
    assert_eq!(Dn::parse(one).unwrap() == Dn::parse(other).unwrap(), expected, "{one} = {other}");
}

#[test]
fn compares_as_a_directory_does() {
    same("UID=Ada,DC=x", "uid=ada, dc=X", true);
    same("cn=Ada  Lovelace,dc=x", r"cn=\20Ada Lovelace\ ,dc=x", true);
    same("cn=a+sn=b,dc=x", "SN=B + CN=A,dc=x", true);
    same("cn=É,dc=x", r"cn=\c3\a9,dc=x", true);
    same(r"cn=a\,b,dc=x", r"cn=a\2Cb,dc=x", true);
    same("cn=#0401AB", "cn=#0401ab", true);
    same(r"cn=\#0401", "cn=#0401", false);
    same(r"cn=a\,dc=x", "cn=a,dc=x", false);
    same(r"cn=a\+sn=b", "cn=a+sn=b", false);
    same(r"cn=\ff", r"cn=\\ff", false);
    same("cn=a", "2.5.4.3=a", false);
    same("cn=ab", "cn=a b", false);
}

/// Whether a name is within, and whether it is below a base.
#[track_caller]
fn lies(name: &str, base: &str, within: bool, below: bool) {
    let (dn, above) = (Dn::parse(name).unwrap(), Dn::parse(base).unwrap());
    assert_eq!((dn.is_within(&above), dn.is_below(&above)), (within, below), "{name} in {base}");
    assert!(within || !above.plainly_holds(name), "{name} in {base}");
}

#[test]
fn nothing_leaves_a_subtree() {
    let base = "ou=people,dc=example";
    lies("ou=people,dc=example", base, true, false);
    lies("OU=People, DC=Example", base, true, false);
    lies("uid=a,ou=people,dc=example", base, true, true);
    lies("uid=a,ou=x,ou=People,dc=Example", base, true, true);
    lies("uid=a, ou = people ,dc=example", base, true, true);
    for outside in [
        "",
        "dc=example",
        "ou=people",
        "uid=a,dc=example",
        "xou=people,dc=example",
        "ou=peoplex,dc=example",
        "uid=a,ou=people,dc=examplex",
        "uid=a,ou=people,dc=example,dc=com",
        r"uid=a\,ou=people,dc=example",
        r"uid=a\2cou=people,dc=example",
        r"uid=a\+ou=people,dc=example",
        r"uid=a\\\,ou=people,dc=example",
        r"cn=a,ou=people\,dc=example",
        r"cn=a,ou=people,dc=evil\,dc=example",
        r"cn=a\\,ou=people\,dc=example",
        "uid=a+ou=people,dc=example",
        "ou=people+uid=a,dc=example",
        "ou=#0406706565706c65,dc=example",
        "cn=a,ou=pe\u{200b}ople,dc=example",
        "cn=a,ou=рeople,dc=example",
        "cn=a,2.5.4.11=people,dc=example",
    ] {
        lies(outside, base, false, false);
    }
    // A backslash that is escaped itself does not hide the comma.
    lies(r"cn=a\\,ou=people,dc=example", base, true, true);
    lies(r"ou=x\,dc=a", "dc=a", false, false);
    lies("dc=a", "", true, true);
    lies("", "", true, false);
}

#[test]
fn sees_plain_names_without_parsing() {
    let base = Dn::parse("ou=people,dc=example").unwrap();
    for (name, expected) in [
        ("uid=a,ou=people,dc=example", true),
        ("uid=a,OU=People,DC=Example", true),
        ("ou=people,dc=example", true),
        (r"uid=a\,ou=people,dc=example", false),
        (r"uid=a\\,ou=people,dc=example", false),
        ("uid=a, ou=people,dc=example", false),
        ("dc=example", false),
    ] {
        assert_eq!(base.plainly_holds(name), expected, "{name}");
    }
    assert!(!Dn::parse("").unwrap().plainly_holds("dc=x"));
}

#[test]
fn knows_its_leaf_and_its_parent() {
    for (name, types, parent) in [
        ("CN=a+sn=b , ou=x,dc=y", "cn sn", "ou=x,dc=y"),
        (r"cn=a\,b\+c=d,dc=y", "cn", "dc=y"),
        ("dc=y", "dc", ""),
        ("", "", ""),
    ] {
        let dn = Dn::parse(name).unwrap();
        assert_eq!((dn.leaf_types().collect::<Vec<_>>().join(" ").as_str(), dn.parent()), (types, parent), "{name}");
    }
}

fn naming(attribute: &str, value: &str) -> Naming {
    Naming { attribute: attribute.to_owned(), value: value.to_owned() }
}

#[track_caller]
fn writes(value: &str, expected: &str) {
    let name = Name { parts: vec![vec![naming("cn", value)]], below: "dc=x".to_owned() };
    assert_eq!(compose(&name).unwrap().text(), format!("cn={expected},dc=x"));
}

#[test]
fn escapes_what_has_to_be() {
    writes("Ada Lovelace", "Ada Lovelace");
    writes("Smith, John", r"Smith\, John");
    writes(" a ", r"\ a\ ");
    writes(" ", r"\ ");
    writes("  ", r"\ \ ");
    writes("#a#", r"\#a#");
    writes(r#",+"\<>;="#, r#"\,\+\"\\\<\>\;\="#);
    writes("a\0b\n", r"a\00b\0a");
    writes("a,ou=people,dc=example", r"a\,ou\=people\,dc\=example");
    writes("é語", "é語");
    writes("a é", "a é");
}

#[test]
fn composes_names_of_parts() {
    let parts = vec![vec![naming("cn", "a"), naming("sn", "b")], vec![naming("ou", "x")]];
    for (parts, below, expected) in [
        (parts.clone(), "dc=y", Ok("cn=a+sn=b,ou=x,dc=y")),
        (parts.clone(), "", Ok("cn=a+sn=b,ou=x")),
        (Vec::new(), "dc=y", Ok("dc=y")),
        (parts.clone(), "+dc=y", Err("the name is no distinguished name: no attribute type at byte 15")),
        (parts.clone(), "  ", Err("the name is no distinguished name: no attribute type at byte 17")),
        (parts.clone(), "<GUID=1>", Err("the name is no distinguished name: no attribute type at byte 15")),
        (vec![Vec::new()], "dc=y", Err("a part of the name has no attribute")),
        (vec![vec![naming("cn", "")]], "dc=y", Err("cn is part of the name and has no value")),
        (vec![vec![naming("cn=x,ou", "a")]], "dc=y", Err("\"cn=x,ou\" names no attribute a name can be made of")),
        (vec![vec![naming("cn;binary", "a")]], "dc=y", Err("\"cn;binary\" names no attribute a name can be made of")),
    ] {
        let composed = compose(&Name { parts, below: below.to_owned() });
        let shown = composed.as_ref().map(Dn::text).map_err(|error| error.message.as_str());
        assert_eq!(shown, expected);
    }
}

fn any_rdn() -> impl Strategy<Value = Vec<Naming>> {
    let value = prop_oneof![".{1,8}", "[ ,+\"\\\\<>;=#\0a-c]{1,8}", Just("x,dc=b".to_owned())];
    let attribute = prop_oneof![Just("cn"), Just("2.5.4.3"), Just("x-a1")];
    prop::collection::vec((attribute, value).prop_map(|(attribute, value)| naming(attribute, &value)), 1..3)
}

proptest! {
    /// Values come back as they were, whatever they hold, and the name stays where it was
    /// put.
    #[test]
    fn written_names_read_back(rdns in prop::collection::vec(any_rdn(), 1..4)) {
        let name = Name { parts: rdns.clone(), below: "ou=b,dc=c".to_owned() };
        let dn = compose(&name).unwrap();
        let read = parts(dn.text()).unwrap();
        let one = |naming: &Naming| (naming.attribute.clone(), naming.value.clone().into_bytes());
        let mut expected: Vec<Vec<_>> = rdns.iter().map(|rdn| rdn.iter().map(one).collect()).collect();
        expected.push(vec![("ou".to_owned(), b"b".to_vec())]);
        expected.push(vec![("dc".to_owned(), b"c".to_vec())]);
        prop_assert_eq!(read, expected);
        prop_assert!(dn.is_below(&Dn::parse("OU=B, DC=C").unwrap()));
        prop_assert!(!dn.is_within(&Dn::parse("dc=b").unwrap()));
        prop_assert_eq!(dn.key.split(',').count(), rdns.len() + 2);
    }

    /// Any text reads or is refused; what reads, reads the same once more, and its key
    /// stands for it: the plain look at it agrees.
    #[test]
    fn any_text_is_safe(text in "[a-c=,+\\\\ #0-9A-F;\"<é]{0,24}", base in "(ou=a|b=c),dc=[a-c]") {
        let base = Dn::parse(base).unwrap();
        for text in [text.clone(), format!("{text},{base}"), format!("{text}{base}")] {
            if let Ok(dn) = Dn::parse(text.as_str()) {
                prop_assert_eq!(&Dn::parse(dn.text()).unwrap(), &dn);
                prop_assert!(!base.plainly_holds(&text) || dn.is_within(&base), "{}", text);
                // The same by parts: the last ones are the base's.
                let fold = |text: &str| -> Vec<String> {
                    let one = |rdn: Part| {
                        let mut parts: Vec<String> = rdn
                            .into_iter()
                            .map(|(name, value)| format!("{name:?}{value:?}").to_lowercase())
                            .collect();
                        parts.sort();
                        parts.join("+")
                    };
                    parts(text).unwrap().into_iter().map(one).collect()
                };
                if fold(&text).ends_with(&fold(base.text())) {
                    prop_assert!(dn.is_within(&base));
                }
            }
        }
    }
}
