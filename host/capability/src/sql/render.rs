//! Fragments to text: quotes identifiers and numbers placeholders per dialect.
