//! The gate over the driver, on real directories: what a connector can reach, and what not.

mod bed;
mod escapes;
mod locks;
mod names;
mod parking;
mod secrets;
