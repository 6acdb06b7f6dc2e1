//! All drivers against real databases: a SQLite file, and a PostgreSQL and a MariaDB
//! server that this binary starts. A case runs on every target on which it has a meaning.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what it expects, in helpers as well"
)]

mod bed;
mod catalogue;
mod cursor;
mod failover;
mod gate;
mod interruption;
mod lock;
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
