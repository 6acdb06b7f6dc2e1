//! Calls of procedures: the batch, and what is taken from its results.

use patchbay_capability::sql::{Argument, Batch, ColumnKind, Direction, Failure, Value};

use super::line;
use crate::line::{failure, text};
use crate::server::Act;

fn argument(name: &str, direction: Direction, value: Value) -> Argument {
    Argument { name: Some(name.to_owned()), direction, value, kind: ColumnKind::Integer }
}

const OWN: Act = Act::Columns(&["patchbay_status", "patchbay_1"]);

#[tokio::test]
async fn values_are_parameters_and_the_status_comes_back() {
    let (server, mut line) = line().await;
    server.script("~EXEC", vec![OWN, Act::Numbers(&[3, 42])]);
    let arguments = vec![
        argument("login", Direction::Input, text("o'Hara")),
        argument("mail", Direction::Input, Value::Null),
        argument("serial", Direction::Both, Value::Integer(41)),
    ];
    let called = line.call(&["hr", "join"], arguments, 10).await.unwrap();
    assert_eq!((called.status, called.outputs), (Some(3), vec![Value::Integer(42)]));
    assert_eq!((called.columns, called.rows), (Vec::new(), Batch::last(Vec::new())));
    assert_eq!(
        server.heard(),
        ["DECLARE @patchbay_status int, @patchbay_1 bigint = @P1, @patchbay_depth int = @@TRANCOUNT; EXEC \
             @patchbay_status = [hr].[join] @login = @P2, @mail = NULL, @serial = @patchbay_1 OUTPUT; IF @@TRANCOUNT > \
             @patchbay_depth BEGIN ROLLBACK TRANSACTION; RAISERROR('the procedure left a transaction open: it was \
             rolled back', 16, 1) END ELSE SELECT @patchbay_status AS patchbay_status, @patchbay_1 AS patchbay_1 | @P1 \
             bigint,@P2 nvarchar(4000)"]
    );
}

#[tokio::test]
async fn the_first_result_is_kept_within_bounds() {
    let (server, mut line) = line().await;
    let acts = vec![
        Act::Affected(1),
        Act::Columns(&["i", "it"]),
        Act::Numbers(&[1, 10]),
        Act::Numbers(&[2, 20]),
        Act::Columns(&["more"]),
        Act::Texts(vec![Some("another result".into())]),
        Act::Columns(&["patchbay_status"]),
        Act::Numbers(&[0]),
    ];
    server.script("~EXEC", acts);
    for (max_rows, count, done) in [(2, 2, true), (1, 1, false)] {
        let called = line.call(&["people"], Vec::new(), max_rows).await.unwrap();
        let columns: Vec<&str> = called.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!((called.status, columns), (Some(0), vec!["i", "it"]));
        assert_eq!((called.rows.rows.len(), called.rows.done), (count, done));
        assert_eq!(called.rows.rows[0], [Value::Integer(1), Value::Integer(10)]);
    }
}

#[tokio::test]
async fn what_a_procedure_throws() {
    let (server, mut line) = line().await;
    server.script("~EXEC", vec![Act::Columns(&["i"]), Act::Numbers(&[1]), Act::Error(50_001, 16, "not like this")]);
    line.begin().await;
    let error = line.call(&["refuse"], Vec::new(), 10).await.unwrap_err();
    assert_eq!((error.sqlstate.as_deref(), error.message.as_str()), (Some("mssql.50001"), "not like this"));
    assert_eq!(failure(line.call(&["refuse"], Vec::new(), 10).await), Failure::InvalidStatement);
    line.rollback().await;
    // A batch that ends before its own result has told nothing.
    server.script("~EXEC", Vec::new());
    let arguments = vec![argument("id", Direction::Output, Value::Null)];
    assert_eq!(failure(line.call(&["join"], arguments, 10).await), Failure::Other);
}
