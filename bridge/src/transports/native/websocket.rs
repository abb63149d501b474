//! WebSocket for processes.

use bytes::Bytes;
use futures::{SinkExt, StreamExt, future};
use tokio_tungstenite::{
    client_async_with_config,
    tungstenite::{self, Message, protocol::WebSocketConfig},
};
use wisteria_core::platform::BoxFuture;

use super::{
    Tls,
    dial::{Address, Socket, attempt},
};
use crate::transports::{Connector, Pipe, TransportError};

/// Connects to a WebSocket address, `ws://127.0.0.1:7700/lattice` or `wss://example.org/lattice`.
#[derive(Debug, Clone)]
pub struct WebSocketConnector {
    url: String,
    tls: Tls,
}

/// Largest frame taken: one payload of the largest size with its headers, or many small ones.
pub const MAX_FRAME: usize = 16 << 20;

/// How many bytes of a WebSocket are read at once. As many are cleared before each read, which of the library's 128 KiB is more work
/// than most messages are; with fewer than these, messages of a megabyte take longer.
pub const READ_BUFFER: usize = 32 << 10;

impl WebSocketConnector {
    /// A connector for an address. Under `wss://` the server must prove its name to the system's authorities.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), tls: Tls::default() }
    }

    /// Trusts these authorities.
    #[must_use]
    pub fn with_tls(self, tls: Tls) -> Self {
        Self { tls, ..self }
    }

    async fn socket(&self) -> Result<Box<dyn Socket>, TransportError> {
        let address: Address = self.url.parse()?;
        match address.scheme.as_str() {
            "ws" => Ok(Box::new(address.dial(80).await?)),
            "wss" => Ok(Box::new(self.tls.protect(&address.host, address.dial(443).await?).await?)),
            other => Err(TransportError(format!("a WebSocket's address begins with ws:// or wss://, not {other}://"))),
        }
    }

    async fn open(&self) -> Result<Pipe, TransportError> {
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_FRAME))
            .max_frame_size(Some(MAX_FRAME))
            .read_buffer_size(READ_BUFFER);
        let (socket, _) = client_async_with_config(self.url.as_str(), self.socket().await?, Some(config))
            .await
            .map_err(|error| TransportError(error.to_string()))?;
        let (outgoing, incoming) = socket.split();
        Ok(Pipe {
            incoming: Box::pin(incoming.filter_map(|frame| future::ready(frame.ok().and_then(body)))),
            outgoing: Box::pin(
                outgoing
                    .with(|bytes: Bytes| future::ok::<_, tungstenite::Error>(Message::Binary(bytes)))
                    .sink_map_err(|error| TransportError(error.to_string())),
            ),
        })
    }
}

impl Connector for WebSocketConnector {
    fn connect(&self) -> BoxFuture<'_, Result<Pipe, TransportError>> {
        Box::pin(attempt(&self.url, self.open()))
    }
}

/// The bytes of a frame. After an error or a close the stream ends by itself.
fn body(frame: Message) -> Option<Bytes> {
    match frame {
        Message::Binary(bytes) => Some(bytes),
        Message::Text(text) => Some(text.into()),
        _ => None,
    }
}
