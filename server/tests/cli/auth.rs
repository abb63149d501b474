//! `wisteria up --auth`: who gets in, with what, and who does not.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::Value;

use super::program::{Ended, Server, run};

/// Runs a command with these credentials.
fn with_creds(server: &Server, creds: &str, arguments: &[&str]) -> Ended {
    run(&[arguments, &["--url", &server.url, "--creds", creds]].concat(), b"")
}

fn operator(server: &Server) -> String {
    server.data_dir().join("operator.creds").to_str().expect("a path in UTF-8").to_owned()
}

/// What the server tells a page of itself.
fn config(server: &Server, host: &str) -> Value {
    let mut stream = TcpStream::connect(server.address()).expect("the server listens");
    write!(stream, "GET /api/config HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    serde_json::from_str(answer.split_once("\r\n\r\n").expect("a body").1).expect("JSON")
}

#[test]
fn a_command_without_credentials_is_refused_and_told_where_they_are() {
    let server = Server::start(&["--auth"]);
    let refused = server.run(&["get", "hosts"]);
    let failure = refused.failure();
    assert!(failure.contains("--creds") && failure.contains("operator.creds"), "{failure}");
}

#[test]
fn the_operator_gets_in_by_the_file_in_the_data_directory_after_a_restart_too() {
    let mut server = Server::start(&["--auth"]);
    let creds = operator(&server);
    let before = fs::read_to_string(&creds).expect("a file");
    assert_eq!(with_creds(&server, &creds, &["get", "hosts", "-o", "json"]).json().as_array().map(Vec::len), Some(1));
    server.crash_and_restart();
    assert_eq!(fs::read_to_string(&creds).expect("a file"), before);
    with_creds(&server, &creds, &["get", "hosts"]).text();
    #[cfg(unix)]
    for name in ["operator.creds", "account.seed"] {
        use std::os::unix::fs::PermissionsExt;
        let metadata = fs::metadata(server.data_dir().join(name)).expect("a file");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn credentials_of_another_server_are_refused() {
    let (server, other) = (Server::start(&["--auth"]), Server::start(&["--auth"]));
    let refused = with_creds(&server, &operator(&other), &["get", "hosts"]);
    assert!(refused.failure().contains("Authorization Violation"), "{refused:?}");
}

#[test]
fn minted_credentials_let_in_until_they_are_revoked() {
    let server = Server::start(&["--auth"]);
    let (operator, minted) = (operator(&server), server.data_dir().join("minted.creds"));
    let minted = minted.to_str().expect("a path in UTF-8");
    let mint = ["token", "mint", "--role", "operator", "--ttl", "5m", "--creds-file", minted, "-o", "json"];
    let id = with_creds(&server, &operator, &mint).json()["id"].as_str().expect("an id").to_owned();
    with_creds(&server, minted, &["get", "hosts"]).text();
    with_creds(&server, &operator, &["token", "revoke", &id]).text();
    assert!(with_creds(&server, minted, &["get", "hosts"]).failure().contains("revoked"));
    let token = with_creds(&server, &operator, &["token", "mint", "--role", "tab"]);
    assert_eq!(token.text().split('.').count(), 3);
}

#[test]
fn another_server_joins_with_the_credentials_of_a_host_and_not_without() {
    let server = Server::start(&["--auth"]);
    let bridge = format!("ws://{}/lattice", server.address());
    let (operator, creds) = (operator(&server), server.data_dir().join("host.creds"));
    let creds = creds.to_str().expect("a path in UTF-8");
    let path = server.data_dir().join("second");
    let path = path.to_str().expect("a path in UTF-8");
    let alone = run(&["up", "--listen", "127.0.0.1:0", "--data-dir", path, "--join", &bridge], b"");
    assert!(alone.failure().contains("--creds"), "{alone:?}");
    with_creds(&server, &operator, &["token", "mint", "--role", "host", "--creds-file", creds]).text();
    let second = Server::start(&["--join", &bridge, "--creds", creds]);
    // Whoever comes by the second speaks for itself at the first.
    let hosts = with_creds(&second, &operator, &["get", "hosts", "-o", "json"]).json();
    assert_eq!(hosts.as_array().map(Vec::len), Some(2), "{hosts}");
    assert!(second.run(&["get", "hosts"]).failure().contains("Authorization Violation"));
}

#[test]
fn a_page_of_this_machine_gets_a_token_and_a_name_that_points_here_does_not() {
    let server = Server::start(&["--auth"]);
    let own = config(&server, server.address());
    assert!(own["token"].as_str().is_some_and(|token| token.split('.').count() == 3), "{own}");
    let rebound = config(&server, "rebound.example");
    assert!(rebound["token"].is_null() && rebound["auth_required"] == true, "{rebound}");
    let open = Server::start(&[]);
    assert!(config(&open, open.address())["token"].is_null());
    let minted = open.run(&["token", "mint", "--role", "tab"]);
    assert!(minted.failure().contains("--auth"), "{minted:?}");
}
