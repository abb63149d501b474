//! Links that name secrets of a Vault.

use std::{
    fs::{self, File},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio_rustls::rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::{
    program::{Server, run, sample},
    secrets::http_server,
    vault_store::{Answers, Store, TOKEN, version},
};

/// An address that is free now.
fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").to_string()
}

/// A server of Wisteria on a store, and an actor on it.
struct Linked {
    server: Server,
    provider: String,
    actor: String,
}

impl Linked {
    fn start(address: &str, token: &Path, options: &[&str], log: Option<File>) -> Self {
        let vault = ["--allow-unsigned", "--vault-addr", address, "--vault-token-file", text(token)];
        let server = Server::start_as(&[&vault, options].concat(), |command| {
            if let Some(log) = log {
                command.env("WISTERIA_LOG", "trace").stderr(log);
            }
        });
        let actor = sample("wapc_upper.wasm");
        let actor = server.run(&["start", "actor", text(&actor)]).text().to_owned();
        Self { provider: http_server(&server), server, actor }
    }

    fn put(&self, name: &str) -> crate::program::Ended {
        let value = format!("address=secret:{name}");
        self.server.run(&["link", "put", &self.actor, &self.provider, "wasmcloud:httpserver", &value])
    }

    #[track_caller]
    fn refuses(&self, name: &str, words: &[&str]) {
        let refused = self.put(name);
        for word in words {
            assert!(refused.failure().contains(word), "{word} in {refused:?}");
        }
        assert!(!refused.stderr.contains("lovelace"), "{refused:?}");
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

static DIR: LazyLock<TempDir> = LazyLock::new(|| TempDir::new().expect("a temporary directory"));

/// A file with that text, in a directory of all tests here.
fn file(name: &str, content: &str) -> std::path::PathBuf {
    let path = DIR.path().join(name);
    fs::write(&path, content).expect("written");
    path
}

#[test]
fn a_link_names_a_secret_of_a_vault() {
    let port = free_port();
    let store = Store::start(
        Answers::from([
            ("/v1/kv/data/team/ours/ADDR", (200, version(&format!(r#"{{"value":"{port}","user":"ada"}}"#)))),
            ("/v1/kv/data/team/ours/SEVERAL", (200, version(r#"{"password":"lovelace","user":"lovelace"}"#))),
            ("/v1/kv/data/team/ours/DELETED", (404, version("null"))),
            ("/v1/kv/data/team/ours/MOVED", (307, String::new())),
            ("/v1/kv/data/team/ours/NO_ADDR", (200, version(r#"{"value":"lovelace"}"#))),
            ("/v1/kv/data/team/ours/LARGE", (200, version(&format!(r#"{{"value":"{}"}}"#, "x".repeat(300_000))))),
            ("/v1/kv/data/team/ours/TEXT", (200, "lovelace".to_owned())),
        ]),
        None,
    );
    let log = DIR.path().join("log");
    let token = file("token", "hvs.too-old-lovelace\n");
    let options = ["--vault-mount", "kv", "--vault-path", "team/ours", "--vault-namespace", "engineering"];
    let linked = Linked::start(&store.address, &token, &options, Some(File::create(&log).expect("a file")));

    linked.refuses("ADDR", &["secret ADDR is not known on host N", &store.address, "403", "kv/data/team/ours/ADDR"]);
    file("token", &format!("{TOKEN}\n"));
    linked.put("ADDR").text();
    TcpStream::connect(&port).expect("the provider listens where the secret says");
    let links = linked.server.run(&["get", "links", "-o", "json"]);
    assert!(links.text().contains("\"secret:ADDR\"") && !links.text().contains(&port), "{links:?}");
    let heard = store.requests.iter().nth(1).expect("the second request");
    assert!(heard.contains("x-vault-namespace: engineering\r\n"), "{heard}");

    linked.refuses("NONE", &["WISTERIA_SECRET_NONE", "vault kv put -mount=kv team/ours/NONE value=…"]);
    linked.refuses("SEVERAL", &["(password, user)", "\"value\""]);
    linked.refuses("DELETED", &["was deleted", "undelete"]);
    linked.refuses("MOVED", &["status 307", "not followed", "--vault-addr"]);
    linked.refuses("NO_ADDR", &["address=secret:NO_ADDR"]);
    linked.refuses("LARGE", &["more than 262144 bytes"]);
    linked.refuses("TEXT", &["key-value engine of version 2", "--vault-mount"]);
    while store.requests.try_recv().is_ok() {}
    linked.refuses("../ADDR", &["no name of a secret"]);
    assert!(store.requests.try_recv().is_err(), "nobody asks for what is no name");

    drop(linked);
    let said = fs::read_to_string(&log).expect("a log");
    assert!(said.contains("TRACE") || said.contains("DEBUG"), "it says everything");
    assert!(!said.contains("lovelace"), "neither tokens nor secrets are in the log");
}

#[test]
fn environment_and_directory_go_before_the_vault() {
    let store = Store::start(Answers::new(), None);
    let dir = TempDir::new().expect("a temporary directory");
    let port = free_port();
    fs::write(dir.path().join("ADDR"), &port).expect("written");
    let token = file("token-of-two", TOKEN);
    let linked = Linked::start(&store.address, &token, &["--secrets-dir", text(dir.path())], None);
    linked.put("ADDR").text();
    TcpStream::connect(&port).expect("the provider listens where the secret says");
    assert!(store.requests.try_recv().is_err(), "the Vault is not asked");
    linked
        .refuses("NONE", &["WISTERIA_SECRET_NONE", "/NONE there", "vault kv put -mount=secret wisteria/NONE value=…"]);
}

#[test]
fn a_silent_vault_is_named_before_the_link_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", silent.local_addr().expect("an address"));
    let linked = Linked::start(&address, &file("token-of-silent", TOKEN), &[], None);
    let begun = Instant::now();
    linked.refuses("ADDR", &["did not answer within 1500 ms", &address, "--vault-addr"]);
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
    drop(silent);
    linked.refuses("ADDR", &["cannot be reached", &address]);
    file("token-of-silent", "\n");
    linked.refuses("ADDR", &["token-of-silent holds no token"]);
    fs::remove_file(DIR.path().join("token-of-silent")).expect("removed");
    linked.refuses("ADDR", &["--vault-token-file", "cannot be read"]);
}

#[test]
fn a_vault_proves_its_name_by_an_authority_that_is_named() {
    let port = free_port();
    let names = ["127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let authority = file("vault.pem", &made.cert.pem());
    let key = PrivateKeyDer::from_pem_slice(made.signing_key.serialize_pem().as_bytes()).expect("a key");
    let chain = vec![CertificateDer::from_pem_file(&authority).expect("a certificate")];
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has the default versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a configuration");
    let found = (200, version(&format!(r#"{{"value":"{port}"}}"#)));
    let store = Store::start(Answers::from([("/v1/secret/data/wisteria/ADDR", found)]), Some(Arc::new(config)));
    let token = file("token-of-tls", TOKEN);

    Linked::start(&store.address, &token, &[], None).refuses("ADDR", &["TLS with 127.0.0.1 failed", "--tls-ca"]);
    assert!(!store.requests.recv().expect("a connection").contains("x-vault-token"), "no stranger gets the token");

    let linked = Linked::start(&store.address, &token, &["--tls-ca", text(&authority)], None);
    linked.put("ADDR").text();
    TcpStream::connect(&port).expect("the provider listens where the secret says");
}

#[test]
fn the_token_may_be_in_the_environment_and_nowhere_else() {
    let port = free_port();
    let found = (200, version(&format!(r#"{{"value":"{port}"}}"#)));
    let store = Store::start(Answers::from([("/v1/secret/data/wisteria/ADDR", found)]), None);
    let put = |token: Option<&str>| {
        let server = Server::start_as(&["--allow-unsigned"], |command| {
            command.env("VAULT_ADDR", &store.address).envs(token.map(|token| ("VAULT_TOKEN", token)));
        });
        let actor = sample("wapc_upper.wasm");
        let actor = server.run(&["start", "actor", text(&actor)]).text().to_owned();
        let provider = http_server(&server);
        server.run(&["link", "put", &actor, &provider, "wasmcloud:httpserver", "address=secret:ADDR"])
    };
    put(Some(TOKEN)).text();
    let refused = put(None);
    assert!(refused.failure().contains("--vault-token-file, or set VAULT_TOKEN"), "{refused:?}");
    let on_the_line = run(&["up", "--vault-addr", &store.address, "--vault-token", TOKEN], b"");
    assert_eq!(on_the_line.code, 2, "{on_the_line:?}");
}

#[test]
fn a_vault_of_the_environment_that_cannot_be_used_matters_to_links_that_need_it_alone() {
    let unreachable = format!("http://{}", free_port());
    let dir = TempDir::new().expect("a temporary directory");
    for (address, namespace, words) in [
        ("", "", ["set WISTERIA_SECRET_NONE", "/NONE there"]),
        (unreachable.as_str(), "", ["cannot be reached", &unreachable]),
        ("http://vault.example.org:8200", "", ["VAULT_ADDR http://vault.example.org:8200", "--insecure"]),
        ("vault.example.org", "", ["VAULT_ADDR in the environment cannot be used", "https://vault"]),
        (unreachable.as_str(), "a b", ["VAULT_NAMESPACE in the environment cannot be used", "names of letters"]),
    ] {
        let options = ["--allow-unsigned", "--secrets-dir", text(dir.path())];
        let server = Server::start_as(&options, |command| {
            command.env("VAULT_ADDR", address).env("VAULT_NAMESPACE", namespace).env("VAULT_TOKEN", TOKEN);
        });
        let actor = sample("wapc_upper.wasm");
        let actor = server.run(&["start", "actor", text(&actor)]).text().to_owned();
        let provider = http_server(&server);
        let port = free_port();
        fs::write(dir.path().join("ADDR"), &port).expect("written");
        let put = |name: &str| {
            let value = format!("address=secret:{name}");
            server.run(&["link", "put", &actor, &provider, "wasmcloud:httpserver", &value])
        };
        put("ADDR").text();
        TcpStream::connect(&port).expect("the provider listens where the secret says");
        let refused = put("NONE");
        for word in words {
            assert!(refused.failure().contains(word), "{word} in {refused:?}");
        }
    }
}

#[test]
fn what_would_show_the_token_is_wrong_usage() {
    for (options, words) in [
        (&["--vault-addr", "http://vault.example.org:8200"][..], "--insecure"),
        (&["--vault-addr", "vault.example.org"], "https://vault"),
        (&["--vault-addr", "https://vault.example.org", "--vault-path", "a/../b"], "names of letters"),
        (&["--vault-token-file", "x"], "--vault-addr"),
    ] {
        let wrong = run(&[&["up"], options].concat(), b"");
        assert!(wrong.code == 2 && wrong.stderr.contains(words), "{words} in {wrong:?}");
    }
}
