//! Applications by their manifests, as a user runs them.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    thread,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Server, keys_dir, run, sample};

/// The manifest of a counter behind HTTP, as one of wasmCloud's would name its providers.
fn counter(address: &str) -> String {
    format!(
        "# A counter that people reach by HTTP.
apiVersion: core.oam.dev/v1beta1
kind: Application
metadata:
  name: counter
  annotations:
    version: v0.0.1
    description: \"Counts visits\"
spec:
  components:
    - name: counter
      type: actor
      properties:
        image: kv_counter.wasm
      traits:
        - type: spreadscaler
          properties:
            replicas: 3
        - type: linkdef
          properties:
            target: store
        - type: linkdef
          properties:
            target: web
            values:
              address: {address}
    - name: store
      type: capability
      properties:
        image: keyvalue-memory
        contract: wasmcloud:keyvalue
    - name: web
      type: capability
      properties:
        image: wasmcloud.azurecr.io/httpserver:0.16.2
        contract: wasmcloud:httpserver
"
    )
}

/// A folder with a manifest, and the module that it names.
fn folder(manifest: &str) -> TempDir {
    let folder = TempDir::new().expect("a temporary directory");
    fs::copy(sample("kv_counter.wasm"), folder.path().join("kv_counter.wasm")).expect("copied");
    fs::write(folder.path().join("app.yaml"), manifest).expect("written");
    folder
}

fn text(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}

fn free() -> String {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").to_string()
}

/// A site that has the counter's module, a page, and what never ends.
fn site() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.expect("a connection");
            let mut request = [0; 1024];
            let length = socket.read(&mut request).expect("a request");
            let path = String::from_utf8_lossy(&request[..length]).split(' ').nth(1).unwrap_or_default().to_owned();
            let (status, body) = match path.split('?').next() {
                Some("/kv_counter.wasm") => ("200 OK", fs::read(sample("kv_counter.wasm")).expect("the sample")),
                Some("/page") => ("200 OK", b"<!doctype html>".to_vec()),
                Some("/endless") => ("200 OK", Vec::new()),
                _ => ("404 Not Found", Vec::new()),
            };
            let length = if path == "/endless" { 1 << 40 } else { body.len() };
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            socket.write_all(&[head.as_bytes(), &body].concat()).expect("answered");
            // Until nobody takes any more.
            while path == "/endless" && socket.write_all(&[0; 1 << 16]).is_ok() {}
        }
    });
    address
}

#[test]
fn a_module_at_an_address_of_the_web_is_fetched() {
    let server = Server::start(&["--allow-unsigned"]);
    let (site, address) = (site(), free());
    let manifest = |image: &str| counter(&address).replace("image: kv_counter.wasm", &format!("image: {image}"));
    for (image, words) in [
        (format!("{site}/none.wasm?token=secret"), "none.wasm answered 404 Not Found; check the address"),
        (format!("{site}/page"), "counter: its image: "),
        (format!("{site}/endless"), "/endless has more than 67108864 bytes"),
        ("http://:80/x".to_owned(), "counter: it is no address of the web: empty host; write it as https://HOST/PATH"),
        (format!("http://{}/kv_counter.wasm", free()), "/kv_counter.wasm cannot be fetched: "),
    ] {
        let failed = server.run_with(&["app", "apply", "-"], manifest(&image).as_bytes());
        assert!(failed.failure().contains(words), "{failed:?}");
        assert!(!failed.failure().contains("secret"), "{failed:?}");
    }
    let good = manifest(&format!("{site}/kv_counter.wasm"));
    let applied = server.run_with(&["app", "apply", "-"], good.as_bytes()).text().to_owned();
    assert!(applied.contains("for 3 calls at once"), "{applied}");
    assert_eq!(visit(&address)["counter"], json!(1));
    assert_eq!(server.run_with(&["app", "plan", "-"], good.as_bytes()).text(), "all of it runs already");
}

fn visit(address: &str) -> Value {
    let mut socket = TcpStream::connect(address).expect("it listens");
    let request = format!("GET /hello HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("it answers");
    let (_, body) = answer.split_once("\r\n\r\n").expect("an answer");
    serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
}

#[test]
fn an_application_is_planned_applied_and_there_is_nothing_left_to_do() {
    let server = Server::start(&["--allow-unsigned"]);
    let address = free();
    let folder = folder(&counter(&address));
    let manifest = text(&folder.path().join("app.yaml"));

    let plan = server.run(&["app", "plan", &manifest, "-o", "json"]).json();
    let steps: Vec<_> = plan.as_array().expect("steps").iter().map(|step| step["step"].clone()).collect();
    assert_eq!(steps, ["start-actor", "put-link", "put-link"]);
    assert_eq!(server.run(&["get", "links", "-o", "json"]).json()["links"], json!([]), "a plan changes nothing");

    let applied = server.run(&["app", "apply", &manifest]);
    let lines: Vec<_> = applied.text().lines().collect();
    assert!(lines[0].starts_with("started counter, actor M") && lines[0].ends_with("for 3 calls at once"), "{lines:?}");
    assert_eq!(lines[1], "linked counter to store for wasmcloud:keyvalue as \"default\"");
    assert_eq!(visit(&address), json!({ "counter": 1, "key": "counter:hello" }));

    for command in ["plan", "apply"] {
        assert_eq!(server.run(&["app", command, &manifest]).text(), "all of it runs already");
    }
    let fewer = counter(&address).replace("replicas: 3", "replicas: 2");
    let again = server.run_with(
        &["app", "plan", "-"],
        fewer.replace("kv_counter.wasm", &text(&sample("kv_counter.wasm"))).as_bytes(),
    );
    assert!(
        again.text().starts_with("start counter on N") && again.text().ends_with("for 2 calls at once"),
        "{again:?}"
    );
}

#[test]
fn a_later_revision_of_a_module_replaces_the_one_that_runs() {
    let server = Server::start(&[]);
    let address = free();
    let folder = folder(&counter(&address));
    let (module, manifest) = (folder.path().join("kv_counter.wasm"), text(&folder.path().join("app.yaml")));
    let keys = text(keys_dir());
    let contracts = ["keyvalue", "httpserver", "builtin:logging"].map(|name| format!("--cap=wasmcloud:{name}"));
    let sign = |rev: &str| {
        let sign = ["claims", "sign", &text(&module), "-O", &text(&module), "--keys", &keys, "--rev", rev];
        run(&[&sign[..], &contracts.each_ref().map(String::as_str)].concat(), b"").text().to_owned()
    };
    sign("1");
    server.run(&["app", "apply", &manifest]).text();
    assert_eq!(visit(&address)["counter"], json!(1));
    sign("2");
    let host = server.run(&["get", "inventory", "-o", "json"]).json()["host_id"].clone();
    let host = host.as_str().expect("a key");
    let planned = server.run(&["app", "plan", &manifest]);
    assert_eq!(planned.text(), format!("update counter to revision 2 on {host}"));
    let applied = server.run(&["app", "apply", &manifest]);
    assert!(applied.text().starts_with("updated counter, actor M"), "{applied:?}");
    let runs = server.run(&["get", "inventory", "-o", "json"]).json()["actors"][0]["instances"].clone();
    assert_eq!((&runs[0]["revision"], &runs[0]["max_instances"]), (&json!(2), &json!(3)), "{runs}");
    assert_eq!(visit(&address)["counter"], json!(2));
    sign("1");
    assert_eq!(server.run(&["app", "apply", &manifest]).text(), "all of it runs already");
}

#[test]
fn what_runs_is_exported_as_a_manifest_that_runs() {
    let server = Server::start(&["--allow-unsigned"]);
    let address = free();
    let first = folder(&counter(&address));
    server.run(&["app", "apply", &text(&first.path().join("app.yaml"))]).text();
    let exported = server.run(&["app", "export", "mine"]).text().to_owned();
    for part in ["name: mine", "type: linkdef", "contract: wasmcloud:httpserver", "replicas: 3", &address] {
        assert!(exported.contains(part), "{part} in {exported}");
    }
    let again = server.run_with(&["app", "apply", "-"], exported.as_bytes());
    assert_eq!(again.text(), "all of it runs already");
}

#[test]
fn a_manifest_that_cannot_be_applied_says_why_and_changes_nothing() {
    let server = Server::start(&["--allow-unsigned"]);
    let good = counter("127.0.0.1:1");
    for (manifest, words) in [
        ("a: [".to_owned(), &["app.yaml", "line"][..]),
        (good.replace("type: actor", "type: acotr"), &["spec.components[0].type is acotr; it is actor or capability"]),
        (good.replace("target: web", "target: wbe"), &["links to wbe", "capabilities of this manifest: store, web"]),
        (
            good.replace("image: kv_counter.wasm", "image: none.wasm"),
            &["counter:", "none.wasm cannot be read", "beside the manifest"],
        ),
        (good.replace("image: kv_counter.wasm", "image: app.yaml"), &["counter:", "WebAssembly"]),
        (
            good.replace("            replicas: 3", "            spread: [{ requirements: { zone: west } }]"),
            &["counter needs 1 host with zone=west, and 0 fit"],
        ),
    ] {
        let folder = folder(&manifest);
        let failed = server.run(&["app", "apply", &text(&folder.path().join("app.yaml"))]);
        for word in words {
            assert!(failed.failure().contains(word), "{word} in {failed:?}");
        }
    }
    assert_eq!(server.run(&["get", "inventory", "-o", "json"]).json()["actors"], json!([]));
}

#[test]
fn a_step_that_fails_is_named_with_what_was_done_and_applying_again_goes_on_from_there() {
    let server = Server::start(&["--allow-unsigned"]);
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let folder = folder(&counter(&address));
    let manifest = text(&folder.path().join("app.yaml"));
    let failed = server.run(&["app", "apply", &manifest]);
    for word in ["linked counter to store", "then link counter to web", &address, "apply the manifest again"] {
        assert!(failed.failure().contains(word), "{word} in {failed:?}");
    }
    drop(taken);
    let applied = server.run(&["app", "apply", &manifest]);
    assert_eq!(applied.text(), "linked counter to web for wasmcloud:httpserver as \"default\"");
    assert_eq!(visit(&address)["counter"], json!(1));
}
