//! The SQL Server driver's cases against the real server that `PATCHBAY_TEST_MSSQL_URL`
//! names: `mssql://USER:PASSWORD@HOST[:PORT]/DATABASE?...`, with a login that may create
//! databases and a driver's options as `MssqlOptions::from_url` takes them. Each case has a
//! database of its own, which is dropped afterwards.
//!
//! A runner of its own, as a runner of the standard library's would hide that nothing was
//! run: where the variable is not set, each case is printed as `not run`, and counted as
//! ignored.

#![expect(
    clippy::expect_used,
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
mod interruption;
#[path = "../mssql/line.rs"]
mod line;
mod procedures;
mod session;
mod transaction;
mod values;
mod violations;

use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;

use bed::{Bed, VARIABLE};

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
        values::the_same_on_all,
        values::types_of_sql_server,
        values::what_does_not_fit_is_an_invalid_parameter,
        values::null_fits_every_column,
        cursor::batches_keep_within_rows_and_bytes,
        cursor::a_cursor_ends_with_the_next_statement_or_when_closed,
        cursor::closing_a_long_result_does_not_read_it_all,
        cursor::more_than_five_thousand_rows,
        cursor::writes_that_return_rows,
        cursor::errors_in_the_middle_of_a_result,
        cursor::pipelines,
        transaction::commit_and_rollback,
        transaction::a_lease_dropped_in_a_transaction_rolls_back,
        transaction::a_failed_transaction_is_not_committed_by_halves,
        transaction::a_trigger_that_rolls_back_ends_the_transaction,
        transaction::writers_wait_for_each_other,
        transaction::a_lock_that_is_not_to_be_had,
        transaction::deadlocks_are_serialization_failures,
        transaction::a_writer_does_not_wait_past_its_deadline,
        interruption::a_call_dropped_in_the_middle,
        interruption::calls_dropped_at_every_moment,
        interruption::the_deadline_ends_a_call,
        interruption::many_at_once_share_few,
        interruption::a_closed_pool_waits_for_the_last_and_refuses_more,
        procedures::values_go_in_and_come_back,
        procedures::rows_and_states,
        violations::constraints_are_named_with_their_columns,
        violations::rules_of_triggers,
        violations::what_is_not_there_is_undefined,
        violations::a_statement_outlives_a_change_of_its_table,
        violations::counts_are_right_with_triggers,
        catalogue::a_realistic_schema,
        catalogue::names_of_tables,
        catalogue::another_schema,
        session::settings,
        session::refused_logins,
        gate::a_write_and_a_read_through_the_gate,
        gate::the_operations_deadline_ends_a_statement,
    ];
    let filters: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let chosen = cases.iter().filter(|case| filters.is_empty() || filters.iter().any(|part| case.name.contains(part)));
    let chosen: Vec<&Case> = chosen.collect();
    println!("\nrunning {} cases on SQL Server", chosen.len());
    if std::env::var_os(VARIABLE).is_none() {
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
        let passed = runtime.block_on(async move { tokio::spawn(async move { run(Bed::fresh().await).await }).await });
        failed += usize::from(passed.is_err());
        println!("test mssql-server::{} ... {}", case.name, if passed.is_ok() { "ok" } else { "FAILED" });
    }
    let (word, passed) = (if failed == 0 { "ok" } else { "FAILED" }, chosen.len() - failed);
    println!("\ntest result: {word}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out\n");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
