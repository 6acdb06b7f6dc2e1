//! The statements of the ways that no test server here can run, word by word.
