//! What only SQL Server does, against the real server that `PATCHBAY_TEST_MSSQL_URL` names:
//! `mssql://USER:PASSWORD@HOST[:PORT]/DATABASE?...`, with a login that may create databases and
//! a driver's options as `MssqlOptions::from_url` takes them. The cases that it shares with the
//! other databases are in `tests/sql`. Each case has a database of its own, which is dropped
//! afterwards.
//!
//! A runner of its own, as a runner of the standard library's would hide that nothing was
//! run: where the variable is not set, each case is printed as `not run`, and counted as
//! ignored.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test says what it expects, in helpers as well, and a runner prints"
)]

mod bed;
mod catalogue;
mod cursor;
mod gate;
#[expect(dead_code, reason = "the scripted cases use more of it")]
#[path = "../mssql/line.rs"]
mod line;
mod named;
mod procedures;
mod session;
mod transaction;
mod values;
mod violations;

use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;

use bed::Bed;
use named::VARIABLE;

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A case, and what it is called.
struct Case {
    name: &'static str,
    run: fn(Bed) -> Running,
}

macro_rules! cases {
    ($($module:ident::$name:ident),* $(,)?) => {
        [$(Case {
            name: concat!(stringify!($module), "::", stringify!($name)),
            run: |bed| Box::pin($module::$name(bed)),
        }),*]
    };
}

fn main() -> ExitCode {
    let cases = cases![
        values::at_the_limits,
        values::types_of_sql_server,
        values::what_does_not_fit_is_an_invalid_parameter,
        values::null_fits_every_column,
        cursor::more_than_five_thousand_rows,
        transaction::a_failed_transaction_is_not_committed_by_halves,
        transaction::a_trigger_that_rolls_back_ends_the_transaction,
        transaction::a_lock_that_is_not_to_be_had,
        transaction::a_reader_waits_for_a_writer,
        transaction::a_range_that_is_empty_is_locked,
        procedures::values_go_in_and_come_back,
        procedures::rows_and_states,
        procedures::an_error_that_is_caught_ends_the_transaction_all_the_same,
        procedures::a_transaction_left_open_is_undone,
        violations::constraints_that_others_do_not_have,
        violations::rules_of_triggers,
        violations::counts_are_right_with_triggers,
        catalogue::a_realistic_schema,
        catalogue::another_schema,
        session::settings,
        session::the_way_that_was_asked_for,
        session::refused_logins,
        gate::names_in_brackets_and_pages,
        gate::the_operations_deadline_ends_a_statement,
    ];
    let filters: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let chosen = cases.iter().filter(|case| filters.is_empty() || filters.iter().any(|part| case.name.contains(part)));
    let chosen: Vec<&Case> = chosen.collect();
    println!("\nrunning {} cases on SQL Server", chosen.len());
    if !named::is_named() {
        for case in &chosen {
            println!("test mssql-server::{} ... not run: {VARIABLE} names no server", case.name);
        }
        println!("\ntest result: ok. 0 passed; 0 failed; {} ignored; 0 measured; 0 filtered out\n", chosen.len());
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut failed = 0;
    for case in &chosen {
        // In a task, so that a case that panics does not end the others.
        let run = case.run;
        let passed = runtime.block_on(async move { tokio::spawn(async move { run(Bed::fresh()).await }).await });
        failed += usize::from(passed.is_err());
        println!("test mssql-server::{} ... {}", case.name, if passed.is_ok() { "ok" } else { "FAILED" });
    }
    let (word, passed) = (if failed == 0 { "ok" } else { "FAILED" }, chosen.len() - failed);
    println!("\ntest result: {word}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out\n");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
