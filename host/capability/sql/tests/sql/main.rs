//! Both drivers against real databases: a SQLite file, and a PostgreSQL server that this
//! binary starts. A case runs on both targets wherever it has a meaning on both.

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
mod gate;
mod interruption;
mod outage;
mod pipeline;
mod tls;
mod transaction;
mod values;
mod violations;
