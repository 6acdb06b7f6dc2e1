//! Ids of requests, in every log line and in every answer.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName};

/// The header that carries the id, both ways.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id taken over from a client.
const MAX: usize = 128;

/// Makes ids that no other request of this or another process has.
#[derive(Debug)]
pub(super) struct RequestIds {
    process: u64,
    next: AtomicU64,
}

impl RequestIds {
    pub(super) fn new() -> Self {
        // The standard library's hash keys are random per process.
        let process = RandomState::new().hash_one(std::time::SystemTime::now());
        Self { process, next: AtomicU64::new(1) }
    }

    /// The client's id where it is sane (visible ASCII, not too long), else a new one.
    pub(super) fn of(&self, headers: &HeaderMap) -> String {
        let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
        match given.filter(|id| is_sane(id)) {
            Some(id) => id.to_owned(),
            None => format!("{:016x}-{}", self.process, self.next.fetch_add(1, Ordering::Relaxed)),
        }
    }
}

fn is_sane(id: &str) -> bool {
    let good =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'/' | b'+' | b'=');
    (1..=MAX).contains(&id.len()) && id.bytes().all(good)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn sane_ids_are_kept_and_others_replaced() {
        let ids = RequestIds::new();
        let of = |id: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_bytes(id.as_bytes()).unwrap());
            ids.of(&headers)
        };
        assert_eq!(of("4bf92f35-77b3"), "4bf92f35-77b3");
        for bad in ["", "a b", "a\"b", "ü", &"x".repeat(200)] {
            assert_ne!(of(bad), *bad);
        }
        assert_ne!(ids.of(&HeaderMap::new()), ids.of(&HeaderMap::new()));
    }
}
