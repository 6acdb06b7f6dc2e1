//! The `patchbay` command; see [`patchbay::cli`].

// A server of many small, short-lived values on several threads is what the system's
// allocator is worst at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    patchbay::cli::main()
}
