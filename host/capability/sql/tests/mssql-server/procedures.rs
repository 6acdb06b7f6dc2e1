//! Stored procedures.

use patchbay_capability::sql::{Argument, ColumnKind, Direction, Failure, Value};

use crate::bed::Bed;
use crate::line::{failure, text};

const JOIN: &str = "CREATE PROCEDURE dbo.hr_join @who nvarchar(200), @serial int OUTPUT, @id int OUTPUT AS
    BEGIN
        SET NOCOUNT ON;
        IF EXISTS (SELECT 1 FROM person WHERE login = @who) RETURN 2;
        INSERT INTO person (login) VALUES (@who);
        SELECT @id = SCOPE_IDENTITY(), @serial = @serial + 1;
        RETURN 0;
    END";
const TABLE: &str = "CREATE TABLE person (id int IDENTITY PRIMARY KEY, login nvarchar(200) NOT NULL)";

fn argument(name: Option<&str>, direction: Direction, value: Value) -> Argument {
    Argument { name: name.map(str::to_owned), direction, value, kind: ColumnKind::Integer }
}

pub(crate) async fn values_go_in_and_come_back(bed: Bed) {
    bed.admin(&[TABLE, JOIN]);
    let mut line = bed.line().await;
    let nasty = "o'Hara\"; DROP TABLE person; -- \\ @P1 ]] 👩";
    for (place, login) in [(1, "ada"), (2, nasty)] {
        let arguments = vec![
            argument(None, Direction::Input, text(login)),
            argument(None, Direction::Both, Value::Integer(41)),
            argument(None, Direction::Output, Value::Null),
        ];
        let called = line.call(&["dbo", "hr_join"], arguments, 1).await.unwrap();
        assert_eq!((called.status, called.outputs), (Some(0), vec![Value::Integer(42), Value::Integer(place)]));
    }
    assert_eq!(line.one("SELECT login FROM person WHERE id = 2", &[]).await, Ok(text(nasty)));
    let arguments = vec![
        argument(Some("id"), Direction::Output, Value::Null),
        argument(Some("@serial"), Direction::Both, Value::Integer(7)),
        argument(Some("who"), Direction::Input, text("ada")),
    ];
    let called = line.call(&["hr_join"], arguments, 1).await.unwrap();
    assert_eq!((called.status, called.outputs), (Some(2), vec![Value::Null, Value::Integer(7)]));
}

pub(crate) async fn rows_and_states(bed: Bed) {
    let people = "CREATE PROCEDURE people @low int AS BEGIN
        SELECT id, login FROM person WHERE id >= @low ORDER BY id; SELECT 'another result' AS more; END";
    let refuse = "CREATE PROCEDURE refuse AS BEGIN
        INSERT INTO person (login) VALUES ('left'); THROW 50001, 'not like this', 1; END";
    bed.admin(&[TABLE, people, refuse, "INSERT INTO person (login) VALUES ('ada'), ('bob'), ('cy')"]);
    let mut line = bed.line().await;
    for (max_rows, count, done) in [(10, 3, true), (3, 3, true), (2, 2, false)] {
        let low = vec![argument(None, Direction::Input, Value::Integer(1))];
        let called = line.call(&["people"], low, max_rows).await.unwrap();
        assert_eq!((called.rows.rows.len(), called.rows.done), (count, done));
        assert_eq!(called.columns[1].name, "login");
    }
    line.begin().await;
    let error = line.call(&["refuse"], Vec::new(), 1).await.unwrap_err();
    assert_eq!((error.sqlstate.as_deref(), error.message.as_str()), (Some("mssql.50001"), "not like this"));
    line.rollback().await;
    assert_eq!(line.one("SELECT count(*) FROM person", &[]).await, Ok(Value::Integer(3)));
    assert_eq!(failure(line.call(&["nobody"], Vec::new(), 1).await), Failure::Undefined);
}

/// With XACT_ABORT an error ends the transaction even where a procedure catches it: what it
/// writes afterwards is refused (3930), and what it does not write is undone (3998).
pub(crate) async fn an_error_that_is_caught_ends_the_transaction_all_the_same(bed: Bed) {
    let caught = |name: &str, then: &str| {
        format!(
            "CREATE PROCEDURE {name} AS BEGIN SET NOCOUNT ON; BEGIN TRY INSERT INTO person (login) VALUES (NULL); \
             END TRY BEGIN CATCH {then}; END CATCH; END"
        )
    };
    let writes = caught("writes", "INSERT INTO person (login) VALUES ('left')");
    bed.admin(&[TABLE, &writes, &caught("goes_on", "SELECT 1 AS fine")]);
    let mut line = bed.line().await;
    for (name, state) in [("writes", "mssql.3930"), ("goes_on", "mssql.3998")] {
        line.begin().await;
        line.execute("INSERT INTO person (login) VALUES ('before')", &[]).await.unwrap();
        let error = line.call(&[name], Vec::new(), 1).await.unwrap_err();
        assert_eq!(error.sqlstate.as_deref(), Some(state), "{error:?}");
        assert_eq!(failure(line.commit().await), Failure::InvalidStatement);
        line.rollback().await;
        assert_eq!(line.one("SELECT count(*) FROM person", &[]).await, Ok(Value::Integer(0)), "{name}");
    }
}

pub(crate) async fn a_transaction_left_open_is_undone(bed: Bed) {
    let open = "CREATE PROCEDURE open_end AS BEGIN SET NOCOUNT ON; BEGIN TRANSACTION; \
                INSERT INTO person (login) VALUES ('left'); END";
    bed.admin(&[TABLE, open]);
    let mut line = bed.line().await;
    assert!(line.call(&["open_end"], Vec::new(), 1).await.is_err());
    line.begin().await;
    line.commit().await.unwrap();
    assert_eq!(line.one("SELECT @@TRANCOUNT", &[]).await, Ok(Value::Integer(0)));
    assert_eq!(bed.ask("SELECT count(*) FROM person"), ["0"]);
}
