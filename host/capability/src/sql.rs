//! The SQL capability without a driver: types of `wit/deps/sql/sql.wit`, the operator's
//! policy, the gate every call passes, and the traits a driver implements.

mod gate;
mod policy;
mod procedure;
mod render;
mod types;

pub use crate::Footprint;
pub use gate::{Binding, BindingOptions, Session};
pub use policy::{Policy, Verb};
pub use procedure::{Argument, Called, Direction, Procedure};
pub use types::{
    Batch, Call, Column, ColumnInfo, ColumnKind, Dialect, Error, Failure, ForeignKey, Fragment, Generation, Lease,
    Pool, Prepared, Reply, Request, Row, Statement, TableInfo, UniqueKey, Value,
};
