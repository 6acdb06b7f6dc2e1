use patchbay_connector::{Comparator, Value};

use super::*;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn time(text: &str) -> Value {
    Value::Timestamp(text.to_owned())
}

/// A value and its bytes, both ways.
fn check(syntax: Syntax, bytes: &[u8], value: &Value) {
    assert_eq!(syntax.decode(bytes), Ok(Some(value.clone())), "{syntax:?}");
    assert_eq!(syntax.encode(value), Ok(bytes.to_vec()), "{syntax:?}");
}

/// What is read in another shape than it is written.
fn reads(syntax: Syntax, bytes: &[u8], expected: Result<Option<Value>, Misfit>) {
    assert_eq!(syntax.decode(bytes), expected, "{syntax:?} {bytes:?}");
}

fn refuses(syntax: Syntax, value: &Value, expected: &str) {
    let misfit = syntax.encode(value).expect_err("a misfit");
    assert_eq!(misfit.to_string(), expected, "{syntax:?} {value:?}");
}

#[test]
fn values_come_back() {
    check(Syntax::DirectoryString, "a (*) \\ é".as_bytes(), &text("a (*) \\ é"));
    check(Syntax::DirectoryString, b" # ", &text(" # "));
    check(Syntax::Ia5String, b"", &text(""));
    check(Syntax::PrintableString, b"a'()+,-.=/:? 9", &text("a'()+,-.=/:? 9"));
    check(Syntax::TelephoneNumber, b"+49 (30) 12-3", &text("+49 (30) 12-3"));
    check(Syntax::NumericString, b"12 34", &text("12 34"));
    check(Syntax::CountryString, b"DE", &text("DE"));
    check(Syntax::Boolean, b"TRUE", &Value::Boolean(true));
    check(Syntax::Boolean, b"FALSE", &Value::Boolean(false));
    check(Syntax::Integer, b"-9223372036854775808", &Value::Integer(i64::MIN));
    check(Syntax::SmallInteger, b"-2147483646", &Value::Integer(-2_147_483_646));
    check(Syntax::LargeInteger, b"9223372036854775807", &Value::Integer(i64::MAX));
    check(Syntax::FileTime, b"116444736000000000", &time("1970-01-01T00:00:00Z"));
    check(Syntax::GeneralizedTime, b"20240229123456.5Z", &time("2024-02-29T12:34:56.5Z"));
    check(Syntax::GeneralizedTimeTenths, b"20240229123456.0Z", &time("2024-02-29T12:34:56Z"));
    check(Syntax::UtcTime, b"240229123456Z", &time("2024-02-29T12:34:56Z"));
    check(Syntax::Dn, b"cn=a\\, b,dc=c", &text("cn=a\\, b,dc=c"));
    check(Syntax::NameAndOptionalUid, b"cn=a,dc=c#'0101'B", &text("cn=a,dc=c#'0101'B"));
    check(Syntax::NameAndOptionalUid, b"cn=a#1,dc=c", &text("cn=a#1,dc=c"));
    check(Syntax::DnWithBinary, b"B:4:0aFF:cn=a", &text("B:4:0aFF:cn=a"));
    check(Syntax::DnWithString, b"S:3:a:b:cn=a", &text("S:3:a:b:cn=a"));
    check(Syntax::OctetString, b"\xff\0", &Value::Binary(b"\xff\0".to_vec()));
    check(Syntax::Certificate, b"\x30", &Value::Binary(b"\x30".to_vec()));
    check(Syntax::PostalAddress, b"1 \\24 St\\5C24$B $C", &text("1 $ St\\24\nB \nC"));
    check(Syntax::BitString, b"'0101'B", &text("0101"));
    check(Syntax::BitString, b"''B", &text(""));
    check(Syntax::Uuid, b"00112233-4455-6677-0809-0a0b0c0d0e0f", &text("00112233-4455-6677-0809-0a0b0c0d0e0f"));
    check(Syntax::ObjectGuid, &[0; 16], &text("00000000-0000-0000-0000-000000000000"));
    check(Syntax::Sid, &[1, 1, 0, 0, 0, 0, 0, 5, 11, 0, 0, 0], &text("S-1-5-11"));
    check(Syntax::Oid, b"2.5.6.6", &text("2.5.6.6"));
    check(Syntax::Unknown, b"a", &text("a"));
    assert_eq!(Syntax::Dn.encode(&Value::Reference("cn=a".to_owned())), Ok(b"cn=a".to_vec()));
}

#[test]
fn what_servers_send_is_read_as_far_as_it_can_be() {
    reads(Syntax::Boolean, b"true", Ok(Some(Value::Boolean(true))));
    reads(Syntax::Boolean, b"1", Err(Misfit::Type("TRUE or FALSE")));
    reads(Syntax::Integer, b" +007 ", Ok(Some(Value::Integer(7))));
    reads(Syntax::Integer, b"", Err(Misfit::Type("an integer")));
    reads(Syntax::Integer, b"+-5", Err(Misfit::Type("an integer")));
    reads(Syntax::Integer, b"9223372036854775808", Err(Misfit::Range));
    for never in ["0", "9223372036854775807", "-1", "9223372036854775806", "2650467744000000000"] {
        reads(Syntax::FileTime, never.as_bytes(), Ok(None));
    }
    reads(Syntax::FileTime, b"2650467743990000000", Ok(Some(time("9999-12-31T23:59:59Z"))));
    reads(Syntax::UtcTime, b"20240229123456Z", Ok(Some(time("2024-02-29T12:34:56Z"))));
    reads(Syntax::GeneralizedTime, b"soon", Err(Misfit::Type("a GeneralizedTime")));
    reads(Syntax::DirectoryString, b"\xff", Err(Misfit::Encoding));
    reads(Syntax::PrintableString, "é".as_bytes(), Ok(Some(text("é"))));
    reads(Syntax::PostalAddress, b"a\\5c24\\x", Ok(Some(text("a\\24\\x"))));
    reads(Syntax::ObjectGuid, &[0; 15], Err(Misfit::Type("a GUID of 16 bytes")));
    reads(Syntax::Sid, b"S-1-5-11", Err(Misfit::Type("a security identifier")));
    reads(
        Syntax::Uuid,
        b"{00112233-4455-6677-0809-0A0B0C0D0E0F}",
        Ok(Some(text("00112233-4455-6677-0809-0a0b0c0d0e0f"))),
    );
}

#[test]
fn values_that_do_not_fit_are_refused() {
    refuses(Syntax::DirectoryString, &text(""), "must not be empty");
    refuses(Syntax::DirectoryString, &text("a\0"), "holds a NUL character");
    refuses(Syntax::DirectoryString, &Value::Integer(1), "must be text");
    refuses(Syntax::Ia5String, &text("jürgen@x"), "must have ASCII characters only");
    refuses(Syntax::TelephoneNumber, &text("1*2"), "must have letters, digits, spaces and '()+,-./:?= only");
    refuses(Syntax::NumericString, &text("12a"), "must have digits and spaces only");
    refuses(Syntax::CountryString, &text("DEU"), "must be a country's two letters");
    refuses(Syntax::Boolean, &text("TRUE"), "must be true or false");
    refuses(Syntax::SmallInteger, &Value::Integer(1 << 31), "is out of range");
    refuses(Syntax::Integer, &text("1"), "must be an integer");
    refuses(Syntax::FileTime, &time("1600-01-01T00:00:00Z"), "is out of range");
    refuses(Syntax::FileTime, &time("never"), "must be a date and time");
    refuses(Syntax::UtcTime, &time("1949-01-01T00:00:00Z"), "is out of range");
    refuses(Syntax::GeneralizedTime, &text("2024-02-29T12:34:56Z"), "must be a date and time");
    refuses(Syntax::Dn, &text("jd"), "must be a distinguished name");
    refuses(Syntax::Dn, &text(""), "must not be empty");
    refuses(Syntax::NameAndOptionalUid, &text("#'01'B x"), "must be a distinguished name");
    refuses(Syntax::DnWithBinary, &text("B:3:0af:cn=a"), "must be B:<length>:<hexadecimal>:<distinguished name>");
    refuses(Syntax::DnWithBinary, &text("B:400:0a:cn=a"), "must be B:<length>:<hexadecimal>:<distinguished name>");
    refuses(Syntax::DnWithString, &text("S:1:ab:cn=a"), "must be S:<length>:<text>:<distinguished name>");
    refuses(Syntax::OctetString, &text("a"), "must be binary data");
    refuses(Syntax::PostalAddress, &text("a\n\nb"), "must be lines of which none is empty");
    refuses(Syntax::BitString, &text("012"), "must have the digits 0 and 1 only");
    refuses(Syntax::Uuid, &text("1"), "must be a UUID");
    refuses(Syntax::ObjectGuid, &text("1"), "must be a GUID");
    refuses(Syntax::Sid, &text("1"), "must be a security identifier");
    refuses(Syntax::Oid, &text("a b"), "must have letters, digits, `-` and `.` only");
}

#[test]
fn syntaxes_are_told_by_oid_and_name() {
    let check = |name: &str, oid: &str, vendor: Vendor, expected: Syntax| {
        let attribute =
            AttributeType { names: vec![name.to_owned()], syntax: Some(oid.to_owned()), ..AttributeType::default() };
        assert_eq!(Syntax::of(&attribute, vendor), expected, "{name}");
    };
    let standard = |number: &str| format!("{STANDARD}{number}");
    check("cn", &standard("15"), Vendor::OpenLdap, Syntax::DirectoryString);
    check("objectguid", &standard("40"), Vendor::ActiveDirectory, Syntax::ObjectGuid);
    check("objectGUID", &standard("40"), Vendor::OpenLdap, Syntax::OctetString);
    check("objectSid", &standard("40"), Vendor::SambaAd, Syntax::Sid);
    check("pwdLastSet", "1.2.840.113556.1.4.906", Vendor::SambaAd, Syntax::FileTime);
    check("uSNChanged", "1.2.840.113556.1.4.906", Vendor::SambaAd, Syntax::LargeInteger);
    check("userAccountControl", &standard("27"), Vendor::ActiveDirectory, Syntax::SmallInteger);
    check("uidNumber", &standard("27"), Vendor::OpenLdap, Syntax::Integer);
    check("whenChanged", &standard("24"), Vendor::AdLds, Syntax::GeneralizedTimeTenths);
    check("GUID", &standard("40"), Vendor::EDirectory, Syntax::ObjectGuid);
    check("entryUUID", "1.3.6.1.1.16.1", Vendor::OpenLdap, Syntax::Uuid);
    check("entryUUID", "9.9", Vendor::Generic, Syntax::Uuid);
    check("x", "9.9", Vendor::Generic, Syntax::Unknown);
    assert!(Syntax::Certificate.needs_binary_option() && !Syntax::Jpeg.needs_binary_option());
    assert_eq!(Syntax::FileTime.value_type(), ValueType::Timestamp);
}

#[test]
fn operators_need_rules() {
    let check = |syntax: Syntax, rules: [Option<&str>; 3], vendor: Vendor, expected: &[&[Comparator]]| {
        let [equality, ordering, substring] = rules;
        let operators = syntax.operators(Rules { equality, ordering, substring, vendor });
        assert_eq!(operators, expected.concat(), "{syntax:?}");
    };
    let equal: &[Comparator] = &[Comparator::Equal, Comparator::NotEqual];
    let parts: &[Comparator] = &[Comparator::Contains, Comparator::StartsWith, Comparator::EndsWith];
    let order: &[Comparator] =
        &[Comparator::Greater, Comparator::GreaterOrEqual, Comparator::Less, Comparator::LessOrEqual];
    let all = [Some("e"), Some("o"), Some("s")];
    check(Syntax::DirectoryString, all, Vendor::OpenLdap, &[equal, parts]);
    check(Syntax::DirectoryString, [Some("e"), None, None], Vendor::OpenLdap, &[equal]);
    check(Syntax::DirectoryString, [None; 3], Vendor::OpenLdap, &[]);
    check(Syntax::DirectoryString, [None; 3], Vendor::ActiveDirectory, &[equal, parts]);
    check(Syntax::DirectoryString, [None; 3], Vendor::Ds389, &[equal]);
    check(Syntax::Integer, all, Vendor::OpenLdap, &[equal, order]);
    check(Syntax::FileTime, [None; 3], Vendor::ActiveDirectory, &[equal]);
    check(Syntax::Dn, all, Vendor::Ds389, &[equal]);
    check(Syntax::Certificate, all, Vendor::OpenLdap, &[]);
    check(Syntax::PostalAddress, all, Vendor::OpenLdap, &[equal]);
    let exact = |syntax: Syntax, rule: Option<&str>, expected: bool| assert_eq!(syntax.is_case_exact(rule), expected);
    exact(Syntax::Ia5String, Some("caseExactIA5Match"), true);
    exact(Syntax::CaseExactString, Some("caseIgnoreMatch"), false);
    exact(Syntax::CaseExactString, None, true);
    exact(Syntax::DirectoryString, None, false);
}
