//! Event streams as a user has them: an actor that writes and follows a journal, on a server that is killed meanwhile.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    nats_server::NatsServer,
    program::{Server, run, sample},
    redis_server::RedisServer,
    stores::kills,
};

const CONTRACT: &str = "wisteria:eventstreams";

fn start(server: &Server) -> String {
    let file = sample("event_journal.wasm");
    server.run(&["start", "actor", file.to_str().expect("UTF-8")]).text().to_owned()
}

#[track_caller]
fn ask(server: &Server, actor: &str, operation: &str, argument: &str) -> Value {
    server.run(&["call", actor, operation, argument]).json()
}

fn texts(answer: &Value) -> Vec<String> {
    let texts = answer.as_array().unwrap_or_else(|| panic!("no texts in {answer}")).iter();
    texts.map(|text| text.as_str().expect("a text").to_owned()).collect()
}

/// What the actor has handled, once that fits.
#[track_caller]
fn handled(server: &Server, actor: &str, fits: impl Fn(&[String]) -> bool) -> Vec<String> {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let found = texts(&ask(server, actor, "Journal.Handled", "null"));
        if fits(&found) {
            return found;
        }
        assert!(Instant::now() < until, "it has handled only {found:?}");
    }
}

#[test]
fn an_actor_follows_its_journal_with_each_provider_over_a_restart_until_its_link_is_deleted() {
    let redis = RedisServer::start(&[]);
    let url = format!("URL={}", redis.url());
    let nats = NatsServer::start("");
    let nats_url = format!("URL={}", nats.url());
    let mut server = Server::start(&["--allow-unsigned"]);
    let actor = start(&server);
    for (provider, values) in [
        ("eventstreams-redb", &["FILE=journal"][..]),
        ("eventstreams-redis", &[url.as_str()]),
        ("eventstreams-jetstream", &[nats_url.as_str(), "STREAM=journal"]),
    ] {
        put_link(&server, &actor, provider, values);
        ask(&server, &actor, "Journal.Write", "\"a\"");
        assert_eq!(ask(&server, &actor, "Journal.Follow", "null"), true);
        ask(&server, &actor, "Journal.WriteTwice", "\"b\"");
        ask(&server, &actor, "Journal.Write", "\"c\"");
        handled(&server, &actor, |found| found == ["a", "b", "c"]);

        server.crash_and_restart();
        assert_eq!(start(&server), actor);
        ask(&server, &actor, "Journal.Write", "\"d\"");
        // The last of what was handled before may come again.
        let found = handled(&server, &actor, |found| found.last().is_some_and(|text| text == "d"));
        assert!(found == ["a", "b", "c", "d"] || found == ["a", "b", "c", "c", "d"], "{found:?}");
        assert_eq!(ask(&server, &actor, "Journal.Follow", "null"), false, "it still follows");

        server.run(&["link", "del", &actor, CONTRACT]).text();
        put_link(&server, &actor, provider, values);
        assert_eq!(ask(&server, &actor, "Journal.Follow", "null"), true, "the subscription ended with the link");
        server.run(&["link", "del", &actor, CONTRACT]).text();
    }
}

fn put_link(server: &Server, actor: &str, provider: &str, values: &[&str]) {
    let put = ["link", "put", actor, provider, CONTRACT];
    server.run(&[&put[..], values].concat()).text();
}

#[test]
fn no_event_that_was_answered_is_missing_after_a_kill_and_each_is_handled_in_order() {
    let mut server = Server::start(&["--allow-unsigned"]);
    let actor = start(&server);
    // The actor reads no more of what it has handled.
    put_link(&server, &actor, "eventstreams-redb", &["MAX_EVENTS=900"]);
    ask(&server, &actor, "Journal.Follow", "null");
    for round in 0..kills() {
        let (way, writer_actor) = (server.way(), actor.clone());
        let killed = Arc::new(AtomicBool::new(false));
        let ends = killed.clone();
        let writer = std::thread::spawn(move || {
            let mut taken = Vec::new();
            for number in 0.. {
                if ends.load(Ordering::SeqCst) {
                    break;
                }
                let text = format!("{round}-{number}");
                let argument = format!("\"{text}\"");
                let call = ["call", &writer_actor, "Journal.Write", &argument];
                if run(&call.into_iter().chain(way.iter().map(String::as_str)).collect::<Vec<_>>(), b"").code != 0 {
                    break;
                }
                taken.push(text);
            }
            taken
        });
        handled(&server, &actor, |found| {
            found.iter().filter(|text| text.starts_with(&format!("{round}-"))).count() > 3
        });
        server.crash();
        killed.store(true, Ordering::SeqCst);
        server.restart();
        start(&server);
        let acknowledged: Vec<String> = writer.join().expect("it ran");
        let last = acknowledged.last().expect("there are some").clone();
        let found = handled(&server, &actor, |found| found.contains(&last));
        let missing: Vec<_> = acknowledged.iter().filter(|text| !found.contains(text)).collect();
        assert!(missing.is_empty(), "answered and lost: {missing:?}");
        // Each comes first in the order in which it was written, if it comes twice at all.
        let mut firsts = Vec::new();
        for text in found.iter().filter(|text| acknowledged.contains(text)) {
            if !firsts.contains(text) {
                firsts.push(text.clone());
            }
        }
        assert_eq!(firsts, acknowledged);
    }
}
