//! The cases of `tests/odbc` with each driver in a process of its own.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what it expects, in helpers as well"
)]

/// Whether drivers run in processes of their own.
const PROCESS: bool = true;

#[path = "../odbc/addresses.rs"]
mod addresses;
#[path = "../sql/bed.rs"]
mod bed;
#[path = "../sql/catalogue.rs"]
mod catalogue;
mod crash;
#[path = "../sql/cursor.rs"]
mod cursor;
#[path = "../sql/interruption.rs"]
mod interruption;
#[path = "../odbc/locks.rs"]
mod locks;
#[path = "../mssql-server/named.rs"]
mod named;
#[path = "../odbc/passwords.rs"]
mod passwords;
#[path = "../sql/pipeline.rs"]
mod pipeline;
#[path = "../sql/procedure.rs"]
mod procedure;
#[path = "../odbc/refusals.rs"]
mod refusals;
#[path = "../sql/transaction.rs"]
mod transaction;
#[path = "../sql/values.rs"]
mod values;
#[path = "../sql/violations.rs"]
mod violations;
#[path = "../odbc/way.rs"]
mod way;
#[path = "../odbc/widths.rs"]
mod widths;
