use std::sync::Arc;
use std::time::Duration;

use patchbay_capability::{Scope, Usage};

use super::generated::wasi::io::poll::{Host as _, HostPollable as _};
use super::generated::wasi::io::streams::{HostInputStream as _, HostOutputStream as _, StreamError};
use super::*;
use crate::Limits;
use crate::state::Bindings;
use cli::environment::Host as _;
use cli::exit::Host as _;
use cli::stdin::Host as _;
use cli::stdout::Host as _;
use clocks::monotonic_clock::Host as _;
use random::random::Host as _;

fn state() -> State {
    let deadline = Instant::now() + Duration::from_secs(10);
    let scope = Scope { app: "a".into(), operation: "get", request_id: "r".into(), deadline, usage: Usage::default() };
    State::new(scope, Arc::new(Bindings::default()), &Limits { handles: 4, ..Limits::default() })
}

#[test]
fn nothing_of_the_host_is_to_be_seen() {
    let mut state = state();
    assert!(state.get_environment().unwrap().is_empty());
    assert!(state.get_arguments().unwrap().is_empty());
    assert_eq!(state.initial_cwd().unwrap(), None);
    let input = state.get_stdin().unwrap();
    assert!(matches!(state.read(input, 10).unwrap(), Err(StreamError::Closed)));
    assert!(state.exit(Ok(())).is_err(), "nobody exits the host");
}

#[test]
fn output_is_taken_and_handles_are_counted() {
    let mut state = state();
    let output = state.get_stdout().unwrap();
    let borrowed = || Resource::<Output>::new_borrow(output.rep());
    assert!(state.check_write(borrowed()).unwrap().unwrap() > 0);
    state.blocking_write_and_flush(borrowed(), b"a line\n".to_vec()).unwrap().unwrap();
    assert_eq!(state.quota.handles, 1);
    streams_drop(&mut state, output);
    assert_eq!(state.quota.handles, 0);
    for _ in 0..4 {
        state.get_stdin().unwrap();
    }
    assert!(state.get_stdin().is_err(), "no more handles than the operation may hold");
}

fn streams_drop(state: &mut State, output: Resource<Output>) {
    generated::wasi::io::streams::HostOutputStream::drop(state, output).unwrap();
}

#[test]
fn random_numbers_are_bounded() {
    let mut state = state();
    assert_eq!(state.get_random_bytes(32).unwrap().len(), 32);
    assert_ne!(state.get_random_u64().unwrap(), state.get_random_u64().unwrap());
    assert!(state.get_random_bytes(u64::MAX).is_err());
}

#[tokio::test]
async fn waiting_takes_its_time_and_is_not_billed() {
    let mut state = state();
    let soon = state.subscribe_duration(20_000_000).unwrap();
    let never = state.subscribe_duration(u64::MAX).unwrap();
    let borrow = |one: &Resource<Pollable>| Resource::<Pollable>::new_borrow(one.rep());
    assert!(!state.ready(borrow(&soon)).await.unwrap());
    let started = Instant::now();
    let ready = state.poll(vec![borrow(&never), borrow(&soon)]).await.unwrap();
    assert_eq!(ready, [1]);
    assert!(started.elapsed() >= Duration::from_millis(20));
    state.block(borrow(&soon)).await.unwrap();
    assert!(state.poll(Vec::new()).await.is_err(), "a poll of nothing would never end");
}
