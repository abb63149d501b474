//! The native transport over real sockets.

mod common;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use common::{TestPlatform, pattern, reply, text};
use futures::{SinkExt, StreamExt, future};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use wisteria_bridge::{BridgeBus, BridgeOptions, Broker, transports::native::WebSocketConnector};
use wisteria_core::bus::{Bus, BusError, Router};

/// Serves a broker on a free port and returns its address.
async fn serve() -> String {
    let broker = Broker::new(Arc::new(Router::new()), TestPlatform::shared());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).expect("a socket");
            let socket = tokio_tungstenite::accept_async(stream).await.expect("a WebSocket");
            let (outgoing, incoming) = socket.split();
            let incoming = incoming.filter_map(|frame| future::ready(frame.ok().map(Message::into_data)));
            let outgoing = outgoing
                .with(|bytes: Bytes| future::ok::<_, tokio_tungstenite::tungstenite::Error>(Message::Binary(bytes)));
            tokio::spawn(broker.serve(incoming, outgoing));
        }
    });
    format!("ws://{address}/lattice")
}

async fn join(url: &str) -> BridgeBus {
    let connector = WebSocketConnector::new(url);
    let bus = BridgeBus::connect(connector, TestPlatform::shared(), BridgeOptions::default()).await;
    bus.expect("the broker is there")
}

#[tokio::test]
async fn requests_and_large_replies_cross_real_sockets() {
    let url = serve().await;
    let (server, client) = (join(&url).await, join(&url).await);
    let mut requests = server.subscribe(pattern("a"), Some("a")).expect("a subscription");
    server.flush().await.expect("connected");
    let size = server.max_payload();
    let answering = server.clone();
    tokio::spawn(async move {
        while let Some(request) = requests.next().await {
            let body = match &request.payload[..] {
                b"large" => "x".repeat(size),
                _ => "small".to_owned(),
            };
            answering.publish(reply(&request, &body)).expect("connected");
        }
    });
    let small = client.request(text("a", "small"), Duration::from_secs(10)).await.expect("an answer");
    assert_eq!(small.payload, "small");
    let large = client.request(text("a", "large"), Duration::from_secs(30)).await.expect("an answer");
    assert_eq!(large.payload.len(), size);
    server.close().await;
    let nobody = client.request(text("a", "small"), Duration::from_secs(10)).await;
    assert_eq!(nobody.expect_err("closed"), BusError::NoResponders("a".to_owned()));
}

#[tokio::test]
async fn an_address_where_nobody_listens_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("bound");
    let connector = WebSocketConnector::new(format!("ws://{free}/lattice"));
    let outcome = BridgeBus::connect(connector, TestPlatform::shared(), BridgeOptions::default()).await;
    let error = outcome.expect_err("nobody listens").to_string();
    assert!(error.contains(&free.to_string()), "{error}");
}
