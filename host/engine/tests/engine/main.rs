//! The engine against real components: the hostile guest, and odd ones written as text.

mod calls;
mod limits;
mod load;
mod logs;
mod plan;
mod sql;
mod support;
