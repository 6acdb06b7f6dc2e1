//! The `patchbay` command; see [`patchbay::cli`].

fn main() -> std::process::ExitCode {
    patchbay::cli::main()
}
