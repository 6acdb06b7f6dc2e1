//! The gate over the driver, on real directories: what a connector can reach, and what not.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what it expects, in helpers as well"
)]

mod bed;
mod escapes;
mod locks;
mod names;
mod parking;
mod secrets;
