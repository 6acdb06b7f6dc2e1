//! Error numbers, with the names that tell what is at fault.

use patchbay_capability::sql::Failure;

use super::{line, pool};
use crate::line::{failure, soon};
use crate::server::{Act, Server};

/// Failure, constraint, table, columns.
type Expected<'a> = (Failure, Option<&'a str>, Option<&'a str>, &'a [&'a str]);

/// A statement that fails like this is told like that, and breaks nothing.
async fn check(number: u32, class: u8, sentence: &'static str, expected: Expected<'_>) {
    let (server, mut line) = line().await;
    server.script("UPDATE t", vec![Act::Error(number, class, sentence)]);
    // Two columns of a key, and one of a foreign key, as the catalogue would tell.
    let names = |table: &str, column: &str| Act::Texts(vec![Some(table.into()), Some(column.into())]);
    let columns = Act::Columns(&["table", "column"]);
    server.script("~FROM sys.indexes", vec![columns.clone(), names("person", "first"), names("person", "last")]);
    server.script("~FROM sys.foreign_keys", vec![columns.clone(), names("person", "team_id")]);
    server.script("~FROM sys.check_constraints", vec![columns, names("person", "from"), names("person", "to")]);
    server.script("SELECT 7", vec![Act::Columns(&["i"]), Act::Numbers(&[7])]);
    let error = line.execute("UPDATE t", &[]).await.unwrap_err();
    let columns: Vec<&str> = error.columns.iter().map(String::as_str).collect();
    let found = (error.failure, error.constraint.as_deref(), error.table.as_deref(), columns.as_slice());
    assert_eq!(found, expected, "{error:?}");
    assert_eq!(error.sqlstate, Some(format!("mssql.{number}")));
    assert!(!error.message.contains("hunter2"), "a value in {error}");
    assert_eq!(line.all("SELECT 7", &[]).await.unwrap().len(), 1, "{number}");
    assert_eq!(server.opened(), 1, "{number}");
}

#[tokio::test]
async fn constraints_are_named_with_their_columns() {
    let key = (Failure::UniqueViolation, Some("person_name_once"), Some("person"), ["first", "last"].as_slice());
    check(
        2627,
        14,
        "Violation of UNIQUE KEY constraint 'person_name_once'. Cannot insert duplicate key in object 'dbo.person'. \
         The duplicate key value is (hunter2, hunter2).",
        key,
    )
    .await;
    check(
        2601,
        14,
        "Cannot insert duplicate key row in object 'dbo.person' with unique index 'person_name_once'. The duplicate \
         key value is (hunter2, hunter2).",
        key,
    )
    .await;
    check(
        547,
        16,
        "The INSERT statement conflicted with the FOREIGN KEY constraint \"person_team\". The conflict occurred in \
         database \"desk\", table \"dbo.team\", column 'id'.",
        (Failure::ForeignKeyViolation, Some("person_team"), Some("person"), &["team_id"]),
    )
    .await;
    check(
        547,
        16,
        "The DELETE statement conflicted with the REFERENCE constraint \"person_team\". The conflict occurred in \
         database \"desk\", table \"dbo.person\", column 'team_id'.",
        (Failure::ForeignKeyViolation, Some("person_team"), Some("person"), &[]),
    )
    .await;
    check(
        547,
        16,
        "The UPDATE statement conflicted with the CHECK constraint \"state_known\". The conflict occurred in database \
         \"desk\", table \"dbo.person\", column 'state'.",
        (Failure::CheckViolation, Some("state_known"), Some("person"), &["state"]),
    )
    .await;
    check(
        547,
        16,
        "The UPDATE statement conflicted with the CHECK constraint \"in_order\". The conflict occurred in database \
         \"desk\", table \"dbo.person\".",
        (Failure::CheckViolation, Some("in_order"), Some("person"), &["from", "to"]),
    )
    .await;
    check(
        515,
        16,
        "Cannot insert the value NULL into column 'login', table 'desk.dbo.person'; column does not allow nulls. \
         UPDATE fails.",
        (Failure::NotNullViolation, None, Some("person"), &["login"]),
    )
    .await;
}

#[tokio::test]
async fn other_numbers() {
    for (number, class, sentence, failure) in [
        (8152, 16, "String or binary data would be truncated.", Failure::InvalidParameter),
        (8114, 16, "Error converting data type nvarchar to bigint.", Failure::InvalidParameter),
        (
            245,
            16,
            "Conversion failed when converting the nvarchar value 'hunter2' to data type int.",
            Failure::InvalidParameter,
        ),
        (242, 16, "The conversion of a date data type resulted in an out-of-range value.", Failure::InvalidParameter),
        (
            1205,
            13,
            "Transaction (Process ID 52) was deadlocked on lock resources with another process and has been chosen as \
             the deadlock victim. Rerun the transaction.",
            Failure::Serialization,
        ),
        (3960, 16, "Snapshot isolation transaction aborted due to update conflict.", Failure::Serialization),
        (1222, 16, "Lock request time out period exceeded.", Failure::Busy),
        (208, 16, "Invalid object name 'nobody'.", Failure::Undefined),
        (207, 16, "Invalid column name 'nickname'.", Failure::Undefined),
        (229, 14, "The UPDATE permission was denied on the object 'person'.", Failure::PermissionDenied),
        (102, 15, "Incorrect syntax near 'SELEKT'.", Failure::InvalidStatement),
        (50000, 16, "people are kept", Failure::CheckViolation),
        (
            3930,
            16,
            "The current transaction cannot be committed and cannot support operations that write to the log file. Roll \
             back the transaction.",
            Failure::Other,
        ),
        (
            3998,
            16,
            "Uncommittable transaction is detected at the end of the batch. The transaction is rolled back.",
            Failure::Other,
        ),
        (
            334,
            16,
            "The target table 'team' of the DML statement cannot have any enabled triggers if the statement contains an \
             OUTPUT clause without INTO clause.",
            Failure::InvalidStatement,
        ),
    ] {
        check(number, class, sentence, (failure, None, None, &[])).await;
    }
    check(
        2628,
        16,
        "String or binary data would be truncated in table 'desk.dbo.person', column 'badge'. Truncated value: \
         'hunter2'.",
        (Failure::InvalidParameter, None, Some("person"), &["badge"]),
    )
    .await;
}

#[tokio::test]
async fn a_refused_login() {
    for (number, class, sentence, expected) in [
        (18456, 14, "Login failed for user 'patchbay'.", Failure::PermissionDenied),
        (18487, 14, "Login failed. The password of the account has expired.", Failure::PermissionDenied),
        (4060, 11, "Cannot open database \"desk\" requested by the login. The login failed.", Failure::Unavailable),
        (40613, 17, "Database 'desk' on server 'here' is not currently available.", Failure::Unavailable),
    ] {
        let server = Server::start(None).await;
        server.script("LOGIN", vec![Act::Error(number, class, sentence)]);
        let pool = pool(&server);
        assert!(!format!("{pool:?}").contains("hunter2"));
        let error = pool.lease(soon()).await.unwrap_err();
        assert_eq!((error.failure, error.sqlstate), (expected, Some(format!("mssql.{number}"))), "{sentence}");
        assert!(!error.message.contains("hunter2"), "{}", error.message);
    }
}

/// Who loses against others has lost the transaction as well, and may begin another one.
#[tokio::test]
async fn who_loses_against_others_begins_anew() {
    for (number, class, sentence, expected) in [
        (1205, 13, "Transaction (Process ID 52) was deadlocked on lock resources.", Failure::Serialization),
        (1222, 16, "Lock request time out period exceeded.", Failure::Busy),
        (3930, 16, "The current transaction cannot be committed.", Failure::Other),
    ] {
        let (server, mut line) = line().await;
        server.script("UPDATE 1", vec![Act::Error(number, class, sentence)]);
        line.begin().await;
        assert_eq!(failure(line.execute("UPDATE 1", &[]).await), expected, "{number}");
        assert_eq!(failure(line.execute("UPDATE 2", &[]).await), Failure::InvalidStatement, "{number}");
        assert_eq!(failure(line.commit().await), Failure::InvalidStatement, "{number}");
        line.rollback().await;
        line.begin().await;
        line.execute("UPDATE 2", &[]).await.unwrap();
        line.commit().await.unwrap();
        let heard = server.heard();
        assert_eq!(heard[1..3], ["UPDATE 1", "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION"], "{number}");
        assert_eq!(heard[3..], ["BEGIN TRANSACTION", "UPDATE 2", "COMMIT TRANSACTION"], "{number}");
        assert_eq!(server.opened(), 1, "{number}");
    }
}

#[tokio::test]
async fn a_failed_transaction_runs_nothing_more() {
    let (server, mut line) = line().await;
    server.script("INSERT 2", vec![Act::Error(8152, 16, "String or binary data would be truncated.")]);
    line.begin().await;
    line.execute("INSERT 1", &[]).await.unwrap();
    assert_eq!(failure(line.execute("INSERT 2", &[]).await), Failure::InvalidParameter);
    // The server has rolled back: this would be committed by itself.
    assert_eq!(failure(line.execute("INSERT 3", &[]).await), Failure::InvalidStatement);
    assert_eq!(failure(line.query("SELECT 3", &[]).await), Failure::InvalidStatement);
    assert_eq!(failure(line.pipeline(&["SELECT 3"], 1, 1).await), Failure::InvalidStatement);
    assert_eq!(failure(line.commit().await), Failure::InvalidStatement);
    line.rollback().await;
    line.execute("INSERT 4", &[]).await.unwrap();
    let expected = ["BEGIN TRANSACTION", "INSERT 1", "INSERT 2", "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION", "INSERT 4"];
    assert_eq!(server.heard(), expected);
}
