//! Actors that are linked to secrets of their host.

use std::{
    fs::{self, File},
    path::Path,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    program::{Server, sample},
    vault_store::{Answers, Store, TOKEN, version},
};

const CONTRACT: &str = "wisteria:secrets";

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn start(server: &Server) -> String {
    server.run(&["start", "actor", text(&sample("secret_check.wasm"))]).text().to_owned()
}

#[track_caller]
fn matches(server: &Server, actor: &str, name: &str, guess: &str) -> Value {
    server.run(&["call", actor, "Secret.Matches", &json!([name, guess]).to_string()]).json()
}

#[track_caller]
fn refused(server: &Server, actor: &str, name: &str, words: &str) {
    let refused = server.run(&["call", actor, "Secret.Matches", &json!([name, ""]).to_string()]);
    assert!(refused.failure().contains(words), "{words} in {refused:?}");
    assert!(!refused.stderr.contains("lovelace"), "{refused:?}");
}

#[test]
fn an_actor_has_the_secrets_that_its_link_names_on_their_host_and_nowhere_else() {
    let dir = TempDir::new().expect("a temporary directory");
    for name in ["TOKEN", "HIDDEN"] {
        fs::write(dir.path().join(name), "lovelace-of-a-file\n").expect("written");
    }
    let log = dir.path().join("log");
    let file = File::create(&log).expect("a file");
    let server =
        Server::start_as(&["--allow-unsigned", "--label", "zone=a", "--secrets-dir", text(dir.path())], |command| {
            command.env("WISTERIA_LOG", "trace").stderr(file);
        });
    let actor = start(&server);
    let put = |server: &Server, names: &str| server.run(&["link", "put", &actor, "secrets", CONTRACT, names]);
    assert!(put(&server, "NAMES=../TOKEN").failure().contains("neither a name of a secret"));
    put(&server, "NAMES=TOKEN,NONE").text();
    assert_eq!(matches(&server, &actor, "TOKEN", "lovelace-of-a-file"), true);
    assert_eq!(matches(&server, &actor, "TOKEN", "lovelace-of-a-fil"), false);
    assert_eq!(matches(&server, &actor, "NONE", ""), Value::Null);
    refused(
        &server,
        &actor,
        "HIDDEN",
        "the link does not allow the secret HIDDEN; put it again with NAMES that has it",
    );
    refused(&server, &actor, "../TOKEN", "that is no name of a secret");
    fs::write(dir.path().join("TOKEN"), "lovelace-of-today").expect("written");
    assert_eq!(matches(&server, &actor, "TOKEN", "lovelace-of-today"), true, "it is looked up each time");

    // The same actor elsewhere, with the same link.
    server.run(&["stop", "actor", &actor]).text();
    let other = Server::join(&server, &["--allow-unsigned", "--label", "zone=b"]);
    let file = sample("secret_check.wasm");
    server.run(&["start", "actor", text(&file), "--label", "zone=b"]).text();
    refused(&server, &actor, "TOKEN", "secrets stay on their host, and actor M");
    other.run(&["stop", "actor", &actor]).text();
    server.run(&["start", "actor", text(&file), "--label", "zone=a"]).text();
    assert_eq!(matches(&other, &actor, "TOKEN", "lovelace-of-today"), true, "who asks the actor may be anywhere");
    drop((other, server));
    let said = fs::read_to_string(&log).expect("a log");
    assert!(said.contains("TRACE") || said.contains("DEBUG"), "it says everything");
    assert!(!said.contains("lovelace"), "no secret is in the log");
}

#[test]
fn an_actor_has_the_version_that_a_vault_counts() {
    let dir = TempDir::new().expect("a temporary directory");
    let token = dir.path().join("token");
    fs::write(&token, TOKEN).expect("written");
    let found = (200, version(r#"{"value":"lovelace"}"#));
    let store = Store::start(Answers::from([("/v1/secret/data/wisteria/shop.KEY", found)]), None);
    let server =
        Server::start(&["--allow-unsigned", "--vault-addr", &store.address, "--vault-token-file", text(&token)]);
    let actor = start(&server);
    server.run(&["link", "put", &actor, "secrets", CONTRACT, "NAMES=shop.*"]).text();
    assert!(store.requests.try_recv().is_err(), "what stands for many asks for none");
    assert_eq!(matches(&server, &actor, "shop.KEY", "lovelace"), true);
    assert_eq!(server.run(&["call", &actor, "Secret.Version", "\"shop.KEY\""]).json(), "2");
    assert_eq!(matches(&server, &actor, "shop.NONE", ""), Value::Null);
    fs::write(&token, "hvs.old").expect("written");
    refused(&server, &actor, "shop.KEY", "renew the token");
    let links = server.run(&["get", "links"]);
    assert!(links.text().contains("refused: whether there is a secret shop.KEY cannot be told"), "{links:?}");
}
