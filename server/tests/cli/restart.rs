//! What a server knows after it was killed, and modules that are replaced while they are called.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::Value;

use crate::program::{Server, run, sample};

const KEY_VALUE: &str = "wasmcloud:keyvalue";
/// Well-formed keys that nothing on the lattice has.
const ACTOR: &str = "MAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABEO2";

fn links(server: &Server) -> Vec<Value> {
    server.run(&["get", "links", "-o", "json"]).json()["links"].as_array().expect("links").clone()
}

fn provider(server: &Server) -> String {
    let inventory = server.run(&["get", "inventory", "-o", "json"]).json();
    let mut providers = inventory["providers"].as_array().expect("providers").iter();
    let store = providers.find(|provider| provider["image_ref"] == "keyvalue-memory").expect("it runs");
    store["id"].as_str().expect("a key").to_owned()
}

#[test]
fn whatever_was_acknowledged_is_there_after_a_kill_at_any_moment() {
    let mut server = Server::start(&[]);
    let provider = provider(&server);
    let mut acknowledged: Vec<String> = Vec::new();
    for round in 0..6 {
        let way = server.way();
        let (provider, first) = (provider.clone(), acknowledged.len());
        let killed = Arc::new(AtomicBool::new(false));
        let ends = killed.clone();
        let writer = std::thread::spawn(move || {
            let mut taken = Vec::new();
            for number in 0.. {
                // A kill between two puts fails neither.
                if ends.load(Ordering::SeqCst) {
                    break;
                }
                let name = format!("r{round}-{first}-{number}");
                let put = ["link", "put", ACTOR, &provider, KEY_VALUE, "--link-name", &name];
                let way = way.iter().map(String::as_str);
                if run(&put.into_iter().chain(way).collect::<Vec<_>>(), b"").code != 0 {
                    return taken;
                }
                taken.push(name);
            }
            taken
        });
        // The writer is stopped in the middle of whichever put it has come to.
        while links(&server).len() < acknowledged.len() + 1 + round {}
        server.crash();
        killed.store(true, Ordering::SeqCst);
        server.restart();
        acknowledged.extend(writer.join().expect("it ran"));
        let found: Vec<String> =
            links(&server).iter().map(|link| link["link_name"].as_str().expect("a name").to_owned()).collect();
        let lost: Vec<&String> = acknowledged.iter().filter(|name| !found.contains(name)).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    }
}

#[test]
fn a_restarted_server_links_its_actors_as_before() {
    let mut server = Server::start(&["--allow-unsigned"]);
    let file = sample("kv_counter.wasm");
    let file = file.to_str().expect("a path in UTF-8");
    let actor = server.run(&["start", "actor", file]).text().to_owned();
    server.run(&["link", "put", &actor, "keyvalue-memory", KEY_VALUE]).text();
    server.crash_and_restart();
    assert_eq!(links(&server)[0]["status"]["state"], "active");
    assert!(server.run(&["get", "claims"]).text().contains(&actor));
    server.run(&["start", "actor", file]).text();
    let request = r#"{"method":"GET","path":"/","queryString":"","header":{},"body":""}"#;
    let reply = server.run(&["call", &actor, "HttpServer.HandleRequest", request]);
    assert!(reply.text().contains("statusCode"), "{reply:?}");
}

#[test]
fn a_link_to_a_provider_that_does_not_run_is_pending_and_says_so() {
    let server = Server::start(&[]);
    let absent = "VAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB5SR";
    let put = server.run(&["link", "put", ACTOR, absent, KEY_VALUE]);
    assert!(put.code == 0, "{put:?}");
    assert!(put.text().contains("takes the link when it starts"), "{put:?}");
    assert!(server.run(&["get", "links"]).text().contains("pending: provider absent"));
}

#[test]
fn labels_and_modules_change_while_a_host_runs() {
    let server = Server::start(&["--allow-unsigned", "--allow-file-load"]);
    let host = server.run(&["get", "hosts", "-o", "json"]).json()[0]["id"].as_str().expect("a key").to_owned();
    server.run(&["label", "put", &host, "zone=b"]).text();
    assert!(server.run(&["get", "hosts"]).text().contains("zone=b"));
    let file = sample("wapc_upper.wasm");
    let reference = format!("file://{}", file.canonicalize().expect("it is there").display());
    let started = server.run(&["start", "actor", &reference, "--label", "zone=b", "--all", "-o", "json"]).json();
    let actor = started[0]["actor_id"].as_str().expect("a key").to_owned();
    let file = file.to_str().expect("a path in UTF-8");
    let updated = server.run(&["update", "actor", &actor, file]);
    assert_eq!(updated.text(), format!("updated {actor} on {host}"));
    let other = server.run(&["update", "actor", &actor, sample("kv_counter.wasm").to_str().expect("a path in UTF-8")]);
    assert!(other.failure().contains("start it beside the other"), "{other:?}");
    server.run(&["label", "del", &host, "zone"]).text();
    let nowhere = server.run(&["start", "actor", file, "--label", "zone=b", "--all"]);
    assert!(nowhere.failure().contains("no host has the label zone=b"), "{nowhere:?}");
}
