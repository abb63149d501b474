//! The ends of the connection that a request came by.

use axum::{extract::connect_info::Connected, serve::IncomingStream};
use tokio::net::TcpListener;
use wisteria_bridge::Peer;

/// The two ends of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends(pub(super) Peer);

impl Connected<IncomingStream<'_, TcpListener>> for Ends {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self(Peer { server: stream.io().local_addr().ok(), client: Some(stream.remote_addr().ip()) })
    }
}
