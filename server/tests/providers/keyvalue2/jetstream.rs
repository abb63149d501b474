//! What becomes of keys in JetStream when it goes away, is too old, or is written by others.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use serde_json::{Value, json};
use wisteria_core::provider::Provider;
use wisteria_server::{platform::NativePlatform, provider::JetStreamKeyValue2};

use crate::{
    linked::{call, health, link, until_well},
    nats_server::NatsServer,
};

fn jetstream() -> JetStreamKeyValue2 {
    JetStreamKeyValue2::new(Arc::new(NativePlatform::current()))
}

/// Sets two keys to the same value at once.
async fn set_both(provider: &dyn Provider, value: &str) -> Result<Value, String> {
    let set = |key: &str| json!({ "set": { "key": key, "value": value } });
    call(provider, "KeyValue2.Transact", &json!({ "steps": [set("a"), set("b")] })).await
}

async fn both(provider: &dyn Provider) -> (Value, Value) {
    let get = async |key: &str| {
        let mut found = call(provider, "KeyValue2.Get", &json!(key)).await.expect("read");
        found["value"].take()
    };
    (get("a").await, get("b").await)
}

#[tokio::test]
async fn a_lost_jetstream_is_told_at_once_and_no_transaction_is_lost_or_half_there_when_it_is_back() {
    let mut server = NatsServer::start("");
    let provider = Arc::new(jetstream());
    link(&*provider, &[("URL", &server.url()), ("TIMEOUT", "20s")], true).await.expect("linked");
    for round in 0..4 {
        // Writes until the server is gone; the last that was answered, and the one that was not.
        let writer = tokio::spawn({
            let provider = provider.clone();
            async move {
                for number in 0.. {
                    let value = format!("{round}-{number}");
                    if let Err(failure) = set_both(&*provider, &value).await {
                        assert!(failure.starts_with("provider-unavailable: "), "{failure}");
                        return (format!("{round}-{}", number - 1), value);
                    }
                }
                unreachable!("it ends with the server");
            }
        });
        let mut each = tokio::time::interval(Duration::from_millis(5));
        let has_written_some = |value: &Value| {
            let written = value.as_str().and_then(|value| value.strip_prefix(&format!("{round}-")));
            written.is_some_and(|number| number.parse::<u32>().expect("a number") > 20)
        };
        let started = async {
            while !has_written_some(&both(&*provider).await.0) {
                each.tick().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), started).await.expect("it writes");
        server.crash();
        let (answered, under_way) =
            tokio::time::timeout(Duration::from_secs(10), writer).await.expect("at once").expect("it ended");
        let failure = set_both(&*provider, "lost").await.expect_err("it is gone");
        assert!(failure.contains("cannot be reached"), "{failure}");
        assert!(health(&*provider).await.is_err());
        server.restart();
        until_well(&*provider).await;
        let (a, b) = both(&*provider).await;
        assert_eq!(a, b, "both or none");
        assert!(a == *answered || a == *under_way, "{a} is neither {answered} nor {under_way}");
    }
}

#[tokio::test]
async fn a_server_that_is_too_old_is_refused_with_the_version_that_it_takes() {
    let old = NatsServer::start_old();
    let refused = link(&jetstream(), &[("URL", &old.url())], true).await.expect_err("refused").to_string();
    assert!(refused.contains("is version 2.9.") && refused.contains("needs 2.12 or newer"), "{refused}");
    // One that was acknowledged before it was found out says so with each call.
    let provider = jetstream();
    link(&provider, &[("URL", &old.url())], false).await.expect("taken");
    let failure = set_both(&provider, "v").await.expect_err("too old");
    assert!(failure.contains("needs 2.12 or newer"), "{failure}");
    assert!(health(&provider).await.expect_err("it is sick").contains("needs 2.12 or newer"));

    let server = NatsServer::start("");
    let streams = async_nats::jetstream::new(async_nats::connect(server.url()).await.expect("connected"));
    let config = async_nats::jetstream::kv::Config { bucket: "plain".to_owned(), ..Default::default() };
    streams.create_key_value(config).await.expect("made");
    let values = [("URL", &*server.url()), ("BUCKET", "plain")];
    let refused = link(&jetstream(), &values, true).await.expect_err("refused").to_string();
    assert!(refused.contains("set `allow_atomic` of its stream KV_plain"), "{refused}");
}

#[tokio::test]
async fn other_programs_see_and_write_the_same_values() {
    let server = NatsServer::start("");
    let provider = jetstream();
    link(&provider, &[("URL", &server.url()), ("BUCKET", "shared")], true).await.expect("linked");
    let streams = async_nats::jetstream::new(async_nats::connect(server.url()).await.expect("connected"));
    let bucket = streams.get_key_value("shared").await.expect("a bucket");
    set_both(&provider, "ours").await.expect("set");
    assert_eq!(bucket.get("b").await.expect("read").expect("there"), "ours");
    bucket.put("a", "theirs".into()).await.expect("put");
    let found = call(&provider, "KeyValue2.Get", &json!("a")).await.expect("read");
    assert_eq!(found, json!({ "value": "theirs", "etag": "revision-3" }));
    // What is only looked at stays as it is, and so does its ETag.
    let steps = json!({ "steps": [
        { "check": { "key": "a", "etag": "revision-3" } },
        { "check": { "key": "none" } },
        { "set": { "key": "b", "value": "2" } },
    ] });
    let outcome = call(&provider, "KeyValue2.Transact", &steps).await.expect("answered");
    assert_eq!((&outcome["applied"], &outcome["etags"][0]), (&json!(true), &json!("revision-3")));
    assert_eq!(call(&provider, "KeyValue2.Get", &json!("a")).await, Ok(found));
    let steps = json!({ "steps": [
        { "check": { "key": "a", "etag": "revision-3" } },
        { "check": { "key": "none" } },
    ] });
    let outcome = call(&provider, "KeyValue2.Transact", &steps).await.expect("answered");
    assert_eq!(outcome, json!({ "applied": true, "etags": ["revision-3", null] }));
    bucket.delete("a").await.expect("deleted");
    assert_eq!(call(&provider, "KeyValue2.Get", &json!("a")).await, Ok(json!(null)));
    assert_eq!(call(&provider, "KeyValue2.List", &json!({})).await, Ok(json!({ "keys": ["b"] })));
}

#[tokio::test]
async fn a_thousand_keys_are_listed_page_by_page_while_others_are_written() {
    let server = NatsServer::start("");
    let provider = jetstream();
    link(&provider, &[("URL", &server.url()), ("TIMEOUT", "20s")], true).await.expect("linked");
    let key = |number: usize| format!("orders/{number:04}:x");
    for some in (0..1200).collect::<Vec<_>>().chunks(100) {
        let steps: Vec<_> = some.iter().map(|number| json!({ "set": { "key": key(*number), "value": "v" } })).collect();
        let outcome = call(&provider, "KeyValue2.Transact", &json!({ "steps": steps })).await.expect("answered");
        assert_eq!(outcome["applied"], true, "{outcome}");
    }
    let (mut listed, mut cursor) = (Vec::new(), Value::Null);
    for page in 0.. {
        let list = json!({ "prefix": "orders/", "limit": 500, "cursor": cursor });
        let mut answer = call(&provider, "KeyValue2.List", &list).await.expect("listed");
        let keys = answer["keys"].as_array().expect("keys");
        listed.extend(keys.iter().map(|key| key.as_str().expect("a text").to_owned()));
        cursor = answer["cursor"].take();
        if cursor.is_null() {
            break;
        }
        for number in [page, 600 + page] {
            let set = json!({ "key": key(number), "value": "again" });
            call(&provider, "KeyValue2.Set", &set).await.expect("set");
        }
        call(&provider, "KeyValue2.Set", &json!({ "key": format!("other/{page}"), "value": "v" })).await.expect("set");
    }
    assert_eq!(listed, (0..1200).map(key).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>());
}
