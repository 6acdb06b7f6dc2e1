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
    bed.admin(&[TABLE, JOIN]).await;
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
    bed.admin(&[TABLE, people, refuse, "INSERT INTO person (login) VALUES ('ada'), ('bob'), ('cy')"]).await;
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
