//! The contract (`wit/`) as generated Rust, for the world `everything`.
//!
//! An import that a connector does not call is not part of its component, so this one
//! world serves connectors without SQL as well.
//!
//! On a native target the imports have no host behind them: types work, calls do not.
//! That is enough for unit tests of a connector's logic.

#![allow(missing_docs, clippy::all, reason = "generated; the documentation is in wit/")]

wit_bindgen::generate!({
    path: "../../wit",
    world: "everything",
    pub_export_macro: true,
    default_bindings_module: "patchbay_connector::bindings",
    additional_derives: [PartialEq],
    generate_all,
});
