//! Links that name secrets.

use std::{fs, io::Write, net::TcpStream};

use crate::program::{Server, sample};

/// A server whose secrets are in a directory, and the key of its HTTP server.
fn server(dir: &tempfile::TempDir) -> (Server, String) {
    let server = Server::start(&["--allow-unsigned", "--secrets-dir", dir.path().to_str().expect("UTF-8")]);
    let provider = server.run(&["get", "hosts", "-o", "json"]).json()[0]["id"].as_str().expect("a host").to_owned();
    let inventory = server.run(&["get", "inventory", &provider, "-o", "json"]).json();
    let providers = inventory["providers"].as_array().expect("providers").clone();
    let http = providers.iter().find(|provider| provider["contract_id"] == "wasmcloud:httpserver").expect("one");
    let key = http["id"].as_str().expect("a key").to_owned();
    (server, key)
}

#[test]
fn a_link_names_a_secret_that_its_provider_alone_is_told() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    // A port that is free now.
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    fs::write(dir.path().join("ADDR"), format!("{port}\n")).expect("written");
    fs::write(dir.path().join("NO_ADDR"), "lovelace").expect("written");
    let (server, provider) = server(&dir);
    let actor = sample("wapc_upper.wasm");
    let actor = server.run(&["start", "actor", actor.to_str().expect("UTF-8")]).text().to_owned();
    let put = |value: &str| server.run(&["link", "put", &actor, &provider, "wasmcloud:httpserver", value]);

    put("address=secret:ADDR").text();
    let mut stream = TcpStream::connect(port).expect("the provider listens where the secret says");
    stream.write_all(b"GET / HTTP/1.1\r\n").expect("it reads");
    let links = server.run(&["get", "links", "-o", "json"]);
    assert!(links.text().contains("\"secret:ADDR\"") && !links.text().contains(&port.to_string()), "{links:?}");

    let refused = put("address=secret:NO_ADDR");
    assert!(refused.failure().contains("address=secret:NO_ADDR"), "{refused:?}");
    assert!(!refused.stderr.contains("lovelace"), "{refused:?}");

    for (value, words) in [
        ("address=secret:NONE", ["NONE is not known on host N", "WISTERIA_SECRET_NONE", "/NONE"]),
        ("address=secret:../ADDR", ["no name of a secret", "letters", "../ADDR"]),
        ("address=secret:/etc/passwd", ["no name of a secret", "letters", "/etc/passwd"]),
    ] {
        let refused = put(value);
        for word in words {
            assert!(refused.failure().contains(word), "{word} in {refused:?}");
        }
    }
}
