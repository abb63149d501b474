//! An actor that fetches what its link allows, as a user sees it.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        mpsc::{Receiver, channel},
    },
    thread,
};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::json;
use tempfile::TempDir;
use tokio_rustls::rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{PrivateKeyDer, pem::PemObject},
};

use crate::program::{Ended, Server, sample};

/// A site that answers each request with "fetched", and tells of it.
fn site(tls: Option<Arc<ServerConfig>>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let scheme = if tls.is_some() { "https" } else { "http" };
    let address = format!("{scheme}://{}", listener.local_addr().expect("an address"));
    let (heard, requests) = channel();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let socket = socket.expect("a connection");
            let request = match &tls {
                None => answer(socket),
                Some(config) => {
                    let session = ServerConnection::new(config.clone()).expect("a session");
                    answer(StreamOwned::new(session, socket))
                }
            };
            // A test that has seen enough hears no more.
            drop(heard.send(request));
        }
    });
    (address, requests)
}

/// Answers one request; a client that does not send all of it hears nothing.
fn answer(mut socket: impl Read + Write) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if !matches!(socket.read(&mut byte), Ok(1)) {
            break;
        }
        request.push(byte[0]);
    }
    let answer = b"HTTP/1.1 203 Told\r\nx-answer: yes\r\ncontent-length: 7\r\nconnection: close\r\n\r\nfetched";
    // A client that has gone hears nothing.
    drop(socket.write_all(answer).and_then(|()| socket.flush()));
    String::from_utf8_lossy(&request).into_owned()
}

/// Asks the actor over the lattice.
fn fetch(server: &Server, actor: &str, url: &str) -> Ended {
    let request =
        json!({ "method": "GET", "path": "/", "queryString": format!("url={url}"), "header": {}, "body": "" });
    server.run(&["call", actor, "HttpServer.HandleRequest", &request.to_string()])
}

#[test]
fn an_actor_fetches_what_its_link_allows_with_a_token_that_it_never_sees() {
    let (address, requests) = site(None);
    let secrets = TempDir::new().expect("a temporary directory");
    fs::write(secrets.path().join("TOKEN"), "Bearer lovelace\n").expect("written");
    let options = ["--allow-unsigned", "--secrets-dir", secrets.path().to_str().expect("UTF-8")];
    let server = Server::start_as(&options, |command| {
        // A proxy of the environment is not for actors.
        command.env("http_proxy", "http://127.0.0.1:1").env("ALL_PROXY", "http://127.0.0.1:1");
    });
    let actor = server.run(&["start", "actor", sample("http_fetch.wasm").to_str().expect("UTF-8")]).text().to_owned();
    let url = format!("{address}/a%3Fb");
    let unlinked = fetch(&server, &actor, &url).json();
    assert_eq!(unlinked["statusCode"], 502, "{unlinked}");
    assert!(unlinked["body"].as_str().expect("text").contains("not linked"), "{unlinked}");

    let put = ["link", "put", &actor, "httpclient", "wasmcloud:httpclient"];
    let allow = format!("ALLOW={address}");
    server.run(&[&put[..], &[&allow, "AUTHORIZATION=secret:TOKEN"]].concat()).text();
    let fetched = fetch(&server, &actor, &url).json();
    assert_eq!((&fetched["statusCode"], &fetched["body"]), (&json!(203), &json!("fetched")), "{fetched}");
    assert_eq!(fetched["header"]["x-answer"], json!(["yes"]), "{fetched}");
    assert!(!fetched.to_string().contains("lovelace"), "{fetched}");
    let heard = requests.recv().expect("it was asked");
    assert!(heard.starts_with("GET /a?b HTTP/1.1\r\n"), "{heard}");
    assert!(heard.to_lowercase().contains("authorization: bearer lovelace\r\n"), "{heard}");

    // As a client of HTTP sees it, too.
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    server.run(&["link", "put", &actor, "httpserver", "wasmcloud:httpserver", &format!("address={port}")]).text();
    let mut client = TcpStream::connect(port).expect("it listens");
    write!(client, "GET /?url={url} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 203 ") && answer.ends_with("\r\n\r\nfetched"), "{answer}");

    for elsewhere in ["http://127.0.0.1:1/", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd"] {
        let refused = fetch(&server, &actor, elsewhere).json();
        assert_eq!(refused["statusCode"], 502, "{refused}");
        let said = refused["body"].as_str().expect("text");
        assert!(said.contains(&format!("the link does not allow {elsewhere}")), "{said}");
    }
    let wide = server.run(&[&put[..], &["ALLOW=*"]].concat());
    assert!(wide.failure().contains("`*` in `ALLOW` has no scheme"), "{wide:?}");
    let missing = server.run(&put);
    assert!(missing.failure().contains("the value `ALLOW` is missing"), "{missing:?}");
}

#[test]
fn an_authority_that_the_server_is_told_of_vouches_for_what_its_actors_fetch() {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(signing_key.serialize_pem().as_bytes()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a pair");
    let (address, _requests) = site(Some(Arc::new(config)));
    let dir = TempDir::new().expect("a temporary directory");
    let authority = dir.path().join("ca.pem");
    fs::write(&authority, cert.pem()).expect("written");
    let fetched = |options: &[&str]| {
        let server = Server::start(&[&["--allow-unsigned"][..], options].concat());
        let file = sample("http_fetch.wasm");
        let actor = server.run(&["start", "actor", file.to_str().expect("UTF-8")]).text().to_owned();
        let allow = format!("ALLOW={address}");
        server.run(&["link", "put", &actor, "httpclient", "wasmcloud:httpclient", &allow]).text();
        fetch(&server, &actor, &format!("{address}/")).json()
    };
    assert_eq!(fetched(&["--tls-ca", authority.to_str().expect("UTF-8")])["statusCode"], 203);
    let refused = fetched(&[]);
    assert_eq!(refused["statusCode"], 502, "{refused}");
    assert!(refused["body"].as_str().expect("text").contains("certificate"), "{refused}");
}
