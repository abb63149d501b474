//! Requests, their answers, and the ports of links.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use wisteria_contracts::{
    codec,
    httpserver::{Headers, HttpResponse},
};
use wisteria_core::provider::{LinkValues, Provider};
use wisteria_server::provider::HttpServer;

use super::harness::{Server, check, free_address, get, http, key, refused};

#[tokio::test]
async fn a_request_reaches_the_actor_and_its_answer_the_client() {
    let server = Server::start().await;
    let (mut actor, address) = server.linked_actor(1).await;
    let sent = "POST /a%20b?q=1&r HTTP/1.1\r\nHost: a\r\nX-Two: 1\r\nX-Two: 2\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi";
    let answer = tokio::spawn(http(address, sent.to_owned()));
    let (request, call) = actor.request().await;
    assert_eq!((&*request.method, &*request.path, &*request.query_string), ("POST", "/a%20b", "q=1&r"));
    assert_eq!(request.header["x-two"], ["1", "2"]);
    assert_eq!(request.body, b"hi");

    let header = [("x-two", vec!["3", "4"]), ("content-length", vec!["999"]), ("not a name", vec!["x"])];
    let header: Headers = header
        .into_iter()
        .map(|(name, values)| (name.to_owned(), values.into_iter().map(str::to_owned).collect()))
        .collect();
    actor.answer(call, &HttpResponse { status_code: 201, header, body: b"done".to_vec() });
    let answer = answer.await.expect("ran");
    check(&answer, 201, "x-two: 3\r\nx-two: 4\r\n");
    check(&answer, 201, "content-length: 4\r\n");
    assert!(answer.ends_with("\r\n\r\ndone"), "{answer}");
}

#[tokio::test]
async fn each_failure_has_its_status_and_its_words() {
    let server = Server::start().await;
    let (mut actor, address) = server.linked_actor(1).await;
    for (code, status) in [
        ("overloaded", 503),
        ("host-lost", 502),
        ("timeout", 504),
        ("payload-too-large", 413),
        ("guest-failed", 500),
        ("from-the-future", 500),
    ] {
        let answer = tokio::spawn(get(address));
        let (_, call) = actor.request().await;
        actor.reply(call, Bytes::new(), Some(code));
        check(&answer.await.expect("ran"), status, "the actor's own words");
    }

    for (reply, part) in [
        (codec::encode("text"), "not an HTTP response"),
        (codec::encode(&HttpResponse { status_code: 1000, ..HttpResponse::default() }), "1000"),
        (codec::encode(&HttpResponse { status_code: 101, ..HttpResponse::default() }), "101"),
    ] {
        let answer = tokio::spawn(get(address));
        let (_, call) = actor.request().await;
        actor.reply(call, reply.into(), None);
        check(&answer.await.expect("ran"), 502, part);
    }

    check(&get(address).await, 504, "did not answer within");
    drop(actor);
    check(&get(address).await, 502, "no host on the lattice runs");
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused_before_the_actor_sees_it() {
    let server = Server::start().await;
    let (mut actor, address) = server.linked_actor(1).await;
    let chunked = "POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n700001\r\n";
    check(&http(address, chunked.to_owned() + &"x".repeat((7 << 20) + 1)).await, 413, "limit of 7340032 bytes");
    let head =
        |length: usize| format!("POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    check(&http(address, head((7 << 20) + 1)).await, 413, "limit of 7340032 bytes");

    let answer = tokio::spawn(http(address, head(7 << 20) + &"x".repeat(7 << 20)));
    let (request, call) = actor.request().await;
    assert_eq!(request.body.len(), 7 << 20);
    actor.answer(call, &HttpResponse::default());
    check(&answer.await.expect("ran"), 200, "");
}

#[tokio::test]
async fn a_link_without_a_usable_address_is_refused_with_its_reason() {
    let server = Server::start().await;
    let error = LinkValues::new(HttpServer::DESCRIPTION.values, BTreeMap::new()).expect_err("refused").to_string();
    assert!(error.contains("`address` is missing"), "{error}");
    refused(server.link(key(1), "8080").await, "write it as address=127.0.0.1:8080");

    let taken = free_address();
    assert_eq!(server.link(key(1), taken).await, Ok(taken));
    refused(server.link(key(2), taken).await, &format!("serves actor {} already", key(1)));

    let other = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    refused(server.link(key(1), other.local_addr().expect("bound")).await, "cannot listen on");
    assert_eq!(server.provider.bound(key(1), "default"), Some(taken), "the link stays as it was");
}

#[tokio::test]
async fn a_link_put_again_keeps_its_listener_or_moves_it() {
    let server = Server::start().await;
    let (mut actor, first) = server.linked_actor(1).await;
    let fixed = free_address();
    assert_eq!(server.link(key(1), fixed).await, Ok(fixed));
    assert!(TcpStream::connect(first).await.is_err(), "the former port is closed");

    let mut open = TcpStream::connect(fixed).await.expect("connected");
    assert_eq!(server.link(key(1), fixed).await, Ok(fixed));
    open.write_all(b"GET /still HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.expect("sent");
    let (request, call) = actor.request().await;
    assert_eq!(request.path, "/still");
    actor.answer(call, &HttpResponse::default());
    let mut answer = String::new();
    open.read_to_string(&mut answer).await.expect("read");
    check(&answer, 200, "");
}

#[tokio::test]
async fn a_deleted_link_frees_its_port_and_lets_requests_in_flight_finish() {
    let server = Server::start().await;
    let (mut actor, address) = server.linked_actor(1).await;
    let answer = tokio::spawn(get(address));
    let (_, call) = actor.request().await;

    server.provider.unlink(key(1), "default".into()).await;
    assert_eq!(server.provider.bound(key(1), "default"), None);
    assert_eq!(server.link(key(2), address).await, Ok(address), "another may listen there at once");

    actor.answer(call, &HttpResponse { body: b"late".to_vec(), ..HttpResponse::default() });
    check(&answer.await.expect("ran"), 200, "late");
}

/// What `taken` on the virtual clock must be; it began when some of the time had passed already.
#[track_caller]
fn check_time(taken: Duration, seconds: u64) {
    let expected = Duration::from_secs(seconds);
    assert!((expected - Duration::from_secs(5)..expected + Duration::from_millis(10)).contains(&taken), "{taken:?}");
}

#[tokio::test]
async fn a_body_that_is_announced_and_does_not_arrive_ends_after_its_time() {
    let server = Server::start().await;
    let (mut actor, address) = server.linked_actor(1).await;
    for says_a_byte_now_and_then in [false, true] {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        let head = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\nexpect: 100-continue\r\n\r\n";
        stream.write_all(head).await.expect("sent");
        // The client is told to go on as soon as its body is waited for.
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).await.expect("read");
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");

        tokio::time::pause();
        let start = tokio::time::Instant::now();
        if says_a_byte_now_and_then {
            for _ in 0..2 {
                tokio::time::advance(Duration::from_secs(12)).await;
                stream.write_all(b"x").await.expect("it still listens");
            }
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("read");
        check_time(start.elapsed(), 30);
        tokio::time::resume();
        check(&answer, 408, "the body did not arrive within 30 s");
        check(&answer, 408, "connection: close\r\n");
    }
    let called = tokio::time::timeout(Duration::ZERO, actor.request()).await;
    assert!(called.is_err(), "the actor is not called without the body");
}

#[tokio::test]
async fn a_connection_that_is_kept_open_without_a_request_ends() {
    let server = Server::start().await;
    let (mut actor, address) = server.linked_actor(1).await;
    let mut stream = TcpStream::connect(address).await.expect("connected");
    // Twice, as the connection is one that stays open.
    for body in ["first", "second"] {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
        let (_, call) = actor.request().await;
        actor.answer(call, &HttpResponse { body: body.into(), ..HttpResponse::default() });
        let mut answer = Vec::new();
        while !answer.ends_with(body.as_bytes()) {
            assert_ne!(stream.read_buf(&mut answer).await.expect("read"), 0, "the connection stands");
        }
    }
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.expect("read");
    check_time(start.elapsed(), 10);
    assert!(rest.is_empty(), "{rest:?}");
}
