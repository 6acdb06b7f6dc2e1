//! OpenLDAP.

mod binds;
mod feeds;
mod interruption;
mod referrals;
mod searches;
mod writes;
