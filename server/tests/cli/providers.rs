//! What a user learns of providers, and of link values that they do not take.

use serde_json::json;

use crate::program::{Server, run, sample};

#[test]
fn a_provider_says_what_its_links_take_without_a_server() {
    let list = run(&["provider", "list"], b"");
    for name in ["keyvalue-memory", "httpserver", "logging", "numbergen"] {
        assert!(list.text().lines().any(|line| line.starts_with(name)), "{name} in {list:?}");
    }
    let described = run(&["provider", "describe", "httpserver", "-o", "json"], b"").json();
    let address = json!({
        "name": "address", "type": "text", "required": true, "default": null, "secret": true,
        "about": "where to listen, HOST:PORT; port 0 picks a free one", "example": "127.0.0.1:8080",
    });
    let expected = json!({
        "name": "httpserver", "contract": "wasmcloud:httpserver", "title": "HTTP server", "needs_link": true,
        "values": [address],
        "example": "wisteria link put ACTOR httpserver wasmcloud:httpserver address=127.0.0.1:8080",
    });
    assert_eq!(described, expected);
    let page = run(&["provider", "describe", "httpserver"], b"");
    for words in
        ["HTTP server", "contract: wasmcloud:httpserver", "(required)", "secret:NAME", "wisteria link put ACTOR"]
    {
        assert!(page.text().contains(words), "{words} in {page:?}");
    }
    assert!(run(&["provider", "describe", "numbergen"], b"").text().contains("needs no link"));
    let unknown = run(&["provider", "describe", "abacus"], b"");
    assert!(unknown.failure().contains("no provider \"abacus\"; it has: keyvalue-memory"), "{unknown:?}");
}

#[test]
fn the_example_of_a_description_is_a_link_that_is_taken() {
    let server = Server::start(&["--allow-unsigned"]);
    let actor = sample("kv_counter.wasm");
    let actor = server.run(&["start", "actor", actor.to_str().expect("UTF-8")]).text().to_owned();
    let described = run(&["provider", "describe", "keyvalue-memory", "-o", "json"], b"").json();
    let example = described["example"].as_str().expect("an example").replace("ACTOR", &actor);
    let arguments: Vec<&str> = example.split(' ').skip(1).collect();
    server.run(&arguments).text();
    assert!(server.run(&["get", "links"]).text().contains("active"));
}

#[test]
fn a_link_value_that_is_unknown_missing_or_wrong_is_refused_with_what_is_taken() {
    let server = Server::start(&["--allow-unsigned"]);
    let actor = sample("kv_counter.wasm");
    let actor = server.run(&["start", "actor", actor.to_str().expect("UTF-8")]).text().to_owned();
    let put = |provider: &str, contract: &str, values: &[&str]| {
        server.run(&[&["link", "put", &actor, provider, contract][..], values].concat())
    };
    let refused = |provider, contract, values: &[&str], words: &str| {
        let refused = put(provider, contract, values);
        assert!(refused.failure().contains(words), "{words} in {refused:?}");
    };
    refused("keyvalue-memory", "wasmcloud:keyvalue", &["a=b"], "it knows no value `a`; it takes none");
    let http = "wasmcloud:httpserver";
    refused("httpserver", http, &[], "the value `address` is missing; give it as address=127.0.0.1:8080");
    let words = "no value `adress` (did you mean `address`?); it takes address (text, required)";
    refused("httpserver", http, &["adress=127.0.0.1:0"], words);
    refused("httpserver", http, &["address="], "`address` is no text; write it as address=127.0.0.1:8080");
    assert_eq!(server.run(&["get", "links"]).text(), "no links", "nothing that was refused is kept");
}
