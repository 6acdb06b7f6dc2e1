//! Servers that nobody here knows: a text passes that all of them read alike.

use super::*;

/// Under a grant of `person` and `hr.team`, and of SELECT only.
#[track_caller]
fn reads(text: &str, expected: Result<(), &str>) {
    check(&[Verb::Select], text, expected);
}

#[track_caller]
fn check(verbs: &[Verb], text: &str, expected: Result<(), &str>) {
    let actual = grant(Dialect::Ansi, &["person", "hr.team"], verbs).check(text, text.matches('?').count());
    let actual = actual.map(drop);
    assert_eq!(actual.as_ref().map_err(|error| error.message.as_str()).copied(), expected, "{text}");
}

const STRING: Result<(), &str> = Err("a string in the statement has a sign in it; values are parameters");
const BLANK: Result<(), &str> = Err("words, names, numbers and strings need blanks between them");
const SIGN: Result<(), &str> = Err("the statement has a sign that is not of standard SQL");
const NAME: Result<(), &str> = Err("a name in quotes has a sign in it that not all databases take for a part of it");
const NO_VALUE: Result<(), &str> = Err("a string stands in the statement where no value is awaited");
const PLAIN: Result<(), &str> = Err("only plain string literals are allowed in a statement");

/// What is said of a word, which is in capitals there.
#[track_caller]
fn misplaced(word: &str, text: &str) {
    let message = format!(
        "{word} stands in a place of the statement where databases may differ in what it means (before an alias, \
         write AS)"
    );
    check(&ALL, text, Err(&message));
}

#[test]
fn where_a_string_ends_is_never_a_question() {
    // PostgreSQL reads a string of one quote, another table, and a comment.
    reads(r"SELECT E'\'', ssn FROM payroll -- ' FROM person", BLANK);
    reads(r"SELECT e '\'', ssn FROM payroll -- ' FROM person", STRING);
    // So do servers to which a backslash is always an escape.
    reads(r"SELECT '\'', ssn FROM payroll -- ' FROM person", STRING);
    reads(r"WITH x AS (SELECT '\'' FROM person), y AS (DELETE FROM person RETURNING 1) SELECT ' FROM person", STRING);
    reads(r"SELECT '\' FROM person WHERE login = ' OR 1 = 1 -- '", STRING);
    reads("SELECT 'it''s' FROM person", STRING);
    reads("SELECT 'a;b' FROM person", STRING);
    reads("SELECT 'a\nb' FROM person", STRING);
    reads("SELECT '\u{2bc}' FROM person", STRING);
    reads("SELECT E'x' FROM person", BLANK);
    reads("SELECT Q'x' FROM person", BLANK);
    reads("SELECT U&'x' FROM person", SIGN);
    reads("SELECT N'x' FROM person", PLAIN);
    reads("SELECT X'00' FROM person", PLAIN);
    reads("SELECT 'x''' FROM person", STRING);
    reads("SELECT 'x'\"y\" FROM person", BLANK);
    // An alias, one string after another, or what a word before it makes of it.
    reads("SELECT login 'x' FROM person", NO_VALUE);
    reads("SELECT 'x' 'y' FROM person", NO_VALUE);
    reads("SELECT login AS 'x' FROM person", NO_VALUE);
    reads("SELECT DATE '2026-01-31' FROM person", NO_VALUE);
    reads("SELECT E 'x' FROM person", NO_VALUE);
    reads("SELECT count(*) 'x' FROM person", NO_VALUE);
}

#[test]
fn nor_where_a_name_ends() {
    reads(r#"SELECT "a\" FROM person"#, NAME);
    reads(r#"SELECT "a""b" FROM person"#, NAME);
    reads("SELECT \"a'b\" FROM person", NAME);
    reads("SELECT \"a;b\" FROM person", NAME);
    reads("SELECT \"a/*b\" FROM person", NAME);
    reads("SELECT \"a\u{2ba}b\" FROM person", NAME);
    reads("SELECT \"a\nb\" FROM person", NAME);
    reads("SELECT \"Straße Nr. 1 %-_!\" FROM person", Ok(()));
    for text in ["SELECT `a` FROM person", "SELECT `a`.\"b\" FROM person", "SELECT [a] FROM person"] {
        assert!(grant(Dialect::Ansi, &["person"], &ALL).check(text, 0).is_err(), "{text}");
    }
}

#[test]
fn signs_of_some_and_not_of_all() {
    for text in [
        "SELECT 1 FROM person # 1",
        "SELECT @@version FROM person",
        "SELECT a::text FROM person",
        "SELECT {fn now()} FROM person",
        "SELECT 1 FROM person;",
        "SELECT 1; SELECT 1",
        "SELECT a & b FROM person",
        "SELECT a -> b FROM person",
        "SELECT a % 2 FROM person",
    ] {
        reads(text, SIGN);
    }
    reads("SELECT 1 -- x", Err("comments are not allowed in a statement"));
    reads("SELECT 1 FROM person /* x */", Err("comments are not allowed in a statement"));
    assert!(grant(Dialect::Ansi, &["person"], &ALL).check("SELECT $DELETE FROM person", 0).is_err());
}

#[test]
fn no_word_begins_another_statement() {
    misplaced("DELETE", "SELECT 1 DELETE FROM person");
    misplaced("DELETE", "SELECT DELETE FROM person");
    misplaced("DELETE", "SELECT NULL DELETE FROM person");
    misplaced("DELETE", "WITH x AS (SELECT 1) DELETE FROM person");
    misplaced("UPDATE", "SELECT 1 FROM person UPDATE person SET a = 1");
    misplaced("INSERT", "SELECT 1 INSERT INTO person VALUES (1)");
    misplaced("SHUTDOWN", "SELECT 1 FROM person SHUTDOWN");
    misplaced("SHUTDOWN", "SELECT NULL SHUTDOWN FROM person");
    misplaced("SHUTDOWN", "SELECT CASE WHEN a = 1 THEN 2 END SHUTDOWN FROM person");
    misplaced("CHECKPOINT", "SELECT 1 FROM person ORDER BY a DESC CHECKPOINT");
    misplaced("CHECKPOINT", "SELECT 1 FROM person OFFSET CHECKPOINT");
    misplaced("COMMIT", "DELETE FROM person COMMIT");
    misplaced("SHUTDOWN", "SELECT * SHUTDOWN FROM person");
    misplaced("MINUS", "SELECT login FROM person MINUS (SELECT login FROM person)");
    misplaced("PAYROLL", "SELECT 1 FROM person x (TABLE payroll)");
    misplaced("SET", "SELECT 1 FROM person SET (a)");
    misplaced("BOSS", "SELECT login FROM person boss");
    reads("SELECT 1DELETE FROM person", Err("a number and a word need a blank between them"));
    reads("SELECT 1eDELETE FROM person", Err("a number and a word need a blank between them"));
    reads("SELECT ?DELETE FROM person", BLANK);
    // The letter that some take for a part of the number, of every dialect.
    for dialect in [Dialect::Postgres, Dialect::Sqlite, Dialect::Mssql, Dialect::Oracle] {
        let text = "SELECT 1eDELETE FROM person";
        assert!(grant(dialect, &["person"], &[Verb::Select]).check(text, 0).is_err(), "{dialect:?}");
    }
}

#[test]
fn what_people_write_passes() {
    for text in [
        "SELECT p.login, t.name AS team_name FROM person p LEFT OUTER JOIN hr.team t ON t.id = p.team \
         WHERE p.status = 'A' AND p.kind IN ('a', 'b') AND p.age BETWEEN ? AND ? AND lower(p.mail) LIKE 'x!_%' ESCAPE '!'",
        "SELECT login FROM person AS boss WHERE boss.gone IS NOT NULL ORDER BY login DESC NULLS LAST, 1 ASC",
        "SELECT DISTINCT login FROM person WHERE EXISTS (SELECT 1 FROM hr.team x1 WHERE x1.id = person.team)",
        "SELECT a * price + 2 * days, p.* FROM person p",
        "SELECT a FROM person UNION ALL SELECT b FROM hr.team",
        "SELECT team, count(*) AS many FROM person GROUP BY team HAVING count(*) > 1",
        "SELECT CASE status WHEN 'A' THEN 1 ELSE 0 END AS active, CAST(a AS DOUBLE PRECISION) FROM person",
        "SELECT CAST(at AS TIMESTAMP WITH TIME ZONE), substring(a FROM 1 FOR 3), trim(TRAILING ' ' FROM a) FROM person",
        "SELECT row_number() OVER (PARTITION BY team ORDER BY login) AS place FROM person",
        "WITH x AS (SELECT login FROM person), y AS (SELECT login FROM x) SELECT * FROM x, y",
        "WITH RECURSIVE boss (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM boss WHERE id < 9) SELECT id FROM boss",
        "SELECT login FROM person ORDER BY login OFFSET ? ROWS FETCH NEXT ? ROWS ONLY",
        "SELECT \"login\" FROM \"person\" WHERE \"id\" = ? FOR UPDATE",
        "INSERT INTO person (a, b) VALUES (1, 'x'), (?, DEFAULT)",
        "INSERT INTO person DEFAULT VALUES",
        "INSERT INTO person (a) SELECT id FROM hr.team",
        "UPDATE person SET a = ?, b = COALESCE(b, 0) + 1, c = NULL WHERE id = ?",
        "UPDATE \"person\" SET \"a\" = CASE WHEN \"a\" = ? THEN NULL ELSE \"a\" END WHERE NOT (\"id\" = ?)",
        "DELETE FROM person WHERE id IN (SELECT id FROM hr.team)",
    ] {
        check(&ALL, text, Ok(()));
    }
    check(&ALL, "SELECT ssn FROM payroll", Err("table payroll is not granted"));
    reads("DELETE FROM person", Err("DELETE is not granted"));
}
