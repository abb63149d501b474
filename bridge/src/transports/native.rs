//! Transports for processes: WebSocket, and plain TCP as NATS servers speak it, both also under TLS.
#![cfg(not(target_family = "wasm"))]

mod dial;
mod nats;
mod tls;
mod websocket;

pub use nats::NatsConnector;
pub use tls::{Tls, TlsError};
pub use websocket::{MAX_FRAME, READ_BUFFER, WebSocketConnector};
