//! Sizes and times of a pool.

use std::time::Duration;

/// Sizes and times of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolOptions {
    /// Most connections at a time, at least one.
    pub max: usize,
    /// Longest a connection attempt may take, with half of it at most for asking an idle
    /// connection whether it still works.
    pub connect_timeout: Duration,
    /// Idle connections are closed after so long.
    pub idle_timeout: Duration,
    /// Connections are not used again after so long.
    pub max_lifetime: Duration,
    /// A connection whose driver says that a better server could be reached by now
    /// ([`Connection::is_fallback`](crate::Connection::is_fallback)) is not used again after
    /// so long: the pool returns to the first of several addresses.
    pub return_after: Duration,
    /// A connection that was idle for so long is asked whether it still works before it
    /// is handed out.
    pub validate_after: Duration,
    /// Longest a lease may wait for a free connection.
    pub wait_timeout: Duration,
    /// Leases that may wait at a time; one more is refused at once.
    pub max_waiting: usize,
    /// Longest a request may take, within the deadline of its call; none leaves it to
    /// that.
    pub request_timeout: Option<Duration>,
    /// How long an interrupted connection may take to come back to rest before it is
    /// thrown away.
    pub grace: Duration,
}

impl Default for PoolOptions {
    /// 8 connections; 5 s to connect, 5 min idle, 30 min of life, 1 min of it at a server
    /// that is not the preferred one, validation after 30 s, 10 s of waiting for 64 at a
    /// time, 5 s of grace.
    fn default() -> Self {
        Self {
            max: 8,
            connect_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(300),
            max_lifetime: Duration::from_secs(1800),
            return_after: Duration::from_secs(60),
            validate_after: Duration::from_secs(30),
            wait_timeout: Duration::from_secs(10),
            max_waiting: 64,
            request_timeout: None,
            grace: Duration::from_secs(5),
        }
    }
}
