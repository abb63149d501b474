//! The lattice over WebSocket: binary frames that carry the NATS client protocol.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Extension,
    extract::{
        ConnectInfo, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket},
    },
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{Sink, SinkExt, StreamExt, stream::SplitSink};

use wisteria_bridge::{
    Peer,
    transports::native::{MAX_FRAME, READ_BUFFER},
};

use super::{WebState, ends::Ends};
use crate::{edge::KeptPlace, source::Entrance};

/// Takes a host or client into the lattice. A browser may join only from a page that this server served, or from one of
/// an allowed origin.
pub(super) async fn join(
    State(state): State<WebState>,
    ConnectInfo(Ends(peer)): ConnectInfo<Ends>,
    Extension(place): Extension<KeptPlace>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !state.site.admits(&headers) {
        let text = "a page of another origin may not join this lattice; open the page of this server instead, or allow \
            the origin with --allow-origin\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    let upgrade = upgrade.max_message_size(MAX_FRAME).max_frame_size(MAX_FRAME).read_buffer_size(READ_BUFFER);
    upgrade.on_upgrade(async move |socket| {
        serve(state, peer, socket).await;
        drop(place);
    })
}

async fn serve(state: WebState, peer: Peer, socket: WebSocket) {
    let (mut outgoing, incoming) = socket.split();
    let incoming = incoming.filter_map(|frame| async {
        match frame {
            Ok(Message::Binary(bytes)) => Some(bytes),
            Ok(Message::Text(text)) => Some(Bytes::from(text)),
            // The stream ends by itself after either.
            Ok(_) | Err(_) => None,
        }
    });
    let (incoming, binary) = (Box::pin(incoming), Binary(&mut outgoing));
    // How a connection ended is logged where it is served.
    let status = match state.entrance {
        Entrance::Broker(broker) => Some(broker.serve_peer(peer, incoming, binary).await.websocket_status()),
        Entrance::Relay(relay) => {
            relay.serve(incoming, binary).await;
            None
        }
    };
    let last = status.map(|code| CloseFrame { code, reason: "".into() });
    // Whoever does not take it in time goes without, as does who has left.
    drop(tokio::time::timeout(FAREWELL, outgoing.send(Message::Close(last))).await);
}

/// Bytes in frames of their own. It is left open for the frame that says how the connection ended.
struct Binary<'a>(&'a mut SplitSink<WebSocket, Message>);

impl Sink<Bytes> for Binary<'_> {
    type Error = axum::Error;

    fn poll_ready(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        self.0.poll_ready_unpin(context)
    }

    fn start_send(mut self: Pin<&mut Self>, bytes: Bytes) -> Result<(), axum::Error> {
        self.0.start_send_unpin(Message::Binary(bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        self.0.poll_flush_unpin(context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        self.poll_flush(context)
    }
}

/// How long a connection has to take the frame that closes it.
const FAREWELL: Duration = Duration::from_secs(1);
