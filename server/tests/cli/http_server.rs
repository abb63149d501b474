//! Actors that share a port, under TLS and over WebSockets, as a user sets it up.

use std::{fs, net::TcpListener};

use futures::{SinkExt, StreamExt};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::{
    client_async,
    tungstenite::{Error, Message},
};
use wisteria_bridge::transports::native::Tls;

use crate::program::{Server, sample};

const CONTRACT: &str = "wasmcloud:httpserver";

fn start(server: &Server, name: &str) -> String {
    server.run(&["start", "actor", sample(name).to_str().expect("UTF-8")]).text().to_owned()
}

/// An address that is free now.
fn free() -> String {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").to_string()
}

/// Asks over a connection, and returns all of the answer.
async fn ask(mut socket: impl AsyncRead + AsyncWrite + Unpin, host: &str, path: &str) -> String {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: https://app.example\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = Vec::new();
    // How the connection ends is not what is asked here.
    drop(socket.read_to_end(&mut answer).await);
    String::from_utf8_lossy(&answer).into_owned()
}

fn body(answer: &str) -> Value {
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
    serde_json::from_str(body).expect("JSON")
}

#[tokio::test]
async fn two_actors_share_a_port_by_host_and_path_under_their_own_certificates() {
    let secrets = TempDir::new().expect("a temporary directory");
    for name in ["one", "two"] {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed([format!("{name}.example")]).expect("a certificate");
        fs::write(secrets.path().join(format!("{name}_cert")), cert.pem()).expect("written");
        fs::write(secrets.path().join(format!("{name}_key")), signing_key.serialize_pem()).expect("written");
    }
    let server = Server::start(&["--allow-unsigned", "--secrets-dir", secrets.path().to_str().expect("UTF-8")]);
    let (echo, counter) = (start(&server, "http_echo.wasm"), start(&server, "kv_counter.wasm"));
    server.run(&["link", "put", &counter, "keyvalue-memory", "wasmcloud:keyvalue"]).text();
    let address = free();
    let at = format!("address={address}");
    let one =
        ["host=one.example", "tls-cert=secret:one_cert", "tls-key=secret:one_key", "cors-origins=https://app.example"];
    let two =
        ["host=two.example", "tls-cert=secret:two_cert", "tls-key=secret:two_key", "path=/count", "strip-path=true"];
    let put = |actor: &str, values: &[&str]| {
        server.run(&[&["link", "put", actor, "httpserver", CONTRACT, &at][..], values].concat())
    };
    put(&echo, &one).text();
    put(&counter, &two).text();

    let get = async |name: &str, path: &str| {
        let socket = TcpStream::connect(&address).await.expect("it listens");
        let trusting = Tls::with_authorities(&secrets.path().join(format!("{name}_cert"))).expect("a certificate");
        let host = format!("{name}.example");
        ask(trusting.protect(&host, socket).await.expect("it proves its name"), &host, path).await
    };
    let answer = get("one", "/a/b?c").await;
    assert!(answer.contains("access-control-allow-origin: https://app.example\r\n"), "{answer}");
    assert_eq!((&body(&answer)["path"], &body(&answer)["query"]), (&"/a/b".into(), &"c".into()));
    let answer = get("two", "/count/x").await;
    assert_eq!((&body(&answer)["key"], &body(&answer)["counter"]), (&"counter:x".into(), &1.into()), "{answer}");
    assert!(!answer.contains("access-control"), "{answer}");
    assert!(get("two", "/").await.starts_with("HTTP/1.1 404 "));

    let taken = put(&counter, &one);
    assert!(taken.failure().contains(&format!("serves actor {echo} already, for one.example")), "{taken:?}");
    let plain = put(&counter, &["host=three.example"]);
    assert!(plain.failure().contains("speaks TLS for the links that it has"), "{plain:?}");
    let shown = server.run(&["get", "links", "-o", "json"]);
    assert!(shown.text().contains("secret:one_key") && !shown.stdout.contains("PRIVATE KEY"), "{shown:?}");
    assert_eq!(body(&get("two", "/count/x").await)["counter"], 2, "its link stays as it was");
    server.run(&["link", "del", &echo, CONTRACT]).text();
    assert_eq!(body(&get("two", "/count/x").await)["counter"], 3);
}

#[tokio::test]
async fn an_actor_speaks_with_browsers_over_a_websocket() {
    let server = Server::start(&["--allow-unsigned"]);
    let actor = start(&server, "ws_echo.wasm");
    let address = free();
    let at = format!("address={address}");
    server.run(&["link", "put", &actor, "httpserver", CONTRACT, &at, "websocket=true"]).text();
    let open = async |path: &str| {
        let socket = TcpStream::connect(&address).await.expect("it listens");
        client_async(format!("ws://{address}{path}"), socket).await.map(|(client, _)| client)
    };
    let mut client = open("/room").await.expect("opened");
    let said = client.next().await.expect("it stands").expect("a message");
    assert_eq!(said, Message::text("welcome to /room"));
    for number in 0..100 {
        client.send(Message::text(format!("message {number}"))).await.expect("sent");
    }
    client.send(Message::binary(vec![0, 255])).await.expect("sent");
    client.send(Message::text("bye")).await.expect("sent");
    for number in 0..100 {
        let said = client.next().await.expect("it stands").expect("a message");
        assert_eq!(said, Message::text(format!("message {number}")));
    }
    assert_eq!(client.next().await.expect("it stands").expect("a message"), Message::binary(vec![0, 255]));
    let Message::Close(Some(last)) = client.next().await.expect("it is told").expect("the end") else {
        panic!("it goes on")
    };
    assert_eq!((u16::from(last.code), last.reason.as_str()), (1000, "you said so"));

    let Err(Error::Http(refused)) = open("/closed").await else { panic!("it is taken") };
    assert_eq!(refused.status(), 403);
    let socket = TcpStream::connect(&address).await.expect("it listens");
    assert!(ask(socket, "a", "/room").await.ends_with("\r\n\r\nopen /room as a WebSocket"));
}
