//! What browsers are told about pages of other origins.

use std::net::SocketAddr;

use wisteria_contracts::httpserver::HttpResponse;

use super::harness::{Actor, Server, check, http, key};

const PAGE: &str = "https://app.example.org";

fn request(method: &str, headers: &str) -> String {
    format!("{method} / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{headers}\r\n")
}

/// Has the actor answer such a request.
async fn asks(address: SocketAddr, request: String, actor: &mut Actor) -> String {
    let answer = tokio::spawn(http(address, request));
    let (_, call) = actor.request().await;
    actor.answer(call, &HttpResponse::default());
    answer.await.expect("ran")
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_ask_and_others_may_not() {
    let server = Server::start().await;
    let mut actor = server.actor(1);
    let values = [
        ("address", "127.0.0.1:0"),
        ("cors-origins", "https://app.example.org,http://localhost:5173"),
        ("cors-methods", "GET,PUT"),
        ("cors-headers", "x-token"),
        ("cors-max-age", "10m"),
        ("cors-credentials", "true"),
    ];
    let address = server.link_by(key(1), &values).await.expect("linked");

    let preflight = format!("origin: {PAGE}\r\naccess-control-request-method: PUT\r\n");
    let told = http(address, request("OPTIONS", &preflight)).await;
    for line in [
        "access-control-allow-origin: https://app.example.org\r\n",
        "access-control-allow-methods: GET,PUT\r\n",
        "access-control-allow-headers: x-token\r\n",
        "access-control-max-age: 600\r\n",
        "access-control-allow-credentials: true\r\n",
    ] {
        check(&told, 200, line);
    }
    let answer = asks(address, request("GET", &format!("origin: {PAGE}\r\n")), &mut actor).await;
    check(&answer, 200, "access-control-allow-origin: https://app.example.org\r\n");
    check(&answer.to_lowercase().replace("http/1.1", "HTTP/1.1"), 200, "vary: origin");

    let evil = "origin: https://evil.example\r\naccess-control-request-method: PUT\r\n";
    let told = http(address, request("OPTIONS", evil)).await;
    assert!(!told.contains("access-control-allow-origin"), "{told}");
    let answer = asks(address, request("GET", "origin: https://evil.example\r\n"), &mut actor).await;
    assert!(!answer.contains("access-control-allow-origin"), "{answer}");

    // What is no question of a browser's is the actor's own.
    check(&asks(address, request("OPTIONS", ""), &mut actor).await, 200, "");
}

#[tokio::test]
async fn without_a_word_about_origins_browsers_are_told_nothing() {
    let server = Server::start().await;
    let (mut actor, address) = server.linked_actor(1).await;
    let preflight = format!("origin: {PAGE}\r\naccess-control-request-method: PUT\r\n");
    let answer = asks(address, request("OPTIONS", &preflight), &mut actor).await;
    assert!(!answer.contains("access-control"), "{answer}");
}
