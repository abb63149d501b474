//! WebSockets, handed to the actor as messages.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest, protocol::frame::coding::CloseCode},
};
use wisteria_contracts::{
    codec,
    httpserver::{HttpResponse, WebSocketClose, WebSocketMessage, WebSocketOpened},
};
use wisteria_core::provider::Provider;

use super::harness::{Actor, Server, check, get, key};

type Client = WebSocketStream<TcpStream>;

/// An actor that takes WebSockets, and where.
async fn linked(server: &Server, values: &[(&str, &str)]) -> (Actor, SocketAddr) {
    let actor = server.actor(1);
    let all = [&[("address", "127.0.0.1:0"), ("websocket", "true")][..], values].concat();
    (actor, server.link_by(key(1), &all).await.expect("linked"))
}

async fn open(address: SocketAddr, origin: Option<&str>) -> Result<Client, tungstenite::Error> {
    let mut request = format!("ws://{address}/room/1?a=b").into_client_request().expect("a request");
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().expect("a header"));
    }
    let socket = TcpStream::connect(address).await.expect("connected");
    Ok(client_async(request, socket).await?.0)
}

/// Opens one that the actor takes, and the name of its session.
async fn opened(actor: &mut Actor, address: SocketAddr) -> (Client, String) {
    let client = tokio::spawn(open(address, None));
    let (operation, argument, call) = actor.call().await;
    assert_eq!(operation, "WebSocket.Opened");
    let opened: WebSocketOpened = codec::decode(&argument).expect("a session");
    assert_eq!((&*opened.path, &*opened.query_string), ("/room/1", "a=b"));
    assert_eq!(opened.header["upgrade"], ["websocket"]);
    actor.reply(call, codec::encode(&true).into(), None);
    (client.await.expect("ran").expect("opened"), opened.session)
}

/// The next message to the actor, which it has taken.
async fn received(actor: &mut Actor) -> WebSocketMessage {
    let (operation, argument, call) = actor.call().await;
    assert_eq!(operation, "WebSocket.Received");
    actor.reply(call, Bytes::new(), None);
    codec::decode(&argument).expect("a message")
}

/// The actor hears of the end of that session.
async fn hears_of_the_end(actor: &mut Actor, session: &str) {
    let (operation, argument, call) = actor.call().await;
    assert_eq!(operation, "WebSocket.Closed");
    assert_eq!(codec::decode::<String>(&argument).as_deref(), Ok(session));
    actor.reply(call, Bytes::new(), None);
}

/// How the client was told that it ended.
async fn end(client: &mut Client) -> (u16, String) {
    loop {
        match client.next().await.expect("it is told").expect("it is told well") {
            Message::Close(frame) => {
                let frame = frame.expect("a reason");
                return (frame.code.into(), frame.reason.to_string());
            }
            Message::Ping(_) => {}
            other => panic!("{other:?} instead of the end"),
        }
    }
}

fn text(session: &str, text: &str) -> WebSocketMessage {
    WebSocketMessage { session: session.to_owned(), text: Some(text.to_owned()), bytes: None }
}

fn close(session: &str, code: Option<u16>, reason: &str) -> WebSocketClose {
    WebSocketClose { session: session.to_owned(), code, reason: reason.to_owned() }
}

#[tokio::test]
async fn messages_reach_the_actor_in_order_and_its_own_the_client() {
    let server = Server::start().await;
    let (mut actor, address) = linked(&server, &[]).await;
    let (mut client, session) = opened(&mut actor, address).await;
    client.send(Message::text("one")).await.expect("sent");
    client.send(Message::binary(vec![0, 255])).await.expect("sent");
    assert_eq!(received(&mut actor).await, text(&session, "one"));
    let bytes = WebSocketMessage { session: session.clone(), text: None, bytes: Some(vec![0, 255]) };
    assert_eq!(received(&mut actor).await, bytes);

    assert_eq!(server.call(1, "WebSocket.Send", &text(&session, "two")).await, Ok(true));
    assert_eq!(server.call(1, "WebSocket.Send", &bytes).await, Ok(true));
    assert_eq!(client.next().await.expect("it stands").expect("a message"), Message::text("two"));
    assert_eq!(client.next().await.expect("it stands").expect("a message"), Message::binary(vec![0, 255]));

    client.close(None).await.expect("closed");
    hears_of_the_end(&mut actor, &session).await;
    assert_eq!(server.call(1, "WebSocket.Send", &text(&session, "late")).await, Ok(false));
    assert_eq!(server.call(1, "WebSocket.Close", &close(&session, None, "")).await, Ok(false));
}

#[tokio::test]
async fn an_actor_ends_a_session_after_what_it_sent() {
    let server = Server::start().await;
    let (mut actor, address) = linked(&server, &[]).await;
    let (mut client, session) = opened(&mut actor, address).await;
    for number in 0..3 {
        assert_eq!(server.call(1, "WebSocket.Send", &text(&session, &number.to_string())).await, Ok(true));
    }
    assert_eq!(server.call(1, "WebSocket.Close", &close(&session, Some(4001), "enough")).await, Ok(true));
    for number in 0..3 {
        assert_eq!(client.next().await.expect("it stands").expect("a message"), Message::text(number.to_string()));
    }
    assert_eq!(end(&mut client).await, (4001, "enough".to_owned()));
    hears_of_the_end(&mut actor, &session).await;
}

#[tokio::test]
async fn a_session_of_another_actor_is_none() {
    let server = Server::start().await;
    let (mut actor, address) = linked(&server, &[]).await;
    let (_client, session) = opened(&mut actor, address).await;
    server.link_by(key(2), &[("address", "127.0.0.1:0"), ("websocket", "true")]).await.expect("linked");
    assert_eq!(server.call(2, "WebSocket.Send", &text(&session, "x")).await, Ok(false));
    assert_eq!(server.call(2, "WebSocket.Close", &close(&session, None, "")).await, Ok(false));
    assert_eq!(server.call(1, "WebSocket.Send", &text(&session, "x")).await, Ok(true));
}

#[tokio::test]
async fn what_is_no_message_is_refused_by_its_reason() {
    let server = Server::start().await;
    let (mut actor, address) = linked(&server, &[]).await;
    let (_client, session) = opened(&mut actor, address).await;
    let both = WebSocketMessage { bytes: Some(Vec::new()), ..text(&session, "x") };
    for message in [both, WebSocketMessage { text: None, ..text(&session, "x") }] {
        let failure = server.call(1, "WebSocket.Send", &message).await.expect_err("it fails");
        assert!(failure.contains("either text or bytes"), "{failure}");
    }
    for (code, reason) in [(Some(1005), ""), (Some(999), ""), (Some(5000), ""), (None, &*"x".repeat(124))] {
        let failure = server.call(1, "WebSocket.Close", &close(&session, code, reason)).await.expect_err("it fails");
        assert!(failure.starts_with("provider-failed: "), "{failure}");
    }
    let failure = server.call(1, "WebSocket.Frobnicate", &true).await.expect_err("it fails");
    assert!(failure.contains("it has: WebSocket.Send, WebSocket.Close"), "{failure}");
    server.link_by(key(2), &[("address", "127.0.0.1:0")]).await.expect("linked");
    let failure = server.call(2, "WebSocket.Send", &text(&session, "x")).await.expect_err("it fails");
    assert!(failure.contains("websocket=true"), "{failure}");
}

#[tokio::test]
async fn an_actor_that_does_not_take_a_session_is_not_bothered_again() {
    let server = Server::start().await;
    let (mut actor, address) = linked(&server, &[]).await;
    for (reply, code, status) in
        [(codec::encode(&false), None, 403), (Vec::new(), Some("guest-failed"), 500), (codec::encode("yes"), None, 500)]
    {
        let client = tokio::spawn(open(address, None));
        let (operation, _, call) = actor.call().await;
        assert_eq!(operation, "WebSocket.Opened");
        actor.reply(call, reply.into(), code);
        match client.await.expect("ran") {
            Err(tungstenite::Error::Http(answer)) => assert_eq!(answer.status(), status),
            other => panic!("{other:?}"),
        }
    }
    // The next that it hears is about the next.
    opened(&mut actor, address).await;
}

#[tokio::test]
async fn pages_of_other_origins_open_none_unless_the_link_allows_them() {
    let server = Server::start().await;
    let (mut actor, address) = linked(&server, &[("cors-origins", "https://app.example.org")]).await;
    let own = format!("http://{address}");
    for origin in ["https://evil.example", "null", "https://app.example.org.evil.example", "http://app.example.org"] {
        match open(address, Some(origin)).await {
            Err(tungstenite::Error::Http(answer)) => assert_eq!(answer.status(), 403, "{origin}"),
            other => panic!("{origin}: {other:?}"),
        }
    }
    for origin in ["https://app.example.org".to_owned(), own] {
        let client = tokio::spawn(async move { open(address, Some(&origin)).await });
        let (operation, _, call) = actor.call().await;
        assert_eq!(operation, "WebSocket.Opened");
        actor.reply(call, codec::encode(&true).into(), None);
        drop(client.await.expect("ran").expect("opened"));
        assert_eq!(actor.call().await.0, "WebSocket.Closed");
    }
}

#[tokio::test]
async fn without_a_word_about_websockets_an_upgrade_is_a_request_like_others() {
    let server = Server::start().await;
    let (mut actor, address) = server.linked_actor(1).await;
    let client = tokio::spawn(open(address, None));
    let (request, call) = actor.request().await;
    assert_eq!((&*request.path, &request.header["upgrade"]), ("/room/1", &vec!["websocket".to_owned()]));
    actor.answer(call, &HttpResponse { status_code: 426, ..HttpResponse::default() });
    match client.await.expect("ran") {
        Err(tungstenite::Error::Http(answer)) => assert_eq!(answer.status(), 426),
        other => panic!("{other:?}"),
    }
    // And with one, a request that asks for none is one, too.
    let (mut actor, address) = linked(&server, &[]).await;
    let answer = tokio::spawn(get(address));
    let (_, call) = actor.request().await;
    actor.answer(call, &HttpResponse::default());
    check(&answer.await.expect("ran"), 200, "");
}

#[tokio::test]
async fn a_message_that_is_too_large_or_that_the_actor_fails_with_ends_the_session() {
    let server = Server::start().await;
    let (mut actor, address) = linked(&server, &[("max-message", "10")]).await;
    let (mut client, session) = opened(&mut actor, address).await;
    client.send(Message::text("x".repeat(10))).await.expect("sent");
    assert_eq!(received(&mut actor).await, text(&session, &"x".repeat(10)));
    client.send(Message::text("x".repeat(11))).await.expect("sent");
    assert_eq!(end(&mut client).await.0, u16::from(CloseCode::Size));
    hears_of_the_end(&mut actor, &session).await;

    let (mut client, session) = opened(&mut actor, address).await;
    client.send(Message::text("x")).await.expect("sent");
    let (_, _, call) = actor.call().await;
    actor.reply(call, Bytes::new(), Some("guest-trapped"));
    assert_eq!(end(&mut client).await, (1011, "guest-trapped".to_owned()));
    hears_of_the_end(&mut actor, &session).await;
}

#[tokio::test]
async fn sessions_end_with_their_link_and_outlive_one_that_is_put_again() {
    let server = Server::start().await;
    let (mut actor, address) = linked(&server, &[]).await;
    let (mut client, session) = opened(&mut actor, address).await;
    let again = [("address", "127.0.0.1:0"), ("websocket", "true"), ("max-body", "1Mi")];
    assert_eq!(server.link_by(key(1), &again).await, Ok(address));
    assert_eq!(server.call(1, "WebSocket.Send", &text(&session, "x")).await, Ok(true));
    assert_eq!(client.next().await.expect("it stands").expect("a message"), Message::text("x"));
    server.provider.unlink(key(1), "default".into()).await;
    assert_eq!(end(&mut client).await, (1001, "the actor is no longer served here".to_owned()));
    hears_of_the_end(&mut actor, &session).await;
}

#[tokio::test]
async fn a_client_that_reads_nothing_makes_sends_fail_and_not_wait() {
    let server = Server::start().await;
    let (mut actor, address) = linked(&server, &[]).await;
    let (_client, session) = opened(&mut actor, address).await;
    let message = text(&session, &"x".repeat(64 << 10));
    // Sockets hold some of it, and the queue a bounded part.
    let mut failure = None;
    for _ in 0..1000 {
        match server.call(1, "WebSocket.Send", &message).await {
            Ok(taken) => assert!(taken),
            Err(why) => {
                failure = Some(why);
                break;
            }
        }
        tokio::task::yield_now().await;
    }
    let failure = failure.expect("it is bounded");
    assert!(failure.starts_with("provider-failed: ") && failure.contains("wait for it already"), "{failure}");
}

#[tokio::test]
async fn a_client_is_asked_whether_it_is_there_and_one_that_says_nothing_is_gone() {
    let server = Server::start().await;
    let (mut actor, address) = linked(&server, &[]).await;
    let (mut client, session) = opened(&mut actor, address).await;
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    let ping = client.next().await.expect("it stands").expect("a ping");
    assert!(matches!(ping, Message::Ping(_)), "{ping:?}");
    assert!(start.elapsed() <= Duration::from_millis(20_010), "{:?}", start.elapsed());
    // It reads no more, and so answers nothing.
    let heard = tokio::time::timeout(Duration::from_secs(120), actor.call()).await.expect("the session ends");
    tokio::time::resume();
    assert_eq!((&*heard.0, codec::decode::<String>(&heard.1).as_deref()), ("WebSocket.Closed", Ok(&*session)));
}
