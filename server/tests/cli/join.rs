//! Two servers on one lattice, the second joined to the first.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use crate::program::{Ended, Server, run, sample};

/// How long a lattice may take to heal.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn start(server: &Server, name: &str, options: &[&str]) -> String {
    let file = sample(name);
    let file = file.to_str().expect("a path in UTF-8");
    server.run(&[&["start", "actor", file][..], options].concat()).text().to_owned()
}

pub(crate) fn hosts(server: &Server) -> usize {
    server.run(&["get", "hosts", "-o", "json"]).json().as_array().expect("an array").len()
}

/// Repeats a command, which itself takes its time, until it succeeds.
#[track_caller]
pub(crate) fn until_it_succeeds(command: impl Fn() -> Ended) -> Ended {
    let end = Instant::now() + PATIENCE;
    loop {
        let ended = command();
        if ended.code == 0 || Instant::now() > end {
            return ended;
        }
    }
}

#[test]
fn a_joined_server_is_a_full_member_whichever_server_is_asked() {
    let first = Server::start(&["--allow-unsigned"]);
    let second = Server::join(&first, &["--allow-unsigned", "--label", "zone=b"]);
    assert_eq!((hosts(&first), hosts(&second)), (2, 2));
    let actor = start(&first, "wapc_upper.wasm", &["--label", "zone=b"]);
    for server in [&first, &second] {
        let reply = server.run(&["call", &actor, "upper", "text", "--raw", "--raw-input"]);
        assert_eq!(reply.text(), "TEXT");
    }
    let elsewhere = Server::start(&[]);
    assert_eq!(hosts(&elsewhere), 1);
}

#[test]
fn the_lattice_heals_when_the_first_server_comes_back() {
    let mut first = Server::start(&[]);
    let second = Server::join(&first, &["--allow-unsigned", "--label", "zone=b"]);
    let actor = start(&first, "wapc_upper.wasm", &["--label", "zone=b"]);
    first.crash_and_restart();
    let call = || first.run(&["call", &actor, "upper", "text", "--raw", "--raw-input"]);
    assert_eq!(until_it_succeeds(call).text(), "TEXT");
    assert_eq!((hosts(&first), hosts(&second)), (2, 2));
}

#[test]
fn the_first_address_that_answers_is_joined() {
    let first = Server::start(&[]);
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let urls = format!("ws://{nobody}/lattice,ws://{}/lattice", first.address());
    let second = Server::join_by(&first, &urls, &[]);
    assert_eq!(hosts(&second), 2);

    let data_dir = tempfile::tempdir().expect("a temporary directory");
    let path = data_dir.path().to_str().expect("a path in UTF-8");
    let url = format!("ws://{nobody}/lattice");
    let alone = run(&["up", "--listen", "127.0.0.1:0", "--data-dir", path, "--join", &url], b"");
    let line = alone.failure();
    assert!(line.contains(&nobody.to_string()) && line.contains("--join"), "{line}");
}
