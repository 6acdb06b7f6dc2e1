//! Searches and their pages.

use super::{Entry, Filter};

/// How far below its base a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SearchScope {
    /// The base alone.
    Base,
    /// Its children, without itself.
    OneLevel,
    /// Itself and whatever is below.
    Subtree,
}

/// What a result is sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortKey {
    /// Attribute description.
    pub attribute: String,
    /// Ordering rule; none for the attribute's own.
    pub rule: Option<String>,
    /// The greatest first.
    pub descending: bool,
}

/// Some entries of a sorted result, by their place (Virtual List View).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Place of the first, from 1 as the protocol counts.
    pub offset: u32,
    /// How many.
    pub count: u32,
}

/// What else a search may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SearchOptions {
    /// Tombstones as well (Active Directory's show deleted control).
    pub deleted: bool,
    /// Values that are names come as `<GUID=...>;<SID=...>;DN` (Active Directory).
    pub extended_names: bool,
}

/// A search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchRequest {
    /// Where it starts (RFC 4514).
    pub base: String,
    /// How far it goes.
    pub scope: SearchScope,
    /// Which entries.
    pub filter: Filter,
    /// Attribute descriptions, `*`, `+` or `1.1`. A driver gets at least one: an empty list
    /// means none in the contract, and all in the protocol.
    pub attributes: Vec<String>,
    /// Entries to ask the server for at a time; a driver gets at least 1.
    pub page_size: u32,
    /// Sorted by the server; [`Failure::Unsupported`](super::Failure::Unsupported) where it
    /// cannot.
    pub sort: Vec<SortKey>,
    /// Only those; with `sort` alone. The search ends after them.
    pub window: Option<Window>,
    /// Further wishes.
    pub options: SearchOptions,
}

/// Entries of a search.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// In the server's order.
    pub entries: Vec<Entry>,
    /// Nothing comes after them.
    pub done: bool,
    /// Entries in the whole list, where the server told (with a window).
    pub total: Option<u32>,
}
