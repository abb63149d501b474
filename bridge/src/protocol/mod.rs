//! The NATS client protocol as a state machine without I/O: bytes in, operations out, and back.
//!
//! Format: <https://docs.nats.io/reference/reference-protocols/nats-protocol>.

mod decoder;
mod encode;
mod error;
mod headers;
mod intake;
mod line;
mod op;

pub use decoder::{Decoder, ProtocolLimits};
pub use encode::{
    connect, deliver, delivery, delivery_size, error, info, ok, ping, pong, publication, subscription, unsubscription,
    unsubscription_after, wire_size,
};
pub use error::ProtocolError;
pub use intake::{Intake, Said};
pub use line::{ClientSide, Dialect, ServerSide};
pub use op::{Auth, ClientOp, ConnectOptions, ServerInfo, ServerOp, Sid};
