//! A NATS server in the decentralised scheme, where a server of ours signs for those who join by it.

use std::{fs, path::Path};

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use wisteria_core::identity::{KeyKind, KeyPair};

use crate::{
    join::hosts,
    nats_server::NatsServer,
    program::{Server, run},
};

/// Claims as NATS has them.
fn claims(issuer: &KeyPair, subject: &KeyPair, nats: &Value) -> String {
    let body = json!({
        "jti": subject.public_key().to_string(),
        "iat": 1_700_000_000,
        "iss": issuer.public_key().to_string(),
        "sub": subject.public_key().to_string(),
        "name": "test",
        "nats": nats,
    });
    let part = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    let signed = format!(
        "{}.{}",
        part(br#"{"typ":"JWT","alg":"ed25519-nkey"}"#),
        part(&serde_json::to_vec(&body).expect("JSON"))
    );
    format!("{signed}.{}", part(&issuer.sign(signed.as_bytes())))
}

/// An account of that server.
struct Account {
    nats: NatsServer,
    dir: tempfile::TempDir,
}

impl Account {
    fn new() -> Self {
        let key = |kind, byte| KeyPair::from_raw(kind, [byte; 32]);
        let (operator, account, system) =
            (key(KeyKind::Operator, 1), key(KeyKind::Account, 2), key(KeyKind::Account, 3));
        let limits = json!({
            "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1,
            "leaf": -1, "mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1,
        });
        let of_account = json!({ "limits": limits, "type": "account", "version": 2 });
        let of_system = json!({
            "limits": { "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "conn": -1, "leaf": -1 },
            "type": "account",
            "version": 2,
        });
        let of_operator = json!({
            "system_account": system.public_key().to_string(), "type": "operator", "version": 2,
        });
        let config = format!(
            "operator: {}\nsystem_account: {system}\nresolver: MEMORY\nresolver_preload: {{\n{system}: {}\n{}: {}\n}}",
            claims(&operator, &operator, &of_operator),
            claims(&operator, &system, &of_system),
            account.public_key(),
            claims(&operator, &account, &of_account),
            system = system.public_key(),
        );
        let dir = tempfile::tempdir().expect("a temporary directory");
        fs::write(dir.path().join("account.nk"), account.seed()).expect("written");
        let server_user = key(KeyKind::User, 4);
        let unbounded = json!({ "subs": -1, "data": -1, "payload": -1, "type": "user", "version": 2 });
        let creds = format!(
            "-----BEGIN NATS USER JWT-----\n{}\n------END NATS USER JWT------\n\
             -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
            claims(&account, &server_user, &unbounded),
            server_user.seed(),
        );
        fs::write(dir.path().join("server.creds"), creds).expect("written");
        Self { nats: NatsServer::start(&config), dir }
    }

    fn path(&self, name: &str) -> String {
        text(&self.dir.path().join(name))
    }

    /// A server that signs for those who join by it.
    fn server(&self) -> Server {
        let url = format!("nats://{}", self.nats.address);
        Server::start(&[
            "--nats",
            &url,
            "--nats-creds",
            &self.path("server.creds"),
            "--nats-signing-key",
            &self.path("account.nk"),
        ])
    }
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path in UTF-8").to_owned()
}

#[test]
fn one_credentials_file_serves_the_server_and_the_nats_cluster_as_well() {
    let account = Account::new();
    let server = account.server();
    assert_eq!(hosts(&server), 1, "the operator comes in by the server");
    let minted = account.path("minted.creds");
    let mint = ["token", "mint", "--role", "operator", "--ttl", "5m", "--creds-file", &minted, "-o", "json"];
    let id = server.run(&mint).json()["id"].as_str().expect("an id").to_owned();
    let directly = format!("nats://{}", account.nats.address);
    for url in [&server.url, &directly] {
        let found = run(&["get", "hosts", "-o", "json", "--url", url, "--creds", &minted], b"").json();
        assert_eq!(found.as_array().map(Vec::len), Some(1), "{url}");
    }

    for url in [&server.url, &directly] {
        let refused = run(&["get", "hosts", "--url", url], b"");
        assert!(refused.failure().contains("Authorization Violation"), "{refused:?}");
    }
    server.run(&["revoke", &id]).text();
    let revoked = run(&["get", "hosts", "--url", &server.url, "--creds", &minted], b"");
    assert!(revoked.failure().contains("revoked"), "{revoked:?}");
}

#[test]
fn what_cannot_sign_for_an_account_is_refused_with_the_reason() {
    let account = Account::new();
    let url = format!("nats://{}", account.nats.address);
    let check = |file: &str, words: &str| {
        let (dir, creds) = (account.path("data"), account.path("server.creds"));
        let options = ["--nats", &url, "--nats-creds", &creds, "--nats-signing-key", file, "--data-dir", &dir];
        let ended = run(&[&["up", "--listen", "127.0.0.1:0"], &options[..]].concat(), b"");
        assert!(ended.failure().contains("--nats-signing-key") && ended.failure().contains(words), "{ended:?}");
    };
    check(&account.path("none"), "none");
    check(&account.path("server.creds"), "no seed");
    let user = account.path("user.nk");
    fs::write(&user, KeyPair::from_raw(KeyKind::User, [4; 32]).seed()).expect("written");
    check(&user, "account (SA");
}
