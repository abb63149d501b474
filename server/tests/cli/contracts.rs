//! `wisteria contracts`: contracts, their operations and their schemas, without a lattice.

use crate::program::run;

#[test]
fn contracts_are_listed_with_what_they_are_for() {
    let listed = run(&["contracts"], b"");
    let lines = listed.text().lines().collect::<Vec<_>>();
    assert!(lines[0].starts_with("CONTRACT"), "{listed:?}");
    for (contract, words) in [("wasmcloud:keyvalue ", "sets under keys"), ("wisteria:cron ", "times")] {
        let line = lines.iter().find(|line| line.starts_with(contract)).expect("a line of it");
        assert!(line.contains(words), "{line}");
    }
}

#[test]
fn a_contract_is_shown_with_its_operations() {
    let shown = run(&["contracts", "wisteria:keyvalue2"], b"");
    let line = shown.text().lines().find(|line| line.starts_with("KeyValue2.Set ")).expect("a line of it");
    for words in ["provider", "{concurrency?, etag?, key, ttlMs?, value?}", "{applied, etag?}", "Sets the value"] {
        assert!(line.contains(words), "{line}");
    }
    let shown = run(&["contracts", "wasmcloud:httpserver"], b"");
    assert!(shown.text().lines().any(|line| line.contains("HttpServer.HandleRequest  actor ")), "{shown:?}");
}

#[test]
fn json_has_the_schemas() {
    let json = run(&["contracts", "wasmcloud:keyvalue", "-o", "json"], b"").json();
    let contract = &json["contracts"][0];
    assert_eq!(contract["id"], "wasmcloud:keyvalue");
    let operations = contract["operations"].as_array().expect("operations");
    let set = operations.iter().find(|operation| operation["name"] == "KeyValue.Set").expect("an operation");
    assert_eq!(set["direction"], "from-actor");
    assert_eq!(set["input"]["properties"]["expires"]["maximum"], u32::MAX);
    assert_eq!(set["input"]["required"], serde_json::json!(["key", "value"]));
    assert_eq!(set["output"]["type"], "null");
    let all = run(&["contracts", "-o", "json"], b"").json();
    assert!(all["contracts"].as_array().expect("contracts").contains(contract));
}

#[test]
fn an_unknown_contract_is_named_with_those_there_are() {
    let ended = run(&["contracts", "wasmcloud:telnet"], b"");
    let line = ended.failure();
    for words in ["wasmcloud:telnet", "wisteria:telnet", "wasmcloud:keyvalue"] {
        assert!(line.contains(words), "{line}");
    }
}
