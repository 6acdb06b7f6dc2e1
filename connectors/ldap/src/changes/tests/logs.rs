//! Logs and times.

use super::*;

const LOG: &str = r#"{"method": "changelog"}"#;

/// Adds an entry to the changelog, and counts it.
fn log(db: &mut Memory, number: usize, kind: &str, target: &str, more: &str) {
    let dn = format!("changeNumber={number},cn=changelog");
    let text = format!("changeNumber: {number}\n changeType: {kind}\n targetDN: {target}\n {more}");
    db.put(&dn, &text);
    db.root = vec![("firstChangeNumber", "1".to_owned()), ("lastChangeNumber", number.to_string())];
}

fn target(uid: usize) -> String {
    format!("targetEntryUUID: {}", uuid(uid))
}

fn changelog() -> (Memory, Class) {
    let mut db = Memory::new();
    db.put("cn=changelog", "objectClass: top");
    log(&mut db, 1, "add", "uid=anna,ou=people,dc=example,dc=org", &target(ANNA));
    let class = person(&mut db, LOG);
    (db, class)
}

#[test]
fn a_changelog_is_read_by_its_numbers() {
    let (mut db, class) = changelog();
    let token = latest(&mut db, &class).expect("a token");
    let token = check(&mut db, &class, &token, &[]);
    let (anna, ben) = ("uid=anna,ou=people,dc=example,dc=org", "uid=ben,ou=people,dc=example,dc=org");
    log(&mut db, 2, "modify", ben, &target(BEN));
    log(&mut db, 3, "modify", ben, &target(BEN));
    log(&mut db, 4, "modify", "cn=staff,ou=groups,dc=example,dc=org", &target(8));
    log(&mut db, 5, "delete", anna, &target(ANNA));
    db.take(anna);
    let token = check(&mut db, &class, &token, &["+6", "-5"]);
    let token = check(&mut db, &class, &token, &[]);
    // One that came in by a move, and one without an id in the log.
    log(
        &mut db,
        6,
        "modrdn",
        "uid=x,ou=left,dc=example,dc=org",
        &format!("newRDN: uid=carl\n newSuperior: ou=people,dc=example,dc=org\n {}", target(CARL)),
    );
    log(&mut db, 7, "modify", ben, "changeTime: 20240101000000Z");
    let token = check(&mut db, &class, &token, &["+7", "+6"]);
    // A unit is no person, and never was.
    log(&mut db, 8, "modify", "ou=people,dc=example,dc=org", &target(2));
    let token = check(&mut db, &class, &token, &[]);
    log(&mut db, 9, "delete", "uid=gone,ou=people,dc=example,dc=org", "");
    let error = since(&mut db, &class, &token, &[], 10, 0).expect_err("nobody knows who is gone");
    assert_eq!(error.kind, ErrorKind::Configuration);
    assert!(error.internal.is_some_and(|detail| detail.contains("nsuniqueid:targetUniqueId")));
}

#[test]
fn a_number_without_an_entry_is_waited_for() {
    let (mut db, class) = changelog();
    db.root = vec![("firstChangeNumber", "1".to_owned()), ("lastChangeNumber", "2".to_owned())];
    let token = latest(&mut db, &class).expect("a token");
    let token = check(&mut db, &class, &token, &[]);
    log(&mut db, 2, "modify", "uid=ben,ou=people,dc=example,dc=org", &target(BEN));
    let token = check(&mut db, &class, &token, &["+6"]);
    // Of more than one call reads, the ones that are missing are not.
    log(&mut db, 5_000, "modify", "uid=carl,ou=people,dc=example,dc=org", &target(CARL));
    let mut told = Vec::new();
    let mut token = token;
    loop {
        let page = since(&mut db, &class, &token, &[], 10, 0).expect("a page");
        told.extend(short(&page));
        token = page.token;
        if !page.more {
            break;
        }
    }
    assert_eq!(told, ["+7"]);
}

#[test]
fn a_changelog_that_is_another_one_is_noticed() {
    let (mut db, class) = changelog();
    let token = latest(&mut db, &class).expect("a token");
    db.root = vec![("firstChangeNumber", "3".to_owned()), ("lastChangeNumber", "9".to_owned())];
    expired(&mut db, &class, &token);
    db.root = vec![("firstChangeNumber", "0".to_owned()), ("lastChangeNumber", "0".to_owned())];
    expired(&mut db, &class, &token);
    db.root.clear();
    let error = since(&mut db, &class, &token, &[], 10, 0).expect_err("no changelog");
    assert_eq!(error.kind, ErrorKind::Unsupported);
    db.take("changeNumber=1,cn=changelog");
    log(&mut db, 1, "add", "uid=other,ou=people,dc=example,dc=org", &target(9));
    expired(&mut db, &class, &token);
}

/// A person with the time of the last change.
fn stamped(db: &mut Memory, name: &str, time: &str, title: &str) {
    let text = format!(
        "objectClass: inetOrgPerson\n uid: {name}\n cn: {name}\n sn: {name}\n title: {title}\n modifyTimestamp: {time}"
    );
    db.put(&format!("uid={name},ou=people,dc=example,dc=org"), &text);
}

#[test]
fn times_of_one_second_differ_in_content() {
    let mut db = Memory::new();
    let class = person(&mut db, r#"{"method": "timestamp", "overlap": "10s"}"#);
    let token = latest(&mut db, &class).expect("a token");
    stamped(&mut db, "dora", "20240101000010Z", "one");
    let dora = uuid(11);
    let token = check(&mut db, &class, &token, &["+11"]);
    let token = check(&mut db, &class, &token, &[]);
    // Changed again within the second; the entry is another one here, and so is its id.
    stamped(&mut db, "dora", "20240101000010Z", "two");
    let token = check(&mut db, &class, &token, &["+12"]);
    assert_ne!(dora, uuid(12));
    // Came to light late, within the overlap; and later than that.
    stamped(&mut db, "emil", "20240101000001Z", "one");
    let token = check(&mut db, &class, &token, &["+13"]);
    stamped(&mut db, "finn", "20230101000000Z", "one");
    let token = check(&mut db, &class, &token, &[]);
    stamped(&mut db, "gina", "20240101000100Z", "one");
    let token = check(&mut db, &class, &token, &["+15"]);
    check(&mut db, &class, &token, &[]);
}

#[test]
fn entries_that_only_the_filter_lets_in_are_told() {
    let mut db = Memory::new();
    let mut class = person(&mut db, r#"{"method": "timestamp", "overlap": "10s"}"#);
    class.own.filter = Some("(|(objectClass=inetOrgPerson)(title=guest))".to_owned());
    class.own.widened = true;
    let token = latest(&mut db, &class).expect("a token");
    let guest = "objectClass: organizationalUnit\n ou: x\n title: guest\n modifyTimestamp: 20240101000010Z";
    db.put("ou=x,ou=people,dc=example,dc=org", guest);
    check(&mut db, &class, &token, &["+11"]);
}

#[test]
fn the_first_token_knows_what_is_there() {
    let mut db = Memory::new();
    stamped(&mut db, "dora", "20240101000010Z", "one");
    stamped(&mut db, "emil", "20240101000012Z", "one");
    let class = person(&mut db, r#"{"method": "timestamp"}"#);
    let beginning = first(&mut db, &class).expect("a token");
    assert!(!beginning.complete);
    let token = check(&mut db, &class, &beginning.token, &[]);
    // The entry left the class's own filter but not its kind: it is told as gone.
    let mut narrow = class.clone();
    narrow.own.filter = Some("(&(objectClass=inetOrgPerson)(!(title=left)))".to_owned());
    expired(&mut db, &narrow, &token);
    let token = latest(&mut db, &narrow).expect("a token");
    stamped(&mut db, "dora", "20240101000013Z", "left");
    check(&mut db, &narrow, &token, &["-13"]);
}

/// A write in the log of OpenLDAP.
fn logged(db: &mut Memory, start: &str, uid: usize) {
    let text = format!(
        "reqStart: {start}\n reqType: modify\n reqResult: 0\n reqDN: uid=x,ou=people,dc=example,dc=org\n \
         reqEntryUUID: {}",
        uuid(uid)
    );
    db.put(&format!("reqStart={start},cn=log"), &text);
}

fn access_log(contexts: &str) -> (Memory, Class) {
    let mut db = Memory::new();
    db.put("cn=log", &format!("objectClass: auditContainer{contexts}"));
    let class = person(&mut db, r#"{"method": "accesslog", "overlap": "10s"}"#);
    (db, class)
}

/// The log has to have the last write that was told of: it loses the oldest by being purged, and
/// the latest with a directory that is restored from a backup.
#[test]
fn a_log_without_the_last_write_is_another_one() {
    let (mut db, class) = access_log("\n contextCSN: 20240101100000.000000Z#000000#000#000000");
    // The last one that counts was long before the last one.
    logged(&mut db, "20240101000001.000001Z", ANNA);
    logged(&mut db, "20240101000002.000001Z", ANNA);
    let token = latest(&mut db, &class).expect("a token");
    let told = check(&mut db, &class, &token, &[]);
    logged(&mut db, "20240101110000.000001Z", BEN);
    let token = check(&mut db, &class, &told, &["+6"]);
    let token = check(&mut db, &class, &token, &[]);
    // Purged up to the last one.
    db.take("reqStart=20240101000001.000001Z,cn=log");
    let token = check(&mut db, &class, &token, &[]);
    // Set back, and written to since.
    db.take("reqStart=20240101110000.000001Z,cn=log");
    expired(&mut db, &class, &token);
    logged(&mut db, "20240101110001.000001Z", BEN);
    expired(&mut db, &class, &token);
    // What the first token knew is as good as told.
    check(&mut db, &class, &told, &["+6"]);
    db.take("reqStart=20240101000002.000001Z,cn=log");
    expired(&mut db, &class, &told);
}

/// A clock was wrong for a while. Who begins to follow after that sees what comes as well.
#[test]
fn a_time_from_the_future_hides_nothing() {
    let mut db = Memory::new();
    let class = person(&mut db, r#"{"method": "timestamp", "overlap": "10s"}"#);
    let token = latest(&mut db, &class).expect("a token");
    stamped(&mut db, "dora", "20270101000000Z", "one");
    let token = check(&mut db, &class, &token, &["+11"]);
    let fresh = latest(&mut db, &class).expect("a token");
    stamped(&mut db, "emil", "20240601000001Z", "one");
    for token in [token, fresh] {
        let token = check(&mut db, &class, &token, &["+12"]);
        check(&mut db, &class, &token, &[]);
    }

    let (mut db, class) = access_log("\n contextCSN: 20270101000000.000000Z#000000#000#000000");
    let token = latest(&mut db, &class).expect("a token");
    logged(&mut db, "20270101000000.000001Z", ANNA);
    let token = check(&mut db, &class, &token, &["+5"]);
    let fresh = latest(&mut db, &class).expect("a token");
    logged(&mut db, "20240601000001.000001Z", BEN);
    for token in [token, fresh] {
        let token = check(&mut db, &class, &token, &["+6"]);
        check(&mut db, &class, &token, &[]);
    }
}
