//! The cases of `tests/sql` through ODBC: SQLite, PostgreSQL and MariaDB by their drivers
//! of Debian.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what it expects, in helpers as well"
)]

/// Whether drivers run in processes of their own.
const PROCESS: bool = false;

mod addresses;
#[path = "../sql/bed.rs"]
mod bed;
#[path = "../sql/catalogue.rs"]
mod catalogue;
#[path = "../sql/cursor.rs"]
mod cursor;
mod given_up;
#[path = "../sql/interruption.rs"]
mod interruption;
mod locks;
#[path = "../mssql-server/named.rs"]
mod named;
mod passwords;
#[path = "../sql/pipeline.rs"]
mod pipeline;
#[path = "../sql/procedure.rs"]
mod procedure;
mod refusals;
#[path = "../sql/transaction.rs"]
mod transaction;
#[path = "../sql/values.rs"]
mod values;
#[path = "../sql/violations.rs"]
mod violations;
mod way;
mod widths;
