//! Clients that do as little as possible themselves.

mod connection;
pub(crate) mod flood;
pub(crate) mod requests;

pub(crate) use connection::Connection;
