//! The limits of one actor, and the ceilings of a server.

use serde_json::json;

use crate::program::{Server, run, sample};

#[test]
fn an_actor_is_started_with_limits_and_runs_into_them() {
    let server = Server::start(&["--allow-unsigned", "--max-fuel", "2000000000", "--max-memory", "128Mi"]);
    let file = sample("wapc_upper.wasm");
    let file = file.to_str().expect("UTF-8");
    let start = |options: &[&str]| server.run(&[&["start", "actor", file][..], options].concat());

    let limits = ["--fuel", "200000", "--memory", "96Mi", "--payload", "1Ki", "--mailbox", "5", "--instances", "2"];
    let actor = start(&limits).text().to_owned();
    let call = |input: &str| server.run(&["call", &actor, "upper", input, "--raw", "--raw-input"]);
    assert_eq!(call("a").text(), "A");
    assert!(call(&"a".repeat(100_000)).failure().contains("fuel"));
    let inventory = server.run(&["get", "inventory", "-o", "json"]).json();
    let run = &inventory["actors"][0]["instances"][0];
    let own = json!({ "fuel": 200_000, "memory": 96 << 20, "payload": 1024, "mailbox": 5 });
    assert_eq!((&run["limits"], &run["max_instances"]), (&own, &json!(2)));
    assert!(server.run(&["get", "inventory"]).text().contains("fuel=200000 memory=100663296 mailbox=5 payload=1024"));

    // Started again it goes on with others.
    assert_eq!(start(&["--fuel", "2000000000"]).text(), actor);
    assert_eq!(call(&"a".repeat(100_000)).text(), "A".repeat(100_000));

    for (option, value, words) in [
        ("--fuel", "2000000001", ["2000000000", "wisteria up --max-fuel 2000000001"]),
        ("--memory", "129Mi", ["134217728", "wisteria up --max-memory 135266304"]),
        ("--depth", "33", ["32", "wisteria up --max-depth 33"]),
        ("--instances", "513", ["512", "wisteria up --max-instances 513"]),
    ] {
        let refused = start(&[option, value]);
        for word in words {
            assert!(refused.failure().contains(word), "{word} in {refused:?}");
        }
    }
}

#[test]
fn limits_that_mean_nothing_are_wrong_usage() {
    for (arguments, words) in [
        (&["start", "actor", "f", "--fuel", "0"][..], "--fuel"),
        (&["start", "actor", "f", "--memory", "12"], "64Ki"),
        (&["start", "actor", "f", "--payload", "1 MB"], "16Mi"),
        (&["up", "--max-memory", "5Gi"], "4Gi"),
        (&["up", "--max-instances", "0"], "--max-instances"),
    ] {
        let ended = run(arguments, b"");
        assert!(ended.code == 2 && ended.stderr.contains(words), "{words} in {ended:?}");
    }
}
