//! Stored procedures: what goes in, what comes back, and what they refuse.

use patchbay_capability::sql::{
    Argument, Batch, Called, ColumnKind, Direction, Error, Failure, Procedure, Reply, Request, Value,
};

use crate::bed::{Line, Make, Target, failure, targets, targets_of, text};

/// A procedure of each shape.
const POSTGRES: &str = "
    CREATE SCHEMA hr;
    CREATE TABLE hr.person (id serial PRIMARY KEY, login text NOT NULL UNIQUE);
    CREATE PROCEDURE hr.join(who text, INOUT serial int, INOUT id int DEFAULT NULL) LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO hr.person (login) VALUES (who) RETURNING person.id INTO join.id;
        serial := serial + 1;
    END $$;
    CREATE PROCEDURE hr.clear() LANGUAGE sql AS 'DELETE FROM hr.person';
    CREATE PROCEDURE hr.refuse(state text) LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'not like this' USING ERRCODE = state; END $$;
    CREATE FUNCTION hr.people(low int) RETURNS TABLE (id int, login text) LANGUAGE sql AS
        'SELECT id, login FROM hr.person WHERE person.id >= low ORDER BY id';
    CREATE FUNCTION hr.halves(whole int, OUT lower int, OUT upper int) LANGUAGE sql AS
        'SELECT whole / 2, whole - whole / 2';
    CREATE FUNCTION hr.quiet() RETURNS void LANGUAGE sql AS 'SELECT 1';
    CREATE PROCEDURE \"odd \"\"name\"(INOUT \"val\" text) LANGUAGE plpgsql AS $$ BEGIN val := val || '!'; END $$;";

const MARIADB: &str = "
    CREATE TABLE person (id INT AUTO_INCREMENT PRIMARY KEY, login VARCHAR(200) NOT NULL UNIQUE);
    DELIMITER //
    CREATE PROCEDURE hr_join(who VARCHAR(200), INOUT serial INT, OUT id INT)
    BEGIN
        INSERT INTO person (login) VALUES (who);
        SET serial = serial + 1, id = LAST_INSERT_ID();
    END //
    CREATE PROCEDURE hr_clear() DELETE FROM person //
    CREATE PROCEDURE hr_refuse(state TEXT)
    BEGIN
        SELECT 1 AS before_it;
        SIGNAL SQLSTATE '45001' SET MESSAGE_TEXT = 'not like this';
    END //
    CREATE PROCEDURE hr_people(low INT)
    BEGIN
        SELECT id, login FROM person WHERE id >= low ORDER BY id;
        SELECT 'another result' AS more;
    END //
    CREATE PROCEDURE `odd ``name`(INOUT val VARCHAR(200)) SET val = concat(val, '!') //
    DELIMITER ;";

const MSSQL: &str = "
CREATE SCHEMA hr
GO
CREATE TABLE hr.person (id INT IDENTITY NOT NULL PRIMARY KEY, login NVARCHAR(200) NOT NULL UNIQUE)
GO
CREATE PROCEDURE hr.[join] (@who NVARCHAR(200), @serial INT OUTPUT, @id INT OUTPUT) AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO hr.person (login) VALUES (@who);
    SET @serial = @serial + 1;
    SET @id = SCOPE_IDENTITY();
END
GO
CREATE PROCEDURE hr.clear AS DELETE FROM hr.person
GO
CREATE PROCEDURE hr.refuse (@state INT) AS
BEGIN
    SET NOCOUNT ON;
    SELECT 1 AS before_it;
    THROW @state, 'not like this', 1;
END
GO
CREATE PROCEDURE hr.people (@low INT) AS
BEGIN
    SET NOCOUNT ON;
    SELECT id, login FROM hr.person WHERE id >= @low ORDER BY id;
    SELECT 'another result' AS more;
END
GO
CREATE PROCEDURE [odd ]]name] (@val NVARCHAR(200) OUTPUT) AS SET @val = @val + N'!'";

/// Those whose procedures can be called.
const CALLED: [Make; 3] = [Target::postgres, Target::mariadb, Target::mssql];

/// A database with them.
fn target(kind: Target) -> Target {
    kind.admin(kind.choose("SELECT 1", POSTGRES, MARIADB, MSSQL));
    kind
}

fn name(target: &Target, own: &str) -> Vec<String> {
    match target {
        Target::MariaDb(_) => vec![format!("hr_{own}")],
        Target::Postgres(_) | Target::Sqlite(_) | Target::Mssql(_) => vec!["hr".into(), own.into()],
    }
}

fn input(value: Value) -> Argument {
    Argument { name: None, direction: Direction::Input, value, kind: ColumnKind::Other }
}

fn output(kind: ColumnKind) -> Argument {
    Argument { name: None, direction: Direction::Output, value: Value::Null, kind }
}

fn both(value: Value) -> Argument {
    Argument { name: None, direction: Direction::Both, value, kind: ColumnKind::Integer }
}

fn named(name: &str, argument: Argument) -> Argument {
    Argument { name: Some(name.to_owned()), ..argument }
}

async fn call(line: &mut Line, name: Vec<String>, arguments: Vec<Argument>, max_rows: u32) -> Result<Called, Error> {
    let call = Procedure { name, arguments };
    match line.run(Request::Procedure { call, max_rows, max_bytes: 1 << 20 }).await? {
        Reply::Called(called) => Ok(called),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn values_go_in_and_come_back() {
    for target in targets_of(&CALLED).map(target) {
        let mut line = target.line().await;
        let nasty = "o'Hara\"; DROP TABLE person; -- \\ ` $1 ? :x %_ é 👩";
        for (place, login) in (1..).zip(["ada", nasty, "' OR 1 = 1"]) {
            let arguments = vec![input(text(login)), both(Value::Integer(41)), output(ColumnKind::Integer)];
            let called = call(&mut line, name(&target, "join"), arguments, 1).await.unwrap();
            assert_eq!(called.outputs, [Value::Integer(42), Value::Integer(place)], "{line:?}");
            // SQL Server's procedures return a status, asked for it or not.
            let status = matches!(target, Target::Mssql(_)).then_some(0);
            assert_eq!((called.status, called.columns.len(), called.rows), (status, 0, Batch::last(Vec::new())));
        }
        let stored = format!("SELECT login FROM {} ORDER BY id", target.choose("", "hr.person", "person", "hr.person"));
        assert_eq!(line.all(&stored, &[]).await.unwrap()[1][0], text(nasty));
        // No arguments, nothing back.
        let called = call(&mut line, name(&target, "clear"), Vec::new(), 1).await.unwrap();
        assert_eq!((called.outputs.len(), called.rows.rows.len()), (0, 0));
        assert_eq!(line.all(&stored, &[]).await.unwrap().len(), 0);
        let odd = vec!["odd \"name".replace('"', target.choose("", "\"", "`", "]"))];
        let value = Argument { kind: ColumnKind::Text, ..both(text("a")) };
        let odd = call(&mut line, odd, vec![value], 1);
        assert_eq!(odd.await.unwrap().outputs, [text("a!")], "{target:?}");
    }
}

#[tokio::test]
async fn names_instead_of_places() {
    for target in targets_of(&[Target::postgres, Target::mssql]).map(target) {
        by_name(&target).await;
    }
}

async fn by_name(target: &Target) {
    let mut line = target.line().await;
    let arguments = vec![
        named("@id", output(ColumnKind::Integer)),
        named("serial", both(Value::Integer(1))),
        named("who", input(text("ada"))),
    ];
    let called = call(&mut line, name(target, "join"), arguments, 1).await.unwrap();
    assert_eq!(called.outputs, [Value::Integer(1), Value::Integer(2)]);
    let wrong = vec![named("whom", input(text("ada")))];
    assert_eq!(failure(call(&mut line, name(target, "join"), wrong, 1).await), Failure::InvalidStatement);
}

#[tokio::test]
async fn rows_of_the_first_result_are_bounded() {
    for target in targets_of(&CALLED).map(target) {
        let mut line = target.line().await;
        for login in ["ada", "bob", "cy"] {
            let arguments = vec![input(text(login)), both(Value::Integer(0)), output(ColumnKind::Integer)];
            call(&mut line, name(&target, "join"), arguments, 1).await.unwrap();
        }
        for (low, max_rows, expected) in
            [(1, 10, (3, true)), (1, 3, (3, true)), (1, 2, (2, false)), (3, 10, (1, true)), (9, 10, (0, true))]
        {
            let arguments = vec![input(Value::Integer(low))];
            let called = call(&mut line, name(&target, "people"), arguments, max_rows).await.unwrap();
            let columns: Vec<&str> = called.columns.iter().map(|column| column.name.as_str()).collect();
            assert_eq!(columns, ["id", "login"]);
            assert_eq!((called.rows.rows.len(), called.rows.done), expected, "{target:?} {low} {max_rows}");
        }
        // What was thrown away does not come up in the next answer.
        assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    }
}

#[tokio::test]
async fn functions_are_called_where_the_target_has_them() {
    let target = target(Target::postgres());
    let mut line = target.line().await;
    let arguments = vec![input(Value::Integer(7)), output(ColumnKind::Integer), output(ColumnKind::Integer)];
    let called = call(&mut line, name(&target, "halves"), arguments, 1).await.unwrap();
    assert_eq!(called.outputs, [Value::Integer(3), Value::Integer(4)]);
    let called = call(&mut line, name(&target, "quiet"), Vec::new(), 1).await.unwrap();
    assert_eq!((called.outputs, called.columns, called.rows), (Vec::new(), Vec::new(), Batch::last(Vec::new())));
    let few = vec![input(Value::Integer(7)), output(ColumnKind::Integer)];
    assert_eq!(failure(call(&mut line, name(&target, "halves"), few, 1).await), Failure::InvalidStatement);
}

#[tokio::test]
async fn what_a_procedure_raises_keeps_its_state() {
    for target in targets_of(&CALLED).map(target) {
        let mut line = target.line().await;
        line.begin().await;
        let arguments = vec![input(text("ada")), both(Value::Integer(0)), output(ColumnKind::Integer)];
        call(&mut line, name(&target, "join"), arguments.clone(), 1).await.unwrap();
        let given = target.choose("", "45001", "45001", "50001");
        let state = target.choose("", "45001", "45001", "mssql.50001");
        let error = call(&mut line, name(&target, "refuse"), vec![input(text(given))], 1).await.unwrap_err();
        assert_eq!((error.sqlstate.as_deref(), error.message.as_str()), (Some(state), "not like this"));
        assert!(line.commit().await.is_err(), "{target:?}: a failed transaction is not committed");
        line.rollback().await;
        let count = format!("SELECT count(*) FROM {}", target.choose("", "hr.person", "person", "hr.person"));
        assert_eq!(line.one(&count, &[]).await, Ok(Value::Integer(0)));
        // The session goes on.
        call(&mut line, name(&target, "join"), arguments.clone(), 1).await.unwrap();
        let twice = call(&mut line, name(&target, "join"), arguments, 1).await;
        assert_eq!(failure(twice), Failure::UniqueViolation);
    }
}

#[tokio::test]
async fn what_is_not_there_and_what_cannot_be() {
    for target in
        targets().map(|target| if matches!(target, Target::Sqlite(_)) { target } else { self::target(target) })
    {
        let mut line = target.line().await;
        let outcome = call(&mut line, name(&target, "nobody"), Vec::new(), 1).await;
        match target {
            Target::Sqlite(_) => {
                let error = outcome.unwrap_err();
                assert_eq!(error.failure, Failure::Unsupported);
                assert_eq!(error.message, "SQLite has no stored procedures");
            }
            _ => assert_eq!(failure(outcome), Failure::Undefined),
        }
    }
}

/// What a procedure begins and does not end goes with it, and not with the next operation's
/// transaction.
#[tokio::test]
async fn no_transaction_is_left_behind() {
    let target = Target::mariadb();
    target.admin(
        "CREATE TABLE t (a INT PRIMARY KEY);
         DELIMITER //
         CREATE PROCEDURE half() BEGIN START TRANSACTION; INSERT INTO t VALUES (1); INSERT INTO t VALUES (1); COMMIT; END //
         CREATE PROCEDURE open_end() BEGIN START TRANSACTION; INSERT INTO t VALUES (2); END //
         DELIMITER ;",
    );
    let pool = target.pool(1);
    let run = async |own: &str| call(&mut Line::open(&pool).await, vec![own.to_owned()], Vec::new(), 1).await;
    assert_eq!(failure(run("half").await), Failure::UniqueViolation);
    let mut line = Line::open(&pool).await;
    line.begin().await;
    line.commit().await.unwrap();
    assert_eq!(
        line.one("SELECT count(*) FROM t", &[]).await,
        Ok(Value::Integer(0)),
        "it was undone, and is not committed"
    );
    drop(line);
    run("open_end").await.unwrap();
    assert_eq!(target.admin("SELECT count(*) FROM t"), ["1"], "what it did without an error stands");
}

/// A procedure that has committed something before it fails is not run a second time.
#[tokio::test]
async fn what_may_have_been_committed_is_not_repeated() {
    let target = Target::postgres();
    target.admin(
        "CREATE TABLE t (a int);
         CREATE PROCEDURE twice(fails boolean) LANGUAGE plpgsql AS $$
         BEGIN INSERT INTO t VALUES (1); COMMIT; IF fails THEN PERFORM 1 / 0; END IF; END $$;",
    );
    let pool = target.pool(1);
    let mut line = Line::open(&pool).await;
    for (fails, rows) in [(false, "1"), (true, "2"), (true, "3")] {
        let outcome = call(&mut line, vec!["twice".to_owned()], vec![input(Value::Boolean(fails))], 1).await;
        assert_eq!(outcome.is_err(), fails, "{outcome:?}");
        assert_eq!(target.admin("SELECT count(*) FROM t"), [rows]);
    }
}
