//! The lattice over plain TCP.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
};

use crate::program::{Server, run};

#[test]
fn a_nats_client_joins_by_tcp_and_hears_the_hosts() {
    let mut server = Server::start(&["--open", "--nats-listen", "127.0.0.1:0"]);
    let line = server.next_line();
    let address = line.strip_prefix("NATS clients join at nats://").unwrap_or_else(|| panic!("{line:?}"));
    let mut stream = TcpStream::connect(address).expect("it listens");
    let mut lines = BufReader::new(stream.try_clone().expect("a second handle")).lines();
    let mut next = move || lines.next().expect("the connection stands").expect("text");
    assert!(next().starts_with("INFO {"));
    stream
        .write_all(
            b"CONNECT {\"verbose\":false}\r\nSUB answers 1\r\nPUB wasmbus.ctl.default.ping.hosts answers 0\r\n\r\n",
        )
        .expect("it reads");
    assert!(next().starts_with("MSG answers 1 "));
    assert!(next().contains(r#""kind":"server""#));
}

#[test]
fn an_address_that_is_taken_is_named_with_its_option() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().to_str().expect("a path in UTF-8");
    let ended = run(&["up", "--listen", "127.0.0.1:0", "--nats-listen", &address, "--data-dir", path], b"");
    assert!(ended.failure().contains("choose another with --nats-listen"), "{ended:?}");
    let ended = run(&["up", "--nats-listen", &address, "--join", "ws://127.0.0.1:1/lattice"], b"");
    assert_eq!(ended.code, 2, "{ended:?}");
}
