//! Tests of the host package: configuration, edge, TLS, shutdown and commands. Apps
//! have a connector in memory here; only the commands that look at a target have the
//! example applications. What is served from it is in the end-to-end suite.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests fail as tests do")]

mod audit;
mod changes;
mod commands;
mod config;
mod directories;
mod directory_changes;
mod docs;
mod edge;
mod examples;
mod following;
mod full_disk;
mod helpdesk;
mod init;
mod live_directory;
mod memory;
mod patience;
mod rfc7644;
#[cfg(unix)]
mod served;
mod shutdown;
mod support;
mod tls;
