//! Links that name secrets.

use std::{
    fs::{self, File},
    io::Write,
    net::TcpStream,
};

use crate::{
    nats_server::NatsServer,
    program::{Server, sample},
};

/// A server whose secrets are in a directory, and the key of its HTTP server.
fn server(dir: &tempfile::TempDir) -> (Server, String) {
    let server = Server::start(&["--allow-unsigned", "--secrets-dir", dir.path().to_str().expect("UTF-8")]);
    let provider = http_server(&server);
    (server, provider)
}

/// The key of a server's HTTP server.
pub(crate) fn http_server(server: &Server) -> String {
    let provider = server.run(&["get", "hosts", "-o", "json"]).json()[0]["id"].as_str().expect("a host").to_owned();
    let inventory = server.run(&["get", "inventory", &provider, "-o", "json"]).json();
    let providers = inventory["providers"].as_array().expect("providers").clone();
    let http = providers.iter().find(|provider| provider["contract_id"] == "wasmcloud:httpserver").expect("one");
    http["id"].as_str().expect("a key").to_owned()
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

#[test]
fn a_secret_of_the_environment_goes_before_that_of_the_directory() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::write(dir.path().join("ADDR"), "no address").expect("written");
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let options = ["--allow-unsigned", "--secrets-dir", dir.path().to_str().expect("UTF-8")];
    let server = Server::start_as(&options, |command| {
        command.env("WISTERIA_SECRET_ADDR", port.to_string());
    });
    let actor = sample("wapc_upper.wasm");
    let actor = server.run(&["start", "actor", actor.to_str().expect("UTF-8")]).text().to_owned();
    let put = ["link", "put", &actor, &http_server(&server), "wasmcloud:httpserver", "address=secret:ADDR"];
    server.run(&put).text();
    TcpStream::connect(port).expect("the provider listens where the secret says");
}

#[test]
fn no_secret_is_in_a_log_that_says_everything() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let nats = NatsServer::start("authorization { user: ada, password: lovelace-of-nats }");
    let logged = |name: &str, options: &[&str]| {
        let log = dir.path().join(name);
        let file = File::create(&log).expect("a file");
        let server = Server::start_as(options, |command| {
            command.env("WISTERIA_LOG", "trace").env("WISTERIA_SECRET_ADDR", "lovelace-of-a-link").stderr(file);
        });
        (server, log)
    };
    let (server, log) = logged("embedded", &["--allow-unsigned"]);
    let actor = sample("wapc_upper.wasm");
    let actor = server.run(&["start", "actor", actor.to_str().expect("UTF-8")]).text().to_owned();
    let refused =
        server.run(&["link", "put", &actor, &http_server(&server), "wasmcloud:httpserver", "address=secret:ADDR"]);
    assert!(refused.failure().contains("secret:ADDR"), "{refused:?}");
    let token = server.run(&["token", "mint", "--role", "tab"]).text().to_owned();
    let kept = |name: &str| fs::read_to_string(server.data_dir().join(name)).expect("a file");
    let (_, token_signature) = token.rsplit_once('.').expect("a token");
    let creds = kept("operator.creds");
    let mut secrets = vec!["lovelace-of-a-link".to_owned(), token_signature.to_owned()];
    secrets.extend(creds.lines().filter(|line| line.starts_with("SU") || line.starts_with("ey")).map(str::to_owned));
    secrets.extend([kept("account.seed"), kept("host.seed")].map(|seed| seed.trim().to_owned()));
    assert_eq!(secrets.len(), 6, "the credentials hold claims and a seed");

    let url = format!("nats://ada:lovelace-of-nats@{}", nats.address);
    let (on_nats, other_log) = logged("nats", &["--nats", &url]);
    on_nats.run(&["get", "hosts"]).text();
    secrets.push("lovelace-of-nats".to_owned());

    drop((server, on_nats));
    for log in [log, other_log] {
        let text = fs::read_to_string(&log).expect("a log");
        assert!(text.contains("TRACE") || text.contains("DEBUG"), "it says everything");
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{secret} in {}", log.display());
        }
    }
}
