//! The HTTP server over real TCP. The actor is the test itself, answering on the bus as one on another host would.

use std::{cell::RefCell, collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use wisteria_contracts::{
    codec,
    httpserver::{Headers, HttpRequest, HttpResponse},
};
use wisteria_core::{
    bus::{self, Bus, LocalBus, Message, Router, SubjectPattern, Subscription},
    host::{Host, HostConfig, HostLimits, HostParts, ProviderKind, Trust},
    identity::{KeyKind, KeyPair, PublicKey},
    provider::{LinkRefused, LinkValues, LogLine, LogSink, Provider, ProviderLink},
};
use wisteria_server::{engine::WasmtimeEngine, platform::NativePlatform, provider::HttpServer};

thread_local! {
    /// The provider that this test's host made.
    static MADE: RefCell<Option<Arc<HttpServer>>> = const { RefCell::new(None) };
}

/// A host with the provider, and the bus that it calls actors over.
struct Server {
    provider: Arc<HttpServer>,
    bus: Arc<LocalBus>,
    _host: Host,
}

impl Server {
    async fn start() -> Self {
        let platform = Arc::new(NativePlatform::current());
        let bus = Arc::new(LocalBus::new(Arc::new(Router::new()), platform.clone()));
        // Short, as one test waits for it to pass.
        let limits = HostLimits { deadline: Duration::from_millis(300), instances: 1, ..HostLimits::default() };
        let parts = HostParts {
            platform,
            engine: Arc::new(WasmtimeEngine::new(1, &limits.module).expect("an engine")),
            bus: bus.clone(),
            log: Arc::new(NoLog),
            modules: Arc::new(wisteria_core::host::LatticeModules),
            payloads: None,
            secrets: None,
            data_dir: None,
            authorities: None,
            key: KeyPair::from_raw(KeyKind::Host, [1; 32]),
        };
        let config = HostConfig {
            lattice: "default".to_owned(),
            labels: BTreeMap::new(),
            friendly_name: "test".to_owned(),
            allow_unsigned: false,
            trust: Trust::Anyone,
            limits,
            policy: wisteria_core::host::HostPolicy::default(),
        };
        let kind = ProviderKind {
            description: HttpServer::DESCRIPTION,
            create: |context| {
                let provider = Arc::new(HttpServer::new(context.caller));
                MADE.set(Some(provider.clone()));
                provider
            },
        };
        let host = Host::start(parts, config, vec![kind]).await.expect("started");
        Self { provider: MADE.take().expect("the host made one"), bus, _host: host }
    }

    async fn link(&self, actor: PublicKey, address: impl ToString) -> Result<SocketAddr, LinkRefused> {
        let values = BTreeMap::from([("address".to_owned(), address.to_string())]);
        let values = LinkValues::new(HttpServer::DESCRIPTION.values, values)?;
        self.provider.link(ProviderLink { actor, link_name: "default".into(), values, is_new: true }).await?;
        Ok(self.provider.bound(actor, "default").expect("a taken link listens"))
    }

    /// An actor that is linked to a free port, and where that is.
    async fn linked_actor(&self, byte: u8) -> (Actor, SocketAddr) {
        let address = self.link(key(byte), "127.0.0.1:0").await.expect("linked");
        let pattern = SubjectPattern::new(format!("wasmbus.rpc.default.{}", key(byte))).expect("a pattern");
        let calls = self.bus.subscribe(pattern, None).expect("subscribed");
        (Actor { calls, bus: self.bus.clone() }, address)
    }
}

fn key(byte: u8) -> PublicKey {
    PublicKey::from_bytes(KeyKind::Module, [byte; 32])
}

#[derive(Debug)]
struct NoLog;

impl LogSink for NoLog {
    fn line(&self, _line: LogLine) {}
}

/// Takes calls from the bus.
struct Actor {
    calls: Subscription,
    bus: Arc<LocalBus>,
}

#[derive(Deserialize)]
struct Invocation {
    operation: String,
    msg: Bytes,
}

#[derive(Serialize)]
struct InvocationResponse {
    msg: Bytes,
    invocation_id: &'static str,
    error: Option<&'static str>,
}

impl Actor {
    /// The next request with what it takes to answer it.
    async fn request(&mut self) -> (HttpRequest, Message) {
        let call = self.calls.next().await.expect("a call");
        let invocation: Invocation = rmp_serde::from_slice(&call.payload).expect("an invocation");
        assert_eq!(invocation.operation, "HttpServer.HandleRequest");
        (codec::decode(&invocation.msg).expect("a request"), call)
    }

    fn answer(&self, call: Message, response: &HttpResponse) {
        self.reply(call, codec::encode(response).into(), None);
    }

    /// Answers with these bytes, or fails with that code.
    fn reply(&self, call: Message, msg: Bytes, code: Option<&'static str>) {
        let body = InvocationResponse { msg, invocation_id: "", error: code.map(|_| "the actor's own words") };
        let body = rmp_serde::to_vec_named(&body).expect("it serialises");
        let mut message = bus::message(call.reply.expect("a request"), body);
        if let Some(code) = code {
            message.headers.insert("Wisteria-Error", code);
        }
        self.bus.publish(message).expect("published");
    }
}

/// Sends a request and returns all of its answer.
async fn http(address: SocketAddr, request: String) -> String {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("read");
    answer
}

async fn get(address: SocketAddr) -> String {
    http(address, "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".to_owned()).await
}

#[track_caller]
fn check(answer: &str, status: u16, part: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert!(answer.contains(part), "{answer}");
}

#[track_caller]
fn refused(outcome: Result<SocketAddr, LinkRefused>, part: &str) {
    let error = outcome.expect_err("refused").to_string();
    assert!(error.contains(part), "{error}");
}

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

/// An address of this machine that nobody listens on.
fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound")
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
