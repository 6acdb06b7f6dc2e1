//! Runs an ODBC driver for the tests, as `patchbay odbc-worker` does for the host.

fn main() -> std::process::ExitCode {
    patchbay_capability_sql::odbc::work()
}
