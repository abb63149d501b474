//! Who gets into a server's lattice, with what, and who does not.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::Command,
};

use serde_json::Value;

use crate::program::{Ended, Server, run};

/// Runs a command with these credentials.
fn with_creds(server: &Server, creds: &str, arguments: &[&str]) -> Ended {
    run(&[arguments, &["--url", &server.url, "--creds", creds]].concat(), b"")
}

/// Runs a command with what a server left in the default data directory.
fn at_home(home: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wisteria"));
    let command = command.args(arguments).env("XDG_DATA_HOME", home).env_remove("WISTERIA_CREDS");
    let output = command.output().expect("the program runs");
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8(text).expect("text")
}

fn kept(server: &Server, name: &str) -> String {
    server.data_dir().join(name).to_str().expect("a path in UTF-8").to_owned()
}

fn hosts(ended: &Ended) -> usize {
    ended.json().as_array().expect("an array").len()
}

/// What the server tells a page of itself, which was opened under a name.
fn config(server: &Server, host: &str, headers: &str) -> Value {
    let mut stream = TcpStream::connect(server.address()).expect("the server listens");
    let head = format!("GET /api/config HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    serde_json::from_str(answer.split_once("\r\n\r\n").expect("a body").1).unwrap_or_default()
}

#[test]
fn a_command_without_credentials_is_refused_and_told_where_they_are() {
    let server = Server::start(&[]);
    let refused = run(&["get", "hosts", "--url", &server.url], b"");
    let failure = refused.failure();
    assert!(failure.contains("--creds") && failure.contains("operator.creds"), "{failure}");
}

#[test]
fn the_operator_gets_in_by_the_file_in_the_data_directory_after_a_restart_too() {
    let mut server = Server::start(&[]);
    let creds = kept(&server, "operator.creds");
    let before = fs::read_to_string(&creds).expect("a file");
    assert_eq!(hosts(&with_creds(&server, &creds, &["get", "hosts", "-o", "json"])), 1);
    server.crash_and_restart();
    assert_eq!(fs::read_to_string(&creds).expect("a file"), before);
    with_creds(&server, &creds, &["get", "hosts"]).text();
    #[cfg(unix)]
    for name in ["operator.creds", "host.creds", "account.seed", "host.seed", "metadata.redb"] {
        use std::os::unix::fs::PermissionsExt;
        let metadata = fs::metadata(server.data_dir().join(name)).expect("a file");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn commands_and_servers_of_the_same_machine_find_what_a_server_left_in_the_default_data_directory() {
    let (server, home) = (Server::start(&[]), tempfile::tempdir().expect("a temporary directory"));
    let url = ["--url", server.url.as_str()];
    assert!(at_home(home.path(), &[&["get", "hosts"], &url[..]].concat()).contains("operator.creds"));
    let default = home.path().join("wisteria");
    fs::create_dir(&default).expect("a directory");
    for name in ["operator.creds", "host.creds"] {
        fs::copy(server.data_dir().join(name), default.join(name)).expect("copied");
    }
    assert!(at_home(home.path(), &[&["get", "hosts"], &url[..]].concat()).contains("server"));
}

#[test]
fn credentials_of_another_server_are_refused() {
    let (server, other) = (Server::start(&[]), Server::start(&[]));
    let refused = with_creds(&server, &kept(&other, "operator.creds"), &["get", "hosts"]);
    assert!(refused.failure().contains("Authorization Violation"), "{refused:?}");
}

#[test]
fn minted_credentials_let_in_until_they_are_revoked_over_restarts_too() {
    let mut server = Server::start(&[]);
    let minted = kept(&server, "minted.creds");
    let mint = ["token", "mint", "--role", "operator", "--ttl", "5m", "--creds-file", &minted, "-o", "json"];
    let id = server.run(&mint).json()["id"].as_str().expect("an id").to_owned();
    with_creds(&server, &minted, &["get", "hosts"]).text();
    server.run(&["revoke", &id, "--reason", "lost laptop"]).text();
    assert!(with_creds(&server, &minted, &["get", "hosts"]).failure().contains("revoked"));
    assert!(server.run(&["get", "revocations"]).text().contains("lost laptop"));
    // It is kept like links are.
    server.crash_and_restart();
    assert!(with_creds(&server, &minted, &["get", "hosts"]).failure().contains("revoked"));
    server.run(&["unrevoke", &id]).text();
    with_creds(&server, &minted, &["get", "hosts"]).text();
    let token = server.run(&["token", "mint", "--role", "tab"]);
    assert_eq!(token.text().split('.').count(), 3);
}

#[test]
fn another_server_joins_with_the_credentials_of_a_host_and_not_without() {
    let server = Server::start(&[]);
    let bridge = format!("ws://{}/lattice", server.address());
    let (path, creds) = (kept(&server, "second"), kept(&server, "minted.creds"));
    let up = ["up", "--listen", "127.0.0.1:0", "--data-dir", &path, "--join", &bridge];
    let alone = run(&up, b"");
    assert!(alone.failure().contains("--creds"), "{alone:?}");
    let as_operator = run(&[&up[..], &["--creds", &kept(&server, "operator.creds")]].concat(), b"");
    assert!(as_operator.failure().contains("--role host"), "{as_operator:?}");
    server.run(&["token", "mint", "--role", "host", "--creds-file", &creds]).text();
    let second = Server::start(&["--join", &bridge, "--creds", &creds]);
    // Whoever comes by the second speaks for itself at the first.
    let by_second = with_creds(&second, &kept(&server, "operator.creds"), &["get", "hosts", "-o", "json"]);
    assert_eq!(hosts(&by_second), 2);
    let refused = run(&["get", "hosts", "--url", &second.url], b"");
    assert!(refused.failure().contains("Authorization Violation"), "{refused:?}");
}

#[test]
fn a_page_of_this_machine_gets_a_token_from_each_server_and_a_foreign_name_does_not() {
    let server = Server::start(&["--allow-origin", "https://rebound.example"]);
    let joined = Server::join(&server, &[]);
    for server in [&server, &joined] {
        let own = config(server, server.address(), "Sec-Fetch-Site: same-origin\r\n");
        assert!(own["token"].as_str().is_some_and(|token| token.split('.').count() == 3), "{own}");
    }
    for (host, headers) in [
        ("rebound.example", ""),
        (server.address(), "Sec-Fetch-Site: cross-site\r\n"),
        (server.address(), "Origin: https://rebound.example\r\n"),
        (server.address(), "X-Forwarded-For: 192.0.2.1\r\n"),
    ] {
        let foreign = config(&server, host, headers);
        assert!(foreign["token"].is_null() && foreign["auth_required"] == true, "{host} {headers} {foreign}");
    }
}

#[test]
fn an_open_server_gives_no_tokens_and_says_so() {
    let open = Server::start(&["--open"]);
    let told = config(&open, open.address(), "");
    assert!(told["token"].is_null() && told["auth_required"] == false, "{told}");
    let minted = open.run(&["token", "mint", "--role", "tab"]);
    assert!(minted.failure().contains("--open"), "{minted:?}");
}

#[test]
fn who_may_prove_itself_may_still_be_denied_by_the_policy() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("policy.json");
    let rule = r#"{ "id": "closed", "deny": "join", "when": { "tags": "host" }, "because": "maintenance" }"#;
    fs::write(&path, format!(r#"{{ "default": "allow", "rules": [{rule}] }}"#)).expect("written");
    let server = Server::start(&["--policy", path.to_str().expect("a path in UTF-8")]);
    server.run(&["get", "hosts"]).text();
    let bridge = format!("ws://{}/lattice", server.address());
    let (data, creds) = (kept(&server, "second"), kept(&server, "host.creds"));
    let up = ["up", "--listen", "127.0.0.1:0", "--data-dir", &data, "--join", &bridge, "--creds", &creds];
    let denied = run(&up, b"");
    assert!(denied.failure().contains("closed") && denied.failure().contains("maintenance"), "{denied:?}");
}
