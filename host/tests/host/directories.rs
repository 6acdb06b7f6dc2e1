//! Bindings to directories: what is wrong with them is said all at once, with key and line.

use std::path::Path;
use std::time::Duration;

use patchbay::config::{Config, SecretSource};
use patchbay_capability::ldap::Verb;
use patchbay_capability_ldap::{Bind, HAS_GSSAPI, Referrals, Security};

/// What stands before a binding: lines 1 to 8.
const HEAD: &str = r#"[server]
plain_http = true

[apps.hr]
connector = "ldap"
tokens = [{ env = "HR_TOKEN" }]

[apps.hr.bindings.directory]
"#;

/// A binding that is good.
const GOOD: &str = r#"capability = "ldap"
servers = ["ldaps://DC1.example.org", "ldap://dc2.example.org:3389"]
bind = { as = "cn=patchbay,dc=example,dc=org" }
password = { env = "HR_PASSWORD" }
tls = { ca_file = "ca.pem", cert_file = "own.pem", key_file = "own.key" }
pool = { max = 3, return_after = "20s", validate_after = "5s" }
limits = { operations = 7, page_entries = 50, parked = 0, request_timeout = "9s", search_timeout = "4s", lock_timeout = "3s" }

[apps.hr.bindings.directory.allow]
read = ["dc=example,dc=org"]
write = ["OU=People, dc=example,dc=org"]
verbs = ["search", "add", "modify", "rename", "delete", "password"]
attributes = { read = ["cn", "sn"], write = ["cn", "sn", "userPassword"] }
"#;

fn parse(binding: &str) -> Result<Config, Vec<String>> {
    Config::parse(&format!("{HEAD}{binding}"), Path::new("/etc/patchbay/p.toml")).map_err(|problems| {
        let of = "apps.hr.bindings.directory.";
        let line = |text: &str| text.strip_prefix("/etc/patchbay/p.toml:").unwrap().replacen(of, "", 1);
        problems.to_string().lines().map(line).collect()
    })
}

/// The problems of `binding`; lines are its own plus 8.
#[track_caller]
fn check(binding: &str, expected: &[&str]) {
    assert_eq!(parse(binding).map(|_| ()).unwrap_err(), expected);
}

/// The problems of the good one with `from` replaced.
#[track_caller]
fn check_with(from: &str, to: &str, expected: &[&str]) {
    assert!(GOOD.contains(from), "{from}");
    check(&GOOD.replace(from, to), expected);
}

#[test]
fn a_good_one_is_understood() {
    let config = parse(GOOD).unwrap();
    let app = &config.apps["hr"];
    assert_eq!((app.bindings.names(), app.bindings.capabilities()), (vec!["directory"], vec!["patchbay:ldap".into()]));
    let binding = &app.bindings.ldap["directory"];
    let servers = &binding.options.servers;
    let servers: Vec<_> = servers.iter().map(|server| (server.host.as_str(), server.port, server.security)).collect();
    let (first, second) = (("DC1.example.org", 636, Security::Ldaps), ("dc2.example.org", 3389, Security::StartTls));
    assert_eq!(servers, [first, second]);
    assert!(matches!(&binding.options.bind, Bind::Simple { name, password: None, .. } if name.starts_with("cn=patch")));
    assert_eq!(binding.password, Some(SecretSource::Env("HR_PASSWORD".to_owned())));
    assert_eq!(binding.options.ca_file.as_deref(), Some(Path::new("/etc/patchbay/ca.pem")));
    let own = binding.options.client_certificate.as_ref().unwrap();
    assert_eq!(
        (own.certificate.as_path(), own.key.as_path()),
        (Path::new("/etc/patchbay/own.pem"), Path::new("/etc/patchbay/own.key"))
    );
    assert_eq!(binding.options.search_timeout, Some(Duration::from_secs(4)));
    assert_eq!(binding.limits.request_timeout, Some(Duration::from_secs(9)));
    assert_eq!(binding.pool.return_after, Duration::from_secs(20));
    assert_eq!(binding.pool.validate_after, Duration::from_secs(5));
    assert_eq!((binding.limits.operations, binding.limits.page_entries, binding.limits.parked), (7, 50, 0));
    assert_eq!(binding.limits.lock_timeout, Duration::from_secs(3));
    let policy = &binding.policy;
    assert_eq!((policy.read[0].text(), policy.write.len()), ("dc=example,dc=org", 1));
    assert_eq!(policy.verbs.len(), 6);
    assert!(policy.verbs.contains(&Verb::Password));
    assert_eq!(policy.read_attributes.as_ref().map(std::collections::BTreeSet::len), Some(2));
    assert!(policy.write_attributes.contains("userPassword"));
}

#[test]
fn a_small_one_is_enough() {
    let config = parse(
        "capability = \"ldap\"\nservers = [\"ldaps://[::1]:1636\"]\nbind = \"anonymous\"\n\
         allow = { read = [\"\"], verbs = [\"search\"] }\n",
    );
    let binding = &config.unwrap().apps["hr"].bindings.ldap["directory"];
    assert_eq!((binding.options.servers[0].host.as_str(), binding.options.servers[0].port), ("::1", 1636));
    assert_eq!((binding.options.bind.clone(), binding.policy.read_attributes.clone()), (Bind::Anonymous, None));
    assert_eq!((binding.pool.max, binding.limits.operations, binding.limits.parked), (8, 5000, 4));
    assert_eq!((binding.limits.request_timeout, binding.options.search_timeout), (None, None));
    assert_eq!(binding.pool.return_after, Duration::from_secs(60));
    assert_eq!(binding.pool.validate_after, Duration::from_secs(30));
}

/// Each parked search keeps a connection, and one has to be left.
#[test]
fn parked_searches_leave_a_connection() {
    let text = |max: u32, limits: &str| {
        format!(
            "capability = \"ldap\"\nservers = [\"ldaps://h\"]\nbind = \"anonymous\"\npool = {{ max = {max} }}\n\
             limits = {{ {limits} }}\nallow = {{ read = [\"\"], verbs = [\"search\"] }}\n"
        )
    };
    for (max, limits, expected) in [(1, "", 0), (3, "", 2), (9, "", 4), (9, "parked = 8", 8), (1, "parked = 0", 0)] {
        let config = parse(&text(max, limits)).unwrap();
        assert_eq!(config.apps["hr"].bindings.ldap["directory"].limits.parked, expected, "{max} {limits}");
    }
    check(
        &text(4, "parked = 4"),
        &["13: limits.parked: must be less than the connections of the pool (`pool.max`), of which there are 4"],
    );
}

#[test]
fn what_is_missing() {
    check("capability = \"ldap\"\n", &["8: allow: is missing", "8: bind: is missing", "8: servers: is missing"]);
    // Without a capability it is taken for what it looks like.
    check(
        "servers = []\nbind = {}\nallow = {}\n",
        &[
            "8: capability: is missing",
            "8: password: is needed with `bind = { as = \"NAME\" }`",
            "9: servers: at least one server is needed",
            "10: bind.as: is missing",
            "11: allow.read: is missing",
            "11: allow.verbs: is missing",
        ],
    );
}

#[test]
fn keys_of_a_database_are_out_of_place_and_the_other_way_round() {
    check(
        "capability = \"ldap\"\nservers = [\"ldaps://h\"]\nbind = \"anonymous\"\nurl = \"sqlite:x\"\n\
         tls = { mode = \"disable\" }\nlimits = { statements = 5 }\nallow = { read = [\"\"], verbs = [\"select\"], tables = [\"t\"] }\n",
        &[
            "12: url: unknown field `url`, expected one of `capability`, `servers`, `bind`, `password`, `referrals`, `tls`, `pool`, `allow`, `limits`, `log_params`",
            "13: tls.mode: unknown field `mode`, expected one of `ca_file`, `cert_file`, `key_file`, `start_tls`, `allow_plaintext`",
            "14: limits.statements: unknown field `statements`, expected one of `operations`, `request_size`, `page_entries`, `page_size`, `result_size`, `message_size`, `parked`, `park_time`, `request_timeout`, `search_timeout`, `write_timeout`, `lock_timeout`",
            "15: allow.tables: unknown field `tables`, expected one of `read`, `write`, `verbs`, `attributes`",
            "15: allow.verbs[0]: unknown variant `select`, expected one of `search`, `add`, `modify`, `rename`, `delete`, `password`",
        ],
    );
    check(
        "capability = \"sql\"\nservers = [\"ldaps://h\"]\nurl = \"sqlite:x\"\nallow = { tables = [\"t\"], verbs = [\"select\"] }\n",
        &[
            "10: servers: unknown field `servers`, expected one of `capability`, `url`, `password`, `pool`, `tls`, `odbc`, `allow`, `limits`, `log_params`",
        ],
    );
    check(
        "capability = 5\nservers = 5\n[apps.hr.bindings]\nother = 5\n",
        &[
            "8: allow: is missing",
            "8: bind: is missing",
            "9: capability: wanted string or table",
            "10: servers: invalid type: integer `5`, expected a sequence",
            "12: apps.hr.bindings.other: invalid type: integer `5`, expected a table with `capability` and what belongs to it",
        ],
    );
}

#[test]
fn servers_and_how_they_are_reached() {
    let servers = "[\"ldaps://DC1.example.org\", \"ldap://dc2.example.org:3389\"]";
    let shape = "it must be `ldaps://HOST[:PORT]`, `ldap://HOST[:PORT]` or `ldapi://PATH`";
    for (url, why) in [
        ("dc1", "is no URL"),
        ("http://h", "must begin with ldap://, ldaps:// or ldapi://"),
        ("ldaps://", "names no host"),
        ("ldaps://u:hunter2@h", "has more than a host and a port"),
        ("ldaps://h/dc=x", "has more than a host and a port"),
        ("ldaps://h:x", "has a port that is no number"),
        ("ldapi://run", "must name a socket by its path, with `%2F` for each `/`"),
        ("ldapi://%2Frun/hunter2", "must have `%2F` for each `/` of the socket's path, and nothing behind it"),
    ] {
        check_with(
            servers,
            &format!("[\"ldaps://a\", \"{url}\"]"),
            &[&format!("10: servers[1]: the server's address {why}: {shape}")],
        );
    }
    check_with(
        servers,
        "[5, \"ldaps://a\", \"ldaps://a\"]",
        &["10: servers[0]: invalid type: integer `5`, expected a string", "10: servers[2]: is there already"],
    );
    let tls = "tls = { ca_file = \"ca.pem\", cert_file = \"own.pem\", key_file = \"own.key\" }";
    check_with(
        tls,
        "tls = { start_tls = false }",
        &["13: tls.start_tls: false sends everything in the clear to another machine, passwords too: \
         `allow_plaintext = true` says that this is meant"],
    );
    assert!(parse(&GOOD.replace(tls, "tls = { start_tls = false, allow_plaintext = true }")).is_ok());
    let here = GOOD.replace("dc2.example.org", "127.0.0.1").replace(tls, "tls = { start_tls = false }");
    assert!(parse(&here).is_ok());
    check_with(
        tls,
        "tls = { allow_plaintext = true, key_file = \"own.key\" }",
        &[
            "13: tls.allow_plaintext: goes with `start_tls = false` and servers at `ldap://`",
            "13: tls.cert_file: is missing: certificate and key go together",
        ],
    );
    let only_tls = GOOD.replace(", \"ldap://dc2.example.org:3389\"", "").replace(tls, "tls = { start_tls = true }");
    check(&only_tls, &["13: tls.start_tls: goes with servers at `ldap://`, of which there is none"]);
}

#[test]
fn a_socket_and_what_it_makes_of_the_rest() {
    let through = |rest: &str| {
        let allow = "allow = { read = [\"\"], verbs = [\"search\"] }\n";
        format!("capability = \"ldap\"\nservers = [\"ldapi://%2Frun%2Fldapi\"]\n{rest}{allow}")
    };
    let config = parse(&through("bind = \"external\"\n")).unwrap();
    let options = &config.apps["hr"].bindings.ldap["directory"].options;
    assert_eq!((options.servers[0].host.as_str(), options.bind.clone()), ("/run/ldapi", Bind::External));
    check(
        &through("bind = \"external\"\ntls = { start_tls = true, allow_plaintext = true }\n"),
        &[
            "12: tls.allow_plaintext: goes with `start_tls = false` and servers at `ldap://`",
            "12: tls.start_tls: goes with servers at `ldap://`, of which there is none",
        ],
    );
    // The second one does not know who comes.
    check(
        &through("bind = \"external\"\n").replace("ldapi\"]", "ldapi\", \"ldaps://h\"]"),
        &["11: bind: \"external\" needs `cert_file` and `key_file` in `tls`, but for servers at `ldapi://`"],
    );
}

#[test]
fn referrals() {
    let refer = |to: &str| GOOD.replace("\n[apps", &format!("referrals = \"{to}\"\n\n[apps"));
    let found = |text: &str| parse(text).unwrap().apps["hr"].bindings.ldap["directory"].options.referrals;
    assert_eq!(found(GOOD), Referrals::Refuse);
    assert_eq!(found(&refer("refuse")), Referrals::Refuse);
    assert_eq!(found(&refer("servers")), Referrals::Servers);
    check(&refer("follow"), &["16: referrals: unknown variant `follow`, expected `refuse` or `servers`"]);
    check(
        &refer("servers").replace(", \"ldap://dc2.example.org:3389\"", ""),
        &["16: referrals: \"servers\" needs a second one in `servers`: a write is referred to no other server"],
    );
}

#[test]
fn times_have_units() {
    check_with(
        "return_after = \"20s\", validate_after = \"5s\"",
        "return_after = 20, validate_after = \"0s\"",
        &[
            "14: pool.return_after: invalid type: integer `20`, expected a time with its unit, such as \"500ms\", \"20s\", \"5m\" or \"1h\"",
            "14: pool.validate_after: invalid value: string \"0s\", expected a time with its unit, such as \"500ms\", \"20s\", \"5m\" or \"1h\"",
        ],
    );
    check_with(
        "request_timeout = \"9s\"",
        "request_timeout = \"long\"",
        &[
            "15: limits.request_timeout: invalid value: string \"long\", expected a time with its unit, such as \"500ms\", \"20s\", \"5m\" or \"1h\"",
        ],
    );
}

#[test]
fn as_whom() {
    let (bind, tls) =
        ("bind = { as = \"cn=patchbay,dc=example,dc=org\" }", "cert_file = \"own.pem\", key_file = \"own.key\"");
    let password = "password = { env = \"HR_PASSWORD\" }\n";
    for bound in ["\"anonymous\"", "\"external\""] {
        check_with(bind, &format!("bind = {bound}"), &["12: password: goes with `bind = { as = \"NAME\" }`"]);
        assert!(parse(&GOOD.replace(bind, &format!("bind = {bound}")).replace(password, "")).is_ok());
    }
    let external = GOOD.replace(bind, "bind = \"external\"").replace(password, "").replace(tls, "");
    check(
        &external,
        &["11: bind: \"external\" needs `cert_file` and `key_file` in `tls`, but for servers at `ldapi://`"],
    );
    check_with(password, "", &["8: password: is needed with `bind = { as = \"NAME\" }`"]);
    check_with(
        bind,
        "bind = \"cn=me:hunter2\"",
        &["11: bind: must be { as = \"NAME\" }, \"external\", \"gssapi\" or \"anonymous\""],
    );
    check_with(
        bind,
        "bind = { as = \" \" }",
        &["11: bind.as: must be a distinguished name, `USER@DOMAIN` or `DOMAIN\\USER`"],
    );
    check_with(
        bind,
        "bind = { as = \"x\", password = \"hunter2\" }",
        &["11: bind.password: unknown field `password`, expected `as` or `method`"],
    );
}

#[test]
fn by_kerberos() {
    let bind = "bind = { as = \"cn=patchbay,dc=example,dc=org\" }\npassword = { env = \"HR_PASSWORD\" }";
    let (word, table) = ("bind = \"gssapi\"", "bind = { as = \"desk@EXAMPLE.ORG\", method = \"gssapi\" }");
    assert!(GOOD.contains(bind));
    let lacks = "11: bind: \"gssapi\" is Kerberos, which this program was built without";
    for (typed, principal) in [(word, None), (table, Some("desk@EXAMPLE.ORG".to_owned()))] {
        let text = GOOD.replace(bind, typed);
        if HAS_GSSAPI {
            let options = &parse(&text).unwrap().apps["hr"].bindings.ldap["directory"].options;
            assert_eq!(options.bind, Bind::Gssapi { principal });
        } else {
            check(&text, &[lacks]);
        }
    }
    let built = if HAS_GSSAPI { vec![] } else { vec![lacks] };
    let tls = "11: bind: \"gssapi\" needs TLS to every server: neither `start_tls = false` nor `ldapi://`";
    let through = GOOD.replace(bind, word).replace("ldap://dc2.example.org:3389", "ldapi://%2Frun%2Fldapi");
    check(&through, &[built.clone(), vec![tls]].concat());
    let password = "12: password: goes with `bind = { as = \"NAME\" }`";
    check_with("dc=org\" }\npass", "dc=org\", method = \"gssapi\" }\npass", &[built.clone(), vec![password]].concat());
    let nobody = "11: bind.as: must be a principal: `NAME@REALM`";
    check(&GOOD.replace(bind, &table.replace("desk@EXAMPLE.ORG", "")), &[built, vec![nobody]].concat());
}

#[test]
fn grants() {
    let allow = |allow: &str, expected: &[&str]| {
        let (head, _) = GOOD.split_once("\n[apps.hr").unwrap();
        check(&format!("{head}allow = {{ {allow} }}\n"), expected);
    };
    allow("read = [], verbs = []", &["16: allow.verbs: at least one verb is needed"]);
    allow(
        "read = [], verbs = [\"search\"]",
        &["16: allow.read: at least one subtree is needed for what `verbs` grant"],
    );
    allow(
        "read = [\"dc=x\", \"people\", \"<GUID=1>\"], write = [\"ou=a;dc=x\"], verbs = [\"search\"]",
        &[
            "16: allow.read[1]: is no distinguished name: no equals sign at byte 6",
            "16: allow.read[2]: is no distinguished name: no attribute type at byte 0",
            "16: allow.write[0]: is no distinguished name: a character that has to be escaped at byte 4",
        ],
    );
    allow(
        "read = [\"dc=x\"], verbs = [\"search\", \"modify\"]",
        &[
            "16: allow.attributes.write: at least one attribute is needed for \"add\", \"modify\" and \"rename\"",
            "16: allow.write: at least one subtree is needed for what `verbs` grant",
        ],
    );
    allow(
        "read = [\"dc=x\"], write = [\"dc=x\"], verbs = [\"search\", \"modify\"], attributes = { read = [\"unicodePwd\", \"cn;x\"], write = [\"cn\", \"2.5.4.3\", \"userPassword\"] }",
        &[
            "16: allow.attributes.read[0]: holds passwords, which are never read",
            "16: allow.attributes.read[1]: must be the name of an attribute, without options",
            "16: allow.attributes.write[1]: must be the name of an attribute, without options",
            "16: allow.attributes.write[2]: holds passwords, so the verb \"password\" is needed",
        ],
    );
}
