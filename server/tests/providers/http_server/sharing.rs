//! Several actors at one port, each with its hosts and paths.

use std::net::SocketAddr;

use tokio::net::TcpStream;
use wisteria_contracts::httpserver::HttpResponse;
use wisteria_core::provider::Provider;

use super::harness::{Actor, Server, check, free_address, http, key, refused};

fn request(host: &str, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")
}

/// Has the actor answer such a request, and returns the path that it was asked for.
#[track_caller]
fn asks(address: SocketAddr, host: &str, path: &str, actor: &mut Actor) -> impl Future<Output = String> {
    let answer = tokio::spawn(http(address, request(host, path)));
    let (host, path) = (host.to_owned(), path.to_owned());
    async move {
        let (request, call) = tokio::time::timeout(std::time::Duration::from_secs(10), actor.request())
            .await
            .unwrap_or_else(|_| panic!("{host}{path} does not reach the actor"));
        actor.answer(call, &HttpResponse::default());
        check(&answer.await.expect("ran"), 200, "");
        request.path
    }
}

#[tokio::test]
async fn actors_share_a_port_by_host_and_by_the_longest_path() {
    let server = Server::start().await;
    let address = free_address();
    let at = ("address", &*address.to_string());
    let mut actors: Vec<Actor> = (1..=4).map(|byte| server.actor(byte)).collect();
    for (byte, values) in [
        (1, &[][..]),
        (2, &[("path", "/shop")]),
        (3, &[("path", "/shop/cart"), ("strip-path", "true")]),
        (4, &[("host", "a.example, *.b.example")]),
    ] {
        assert_eq!(server.link_by(key(byte), &[&[at][..], values].concat()).await, Ok(address));
    }
    for (host, path, byte, seen) in [
        ("elsewhere", "/", 1, "/"),
        ("elsewhere", "/shopping", 1, "/shopping"),
        ("elsewhere", "/shop", 2, "/shop"),
        ("elsewhere", "/shop/a?b", 2, "/shop/a"),
        ("elsewhere", "/shop/cart", 3, "/"),
        ("elsewhere", "/shop/cart/1", 3, "/1"),
        ("a.example", "/shop/cart/1", 4, "/shop/cart/1"),
        ("A.Example:8080", "/", 4, "/"),
        ("x.y.b.example", "/", 4, "/"),
        ("b.example", "/", 1, "/"),
    ] {
        assert_eq!(asks(address, host, path, &mut actors[byte - 1]).await, seen, "{host}{path}");
    }

    // Each goes by itself, and the port with the last.
    server.provider.unlink(key(1), "default".into()).await;
    check(&http(address, request("elsewhere", "/")).await, 404, "no actor is linked for this host and path");
    assert_eq!(asks(address, "a.example", "/", &mut actors[3]).await, "/");
    for byte in 2..=4 {
        assert!(TcpStream::connect(address).await.is_ok());
        server.provider.unlink(key(byte), "default".into()).await;
    }
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens");
}

#[tokio::test]
async fn a_place_that_another_actor_has_is_refused_with_who_has_it() {
    let server = Server::start().await;
    let address = free_address();
    let at = ("address", &*address.to_string());
    server.link_by(key(1), &[at, ("host", "a.example,b.example"), ("path", "/x")]).await.expect("linked");
    let taken = format!("{address} serves actor {} already, for a.example,b.example and path /x", key(1));
    refused(server.link_by(key(2), &[at, ("host", "b.example"), ("path", "/x/")]).await, &taken);
    server.link_by(key(2), &[at, ("host", "b.example")]).await.expect("another path");
    refused(server.link_by(key(2), &[at, ("host", "a.example"), ("path", "/x")]).await, &taken);
    let mut second = server.actor(2);
    assert_eq!(asks(address, "b.example", "/", &mut second).await, "/", "its former link stays");

    // A link that is put again leaves its former place.
    server.link_by(key(1), &[at, ("path", "/y")]).await.expect("linked");
    server.link_by(key(2), &[at, ("host", "a.example"), ("path", "/x")]).await.expect("it is free");
    check(&http(address, request("b.example", "/")).await, 404, "no actor");
    server.link(key(1), free_address()).await.expect("linked elsewhere");
    check(&http(address, request("elsewhere", "/y")).await, 404, "no actor");
}

#[tokio::test]
async fn the_largest_body_is_what_a_link_says() {
    let server = Server::start().await;
    let mut actor = server.actor(1);
    let address = server.link_by(key(1), &[("address", "127.0.0.1:0"), ("max-body", "10")]).await.expect("linked");
    let post = |length: usize| {
        let head = format!("POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        http(address, head + &"x".repeat(length))
    };
    check(&post(11).await, 413, "limit of 10 bytes");
    let answer = tokio::spawn(post(10));
    let (request, call) = actor.request().await;
    assert_eq!(request.body.len(), 10);
    actor.answer(call, &HttpResponse::default());
    check(&answer.await.expect("ran"), 200, "");
}

#[tokio::test]
async fn a_link_that_says_something_else_is_refused() {
    let server = Server::start().await;
    let at = ("address", "127.0.0.1:0");
    for (value, words) in [
        (("path", "shop"), "`path=shop` does not begin with /; write it as path=/shop"),
        (("host", "a.example:80"), "`host` has `a.example:80`"),
        (("max-body", "32Mi"), "may be 32505856 at most"),
        (("max-body", "much"), "`max-body=much` is no size"),
        (("tls-cert", "x"), "`tls-cert` needs its key; give it as tls-key=secret:"),
        (("tls-key", "x"), "`tls-key` needs its certificate"),
        (("cors-credentials", "true"), "give them as cors-origins="),
        (("cors-origins", "app"), "`app` in `cors-origins` is no origin"),
    ] {
        refused(server.link_by(key(1), &[at, value]).await, words);
    }
}
