//! All drivers against real databases: a SQLite file, a PostgreSQL and a MariaDB server that
//! this binary starts, and the SQL Server that `PATCHBAY_TEST_MSSQL_URL` names. A case runs on
//! every target on which it has a meaning; where no SQL Server is named, it says so. What only
//! SQL Server does is in `tests/mssql-server`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what it expects, in helpers as well"
)]

mod bed;
mod cancel;
mod catalogue;
mod cursor;
mod failover;
mod gate;
mod interruption;
mod lock;
#[path = "../mssql-server/named.rs"]
mod named;
mod outage;
mod pipeline;
mod procedure;
mod rotation;
mod tls;
mod transaction;
mod values;
mod violations;
mod waiting;
mod way;
