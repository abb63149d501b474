//! What a user does with a server: start, link, call, look, stop.

use std::{fs, path::Path};

use serde_json::{Value, json};
use wisteria_core::identity::{ActorClaims, KeyKind, KeyPair, sign_module};

use crate::program::{ECHO_ISSUER, Ended, Server, published_echo, sample};

const KEY_VALUE: &str = "wasmcloud:keyvalue";
const REQUEST: &str = r#"{"method":"GET","path":"/visits","queryString":"","header":{},"body":""}"#;

/// Starts a sample on the server and returns its key.
fn start(server: &Server, name: &str) -> String {
    start_file(server, &sample(name))
}

fn start_file(server: &Server, file: &Path) -> String {
    let key = server.run(&["start", "actor", text(file)]).text().to_owned();
    assert!(key.len() == 56 && key.starts_with('M'), "{key}");
    key
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// The count that a counter answers with.
#[track_caller]
fn count(reply: &Ended) -> Value {
    let reply = reply.json();
    assert_eq!(reply["statusCode"], 200, "{reply}");
    let body = reply["body"].as_str().expect("the body is text");
    serde_json::from_str::<Value>(body).expect("the body is JSON")["counter"].clone()
}

#[test]
fn an_actor_is_started_linked_called_and_stopped() {
    let server = Server::start(&["--allow-unsigned", "--label", "zone=a"]);
    let actor = start(&server, "kv_counter.wasm");
    let call = || server.run(&["call", &actor, "HttpServer.HandleRequest", REQUEST]);

    let unlinked = call();
    let line = unlinked.failure();
    for words in ["not linked", KEY_VALUE, "wisteria link put"] {
        assert!(line.contains(words), "{line}");
    }

    let link = server.run(&["link", "put", &actor, "keyvalue-memory", KEY_VALUE, "-o", "json"]);
    let provider = link.json()["provider_id"].as_str().expect("a key").to_owned();
    assert!(provider.starts_with('V'), "{provider}");
    assert_eq!(count(&call()), 1);
    assert_eq!(count(&call()), 2);

    let links = server.run(&["get", "links", "-o", "json"]).json();
    let expected = json!({ "links": [{
        "actor_id": actor, "provider_id": provider, "contract_id": KEY_VALUE, "link_name": "default",
        "values": {}, "status": { "state": "active" }, "stamp": links["links"][0]["stamp"],
    }]});
    assert_eq!(links, expected);
    assert!(server.run(&["get", "links"]).text().contains(&provider));

    server.run(&["link", "del", &actor, KEY_VALUE]).text();
    assert!(call().failure().contains("not linked"));
    assert_eq!(server.run(&["get", "links"]).text(), "no links");

    server.run(&["stop", "actor", &actor]).text();
    assert!(call().failure().contains(&actor));
    let again = server.run(&["stop", "actor", &actor]);
    assert!(again.failure().contains("runs on no host"), "{again:?}");
}

#[test]
fn hosts_and_inventories_have_the_shapes_of_the_control_interface() {
    let server = Server::start(&["--allow-unsigned", "--label", "zone=a"]);
    let hosts = server.run(&["get", "hosts", "-o", "json"]).json();
    let [host] = &hosts.as_array().expect("an array")[..] else {
        panic!("not one host: {hosts}");
    };
    assert_eq!(host["labels"], json!({ "kind": "server", "zone": "a" }));
    assert_eq!(host["lattice_prefix"], "default");
    let id = host["id"].as_str().expect("a key");
    assert!(server.run(&["get", "hosts"]).text().contains(id));

    let started = server.run(&[
        "start",
        "actor",
        text(&sample("kv_counter.wasm")),
        "--label",
        "zone=a",
        "--max-instances",
        "3",
        "-o",
        "json",
    ]);
    let started = started.json();
    assert_eq!(started["host_id"], id);
    let actor = started["actor_id"].as_str().expect("a key");

    // The beginning of a host's key is enough.
    let inventory = server.run(&["get", "inventory", &id[..8], "-o", "json"]).json();
    assert_eq!(inventory["host_id"], id);
    assert_eq!(inventory["actors"][0]["id"], actor);
    assert_eq!(inventory["actors"][0]["instances"][0]["max_concurrent"], 3);
    let providers = inventory["providers"].as_array().expect("an array");
    assert!(providers.iter().any(|provider| provider["contract_id"] == KEY_VALUE), "{inventory}");
    let shown = server.run(&["get", "inventory"]);
    assert!(shown.text().contains(actor) && shown.text().contains(KEY_VALUE), "{shown:?}");
}

#[test]
fn a_provider_is_started_by_name_and_stopped_by_key() {
    let server = Server::start(&[]);
    let started = server.run(&["start", "provider", "keyvalue-memory", "--link-name", "second", "-o", "json"]);
    let key = started.json()["provider_id"].as_str().expect("a key").to_owned();
    let listed = || server.run(&["get", "inventory", "-o", "json"]).text().contains(&key);
    assert!(listed());
    server.run(&["stop", "provider", &key]).text();
    assert!(!listed());
    let unknown = server.run(&["start", "provider", "abacus"]);
    assert!(unknown.failure().contains("keyvalue-memory"), "{unknown:?}");
}

/// A counter signed with these names, in a file.
fn signed(folder: &Path, byte: u8, alias: Option<&str>) -> std::path::PathBuf {
    let account = KeyPair::from_raw(KeyKind::Account, [1; 32]);
    let claims = ActorClaims {
        name: Some("Counter".to_owned()),
        call_alias: alias.map(str::to_owned),
        caps: [KEY_VALUE, "wasmcloud:httpserver", "wasmcloud:builtin:logging"].map(str::to_owned).into(),
        ..ActorClaims::new(
            account.public_key(),
            KeyPair::from_raw(KeyKind::Module, [byte; 32]).public_key(),
            format!("id-{byte}"),
            std::time::Duration::ZERO,
        )
    };
    let module = fs::read(sample("kv_counter.wasm")).expect("it is there");
    let file = folder.join(format!("{byte}.wasm"));
    let signed = sign_module(&module, &claims, &account).expect("the module is signed");
    fs::write(&file, signed).expect("it is written");
    file
}

#[test]
fn a_signed_actor_goes_by_its_alias_and_its_name_while_that_is_clear() {
    let account = KeyPair::from_raw(KeyKind::Account, [1; 32]).public_key().to_string();
    let server = Server::start(&["--trust", &account]);
    let folder = tempfile::tempdir().expect("a temporary directory");
    let first = start_file(&server, &signed(folder.path(), 2, Some("sample/counter")));
    for name in ["sample/counter", "Counter"] {
        server.run(&["link", "put", name, "keyvalue-memory", KEY_VALUE]).text();
    }
    let call = |name: &str| server.run(&["call", name, "HttpServer.HandleRequest", REQUEST]);
    assert_eq!(count(&call("Counter")), 1);

    let claims = server.run(&["get", "claims", "-o", "json"]).json();
    assert_eq!(claims["claims"][0]["sub"], first);
    assert_eq!(claims["claims"][0]["call_alias"], "sample/counter");

    let second = start_file(&server, &signed(folder.path(), 3, None));
    let unclear = call("Counter");
    assert!(unclear.failure().contains(&first) && unclear.failure().contains(&second));
    assert_eq!(count(&call("sample/counter")), 2);
    assert!(call("Abacus").failure().contains("Abacus"));
    assert!(call(&first.replacen('M', "N", 1)).failure().contains("checksum"));
}

#[test]
fn a_published_actor_runs_as_it_was_signed() {
    let server = Server::start(&["--trust", ECHO_ISSUER]);
    let key = start_file(&server, &published_echo());
    assert_eq!(key, "MDJ5BWS6JXSWOZL2ZENW2D4FBSHQ5ZMFGEGJB33TLKYKMXTLLAXINU36");
    let call = |operation: &str| {
        let message = r#"{"subject":"in","body":{"base64":"aGk="}}"#;
        server.run(&["call", "Echo Messaging", operation, message])
    };
    assert_eq!(call("MessageSubscriber.HandleMessage").json(), Value::Null);
    let unknown = call("MessageSubscriber.Forget");
    assert!(unknown.failure().contains("MessageSubscriber.Forget"), "{unknown:?}");
}

#[test]
fn an_unsigned_module_is_refused_unless_allowed() {
    let server = Server::start(&[]);
    let refused = server.run(&["start", "actor", text(&sample("kv_counter.wasm"))]);
    let line = refused.failure();
    assert!(line.contains("claims") && line.contains("--allow-unsigned"), "{line}");
}

#[test]
fn what_is_no_actor_is_refused_with_its_reason() {
    let server = Server::start(&["--allow-unsigned"]);
    let folder = tempfile::tempdir().expect("a temporary directory");
    let file = folder.path().join("text.wasm");
    assert!(server.run(&["start", "actor", text(&file)]).failure().contains("text.wasm"));
    fs::write(&file, "text").expect("it is written");
    server.run(&["start", "actor", text(&file)]).failure();
}

#[test]
fn input_comes_from_the_argument_a_file_or_standard_input_and_replies_go_out_raw() {
    let server = Server::start(&["--allow-unsigned"]);
    let actor = start(&server, "wapc_upper.wasm");
    let folder = tempfile::tempdir().expect("a temporary directory");
    let file = folder.path().join("input");
    fs::write(&file, "from a file").expect("it is written");
    let at_file = format!("@{}", text(&file));
    let call = |input: &str| {
        let arguments = ["call", &actor, "upper", input, "--raw", "--raw-input"];
        server.run_with(&arguments, b"from standard input").stdout
    };
    assert_eq!(call("from an argument"), "FROM AN ARGUMENT");
    assert_eq!(call(&at_file), "FROM A FILE");
    assert_eq!(call("-"), "FROM STANDARD INPUT");

    let not_packed = server.run(&["call", &actor, "upper", "text", "--raw-input"]);
    assert!(not_packed.failure().contains("--raw"), "{not_packed:?}");
    let not_json = server.run(&["call", &actor, "upper", "text"]);
    assert!(not_json.failure().contains("not JSON"), "{not_json:?}");
    let guest_error = server.run(&["call", &actor, "fail", "out of luck", "--raw-input"]);
    assert!(guest_error.failure().contains("out of luck"), "{guest_error:?}");
}

#[test]
fn a_host_is_stopped_over_the_lattice() {
    let mut server = Server::start(&[]);
    let hosts = server.run(&["get", "hosts", "-o", "json"]).json();
    let id = hosts[0]["id"].as_str().expect("a key").to_owned();
    let wrong = server.run(&["stop", "host", "NX"]);
    assert!(wrong.failure().contains("NX"), "{wrong:?}");
    server.run(&["stop", "host", &id]).text();
    assert_eq!(server.wait(), Some(0));
}
