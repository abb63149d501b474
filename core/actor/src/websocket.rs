//! WebSockets that clients have opened by a link to `wasmcloud:httpserver` with `websocket=true`.
//!
//! The actor is told of them by `WebSocket.Opened`, `WebSocket.Received` and `WebSocket.Closed`.

pub use wisteria_contracts::httpserver::{WebSocketMessage, WebSocketOpened};

use wisteria_contracts::httpserver::{CONTRACT, WebSocketClose, operation};

use crate::{Result, call::call_provider};

/// The WebSockets of a server, whichever the link leads to.
#[derive(Debug, Clone, Copy)]
pub struct WebSockets<'a> {
    link_name: &'a str,
}

/// Those of the server linked under the name `default`.
pub fn default() -> WebSockets<'static> {
    linked("default")
}

/// Those of the server linked under a name.
pub fn linked(link_name: &str) -> WebSockets<'_> {
    WebSockets { link_name }
}

impl WebSockets<'_> {
    /// Sends a message; whether the session was open.
    ///
    /// # Errors
    /// The client takes messages more slowly than they are sent.
    pub fn send(&self, message: &WebSocketMessage) -> Result<bool> {
        call_provider(self.link_name, CONTRACT, operation::WEBSOCKET_SEND, message)
    }

    /// Sends text; whether the session was open.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_text(&self, session: &str, text: &str) -> Result<bool> {
        self.send(&WebSocketMessage { session: session.to_owned(), text: Some(text.to_owned()), bytes: None })
    }

    /// Sends bytes; whether the session was open.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_bytes(&self, session: &str, bytes: &[u8]) -> Result<bool> {
        self.send(&WebSocketMessage { session: session.to_owned(), text: None, bytes: Some(bytes.to_owned()) })
    }

    /// Ends a session after what was sent, with a reason for the client; whether it was open.
    ///
    /// # Errors
    /// The reason is longer than 123 bytes.
    pub fn close(&self, session: &str, reason: &str) -> Result<bool> {
        let argument = WebSocketClose { session: session.to_owned(), code: None, reason: reason.to_owned() };
        call_provider(self.link_name, CONTRACT, operation::WEBSOCKET_CLOSE, &argument)
    }
}
