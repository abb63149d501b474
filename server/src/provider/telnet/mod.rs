//! `wisteria:telnet`: a TCP port for each link, whose sessions its actor is told of.

mod listener;
mod parser;
mod provider;
mod session;
mod sessions;
mod values;

pub use provider::Telnet;
