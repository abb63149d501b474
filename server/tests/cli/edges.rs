//! What is open to whom: names, origins, bounds, and what browsers are told.

use std::{
    io::{ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use crate::program::{Server, run};

/// Sends these bytes and returns all that is answered until the connection ends.
fn exchange(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = Vec::new();
    // Whoever is refused may be cut off.
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(address: &str, path: &str, host: &str) -> String {
    exchange(address, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
}

/// The status with which a page of that origin is answered when it wants to join.
fn join(address: &str, host: &str, origin: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = format!(
        "GET /lattice HTTP/1.1\r\nHost: {host}\r\n{origin}Connection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut status = [0; 12];
    stream.read_exact(&mut status).expect("it answers");
    String::from_utf8_lossy(&status[9..]).into_owned()
}

#[test]
fn pages_of_other_origins_join_only_where_they_are_allowed() {
    let server = Server::start(&["--allow-origin", "https://example.org"]);
    let address = server.address();
    let check = |origin: &str, expected| assert_eq!(join(address, address, origin), expected, "{origin:?}");
    check("", "101");
    check(&format!("Origin: http://{address}\r\n"), "101");
    check("Origin: https://example.org\r\n", "101");
    check(&format!("Origin: https://{address}\r\n"), "403");
    check("Origin: http://example.org\r\n", "403");
    check("Origin: http://evil.example\r\n", "403");
    check("Origin: null\r\n", "403");
}

#[test]
fn every_origin_is_allowed_at_the_operators_risk_only() {
    let ended = run(&["up", "--listen", "127.0.0.1:0", "--allow-origin", "*"], b"");
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.stderr.contains("--insecure"), "{ended:?}");
    let server = Server::start(&["--allow-origin", "*", "--insecure"]);
    assert_eq!(join(server.address(), server.address(), "Origin: http://evil.example\r\n"), "101");
}

#[test]
fn a_foreign_name_that_points_to_loopback_opens_nothing() {
    let server = Server::start(&[]);
    let address = server.address();
    for path in ["/", "/api/config", "/api/hosts", "/api/links", "/api/claims", "/assets/x.js", "/nothing"] {
        let answer = get(address, path, "evil.example");
        assert!(answer.starts_with("HTTP/1.1 421 "), "{path}: {answer}");
        assert!(answer.contains("--allow-origin"), "{answer}");
    }
    assert_eq!(join(address, "evil.example", "Origin: http://evil.example\r\n"), "421");
    let absolute = "GET http://evil.example/api/hosts HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert!(exchange(address, absolute).starts_with("HTTP/1.1 421 "));
    let twice = "GET /api/hosts HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert!(exchange(address, twice).starts_with("HTTP/1.1 400 "));
    assert!(get(address, "/api/hosts", "localhost:1").starts_with("HTTP/1.1 200 "));
}

#[test]
fn browsers_are_told_on_every_answer_what_the_page_may_do() {
    let server = Server::start(&[]);
    let address = server.address();
    for (path, host) in [("/", address), ("/api/hosts", address), ("/nothing", address), ("/", "evil.example")] {
        let answer = get(address, path, host).to_lowercase();
        for header in [
            "content-security-policy: default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; ",
            "frame-ancestors 'none'; connect-src 'self'\r\n",
            "x-content-type-options: nosniff\r\n",
            "referrer-policy: no-referrer\r\n",
            "cross-origin-resource-policy: same-origin\r\n",
        ] {
            assert!(answer.contains(header), "{header} for {path} at {host}: {answer}");
        }
    }
}

#[test]
fn no_name_of_a_file_leads_out_of_the_page() {
    let server = Server::start(&[]);
    let address = server.address();
    let up = "../".repeat(24);
    let escaped = "%2e%2e%2f".repeat(24);
    for path in [
        "/../Cargo.toml",
        "/../../Cargo.toml",
        "/assets/../../package.json",
        "/%2e%2e/package.json",
        "/..%2fpackage.json",
        "/..%5cpackage.json",
        "/..\\package.json",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/file:///etc/passwd",
        "/index.html%00.js",
        "/api/hosts/..%2f..%2fetc%2fpasswd/inventory",
        &format!("/{up}etc/passwd"),
        &format!("/{escaped}etc/passwd"),
    ] {
        let answer = get(address, path, address);
        let status = answer.get(9..12).unwrap_or_else(|| panic!("{path}: {answer}"));
        assert!(["400", "404"].contains(&status), "{path}: {answer}");
        assert!(!answer.contains("root:") && !answer.contains("[workspace]"), "{path}: {answer}");
    }
    assert!(get(address, "/a\0b", address).starts_with("HTTP/1.1 400 "));
}

#[test]
fn a_port_beyond_this_machine_stays_closed_without_tls() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().to_str().expect("a path in UTF-8");
    for ports in [["--listen", "0.0.0.0:0"].as_slice(), &["--listen", "127.0.0.1:0", "--nats-listen", "0.0.0.0:0"]] {
        let ended = run(&[&["up", "--data-dir", path][..], ports].concat(), b"");
        let line = ended.failure();
        assert!(line.contains("--tls-cert") && line.contains("--insecure"), "{line}");
        assert!(line.contains(ports[ports.len() - 2]), "{line}");
    }
    let mut open = Server::start(&["--nats-listen", "0.0.0.0:0", "--insecure"]);
    assert!(open.next_line().starts_with("NATS clients join at nats://0.0.0.0:"));
}

#[test]
fn whoever_is_one_too_many_is_told_so() {
    let mut server = Server::start(&["--nats-listen", "127.0.0.1:0", "--max-connections-per-address", "2"]);
    let nats = server.next_line();
    let nats = nats.strip_prefix("NATS clients join at nats://").expect("an address");
    let open = |address: &str| TcpStream::connect(address).expect("it listens");
    let waiting = [open(server.address()), open(server.address())];
    assert!(exchange(server.address(), "").starts_with("HTTP/1.1 503 "));
    let nats_waiting = [open(nats), open(nats)];
    assert_eq!(exchange(nats, ""), "-ERR 'maximum connections exceeded'\r\n");
    drop((waiting, nats_waiting));
    let end = Instant::now() + Duration::from_secs(10);
    while !get(server.address(), "/api/config", "localhost").starts_with("HTTP/1.1 200 ") {
        assert!(Instant::now() < end, "the places are not free again");
    }
}

#[test]
fn a_websocket_keeps_its_place() {
    let server = Server::start(&["--max-connections-per-address", "1"]);
    let mut first = TcpStream::connect(server.address()).expect("it listens");
    let request = "GET /lattice HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    first.write_all(request.as_bytes()).expect("it reads");
    let mut greeting = String::new();
    while !greeting.contains("INFO {") {
        let mut bytes = [0; 512];
        let read = first.read(&mut bytes).expect("it answers");
        assert!(read > 0, "{greeting}");
        greeting += &String::from_utf8_lossy(&bytes[..read]);
    }
    assert!(exchange(server.address(), "").starts_with("HTTP/1.1 503 "));
}

/// Says these bytes, then one byte twice a second, and returns how long the server bears it.
fn trickle(address: &str, first: &[u8]) -> Duration {
    let start = Instant::now();
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_millis(500))).expect("a timeout");
    stream.write_all(first).expect("it reads");
    while start.elapsed() < Duration::from_secs(60) {
        match stream.read(&mut [0; 4096]) {
            Ok(0) => break,
            Err(error) if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
            Ok(_) | Err(_) => {}
        }
        if stream.write_all(b"x").is_err() {
            break;
        }
    }
    start.elapsed()
}

#[test]
fn whoever_says_a_byte_at_a_time_is_ended_at_both_ports() {
    let mut server = Server::start(&["--nats-listen", "127.0.0.1:0"]);
    let nats = server.next_line();
    let nats = nats.strip_prefix("NATS clients join at nats://").expect("an address");
    thread::scope(|scope| {
        let http = scope.spawn(|| trickle(server.address(), b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "));
        let silent = scope.spawn(|| trickle(server.address(), b"G"));
        let nats = scope.spawn(|| trickle(nats, b"CONNECT {"));
        for slow in [http, silent, nats] {
            let patience = slow.join().expect("it ended");
            assert!(patience < Duration::from_secs(30), "{patience:?}");
        }
    });
    assert!(get(server.address(), "/api/hosts", "localhost").starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let server = Server::start(&[]);
    let large = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(40 << 10));
    assert!(exchange(server.address(), &large).starts_with("HTTP/1.1 431 "));
    let many = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: y\r\n".repeat(200));
    assert!(exchange(server.address(), &many).starts_with("HTTP/1.1 431 "));
}

#[test]
fn the_port_of_an_address_that_is_open_already_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let ended = run(&["up", "--listen", &address], b"");
    assert!(ended.failure().contains("choose another with --listen"), "{ended:?}");
}
