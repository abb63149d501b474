//! The ends of the connection that a request came by.

use wisteria_bridge::Peer;

/// The two ends of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends(pub(crate) Peer);
