//! What an operation may have left at its target, as far as the host has seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What an operation may have left at its target, and whether a connection broke under it.
/// The gate keeps it, for all sessions of the operation together; whoever runs the
/// operation asks it whether the same may be run again. Clones are the same footprint.
///
/// A connector's word is not needed for that: it says whether trying again makes sense, and
/// this whether it is safe.
#[derive(Debug, Clone, Default)]
pub struct Footprint(Arc<Marks>);

#[derive(Debug, Default)]
struct Marks {
    written: AtomicBool,
    lost: AtomicBool,
}

impl Footprint {
    /// Whether the target may hold something that the operation wrote: a commit was asked
    /// for, or a statement was run that needs none, and the server did not say that it
    /// rolled that back.
    pub fn may_have_written(&self) -> bool {
        self.0.written.load(Ordering::Acquire)
    }

    /// Whether a connection that the operation was using broke.
    pub fn lost_connection(&self) -> bool {
        self.0.lost.load(Ordering::Acquire)
    }

    /// From now on the target may hold something; says whether that was so before.
    pub(crate) fn write(&self) -> bool {
        self.0.written.swap(true, Ordering::AcqRel)
    }

    /// What [`Footprint::write`] announced did not happen: as it was before.
    pub(crate) fn undo(&self, before: bool) {
        self.0.written.store(before, Ordering::Release);
    }

    /// A connection broke.
    pub(crate) fn lose(&self) {
        self.0.lost.store(true, Ordering::Release);
    }
}
