//! A lattice on a real NATS server.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
};

use wisteria_core::identity::{KeyKind, KeyPair};

use crate::{
    join::{hosts, start, until_it_succeeds},
    nats_server::NatsServer,
    program::{Ended, Server, run},
};

const KEY_VALUE: &str = "wasmcloud:keyvalue";

/// A server of the lattice on that NATS server.
fn up(nats: &NatsServer, options: &[&str]) -> Server {
    let url = format!("nats://{}", nats.address);
    Server::start(&[&["--nats", &url, "--allow-unsigned"][..], options].concat())
}

/// The provider of a contract on the host that has a label, or on one without.
fn provider(server: &Server, contract: &str, zone: Option<&str>) -> String {
    let hosts = server.run(&["get", "hosts", "-o", "json"]).json();
    let mut hosts = hosts.as_array().expect("an array").iter();
    let host = hosts.find(|host| host["labels"]["zone"].as_str() == zone).expect("a host of that zone");
    let host = host["id"].as_str().expect("a key");
    let inventory = server.run(&["get", "inventory", host, "-o", "json"]).json();
    let providers = inventory["providers"].as_array().expect("an array");
    let name = if contract == KEY_VALUE { "keyvalue-memory" } else { "httpserver" };
    let found = providers.iter().find(|provider| provider["image_ref"] == name).expect("every server has one");
    found["id"].as_str().expect("a key").to_owned()
}

/// A server that cannot start: why.
fn fails(options: &[&str]) -> Ended {
    let data_dir = tempfile::tempdir().expect("a temporary directory");
    let path = data_dir.path().to_str().expect("a path in UTF-8");
    run(&[&["up", "--listen", "127.0.0.1:0", "--data-dir", path][..], options].concat(), b"")
}

#[track_caller]
fn check_failure(ended: &Ended, words: &[&str]) {
    assert_eq!(ended.code, 1, "{ended:?}");
    let line = ended.stderr.lines().last().expect("it says why");
    for word in words {
        assert!(line.contains(word), "{word} is not in {line}");
    }
}

#[test]
fn servers_on_a_nats_server_are_one_lattice() {
    let nats = NatsServer::start("");
    let first = up(&nats, &[]);
    let second = up(&nats, &["--label", "zone=b"]);
    assert_eq!((hosts(&first), hosts(&second)), (2, 2));
    let actor = start(&first, "wapc_upper.wasm", &["--label", "zone=b"]);
    let reply = first.run(&["call", &actor, "upper", "text", "--raw", "--raw-input"]);
    assert_eq!(reply.text(), "TEXT");
    let url = format!("nats://{}", nats.address);
    let direct = run(&["call", &actor, "upper", "text", "--raw", "--raw-input", "--url", &url], b"");
    assert_eq!(direct.text(), "TEXT");
    let websocket = format!("ws://{}", nats.websocket);
    let direct = run(&["call", &actor, "upper", "text", "--raw", "--raw-input", "--url", &websocket], b"");
    assert_eq!(direct.text(), "TEXT");
}

#[test]
fn the_lattice_heals_when_the_nats_server_comes_back() {
    let mut nats = NatsServer::start("");
    let first = up(&nats, &[]);
    let second = up(&nats, &["--label", "zone=b"]);
    let actor = start(&first, "kv_counter.wasm", &["--label", "zone=b"]);
    let provider = provider(&first, KEY_VALUE, None);
    first.run(&["link", "put", &actor, &provider, KEY_VALUE]).text();
    nats.crash();
    nats.restart();
    let request = r#"{"method":"GET","path":"/visits","queryString":"","header":{},"body":""}"#;
    let call = || first.run(&["call", &actor, "HttpServer.HandleRequest", request]);
    assert_eq!(until_it_succeeds(call).json()["statusCode"], 200);
    let relink = || second.run(&["link", "put", &actor, &provider, KEY_VALUE]);
    until_it_succeeds(relink).text();
}

/// What an HTTP server answers to a body, headers included.
fn post(address: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the link made a listener");
    let length = body.len();
    let request = format!("POST /large HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).expect("it listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer in UTF-8");
    answer
}

#[test]
fn what_is_too_large_for_a_message_goes_through_the_object_store() {
    let nats = NatsServer::start("");
    let first = up(&nats, &[]);
    let _second = up(&nats, &["--label", "zone=b"]);
    let actor = start(&first, "http_echo.wasm", &["--label", "zone=b"]);
    let http_server = provider(&first, "wasmcloud:httpserver", None);
    let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
    let value = format!("address={free}");
    first.run(&["link", "put", &actor, &http_server, "wasmcloud:httpserver", &value]).text();
    let body = "0123456789".repeat(300_000);
    let answer = post(&free.to_string(), &body);
    assert!(answer.starts_with("HTTP/1.1 200"), "{}", &answer[..answer.len().min(500)]);
    assert!(answer.contains(&body), "the whole body comes back");
    // A client of its own has no store, and learns the limit.
    let input = format!(r#"{{"method":"POST","path":"/","queryString":"","header":{{}},"body":"{body}"}}"#);
    let refused = first.run_with(&["call", &actor, "HttpServer.HandleRequest", "-"], input.as_bytes());
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(refused.stderr.contains("limit") && refused.stderr.contains("1048576"), "{}", refused.stderr);
}

#[test]
fn links_outlive_all_servers_of_the_lattice() {
    let nats = NatsServer::start("");
    let first = up(&nats, &[]);
    let actor = start(&first, "kv_counter.wasm", &[]);
    first.run(&["link", "put", &actor, "keyvalue-memory", KEY_VALUE]).text();
    drop(first);
    let second = up(&nats, &[]);
    let links = second.run(&["get", "links", "-o", "json"]).json();
    assert_eq!(links["links"][0]["actor_id"], actor, "{links}");
    second.run(&["link", "del", &actor, KEY_VALUE]).text();
    drop(second);
    assert_eq!(up(&nats, &[]).run(&["get", "links"]).text(), "no links");
}

#[test]
fn what_the_nats_server_asks_for_is_given() {
    let with_token = NatsServer::start("authorization { token: \"s3 cr@t\" }");
    assert_eq!(hosts(&up(&with_token, &["--nats-token", "s3 cr@t"])), 1);
    let url = format!("nats://s3%20cr%40t@{}", with_token.address);
    assert_eq!(hosts(&Server::start(&["--nats", &url])), 1);

    let with_user = NatsServer::start("authorization { user: ada, password: lovelace }");
    let url = format!("nats://ada:lovelace@{}", with_user.address);
    assert_eq!(hosts(&Server::start(&["--nats", &url])), 1);

    let key = KeyPair::from_raw(KeyKind::User, [7; 32]);
    let with_key = NatsServer::start(&format!("authorization {{ users: [{{ nkey: {} }}] }}", key.public_key()));
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("user.nk");
    fs::write(&file, key.seed()).expect("the seed is written");
    let server = up(&with_key, &["--nats-nkey", file.to_str().expect("a path in UTF-8")]);
    assert_eq!(hosts(&server), 1, "commands come through the relay");
}

#[test]
fn why_a_nats_server_cannot_be_used_is_told_with_the_remedy() {
    let with_token = NatsServer::start("authorization { token: secret }");
    let url = format!("nats://wrong@{}", with_token.address);
    let refused = fails(&["--nats", &url]);
    check_failure(&refused, &[&with_token.address, "Authorization Violation", "--nats-token"]);
    assert!(!refused.stderr.contains("wrong"), "{refused:?}");

    let plain = NatsServer::start_without_jetstream("");
    let url = format!("nats://{}", plain.address);
    check_failure(&fails(&["--nats", &url]), &["LATTICEDATA_default", "nats-server -js"]);

    let address = plain.address.clone();
    drop(plain);
    check_failure(&fails(&["--nats", &url]), &[&address, "refused", "--nats"]);
    check_failure(&fails(&["--nats", &url, "--nats-creds", "/dev/null"]), &["/dev/null", "--nats-creds", "JWT"]);
}
