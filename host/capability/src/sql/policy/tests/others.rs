//! What is reached through ODBC only: Oracle, Db2, HANA, and whatever speaks standard SQL.

use super::*;

const OTHERS: [Dialect; 4] = [Dialect::Oracle, Dialect::Db2, Dialect::Hana, Dialect::Ansi];

#[track_caller]
fn check(dialect: Dialect, text: &str, params: usize, expected: Result<Effect, &str>) {
    let grant = grant(dialect, &["PERSON", "HR.TEAM", "PERSON_SEQ", "HR.TEAM_SEQ"], &ALL);
    let actual = grant.check(text, params);
    assert_eq!(actual.as_ref().map_err(|error| error.message.as_str()).copied(), expected, "{dialect:?}: {text}");
}

#[test]
fn what_the_connector_writes() {
    for dialect in OTHERS {
        for text in [
            "SELECT t.\"ID\", l0.\"NAME\" FROM \"PERSON\" t LEFT JOIN \"HR\".\"TEAM\" l0 ON l0.\"ID\" = t.\"TEAM\" \
             WHERE lower(t.\"LOGIN\") LIKE lower(?) ESCAPE '!' ORDER BY CASE WHEN t.\"AGE\" IS NULL THEN 1 ELSE 0 \
             END, t.\"AGE\" DESC",
            "SELECT \"ID\" FROM \"PERSON\" WHERE \"ID\" = ? FOR UPDATE",
        ] {
            check(dialect, text, text.matches('?').count(), Ok(Effect::Read));
        }
        check(dialect, "INSERT INTO \"PERSON\" (\"ID\", \"LOGIN\") VALUES (?, ?)", 2, Ok(Effect::Write));
        check(dialect, "INSERT INTO \"PERSON\" (\"ID\") VALUES (DEFAULT)", 0, Ok(Effect::Write));
        check(dialect, "SELECT \"A\" FROM \"PAY\"", 0, Err("table PAY is not granted"));
        check(dialect, "SELECT 1 FROM PERSON -- x", 0, Err("comments are not allowed in a statement"));
        check(dialect, "SELECT sys_context('a', 'b') FROM PERSON", 0, Err("function sys_context is not allowed"));
    }
    let page = "SELECT \"ID\" FROM \"PERSON\" ORDER BY \"ID\" OFFSET ? ROWS FETCH NEXT ? ROWS ONLY";
    for dialect in [Dialect::Oracle, Dialect::Db2, Dialect::Ansi] {
        check(dialect, page, 2, Ok(Effect::Read));
    }
    check(Dialect::Hana, "SELECT \"ID\" FROM \"PERSON\" ORDER BY \"ID\" LIMIT ? OFFSET ?", 2, Ok(Effect::Read));
    let now = "UPDATE \"PERSON\" SET \"AT\" = (CURRENT_TIMESTAMP - CURRENT_TIMEZONE) WHERE \"ID\" = ?";
    check(Dialect::Db2, now, 1, Ok(Effect::Write));
}

#[test]
fn tables_of_one_row_need_no_grant() {
    for (dialect, text) in [
        (Dialect::Oracle, "SELECT CURRENT_TIMESTAMP FROM SYS.DUAL"),
        (Dialect::Db2, "SELECT IDENTITY_VAL_LOCAL() FROM SYSIBM.SYSDUMMY1"),
        (Dialect::Hana, "SELECT CURRENT_IDENTITY_VALUE() FROM SYS.DUMMY"),
    ] {
        check(dialect, text, 0, Ok(Effect::Read));
    }
    // Anybody can make one of these, or of another letter case.
    check(Dialect::Oracle, "SELECT 1 FROM DUAL", 0, Err("table DUAL is not granted"));
    check(Dialect::Oracle, "SELECT 1 FROM \"sys\".\"DUAL\"", 0, Err("table sys.DUAL is not granted"));
    check(Dialect::Ansi, "SELECT 1 FROM SYS.DUAL", 0, Err("table SYS.DUAL is not granted"));
    check(Dialect::Oracle, "DELETE FROM SYS.DUAL", 0, Err("table SYS.DUAL is not granted"));
    check(Dialect::Hana, "INSERT INTO SYS.DUMMY VALUES (1)", 0, Err("table SYS.DUMMY is not granted"));
}

#[test]
fn sequences_are_granted_by_name() {
    for (dialect, text) in [
        (Dialect::Oracle, "SELECT \"PERSON_SEQ\".NEXTVAL FROM SYS.DUAL"),
        (Dialect::Oracle, "INSERT INTO PERSON (ID) VALUES (HR.TEAM_SEQ.nextval)"),
        (Dialect::Hana, "SELECT \"HR\".\"TEAM_SEQ\".NEXTVAL FROM SYS.DUMMY"),
        (Dialect::Db2, "SELECT NEXT VALUE FOR \"PERSON_SEQ\" FROM SYSIBM.SYSDUMMY1"),
        (Dialect::Db2, "SELECT HR.TEAM_SEQ.NEXTVAL FROM SYSIBM.SYSDUMMY1"),
    ] {
        check(dialect, text, 0, Ok(Effect::Write));
    }
    check(Dialect::Oracle, "SELECT PAY_SEQ.NEXTVAL FROM SYS.DUAL", 0, Err("sequence PAY_SEQ is not granted"));
    check(Dialect::Hana, "SELECT X.PAY_SEQ.NEXTVAL FROM PERSON", 0, Err("sequence X.PAY_SEQ is not granted"));
    let computed = Err("a computed name of a sequence is not allowed");
    check(Dialect::Oracle, "SELECT PERSON_SEQ.CURRVAL FROM SYS.DUAL", 0, computed);
    check(Dialect::Ansi, "SELECT PERSON_SEQ.NEXTVAL FROM PERSON", 0, computed);
    let reads = grant(Dialect::Oracle, &["PERSON_SEQ"], &[Verb::Select]);
    assert!(reads.check("SELECT PERSON_SEQ.NEXTVAL FROM SYS.DUAL", 0).is_err());
}

#[test]
fn the_lock_of_db2_ends_a_statement_and_nothing_else() {
    let locked = "SELECT \"ID\" FROM \"PERSON\" WHERE \"ID\" = ? WITH RS USE AND KEEP UPDATE LOCKS";
    check(Dialect::Db2, locked, 1, Ok(Effect::Read));
    let elsewhere = Err("the statement cannot be parsed");
    check(Dialect::Oracle, locked, 1, elsewhere);
    check(Dialect::Db2, "SELECT 1 FROM PERSON WITH RS USE AND KEEP UPDATE LOCKS, PAY", 0, elsewhere);
    check(Dialect::Db2, "SELECT 1 FROM PAY WITH RS USE AND KEEP UPDATE LOCKS", 0, Err("table PAY is not granted"));
}

#[test]
fn registers_and_placeholders_of_their_own() {
    check(Dialect::Db2, "SELECT CURRENT SERVER FROM PERSON", 0, Err("function CURRENT is not allowed"));
    check(Dialect::Oracle, "SELECT UID FROM PERSON", 0, Err("function UID is not allowed"));
    check(Dialect::Hana, "SELECT CURRENT_CONNECTION FROM PERSON", 0, Err("function CURRENT_CONNECTION is not allowed"));
    for dialect in OTHERS {
        assert!(grant(dialect, &["PERSON"], &ALL).check("SELECT A FROM PERSON WHERE A = ?", 0).is_err());
    }
    assert!(grant(Dialect::Oracle, &["PERSON"], &ALL).check("SELECT A FROM PERSON WHERE A = :1", 1).is_err());
    assert!(grant(Dialect::Oracle, &["PERSON"], &ALL).check("SELECT q'[x]' FROM PERSON", 0).is_err());
}
