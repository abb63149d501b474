//! Where the ends of a connection are.

use std::net::{IpAddr, SocketAddr};

/// The ends of a connection, as far as the transport knows them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Peer {
    /// The server's address.
    pub server: Option<SocketAddr>,
    /// The client's address.
    pub client: Option<IpAddr>,
    /// Whether the client must go on under TLS once it was greeted.
    pub tls: bool,
}
