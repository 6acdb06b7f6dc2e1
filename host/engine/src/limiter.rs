//! Memory, tables and parts of one store.

use wasmtime::ResourceLimiter;

use crate::Limits;

/// Counts what a store has, over all its memories and tables, and remembers whether
/// something was refused: a guest that gets no memory traps with an `unreachable` that
/// says nothing of the reason.
#[derive(Debug)]
pub(crate) struct Limiter {
    memory: Account,
    table: Account,
    parts: usize,
}

/// A sum with a ceiling.
#[derive(Debug)]
struct Account {
    used: usize,
    max: usize,
    last: usize,
    refused: bool,
}

impl Account {
    fn new(max: usize) -> Self {
        Self { used: 0, max, last: 0, refused: false }
    }

    fn grow(&mut self, current: usize, desired: usize, own_maximum: Option<usize>) -> bool {
        let more = desired.saturating_sub(current);
        let fits = self.used.checked_add(more).is_some_and(|sum| sum <= self.max);
        if !fits || own_maximum.is_some_and(|maximum| desired > maximum) {
            self.refused = true;
            return false;
        }
        self.used += more;
        self.last = more;
        true
    }

    fn failed(&mut self) {
        self.used = self.used.saturating_sub(std::mem::take(&mut self.last));
        self.refused = true;
    }
}

impl Limiter {
    /// Nothing used yet.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            memory: Account::new(limits.memory_bytes),
            table: Account::new(limits.table_elements),
            parts: limits.parts,
        }
    }

    /// Whether the guest asked for more memory or table than it gets.
    pub(crate) fn refused(&self) -> bool {
        self.memory.refused || self.table.refused
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.memory.grow(current, desired, maximum))
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.memory.failed();
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.table.grow(current, desired, maximum))
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.table.failed();
        Ok(())
    }

    fn instances(&self) -> usize {
        self.parts
    }

    fn tables(&self) -> usize {
        self.parts
    }

    fn memories(&self) -> usize {
        self.parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter() -> Limiter {
        Limiter::new(&Limits { memory_bytes: 100, table_elements: 10, ..Limits::default() })
    }

    #[test]
    fn memories_share_one_ceiling() {
        let mut limiter = limiter();
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(!limiter.refused());
        assert!(!limiter.memory_growing(0, 60, None).unwrap());
        assert!(limiter.refused());
    }

    #[test]
    fn a_growth_that_failed_is_given_back() {
        let mut limiter = limiter();
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        limiter.memory_grow_failed(wasmtime::format_err!("no")).unwrap();
        assert!(limiter.memory_growing(0, 100, None).unwrap());
    }

    #[test]
    fn tables_are_limited_too() {
        let mut limiter = limiter();
        assert!(limiter.table_growing(0, 10, None).unwrap());
        assert!(!limiter.table_growing(10, 11, None).unwrap());
    }
}
