//! The edges of a server: what is open to whom, under which protection, and how much one connection may ask for.

mod connections;
pub mod exposure;
mod http;
mod options;
mod origin;
mod tls;

pub use connections::ConnectionLimits;
pub(crate) use connections::{Gate, Place};
pub(crate) use http::{HttpPort, KeptPlace, accept};
pub use options::EdgeOptions;
pub use origin::{Origin, OriginError};
pub(crate) use origin::{Site, guard, host_and_port};
pub(crate) use tls::{ServerTls, certified_key};
pub use tls::{ServerTlsError, TlsFiles};
