//! The lattice over WebSocket: binary frames that carry the NATS client protocol.

use axum::{
    extract::{
        State, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{SinkExt, StreamExt};

use super::WebState;
use crate::source::Entrance;

/// Takes a host or client into the lattice. A browser may join only from a page that this server served.
pub(super) async fn join(State(state): State<WebState>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !is_same_origin(&headers) {
        let text = "a page of another origin may not join this lattice; open the page of this server instead\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    upgrade.max_message_size(MAX_FRAME).max_frame_size(MAX_FRAME).on_upgrade(move |socket| serve(state, socket))
}

/// A frame carries at most one payload of the largest size with its control line and headers, or many small ones.
const MAX_FRAME: usize = 16 << 20;

async fn serve(state: WebState, socket: WebSocket) {
    let (outgoing, incoming) = socket.split();
    let incoming = incoming.filter_map(|frame| async {
        match frame {
            Ok(Message::Binary(bytes)) => Some(bytes),
            Ok(Message::Text(text)) => Some(Bytes::from(text)),
            // The stream ends by itself after either.
            Ok(_) | Err(_) => None,
        }
    });
    let outgoing = outgoing.with(|bytes: Bytes| async { Ok::<_, axum::Error>(Message::Binary(bytes)) });
    let (incoming, outgoing) = (Box::pin(incoming), Box::pin(outgoing));
    // How a connection ended is logged where it is served.
    match state.entrance {
        Entrance::Broker(broker) => drop(broker.serve(incoming, outgoing).await),
        Entrance::Relay(relay) => drop(relay.serve(incoming, outgoing).await),
    }
}

/// Browsers name the origin of the page; other clients send none.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, rest)| rest);
    authority.is_some() && authority == host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_this_server_may_join() {
        let check = |origin: Option<&'static str>, expected| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "127.0.0.1:7700".parse().expect("a header"));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().expect("a header"));
            }
            assert_eq!(is_same_origin(&headers), expected, "{origin:?}");
        };
        check(None, true);
        check(Some("http://127.0.0.1:7700"), true);
        check(Some("http://evil.example"), false);
        check(Some("http://127.0.0.1:7701"), false);
        check(Some("null"), false);
    }
}
