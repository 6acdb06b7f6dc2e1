//! OpenLDAP.

mod binds;
mod feeds;
mod interruption;
mod searches;
mod writes;
