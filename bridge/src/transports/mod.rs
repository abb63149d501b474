//! What carries the bytes of a connection.
//!
//! [`native`] and [`browser`] exist on their own target each, both with a `WebSocketConnector`.

pub mod browser;
mod in_turn;
pub mod native;

pub use in_turn::InTurn;

use std::{fmt, pin::Pin, sync::Arc};

use bytes::Bytes;
use futures::Sink;
use thiserror::Error;
use wisteria_core::platform::{BoxFuture, BoxStream, MaybeSend, MaybeSync};

/// Makes connections to one lattice.
pub trait Connector: fmt::Debug + MaybeSend + MaybeSync + 'static {
    /// Makes a connection. Called again each time one is lost.
    fn connect(&self) -> BoxFuture<'_, Result<Pipe, TransportError>>;
}

impl<C: Connector + ?Sized> Connector for Arc<C> {
    fn connect(&self) -> BoxFuture<'_, Result<Pipe, TransportError>> {
        (**self).connect()
    }
}

/// A connection: bytes in, bytes out. How they are cut into pieces means nothing.
pub struct Pipe {
    /// What the other side sends; ends with the connection.
    pub incoming: BoxStream<'static, Bytes>,
    /// Where to send.
    pub outgoing: Pin<Box<dyn ByteSink>>,
}

/// A sink of bytes that may move between threads where there are any.
pub trait ByteSink: Sink<Bytes, Error = TransportError> + MaybeSend {}

impl<T: Sink<Bytes, Error = TransportError> + MaybeSend> ByteSink for T {}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pipe")
    }
}

/// Why a transport cannot be made, or no longer carries.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct TransportError(pub String);
