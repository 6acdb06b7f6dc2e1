mod ansi;
mod others;

use super::*;

fn grant(dialect: Dialect, tables: &[&str], verbs: &[Verb]) -> Grant {
    let policy = Policy {
        tables: tables.iter().map(|table| (*table).to_owned()).collect(),
        verbs: verbs.iter().copied().collect(),
        ..Policy::default()
    };
    Grant::new(&policy, dialect)
}

const ALL: [Verb; 4] = [Verb::Select, Verb::Insert, Verb::Update, Verb::Delete];

/// Under a grant of `person`, `hr.team` and all verbs: allowed, or denied with a message.
#[track_caller]
fn check(text: &str, expected: Result<(), &str>) {
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        let grant = grant(dialect, &["person", "hr.team"], &ALL);
        let actual = grant.check(text, 0).map(drop);
        assert_eq!(actual.as_ref().map_err(|error| error.message.as_str()).copied(), expected, "{dialect:?}: {text}");
        if let Err(error) = actual {
            assert_eq!(error.failure, Failure::Denied, "{text}");
        }
        assert_eq!(grant.check(text, 0).is_ok(), expected.is_ok(), "the cached decision differs: {text}");
    }
}

#[track_caller]
fn allowed(text: &str) {
    check(text, Ok(()));
}

#[track_caller]
fn denied(text: &str, message: &str) {
    check(text, Err(message));
}

#[test]
fn sequences_are_granted_by_name() {
    let check = |dialect: Dialect, text: &str, expected: Result<Effect, &str>| {
        let grant = grant(dialect, &["person_seq", "hr.team_seq", "person"], &ALL);
        let actual = grant.check(text, 0);
        assert_eq!(actual.as_ref().map_err(|error| error.message.as_str()).copied(), expected, "{dialect:?}: {text}");
    };
    let (pg, my, ms) = (Dialect::Postgres, Dialect::Mysql, Dialect::Mssql);
    for (dialect, text) in [
        (pg, "SELECT nextval('person_seq')"),
        (pg, "SELECT nextval('\"hr\".\"team_seq\"')"),
        (pg, "SELECT NEXTVAL('public.person_seq')"),
        (my, "SELECT nextval(`person_seq`)"),
        (my, "SELECT nextval(`hr`.`team_seq`)"),
        (ms, "SELECT NEXT VALUE FOR [person_seq]"),
        (ms, "SELECT NEXT  VALUE\nFOR [hr].[team_seq]"),
        (ms, "INSERT INTO [person] ([id]) VALUES (NEXT VALUE FOR [dbo].[person_seq])"),
    ] {
        check(dialect, text, Ok(Effect::Write));
    }
    let other = Err("sequence salary_seq is not granted");
    check(pg, "SELECT nextval('salary_seq')", other);
    check(my, "SELECT nextval(`salary_seq`)", other);
    check(ms, "SELECT NEXT VALUE FOR [salary_seq]", other);
    let hidden = grant(ms, &["hr"], &ALL);
    for text in ["SELECT NEXT VALUE FOR [hr] . [salary_seq]", "SELECT NEXT VALUE FOR [hr]. [salary_seq]"] {
        assert!(hidden.check(text, 0).is_err(), "{text}");
    }
    let oracle = grant(Dialect::Oracle, &["person"], &ALL);
    for text in ["SELECT salary_seq.NEXTVAL FROM person", "SELECT hr.salary_seq.currval FROM person"] {
        assert!(oracle.check(text, 0).is_err(), "{text}");
    }
    check(pg, "SELECT nextval('16384')", Err("sequence 16384 is not granted"));
    let computed = Err("a computed name of a sequence is not allowed");
    check(pg, "SELECT nextval(name) FROM person", computed);
    check(pg, "SELECT nextval('person' || '_seq')", computed);
    check(pg, "SELECT nextval(CAST('salary_seq' AS regclass))", computed);
    check(pg, "SELECT nextval('person_seq', 'salary_seq')", computed);
    check(my, "SELECT nextval('person_seq')", computed);
    check(pg, "SELECT pg_catalog.nextval('person_seq')", Err("function pg_catalog.nextval is not allowed"));
    check(pg, "SELECT setval('person_seq', 1)", Err("function setval is not allowed"));
    check(Dialect::Sqlite, "SELECT nextval('person_seq')", Err("function nextval is not allowed"));
    check(ms, "SELECT NEXT VALUE FOR 'x'", Err("a computed name of a sequence is not allowed"));
    let reads = grant(pg, &["person_seq"], &[Verb::Select]);
    assert_eq!(reads.check("SELECT nextval('person_seq')", 0).unwrap_err().message, "INSERT is not granted");
}

#[test]
fn granted_tables_in_every_place() {
    allowed("SELECT 1");
    allowed("SELECT \"p\".\"login\" FROM \"person\" AS \"p\" WHERE \"p\".\"login\" = 'x' ORDER BY 1 LIMIT 3");
    allowed("SELECT * FROM person p JOIN hr.team t ON t.id = p.team_id WHERE EXISTS (SELECT 1 FROM PERSON)");
    allowed("SELECT lower(a), COUNT(*), coalesce(b, 'x'), cast(c AS TEXT), CURRENT_TIMESTAMP FROM person");
    allowed("SELECT a || ' ' || b, a LIKE 'x%' ESCAPE '!', CASE WHEN a IS NULL THEN 1 ELSE 2 END FROM person");
    allowed("SELECT x FROM (SELECT a AS x FROM person UNION ALL SELECT b FROM hr.team) AS u");
    allowed("INSERT INTO person (a, b) VALUES (1, 'x') RETURNING id");
    allowed("INSERT INTO person (a) SELECT a FROM hr.team ON CONFLICT (a) DO NOTHING");
    allowed("INSERT INTO person (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = excluded.a");
    allowed("UPDATE person SET a = 1 WHERE id IN (SELECT id FROM hr.team)");
    allowed("DELETE FROM person WHERE id = 1 RETURNING a");
    allowed("WITH x AS (SELECT * FROM person), y AS (SELECT * FROM x) SELECT * FROM x, y");
    allowed("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 9) SELECT n FROM r");
}

#[test]
fn default_schema_belongs_to_an_unqualified_grant() {
    for (dialect, schema) in [(Dialect::Postgres, "public"), (Dialect::Sqlite, "main")] {
        let grant = grant(dialect, &["person", "hr.team"], &ALL);
        assert!(grant.check(&format!("SELECT 1 FROM {schema}.person"), 0).is_ok());
        assert!(grant.check("SELECT 1 FROM other.person", 0).is_err());
        assert!(grant.check(&format!("SELECT 1 FROM {schema}.team"), 0).is_err());
        assert!(grant.covers(&["PERSON"]) && grant.covers(&["hr", "Team"]) && !grant.covers(&["team"]));
    }
    let dotted = grant(Dialect::Postgres, &["\"a.b\"", "x.\"c\"\"d\""], &ALL);
    assert!(dotted.covers(&["a.b"]) && dotted.covers(&["x", "c\"d"]) && !dotted.covers(&["a", "b"]));
}

#[test]
fn other_tables_in_every_place() {
    let message = "table salary is not granted";
    denied("SELECT * FROM salary", message);
    denied("SELECT * FROM person, salary", message);
    denied("SELECT * FROM person LEFT JOIN salary ON true", message);
    denied("SELECT (SELECT max(a) FROM salary) FROM person", message);
    denied("SELECT * FROM person WHERE a IN (SELECT a FROM salary)", message);
    denied("SELECT * FROM person WHERE EXISTS (SELECT 1 FROM salary)", message);
    denied("SELECT * FROM person ORDER BY (SELECT a FROM salary)", message);
    denied("SELECT a FROM person GROUP BY a HAVING a > (SELECT max(a) FROM salary)", message);
    denied("SELECT * FROM person LIMIT (SELECT a FROM salary)", message);
    denied("SELECT a FROM person UNION SELECT a FROM salary", message);
    denied("SELECT * FROM (SELECT * FROM salary) AS s", message);
    denied("INSERT INTO salary VALUES (1)", message);
    denied("INSERT INTO person SELECT * FROM salary", message);
    denied("INSERT INTO person VALUES ((SELECT a FROM salary))", message);
    denied("INSERT INTO person (a) VALUES (1) RETURNING (SELECT a FROM salary)", message);
    denied("INSERT INTO person (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = (SELECT a FROM salary)", message);
    denied("UPDATE salary SET a = 1", message);
    denied("UPDATE person SET a = (SELECT a FROM salary)", message);
    denied("UPDATE person SET a = s.a FROM salary AS s", message);
    denied("DELETE FROM salary", message);
    denied("DELETE FROM person WHERE a = (SELECT a FROM salary)", message);
    denied("SELECT * FROM \"salary\"", message);
    denied("SELECT * FROM hr.person", "table hr.person is not granted");
    denied("SELECT * FROM pg_catalog.pg_authid", "table pg_catalog.pg_authid is not granted");
    denied("SELECT * FROM sqlite_master", "table sqlite_master is not granted");
}

#[test]
fn common_table_names_are_only_what_they_name() {
    let message = "table salary is not granted";
    // The body of a name that is not recursive reads the real table.
    denied("WITH salary AS (SELECT * FROM salary) SELECT * FROM salary", message);
    denied("WITH a AS (SELECT * FROM salary), salary AS (SELECT 1) SELECT * FROM a", message);
    // It ends with its query.
    denied("SELECT * FROM (WITH salary AS (SELECT 1) SELECT * FROM salary) AS x, salary", message);
    // A write never goes to it.
    denied("WITH salary AS (SELECT 1) DELETE FROM salary", message);
    denied("WITH salary AS (SELECT 1) UPDATE salary SET a = 1", message);
    denied("WITH salary AS (SELECT 1) INSERT INTO salary VALUES (1)", message);
    denied("WITH x AS (SELECT 1) SELECT * FROM main.x", "table main.x is not granted");
    allowed("WITH salary AS (SELECT 1) SELECT * FROM salary");
}

#[test]
fn other_statements() {
    let only = "only SELECT, INSERT, UPDATE and DELETE can be granted";
    for text in [
        "CREATE TABLE x (a INT)",
        "CREATE TABLE x AS SELECT * FROM person",
        "DROP TABLE person",
        "TRUNCATE TABLE person",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT x",
        "EXPLAIN SELECT * FROM person",
        "GRANT SELECT ON person TO x",
    ] {
        denied(text, only);
    }
    for text in [
        "PRAGMA journal_mode=DELETE",
        "ATTACH DATABASE 'x' AS y",
        "VACUUM",
        "COPY person TO '/tmp/x'",
        "SET search_path = x",
        "CALL x()",
        "DO 'x'",
        "LISTEN x",
        "ALTER TABLE person ADD x INT",
        "MERGE INTO person USING hr.team ON true WHEN MATCHED THEN DELETE",
        "TABLE person",
        "SELECT * INTO x FROM person",
        "SELEKT",
        "",
        ";",
    ] {
        for dialect in [Dialect::Postgres, Dialect::Sqlite] {
            let decision = grant(dialect, &["person", "hr.team"], &ALL).check(text, 0);
            assert_eq!(decision.map_err(|error| error.failure), Err(Failure::Denied), "{dialect:?}: {text}");
        }
    }
    denied("SELECT 1; SELECT 2", "one call runs exactly one statement");
    denied("SELECT 1; DROP TABLE person", "one call runs exactly one statement");
}

#[test]
fn functions_and_tokens() {
    denied("SELECT pg_read_file('/etc/passwd')", "function pg_read_file is not allowed");
    denied("SELECT pg_sleep(9)", "function pg_sleep is not allowed");
    denied("SELECT load_extension('x')", "function load_extension is not allowed");
    denied("SELECT x.lower('A')", "function x.lower is not allowed");
    denied("SELECT * FROM person WHERE version() = 'x'", "function version is not allowed");
    denied("SELECT current_user", "function current_user is not allowed");
    denied("SELECT current_role FROM person", "function current_role is not allowed");
    denied("SELECT * FROM generate_series(1, 9)", "table function generate_series is not allowed");
    denied("SELECT * FROM person(1)", "table function person is not allowed");
    denied("SELECT 1 -- x", "comments are not allowed in a statement");
    denied("SELECT /* x */ 1", "comments are not allowed in a statement");
    denied("SELECT X'00'", "only plain string literals are allowed in a statement");
    for text in ["SELECT E'\\x41'", "SELECT $$x$$", "SELECT $t$x$t$", "SELECT U&'\\0041'", "SELECT B'1'"] {
        assert!(grant(Dialect::Postgres, &[], &ALL).check(text, 0).is_err(), "{text}");
    }
    denied("SELECT 'unfinished", "the statement cannot be parsed: an unfinished string or a stray character");
}

#[test]
fn what_only_mysql_understands() {
    let grant = grant(Dialect::Mysql, &["person", "hr.team"], &ALL);
    for text in [
        "SELECT `t`.`a`, COUNT(*) FROM `person` AS `t` WHERE `t`.`a``b` = 'it\\'s' AND a <=> b ORDER BY a IS NULL, a",
        "SELECT 1 FROM `hr`.`team` WHERE CONVERT(a USING utf8mb4) COLLATE utf8mb4_bin LIKE lower('x') ESCAPE '!' FOR UPDATE",
        "SELECT CAST(lower(CONVERT(`t`.`a` USING utf8mb4)) AS BINARY) = CAST(lower('x') AS BINARY) FROM `person` AS `t`",
        "SELECT CAST(a AS CHAR), CAST('1.5' AS DECIMAL(65,30)) FROM person",
        "SELECT LAST_INSERT_ID()",
        "SELECT LAST_INSERT_ID(0)",
        "SELECT (t.`a` + 0e0) FROM `person` t ORDER BY (t.`a` + 0e0)",
        "SELECT uuid()",
        "INSERT INTO person () VALUES ()",
        "INSERT INTO `person` (`a`) VALUES (1), (2) ON DUPLICATE KEY UPDATE `a` = `a`",
        "UPDATE `person` SET `a` = CASE WHEN `a` = 1 THEN NULL ELSE `a` END WHERE `id` = 1",
        "DELETE FROM `person` WHERE `a` IN (1, 2)",
    ] {
        assert_eq!(grant.check(text, 0).map(drop), Ok(()), "{text}");
    }
    for text in [
        "SELECT * FROM `salary`",
        "SELECT * FROM mysql.user",
        "SELECT * FROM person INTO OUTFILE '/tmp/x'",
        "SELECT a FROM person INTO @x",
        "SELECT load_file('/etc/passwd')",
        "SELECT sleep(9)",
        "SELECT benchmark(9, 1)",
        "SELECT user()",
        "SELECT current_user",
        "SELECT database()",
        "SELECT get_lock('x', 9)",
        "SELECT @@datadir",
        "SELECT @@global.secure_file_priv",
        "SELECT @a := 1",
        "SELECT a FROM person WHERE a = @a",
        "SELECT 1 /*! FROM salary */",
        "SELECT 1 /*!99999 FROM salary */",
        "SELECT 1 /*M! UNION SELECT a FROM salary */",
        "SELECT 1 /* x */",
        "SELECT 1 # x",
        "SELECT 1 -- x",
        "SELECT \"a\"",
        "SELECT _latin1'a', x'41'",
        "SELECT N'a'",
        "HANDLER person OPEN",
        "LOAD DATA INFILE 'x' INTO TABLE person",
        "CALL x()",
        "DO sleep(9)",
        "SET GLOBAL x = 1",
        "KILL 1",
        "LOCK TABLES person WRITE",
        "SHOW TABLES",
        "TABLE person",
        "REPLACE INTO salary VALUES (1)",
        "DELETE person, salary FROM person JOIN salary",
        "UPDATE person, salary SET a = 1",
        "UPDATE person JOIN salary ON true SET salary.a = 1",
        "INSERT INTO person SET a = (SELECT a FROM salary)",
        "INSERT INTO person (a) VALUES (1) ON DUPLICATE KEY UPDATE a = (SELECT a FROM salary)",
    ] {
        let decision = grant.check(text, 0);
        assert_eq!(decision.map_err(|error| error.failure), Err(Failure::Denied), "{text}");
    }
    let insert = self::grant(Dialect::Mysql, &["person"], &[Verb::Insert]);
    assert!(insert.check("INSERT INTO person (a) VALUES (1) ON DUPLICATE KEY UPDATE a = 2", 0).is_err());
    assert!(insert.check("REPLACE INTO person (a) VALUES (1)", 0).is_err());
    assert_eq!(grant.check("SELECT a FROM person WHERE a = ? AND b LIKE '?'", 1), Ok(Effect::Read));
    assert!(grant.check("SELECT a FROM person WHERE a = ?", 0).is_err());
}

#[test]
fn verbs() {
    for (text, needed) in [
        ("SELECT a FROM person", vec![Verb::Select]),
        ("INSERT INTO person (a) VALUES (1)", vec![Verb::Insert]),
        ("INSERT INTO person (a) VALUES (1) RETURNING a", vec![Verb::Select, Verb::Insert]),
        ("INSERT INTO person (a) SELECT 1", vec![Verb::Select, Verb::Insert]),
        ("INSERT INTO person (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2", vec![Verb::Insert, Verb::Update]),
        ("UPDATE person SET a = 1", vec![Verb::Update]),
        ("UPDATE person SET a = 1 RETURNING a", vec![Verb::Select, Verb::Update]),
        ("DELETE FROM person", vec![Verb::Delete]),
        ("DELETE FROM person RETURNING a", vec![Verb::Select, Verb::Delete]),
        ("DELETE FROM person WHERE a = (SELECT 1)", vec![Verb::Select, Verb::Delete]),
    ] {
        for dialect in [Dialect::Postgres, Dialect::Sqlite] {
            assert_eq!(grant(dialect, &["person"], &needed).check(text, 0).map(drop), Ok(()), "{text}");
            for missing in &needed {
                let rest: Vec<Verb> = needed.iter().copied().filter(|verb| verb != missing).collect();
                let error = grant(dialect, &["person"], &rest).check(text, 0).unwrap_err();
                assert_eq!(error.message, format!("{} is not granted", missing.keyword()), "{text}");
            }
        }
    }
    // A data-modifying WITH counts as what it does.
    let text = "WITH gone AS (DELETE FROM person RETURNING a) SELECT a FROM gone";
    let select_only = grant(Dialect::Postgres, &["person"], &[Verb::Select]);
    assert_eq!(select_only.check(text, 0).unwrap_err().message, "DELETE is not granted");
    assert_eq!(grant(Dialect::Postgres, &["person"], &[Verb::Select, Verb::Delete]).check(text, 0), Ok(Effect::Write));
    let replace = grant(Dialect::Sqlite, &["person"], &[Verb::Insert]);
    assert!(replace.check("INSERT OR REPLACE INTO person VALUES (1)", 0).is_err());
    assert!(replace.check("REPLACE INTO person VALUES (1)", 0).is_err());
    assert!(replace.check("INSERT OR IGNORE INTO person VALUES (1)", 0).is_ok());
}

#[test]
fn placeholders_are_the_hosts() {
    let postgres = grant(Dialect::Postgres, &["person"], &ALL);
    let sqlite = grant(Dialect::Sqlite, &["person"], &ALL);
    assert_eq!(postgres.check("SELECT a FROM person WHERE a = $1 AND b = $2", 2), Ok(Effect::Read));
    assert_eq!(sqlite.check("SELECT a FROM person WHERE a = ? AND b = ?", 2), Ok(Effect::Read));
    for (grant, text, params) in [
        (&postgres, "SELECT $1", 0),
        (&postgres, "SELECT $1, $1", 2),
        (&postgres, "SELECT $2, $1", 2),
        (&sqlite, "SELECT ?", 0),
        (&sqlite, "SELECT ?1", 1),
        (&sqlite, "SELECT :a", 1),
        (&sqlite, "SELECT $a", 1),
        (&sqlite, "SELECT ?", 2),
    ] {
        let error = grant.check(text, params).unwrap_err();
        assert_eq!(error.failure, Failure::InvalidStatement, "{text}");
    }
}

#[test]
fn deep_and_long_statements_do_not_overflow_the_stack() {
    let grant = grant(Dialect::Sqlite, &["person"], &ALL);
    let chain = format!("SELECT 1 FROM person WHERE {}", vec!["a = 1"; 1_000].join(" OR "));
    assert_eq!(grant.check(&chain, 0), Ok(Effect::Read));
    let longest = format!("SELECT 1 FROM person WHERE {}", vec!["a"; MAX_CHAIN].join("+"));
    assert_eq!(grant.check(&longest, 0), Ok(Effect::Read));
    let longer = format!("SELECT {}", vec!["1"; 100_000].join("+"));
    assert_eq!(grant.check(&longer, 0).unwrap_err().failure, Failure::LimitExceeded);
    let nested = format!("SELECT {}1{}", "(".repeat(3_000), ")".repeat(3_000));
    assert_eq!(grant.check(&nested, 0).unwrap_err().failure, Failure::Denied);
    let unions = vec!["SELECT 1"; 1_000].join(" UNION ALL ");
    assert_eq!(grant.check(&unions, 0), Ok(Effect::Read));
}

/// As many terms as just stay under the limit on nesting.
const MAX_CHAIN: usize = 3_900;

/// The same under SQL Server, whose statements may hold placeholders.
#[track_caller]
fn check_mssql(text: &str, params: usize, expected: Result<(), &str>) {
    let grant = grant(Dialect::Mssql, &["person", "hr.team"], &ALL);
    let actual = grant.check(text, params).map(drop).map_err(|error| error.message);
    assert_eq!(actual, expected.map_err(str::to_owned), "{text}");
}

#[test]
fn sql_server_has_forms_of_its_own() {
    for (text, params) in [
        ("SELECT [p].[login] FROM [person] AS [p] WHERE [p].[login] = @P1", 1),
        ("SELECT TOP (@P1) [a] FROM [dbo].[person] ORDER BY [a]", 1),
        ("SELECT [a] FROM [person] ORDER BY [a] OFFSET @P1 ROWS FETCH NEXT @P2 ROWS ONLY", 2),
        ("SELECT [a] FROM [person] WITH (UPDLOCK, HOLDLOCK) WHERE [a] = @P1", 1),
        ("SELECT [a] FROM [person] WHERE [a] LIKE @P1 ESCAPE '!' COLLATE Latin1_General_BIN2", 1),
        ("SELECT [a] FROM [person] WHERE lower([a]) = N.x AND len([a]) > 1", 0),
        ("INSERT INTO [person] ([a]) OUTPUT INSERTED.[id] VALUES (@P1)", 1),
        ("INSERT INTO [person] ([a]) SELECT [a] FROM [hr].[team]", 0),
        ("SELECT 1 FROM [person] WITH (UPDLOCK, HOLDLOCK, ROWLOCK) WHERE [id] = @P1", 1),
        ("SELECT t.[a] FROM [person] AS t WHERE (t.[a] COLLATE Latin1_General_100_BIN2) = @P1", 1),
        ("SELECT t.[a] FROM [person] AS t WHERE lower(t.[a]) LIKE lower(@P1) ESCAPE '!'", 1),
        (
            "SELECT t.[a] FROM [person] AS t WHERE t.[a] > CAST(@P1 COLLATE SQL_Latin1_General_CP1_CI_AS AS \
             VARCHAR(8000)) ORDER BY CAST(t.[b] AS DOUBLE PRECISION)",
            1,
        ),
        ("SELECT t.[a] FROM [person] AS t ORDER BY CASE WHEN t.[a] IS NULL THEN 1 ELSE 0 END, t.[a] DESC", 0),
        ("SELECT 1 FROM [person] WHERE (lower([a]) COLLATE Latin1_General_100_BIN2) LIKE lower(@P1) ESCAPE '!'", 1),
        (
            "SELECT 1 FROM [person] WHERE ([a] = @P1 AND CAST(lower(CAST([a] AS NVARCHAR(MAX)) COLLATE \
             Latin1_General_100_CI_AS) AS VARBINARY(MAX)) = CAST(lower(@P2 COLLATE Latin1_General_100_CI_AS) AS \
             VARBINARY(MAX)))",
            2,
        ),
        ("SELECT max(a.i + b.i) FROM (VALUES (0), (1)) AS a (i), (VALUES (0), (1)) AS b (i)", 0),
        ("UPDATE [person] SET [gone] = SYSUTCDATETIME(), [v] = COALESCE([v], 0) + 1 WHERE [id] = @P1", 1),
        ("SELECT NEWID()", 0),
        ("SELECT COUNT(*) FROM [person] WITH (UPDLOCK, HOLDLOCK, ROWLOCK) WHERE [a] = @P1", 1),
        (
            "SELECT t.[a] FROM (SELECT [a] FROM [person] WHERE [a] <> '' UNION SELECT [b] FROM [hr].[team] WHERE [b] <> '') \
             AS t WHERE t.[a] > @P1 ORDER BY t.[a] OFFSET @P2 ROWS FETCH NEXT @P3 ROWS ONLY",
            3,
        ),
        ("UPDATE [person] SET [a] = @P1 OUTPUT INSERTED.[a], DELETED.[a] WHERE [id] = @P2", 2),
        ("DELETE FROM [person] OUTPUT DELETED.[a] WHERE [id] = @P1", 1),
        ("SELECT CASE WHEN [a] IS NULL THEN 1 ELSE 2 END AS [delete], [exec] FROM [person]", 0),
    ] {
        check_mssql(text, params, Ok(()));
    }
    // What a survey asks.
    check_mssql("SELECT count(*) FROM (SELECT TOP (10001) 1 AS one FROM [person]) AS few", 0, Ok(()));
    check_mssql("SELECT TOP (1000) [id], substring([login], 1, 200) FROM [hr].[team]", 0, Ok(()));
    check_mssql("SELECT * FROM [other].[person]", 0, Err("table other.person is not granted"));
    check_mssql("SELECT * FROM [srv].[db].[dbo].[person]", 0, Err("table srv.db.dbo.person is not granted"));
    check_mssql("SELECT * FROM [salary]", 0, Err("table salary is not granted"));
    check_mssql("SELECT * FROM sys.objects", 0, Err("table sys.objects is not granted"));
    check_mssql(
        "INSERT INTO [person] ([a]) OUTPUT INSERTED.[a] INTO [hr].[team] VALUES (1)",
        0,
        Err("OUTPUT INTO is not allowed"),
    );
    let writes = grant(Dialect::Mssql, &["person"], &[Verb::Insert, Verb::Update, Verb::Delete]);
    for text in [
        "INSERT INTO person (a) OUTPUT INSERTED.a VALUES (1)",
        "UPDATE person SET a = 1 OUTPUT INSERTED.a",
        "DELETE FROM person OUTPUT DELETED.a",
    ] {
        assert_eq!(writes.check(text, 0).unwrap_err().message, "SELECT is not granted", "{text}");
    }
}

#[test]
fn sql_server_needs_no_semicolon() {
    let place = |word: &str| format!("{word} is not allowed in this place of a statement");
    for (text, word) in [
        ("SELECT 1 FROM person SHUTDOWN", "SHUTDOWN"),
        ("SELECT 1 FROM person shutdown", "SHUTDOWN"),
        ("SELECT 1 FROM person EXEC ('DROP TABLE person')", "EXEC"),
        ("SELECT 1 EXECUTE", "EXECUTE"),
        ("SELECT 1 DELETE FROM person", "DELETE"),
        ("SELECT 1 FROM person UPDATE", "UPDATE"),
        ("SELECT 1 INSERT FROM person", "INSERT"),
        ("DELETE FROM person DELETE FROM person", "DELETE"),
        ("SELECT 1 SET FROM person", "SET"),
        ("SELECT 1 COMMIT FROM person", "COMMIT"),
        ("UPDATE person SET a = 1 FROM person ROLLBACK", "ROLLBACK"),
        ("INSERT INTO person (a) SELECT 1 FROM person REVERT", "REVERT"),
        ("SELECT 1 CHECKPOINT", "CHECKPOINT"),
        ("WITH x AS (SELECT 1 AS a) DELETE FROM person", "DELETE"),
    ] {
        check_mssql(text, 0, Err(&place(word)));
    }
    check_mssql("SELECT 1; SELECT 2", 0, Err("one call runs exactly one statement"));
    for text in [
        "SELECT 1 SELECT 2",
        "EXEC sp_who",
        "MERGE INTO person USING person AS p ON 1 = 1 WHEN MATCHED THEN DELETE",
        "sp_who",
    ] {
        assert!(grant(Dialect::Mssql, &["person"], &ALL).check(text, 0).is_err(), "{text}");
    }
}

#[test]
fn change_tracking_names_a_table_of_the_grant() {
    for (text, params) in [
        ("SELECT CHANGE_TRACKING_CURRENT_VERSION()", 0),
        ("SELECT MIN_ACTIVE_ROWVERSION()", 0),
        ("SELECT t.[id] FROM CHANGETABLE(CHANGES [person], @P1) AS t WHERE t.SYS_CHANGE_VERSION <= @P2", 2),
        ("SELECT t.[id] FROM changetable ( changes [hr].[team] , @P1 ) AS t ORDER BY t.[id]", 1),
        ("SELECT t.[id] FROM CHANGETABLE(CHANGES [dbo].[person], @P1) AS t", 1),
        ("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('[person]'))", 0),
        ("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('[hr].[team]'))", 0),
    ] {
        check_mssql(text, params, Ok(()));
    }
    let salary = Err("table salary is not granted");
    check_mssql("SELECT t.[id] FROM CHANGETABLE(CHANGES [salary], @P1) AS t", 1, salary);
    check_mssql("SELECT t.[id] FROM CHANGETABLE(CHANGES salary, @P1) AS t", 1, salary);
    check_mssql("SELECT 1 FROM person, CHANGETABLE(CHANGES [salary], @P1) AS t", 1, salary);
    check_mssql("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('[salary]'))", 0, salary);
    check_mssql(
        "SELECT t.[id] FROM CHANGETABLE(CHANGES [hr].[person], @P1) AS t",
        1,
        Err("table hr.person is not granted"),
    );
    check_mssql("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('[a]]b]'))", 0, Err("table a]b is not granted"));
    // To the server a name in these forms is a table's, whatever a WITH clause defines.
    for (text, params) in [
        ("WITH salary AS (SELECT 1 AS id) SELECT t.[id] FROM CHANGETABLE(CHANGES salary, @P1) AS t", 1),
        ("WITH [salary] AS (SELECT 1 AS id) SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('[salary]'))", 0),
        ("WITH person AS (SELECT 1 AS id) SELECT t.[id] FROM CHANGETABLE(CHANGES person, @P1) AS t", 1),
        // Other spellings are other functions.
        ("SELECT t.[id] FROM CHANGETABLE(CHANGES [person], 0) AS t", 0),
        ("SELECT t.[id] FROM CHANGETABLE(VERSION [person], ([id]), (@P1)) AS t", 1),
        ("SELECT t.[id] FROM CHANGETABLE([person]) AS t", 0),
        ("SELECT t.[id] FROM CHANGETABLE(CHANGES (SELECT * FROM salary), @P1) AS t", 1),
        ("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('person'))", 0),
        ("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('[person] x'))", 0),
        ("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('[person]', 'U'))", 0),
        ("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('[]'))", 0),
        ("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID(@P1))", 1),
        ("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(7)", 0),
        ("SELECT OBJECT_ID('[person]')", 0),
    ] {
        let outcome = grant(Dialect::Mssql, &["person", "hr.team"], &ALL).check(text, params).map(drop);
        assert_eq!(outcome.map_err(|error| error.failure), Err(Failure::Denied), "{text}");
    }
    let blind = grant(Dialect::Mssql, &["person"], &[Verb::Insert, Verb::Update, Verb::Delete]);
    for (text, params) in [
        ("SELECT t.[id] FROM CHANGETABLE(CHANGES [person], @P1) AS t", 1),
        ("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('[person]'))", 0),
    ] {
        assert_eq!(blind.check(text, params).unwrap_err().message, "SELECT is not granted", "{text}");
    }
}

#[test]
fn variables_of_sql_server() {
    for text in ["SELECT @@VERSION", "SELECT @p1", "SELECT @x = 1", "SELECT @P1x", "SELECT @@IDENTITY FROM person"] {
        check_mssql(text, 0, Err("variables are not allowed in a statement"));
    }
    let misplaced = "parameters are fragments: the text must not hold placeholders of its own";
    check_mssql("SELECT @P1", 0, Err(misplaced));
    check_mssql("SELECT 1", 1, Err(misplaced));
    for text in [
        "SELECT N'x'",
        "SELECT * INTO copy FROM person",
        "SELECT * FROM OPENROWSET('a', 'b', 'c')",
        "SELECT * FROM OPENQUERY(srv, 'SELECT 1')",
        "SELECT [a].value('x', 'int') FROM person",
        "SELECT xp_cmdshell('x')",
        "SELECT user_name()",
        "SELECT system_user",
        "SELECT 1 -- comment",
    ] {
        assert!(grant(Dialect::Mssql, &["person"], &ALL).check(text, 0).is_err(), "{text}");
    }
}
