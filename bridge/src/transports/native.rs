//! WebSocket for processes.
#![cfg(not(target_family = "wasm"))]

use bytes::Bytes;
use futures::{SinkExt, StreamExt, future};
use tokio_tungstenite::{
    connect_async_with_config,
    tungstenite::{self, Message, protocol::WebSocketConfig},
};
use wisteria_core::platform::BoxFuture;

use super::{Connector, Pipe, TransportError};

/// Connects to a WebSocket address, `ws://127.0.0.1:7700/lattice`.
#[derive(Debug, Clone)]
pub struct WebSocketConnector {
    url: String,
}

/// Largest frame taken: one payload of the largest size with its headers, or many small ones.
const MAX_FRAME: usize = 16 << 20;

impl WebSocketConnector {
    /// A connector for an address.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into() }
    }
}

impl Connector for WebSocketConnector {
    fn connect(&self) -> BoxFuture<'_, Result<Pipe, TransportError>> {
        Box::pin(async move {
            let config = WebSocketConfig::default().max_message_size(Some(MAX_FRAME)).max_frame_size(Some(MAX_FRAME));
            let no_delay = true;
            let (socket, _) = connect_async_with_config(self.url.as_str(), Some(config), no_delay)
                .await
                .map_err(|error| TransportError(format!("{}: {error}", self.url)))?;
            let (outgoing, incoming) = socket.split();
            Ok(Pipe {
                incoming: Box::pin(incoming.filter_map(|frame| future::ready(frame.ok().and_then(body)))),
                outgoing: Box::pin(
                    outgoing
                        .with(|bytes: Bytes| future::ok::<_, tungstenite::Error>(Message::Binary(bytes)))
                        .sink_map_err(|error| TransportError(error.to_string())),
                ),
            })
        })
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
