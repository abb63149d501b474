//! Links that go to another provider while they are used.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    runtime::Runtime,
    task::JoinSet,
};

use crate::{
    nats_server::NatsServer,
    program::{Server, sample},
    redis_server::RedisServer,
};

/// Requests a second, over all connections.
const RATE: u64 = 1_000;
const CONNECTIONS: u64 = 10;

/// An actor that counts visits over HTTP, and people that visit it all the while.
struct Visited {
    server: Server,
    actor: String,
    address: String,
    runtime: Runtime,
    visitors: JoinSet<Vec<i64>>,
    is_over: Arc<AtomicBool>,
}

impl Visited {
    fn start() -> Self {
        let server = Server::start(&["--allow-unsigned"]);
        let file = sample("kv_counter.wasm");
        let actor = server.run(&["start", "actor", file.to_str().expect("UTF-8")]).text().to_owned();
        server.run(&["link", "put", &actor, "keyvalue-memory", "wasmcloud:keyvalue"]).text();
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
        let address = free.to_string();
        let listen = format!("address={address}");
        server.run(&["link", "put", &actor, "httpserver", "wasmcloud:httpserver", &listen]).text();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let mut visited = Self {
            server,
            actor,
            address,
            runtime: runtime.expect("a runtime"),
            visitors: JoinSet::new(),
            is_over: Arc::default(),
        };
        for _ in 0..CONNECTIONS {
            let visits = visit_steadily(visited.socket(), visited.is_over.clone());
            visited.visitors.spawn_on(visits, visited.runtime.handle());
        }
        visited
    }

    fn socket(&self) -> SocketAddr {
        self.address.parse().expect("an address")
    }

    /// Swaps the counter's store.
    #[track_caller]
    fn swap(&self, to: &[&str]) {
        let swap = ["link", "swap", &self.actor, to[0], "wasmcloud:keyvalue"];
        let said = self.server.run(&[&swap[..], &to[1..]].concat());
        assert!(said.text().contains("swapped"), "{said:?}");
    }

    /// The count of visits at a path of its own, this one included.
    fn probe(&self) -> i64 {
        self.runtime.block_on(async {
            let mut connection = connect(self.socket()).await;
            get(&mut connection, "/probe").await
        })
    }

    /// The run of the actor, which another start would change.
    fn run_id(&self) -> Value {
        let inventory = self.server.run(&["get", "inventory", "-o", "json"]).json();
        inventory["actors"][0]["instances"][0]["instance_id"].clone()
    }

    /// What all visitors were told.
    fn end(mut self) -> Vec<i64> {
        self.is_over.store(true, Ordering::Relaxed);
        let counts = self.runtime.block_on(async {
            let mut counts = Vec::new();
            while let Some(visits) = self.visitors.join_next().await {
                counts.extend(visits.expect("no visit failed"));
            }
            counts
        });
        assert!(!counts.is_empty(), "somebody came");
        counts
    }
}

type Connection = BufReader<TcpStream>;

async fn connect(address: SocketAddr) -> Connection {
    BufReader::new(TcpStream::connect(address).await.expect("it listens"))
}

/// Visits again and again on one connection until it is over; returns the counts.
async fn visit_steadily(address: SocketAddr, is_over: Arc<AtomicBool>) -> Vec<i64> {
    let mut connection = connect(address).await;
    let mut each = tokio::time::interval(Duration::from_micros(1_000_000 * CONNECTIONS / RATE));
    let mut counts = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        each.tick().await;
        counts.push(get(&mut connection, "/visits").await);
    }
    counts
}

/// One visit; the count that it is answered with.
async fn get(connection: &mut Connection, path: &str) -> i64 {
    let request = format!("GET {path} HTTP/1.1\r\nhost: here\r\n\r\n");
    connection.write_all(request.as_bytes()).await.expect("written");
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).await.expect("a line");
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a number");
        }
        head += &line;
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await.expect("a body");
    let text = String::from_utf8_lossy(&body);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}{text}");
    let body: Value = serde_json::from_str(&text).expect("JSON");
    body["counter"].as_i64().expect("a count")
}

#[test]
fn a_link_goes_to_redis_and_back_under_load_and_no_call_fails() {
    let redis = RedisServer::start(&[]);
    let visited = Visited::start();
    let run = visited.run_id();
    assert_eq!(visited.probe(), 1);
    visited.swap(&["keyvalue-redis", &format!("URL={}", redis.url())]);
    assert_eq!(visited.probe(), 1, "the new provider answers the next call");
    assert_eq!(visited.probe(), 2);
    visited.swap(&["keyvalue-memory"]);
    assert_eq!(visited.probe(), 2, "the old one, which counted one");
    assert_eq!(visited.run_id(), run, "the actor goes on");
    visited.end();
}

#[test]
fn what_is_kept_goes_along_and_no_count_is_lost_or_given_twice() {
    let redis = RedisServer::start(&[]);
    let server = NatsServer::start("");
    let visited = Visited::start();
    assert_eq!(visited.probe(), 1);
    let url = format!("URL={}", redis.url());
    let nats = format!("URL={}", server.url());
    for (probes, to) in [
        (2, &["keyvalue-redis", &url, "--copy"][..]),
        (3, &["keyvalue-redb", "FILE=swapped", "--copy"]),
        (4, &["keyvalue-redis", &format!("{url}/1"), "--copy"]),
        (5, &["keyvalue-redis", &format!("{url}/2"), "--copy"]),
        (6, &["keyvalue-jetstream", &nats, "BUCKET=first", "--copy"]),
        (7, &["keyvalue-jetstream", &nats, "BUCKET=second", "--copy"]),
        (8, &["keyvalue-memory", "--copy", "--overwrite"]),
    ] {
        visited.swap(to);
        assert_eq!(visited.probe(), probes, "{to:?}");
    }
    let counts = visited.end();
    let all: BTreeSet<i64> = (1..).take(counts.len()).collect();
    assert_eq!(counts.into_iter().collect::<BTreeSet<_>>(), all);
}

#[test]
fn a_swap_that_cannot_be_says_why_and_changes_nothing() {
    let redis = RedisServer::start(&[]);
    let server = Server::start(&["--allow-unsigned"]);
    let file = sample("kv_counter.wasm");
    let actor = server.run(&["start", "actor", file.to_str().expect("UTF-8")]).text().to_owned();
    let key_value = "wasmcloud:keyvalue";
    let swap = |to: &[&str]| server.run(&[&["link", "swap", &actor, to[0], key_value][..], &to[1..]].concat());
    let refused = |to: &[&str], words: &str| {
        let refused = swap(to);
        assert!(refused.failure().contains(words), "{words} in {refused:?}");
    };
    refused(&["keyvalue-memory"], "has no link to wasmcloud:keyvalue under \"default\" that could be swapped");

    server.run(&["link", "put", &actor, "keyvalue-memory", key_value]).text();
    let count = || {
        let request = r#"{"method":"GET","path":"/a","queryString":"","header":{},"body":""}"#;
        let reply = server.run(&["call", &actor, "HttpServer.HandleRequest", request]).json();
        serde_json::from_str::<Value>(reply["body"].as_str().expect("text")).expect("JSON")["counter"].clone()
    };
    assert_eq!(count(), 1);
    let url = format!("URL={}", redis.url());
    swap(&["keyvalue-redis", &url, "--copy"]).text();
    assert_eq!(count(), 2);
    refused(&["keyvalue-memory", "--copy"], "store is not empty; swap with --overwrite");
    assert_eq!(count(), 3, "it is still linked to Redis, and calls do not wait");
    refused(&["keyvalue-redis", "URL=redis://127.0.0.1:1", "--copy"], "cannot be reached");
    refused(&["keyvalue-redb", "FYLE=a"], "did you mean `FILE`?");
    assert_eq!(count(), 4);

    let http = "wasmcloud:httpserver";
    server.run(&["link", "put", &actor, "httpserver", http, "address=127.0.0.1:0"]).text();
    let no_state = server.run(&["link", "swap", &actor, "httpserver", http, "address=127.0.0.1:0", "--copy"]);
    assert!(no_state.failure().contains("httpserver cannot hand over what it keeps"), "{no_state:?}");
    let alone = server.run(&["link", "swap", &actor, "keyvalue-memory", key_value, "--overwrite"]);
    assert_eq!(alone.code, 2, "{alone:?}");
}
