use super::*;

/// What a URL says, as `base|scope|filter`, or what is wrong about it.
fn check(text: &str, expected: Result<&str, UrlProblem>) {
    let read = Url::parse(text.as_bytes()).map(|url| {
        let scope = match url.scope {
            Scope::Base => "base",
            Scope::OneLevel => "one",
            Scope::Subtree => "sub",
        };
        format!("{}|{scope}|{}", url.base, filter_text::write(&url.filter))
    });
    assert_eq!(read, expected.map(str::to_owned), "{text}");
}

#[test]
fn a_url_is_a_search() {
    check(
        "ldap:///ou=people,dc=example,dc=org??sub?(title=Agent)",
        Ok("ou=people,dc=example,dc=org|sub|(title=Agent)"),
    );
    check("ldap:///dc=org?cn,mail?one?(&(a=b)(!(c=d)))", Ok("dc=org|one|(&(a=b)(!(c=d)))"));
    // What is left out is the least.
    check("ldap:///cn=Anna,dc=org", Ok("cn=Anna,dc=org|base|(objectClass=*)"));
    check("LDAP:///dc=org??SUB", Ok("dc=org|sub|(objectClass=*)"));
    check("ldap:///dc=org????", Ok("dc=org|base|(objectClass=*)"));
    check("ldap:///", Ok("|base|(objectClass=*)"));
    // As people write them.
    check(" ldap:///ou=the people,dc=org??sub?(o=Søn & Co)\n", Ok("ou=the people,dc=org|sub|(o=Søn & Co)"));
}

#[test]
fn percent_stands_for_a_byte() {
    // A comma that belongs to a value is escaped in the name, and then in the URL.
    check("ldap:///ou=b%2Cc,dc=org", Err(UrlProblem::Base(base_problem("ou=b,c,dc=org"))));
    check("ldap:///ou=b%5C%2Cc,dc=org??sub?(cn=%c3%a6%3f%5c2a)", Ok("ou=b\\,c,dc=org|sub|(cn=æ?\\2a)"));
    for broken in ["%", "%4", "%4g", "%zz", "%+1", "%ff"] {
        check(&format!("ldap:///o={broken}"), Err(UrlProblem::Encoding));
        check(&format!("ldap:///dc=org??sub?(cn={broken})"), Err(UrlProblem::Encoding));
        check(&format!("ldap:///dc=org?{broken}"), Err(UrlProblem::Encoding));
    }
    assert_eq!(Url::parse(b"ldap:///o=\xff"), Err(UrlProblem::Encoding));
}

fn base_problem(text: &str) -> String {
    Dn::parse(text).expect_err("it is no name").to_string()
}

#[test]
fn a_url_that_leads_elsewhere_is_refused() {
    for host in ["ldap://other.example.org/dc=org", "ldap://127.0.0.1:389/", "ldap://other", "ldap:// /dc=org"] {
        check(host, Err(UrlProblem::Host));
    }
    for scheme in ["", "ldap:", "ldap://", "ldaps:///dc=org", "ldapi:///dc=org", "http:///dc=org", "dc=org", "ldæp:///"]
    {
        check(scheme, Err(UrlProblem::Scheme));
    }
}

#[test]
fn what_is_not_understood_is_refused() {
    check("ldap:///dc=org??children", Err(UrlProblem::Scope));
    check("ldap:///dc=org??sub?(a=b)??", Err(UrlProblem::Parts));
    check("ldap:///dc=org??sub?(a=b)?x-one=1,!x-two=2", Err(UrlProblem::Extension));
    check("ldap:///dc=org??sub?(a=b)?x-one=1", Ok("dc=org|sub|(a=b)"));
    check("ldap:///people", Err(UrlProblem::Base(base_problem("people"))));
    let unclosed = filter_text::parse("(a=b").expect_err("it is not closed").to_string();
    check("ldap:///dc=org??sub?(a=b", Err(UrlProblem::Filter(unclosed)));
    check(&format!("ldap:///dc=org??sub?(a={})", "b".repeat(MAX_BYTES)), Err(UrlProblem::Long));
}
