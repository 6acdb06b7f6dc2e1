//! Hashing passwords beside the async workers, so many at a time and no more.

use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use async_trait::async_trait;
use patchbay_gateway::{PasswordError, PasswordHasher};
use patchbay_password::Scheme;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Memory for all computations together, in MiB: what the costliest scheme may ask for.
const MEMORY_MIB: u32 = 256;

/// Passwords that may wait for a thread. The next one is told to come back.
const QUEUE: usize = 128;

/// The passwords of all apps go through one of these: a burst of them takes half of the
/// processors at most, and the others go on answering.
#[derive(Debug)]
pub(crate) struct Hashing {
    queue: Semaphore,
    threads: Arc<Semaphore>,
    /// A permit is a MiB.
    memory: Arc<Semaphore>,
}

impl Hashing {
    /// For this machine.
    pub(crate) fn new() -> Self {
        Self::of(QUEUE, available_parallelism().map_or(1, |all| (all.get() / 2).max(1)))
    }

    fn of(queue: usize, threads: usize) -> Self {
        Self {
            queue: Semaphore::new(queue),
            threads: Arc::new(Semaphore::new(threads)),
            memory: Arc::new(Semaphore::new(MEMORY_MIB as usize)),
        }
    }

    async fn compute(&self, scheme: &Scheme, password: Zeroizing<String>) -> Result<String, PasswordError> {
        let closed = |_| PasswordError::Failed("the host is stopping".to_owned());
        // In this order for everybody: who has a thread waits for those alone that compute.
        let thread = Arc::clone(&self.threads).acquire_owned().await.map_err(closed)?;
        let mib = scheme.memory_kib().div_ceil(1024).min(MEMORY_MIB);
        let memory = Arc::clone(&self.memory).acquire_many_owned(mib).await.map_err(closed)?;
        let salt = salt(scheme.salt_bytes())?;
        let scheme = scheme.clone();
        let computed = tokio::task::spawn_blocking(move || {
            // Nothing stops a computation, so its permits go with it: one that nobody waits
            // for any more still takes a thread.
            let _permits = (thread, memory);
            scheme.hash(&password, &salt)
        });
        match computed.await {
            Ok(hash) => hash.map_err(|error| PasswordError::Failed(error.to_string())),
            Err(_) => Err(PasswordError::Failed("the computation did not end".to_owned())),
        }
    }
}

#[async_trait]
impl PasswordHasher for Hashing {
    async fn hash(
        &self,
        scheme: &Scheme,
        password: Zeroizing<String>,
        within: Duration,
    ) -> Result<String, PasswordError> {
        let _place = self.queue.try_acquire().map_err(|_| PasswordError::Busy)?;
        tokio::time::timeout(within, self.compute(scheme, password)).await.map_err(|_| PasswordError::Busy)?
    }
}

fn salt(bytes: usize) -> Result<Vec<u8>, PasswordError> {
    let mut salt = vec![0; bytes];
    let filled = rustls::crypto::aws_lc_rs::default_provider().secure_random.fill(&mut salt);
    filled.map_err(|_| PasswordError::Failed("the system has no randomness to give".to_owned()))?;
    Ok(salt)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use patchbay_password::{HashConfig, HashTable};

    use super::*;

    fn argon2id() -> Scheme {
        Scheme::new(&HashConfig::Name("argon2id".to_owned())).unwrap()
    }

    fn slow() -> Scheme {
        let table = HashTable { scheme: "bcrypt".to_owned(), cost: Some(13), ..HashTable::default() };
        Scheme::new(&HashConfig::Table(table)).unwrap()
    }

    fn clear() -> Zeroizing<String> {
        Zeroizing::new("correct horse".to_owned())
    }

    #[tokio::test]
    async fn every_password_gets_a_salt_of_its_own() {
        let hashing = Hashing::new();
        let within = Duration::from_secs(60);
        let (one, two) = (
            hashing.hash(&argon2id(), clear(), within).await.unwrap(),
            hashing.hash(&argon2id(), clear(), within).await.unwrap(),
        );
        assert_ne!(one, two);
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_eq!(hashing.memory.available_permits(), MEMORY_MIB as usize);
    }

    #[tokio::test]
    async fn a_burst_waits_its_turn_gives_up_in_time_and_leaves_the_worker_free() {
        let hashing = Arc::new(Hashing::of(2, 1));
        let started = Instant::now();
        let burst: Vec<_> = (0..3)
            .map(|_| {
                let hashing = Arc::clone(&hashing);
                tokio::spawn(async move { hashing.hash(&slow(), clear(), Duration::from_millis(20)).await })
            })
            .collect();
        // One worker, and it is not the one that computes.
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(hashing.threads.available_permits() == 0, "{:?}", started.elapsed());
        for hash in burst {
            assert_eq!(hash.await.unwrap(), Err(PasswordError::Busy));
        }
        // What was given up goes on, and takes the only thread until it is done.
        assert_eq!(hashing.threads.available_permits(), 0);
        let last = hashing.hash(&slow(), clear(), Duration::from_secs(60)).await.unwrap();
        assert!(last.starts_with("$2b$13$"), "{last}");
        assert_eq!(hashing.threads.available_permits(), 1);
    }
}
