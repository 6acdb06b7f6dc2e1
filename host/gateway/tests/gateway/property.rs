//! The gateway held against models: whatever a filter, and whatever a client does.

mod filters;
mod members;
mod sequences;

/// Runs a future where there is no runtime: properties are plain functions.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}
