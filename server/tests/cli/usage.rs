//! Wrong usage ends with 2, failures without any server with 1 and one line.

use std::net::TcpListener;

use crate::program::{Server, run};

#[track_caller]
fn check_usage(arguments: &[&str], words: &str) {
    let ended = run(arguments, b"");
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.stderr.contains(words), "{ended:?}");
}

#[test]
fn wrong_usage_ends_with_2() {
    check_usage(&[], "Usage");
    check_usage(&["fly"], "fly");
    check_usage(&["get", "everything"], "everything");
    check_usage(&["start", "actor"], "<MODULE>");
    check_usage(&["start", "actor", "f", "--max-instances", "0"], "--max-instances");
    check_usage(&["start", "actor", "f", "--label", "x"], "NAME=VALUE");
    check_usage(&["start", "actor", "f", "--label", "a=b", "--host", "N"], "cannot be used with");
    check_usage(&["link", "put", "a", "b", "c", "novalue"], "NAME=VALUE");
    check_usage(&["call", "a", "b", "--timeout", "0"], "seconds");
    check_usage(&["get", "hosts", "--url", "ftp://x"], "http://");
    check_usage(&["up", "--listen", "nowhere"], "--listen");
    check_usage(&["up", "--join", "http://127.0.0.1:7700"], "ws://");
    check_usage(&["up", "--nats", "127.0.0.1:4222"], "nats://");
    check_usage(&["up", "--join", "ws://a/lattice", "--nats", "nats://a"], "cannot be used with");
    check_usage(&["up", "--nats", "nats://a", "--nats-creds", "a", "--nats-nkey", "b"], "cannot be used with");
    check_usage(&["up", "--nats-creds", "a"], "--nats ");
    check_usage(&["up", "--nats-websocket", "ws://a"], "--nats ");
    check_usage(&["up", "--nats", "nats://a", "--nats-listen", "127.0.0.1:0"], "cannot be used with");
    check_usage(&["up", "--url", "http://127.0.0.1:1"], "--listen");
}

#[test]
fn help_and_version_succeed() {
    assert!(run(&["--help"], b"").text().contains("Usage"));
    assert!(run(&["--version"], b"").text().starts_with("wisteria "));
}

#[test]
fn a_lattice_that_does_not_answer_is_named_with_a_remedy() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", free.local_addr().expect("an address"));
    drop(free);
    let ended = run(&["get", "hosts", "--url", &url], b"");
    let line = ended.failure();
    for words in [&url[..], "wisteria up", "--url"] {
        assert!(line.contains(words), "{line}");
    }
}

#[test]
fn something_else_at_the_address_is_no_lattice() {
    let server = Server::start(&[]);
    let ended = run(&["get", "hosts", "--url", &format!("{}/elsewhere", server.url)], b"");
    assert!(ended.failure().contains("--url"), "{ended:?}");
}

#[test]
fn a_port_in_use_is_named() {
    let server = Server::start(&[]);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().to_str().expect("a path in UTF-8");
    let ended = run(&["up", "--listen", server.address(), "--data-dir", path], b"");
    let line = ended.failure();
    assert!(line.contains(server.address()) && line.contains("--listen"), "{line}");
}
