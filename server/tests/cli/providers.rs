//! What a user learns of providers, and of link values that they do not take.

use serde_json::json;

use crate::{
    program::{Server, run, sample},
    redis_server::RedisServer,
};

pub(crate) const REQUEST: &str = r#"{"method":"GET","path":"/visits","queryString":"","header":{},"body":""}"#;

/// The count that the counter answers with.
#[track_caller]
pub(crate) fn count(server: &Server, actor: &str) -> i64 {
    let reply = server.run(&["call", actor, "HttpServer.HandleRequest", REQUEST]).json();
    let body: serde_json::Value = serde_json::from_str(reply["body"].as_str().expect("text")).expect("JSON");
    body["counter"].as_i64().unwrap_or_else(|| panic!("no count in {reply}"))
}

#[test]
fn a_provider_says_what_its_links_take_without_a_server() {
    let list = run(&["provider", "list"], b"");
    let kinds = wisteria_server::provider::KINDS.iter().map(|kind| kind.description.name);
    for name in kinds.chain(["logging", "numbergen"]) {
        assert!(list.text().lines().any(|line| line.starts_with(name)), "{name} in {list:?}");
    }
    let mut described = run(&["provider", "describe", "httpserver", "-o", "json"], b"").json();
    let values = described["values"].take();
    let address = json!({
        "name": "address", "kind": "text", "required": true, "secret": true,
        "about": "where to listen, HOST:PORT; port 0 picks a free one", "example": "127.0.0.1:8080",
    });
    let values = values.as_array().expect("values");
    assert_eq!(values[0], address);
    assert!(values.iter().any(|value| value["name"] == "path" && value["default"] == "/"), "{values:?}");
    let expected = json!({
        "name": "httpserver", "contract": "wasmcloud:httpserver", "title": "HTTP server", "needs_link": true,
        "values": null,
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
fn a_running_provider_tells_what_its_links_take() {
    let server = Server::start(&[]);
    let told = server.run(&["link", "values", "httpserver", "-o", "json"]).json();
    let described = run(&["provider", "describe", "httpserver", "-o", "json"], b"").json();
    assert_eq!(told["values"], described["values"]);
    let page = server.run(&["link", "values", "httpserver"]);
    for words in ["EXAMPLE", "address ", "(required)", "secret:NAME", "127.0.0.1:8080", "size", "7Mi"] {
        assert!(page.text().contains(words), "{words} in {page:?}");
    }
    let none = server.run(&["link", "values", "keyvalue-memory"]);
    assert_eq!(none.text(), "Its links take no values.");
    let inventory = server.run(&["get", "inventory", "-o", "json"]).json();
    let providers = inventory["providers"].as_array().expect("an array");
    let cron = providers.iter().find(|provider| provider["name"] == "cron").expect("it runs");
    let cron = cron["id"].as_str().expect("a key");
    assert!(server.run(&["link", "values", cron]).text().contains("schedule.*"));
    server.run(&["stop", "provider", cron]).text();
    let gone = server.run(&["link", "values", cron]);
    assert!(gone.failure().contains("does not tell what its links take: it runs on no host"), "{gone:?}");
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

#[test]
fn the_counter_counts_with_each_provider_and_on_redb_and_redis_beyond_the_end_of_its_server() {
    let redis = RedisServer::start(&[]);
    let mut server = Server::start_as(&["--allow-unsigned"], |command| {
        command.env("WISTERIA_SECRET_REDIS", redis.url());
    });
    let start = |server: &Server| {
        let file = sample("kv_counter.wasm");
        server.run(&["start", "actor", file.to_str().expect("UTF-8")]).text().to_owned()
    };
    let actor = start(&server);
    let link = |server: &Server, provider: &str, values: &[&str]| {
        let put = ["link", "put", &actor, provider, "wasmcloud:keyvalue"];
        server.run(&[&put[..], values].concat()).text();
    };
    link(&server, "keyvalue-memory", &[]);
    assert_eq!([count(&server, &actor), count(&server, &actor)], [1, 2]);
    link(&server, "keyvalue-redis", &["URL=secret:REDIS"]);
    assert_eq!([count(&server, &actor), count(&server, &actor), count(&server, &actor)], [1, 2, 3]);
    link(&server, "keyvalue-redb", &["FILE=visits"]);
    assert_eq!(count(&server, &actor), 1);

    server.crash_and_restart();
    start(&server);
    assert_eq!(count(&server, &actor), 2, "what redb answered was on the disk");
    // The secret is not in the environment of the server that was started again.
    link(&server, "keyvalue-redis", &[&format!("URL={}", redis.url())]);
    assert_eq!(count(&server, &actor), 4);
    link(&server, "keyvalue-memory", &[]);
    assert_eq!(count(&server, &actor), 1, "what was in memory is gone");
}

#[test]
fn a_call_says_that_its_redis_is_away_and_succeeds_when_it_is_back() {
    let mut redis = RedisServer::start(&[]);
    let server = Server::start(&["--allow-unsigned"]);
    let actor = sample("kv_counter.wasm");
    let actor = server.run(&["start", "actor", actor.to_str().expect("UTF-8")]).text().to_owned();
    let url = format!("URL={}", redis.url());
    server.run(&["link", "put", &actor, "keyvalue-redis", "wasmcloud:keyvalue", &url]).text();
    assert_eq!(count(&server, &actor), 1);
    let other = RedisServer::start(&[]);
    let other_url = format!("URL={}", other.url());
    let put = ["link", "put", &actor, "keyvalue-redis", "wasmcloud:keyvalue", &other_url, "--link-name", "other"];
    server.run(&put).text();
    redis.crash();
    let failed = server.run(&["call", &actor, "HttpServer.HandleRequest", REQUEST]);
    let said = format!("{}{}", failed.stdout, failed.stderr);
    assert!(said.contains("cannot be reached"), "{failed:?}");
    let links = server.run(&["get", "links"]);
    assert!(links.text().contains("refused: Redis at 127.0.0.1:"), "{links:?}");
    let well: Vec<_> = links.text().lines().filter(|line| line.contains("active")).collect();
    assert!(matches!(&well[..], [line] if line.contains("other")), "the other link's Redis is there: {links:?}");
    let inventory = server.run(&["get", "inventory"]);
    assert!(inventory.text().contains("sick: Redis at 127.0.0.1:"), "{inventory:?}");
    let refused = server.run(&["link", "put", &actor, "keyvalue-redis", "wasmcloud:keyvalue", &url, "TIMEOUT=500ms"]);
    assert!(refused.failure().contains("cannot be reached"), "{refused:?}");
    redis.restart();
    let back = || server.run(&["call", &actor, "HttpServer.HandleRequest", REQUEST]);
    let mut calls = std::iter::repeat_with(back).take(200);
    let reply = calls.find(|reply| reply.stdout.contains("\\\"counter\\\"")).expect("it comes back by itself");
    assert!(reply.stdout.contains("\\\"counter\\\":2"), "{reply:?}");
    let links = || server.run(&["get", "links"]).text().to_owned();
    let mut links = std::iter::repeat_with(links).take(200);
    links.find(|links| !links.contains("refused")).expect("the link is well again, too");
    let inventory = server.run(&["get", "inventory"]);
    assert!(inventory.text().contains("well") && !inventory.text().contains("sick"), "{inventory:?}");
}
