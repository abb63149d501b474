//! What the command line says about the edges.

use wisteria_bridge::RateLimits;

use super::{ConnectionLimits, Origin, TlsFiles};

/// How a server's ports are protected.
#[derive(Debug, Clone, Default)]
pub struct EdgeOptions {
    /// The certificate and key under which both ports speak TLS.
    pub tls: Option<TlsFiles>,
    /// Whether ports may be open beyond this machine without protection.
    pub insecure: bool,
    /// Pages of other origins that may join, and names by which this server may be asked for.
    pub origins: Vec<Origin>,
    /// How many connections there may be at each port.
    pub connections: ConnectionLimits,
    /// How much one client may say in a second.
    pub rate: RateLimits,
}
