//! How much one client may say, whichever way it takes into a lattice.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use wisteria_bridge::{BridgeBus, BridgeOptions, transports::native::WebSocketConnector};
use wisteria_core::bus::{Bus, Subject, SubjectPattern, message};
use wisteria_server::platform::NativePlatform;

use crate::{
    nats_server::NatsServer,
    program::{Server, run},
};

async fn join(server: &Server) -> BridgeBus {
    let connector = WebSocketConnector::new(format!("ws://{}/lattice", server.address()));
    let platform = Arc::new(NativePlatform::current());
    BridgeBus::connect(connector, platform, BridgeOptions::default()).await.expect("let in")
}

/// How long it takes until a client is heard again that says 300 messages of 640 bytes, all of which arrive.
async fn three_hundred_messages(server: &Server) -> Duration {
    let (speaker, listener) = (join(server).await, join(server).await);
    let mut heard = listener.subscribe(SubjectPattern::new("said").expect("a pattern"), None).expect("subscribed");
    listener.flush().await.expect("connected");
    let begun = Instant::now();
    for number in 0..300_u32 {
        let body = [&number.to_be_bytes()[..], &[b'x'; 636]].concat();
        speaker.publish(message(Subject::new("said").expect("a subject"), body)).expect("room");
    }
    // The first may be read along with the messages, the second is read when there is room for it.
    for _ in 0..2 {
        speaker.flush().await.expect("it is not cut");
    }
    let taken = begun.elapsed();
    for number in 0..300_u32 {
        let message = heard.next().await.expect("delivered");
        assert_eq!((message.payload.len(), &message.payload[..4]), (640, &number.to_be_bytes()[..]));
    }
    taken
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_too_much_is_heard_later_by_broker_and_relay_alike() {
    let nats = NatsServer::start("");
    let url = format!("nats://{}", nats.address);
    let embedded = Server::start(&["--open"]);
    let joined = format!("ws://{}/lattice", embedded.address());
    for source in [&["--open"][..], &["--nats", &url], &["--join", &joined]] {
        // Either is three times as much as a second has, of which one is free.
        for limit in [["--rate-limit", "100"], ["--byte-rate-limit", "64Ki"]] {
            let server = Server::start(&[source, &limit].concat());
            let taken = three_hundred_messages(&server).await;
            assert!(taken > Duration::from_millis(1500), "{source:?} {limit:?}: {taken:?}");
        }
    }
}

#[test]
fn a_rate_is_a_number_of_bytes_in_a_second() {
    for wrong in ["0", "8Gi", "fast"] {
        let ended = run(&["up", "--byte-rate-limit", wrong], b"");
        assert!(ended.code == 2 && ended.stderr.contains("--byte-rate-limit"), "{ended:?}");
    }
}
