//! Tests of the host package: configuration, edge, TLS, shutdown and commands. Apps
//! have a connector in memory here; real ones are in the end-to-end suite.

mod commands;
mod config;
mod docs;
mod edge;
mod shutdown;
mod support;
mod tls;
