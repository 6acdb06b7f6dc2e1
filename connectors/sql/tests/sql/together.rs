//! Features of a class that have to get along with each other.
