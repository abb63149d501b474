//! What becomes of links to JetStream when it goes away, was never there, or is changed by many at once.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use serde_json::json;
use wisteria_core::provider::Provider;
use wisteria_server::{platform::NativePlatform, provider::JetStreamKeyValue};

use super::loss::increment;
use crate::{
    linked::{actor, call, health, link, until_well},
    nats_server::NatsServer,
};

fn jetstream() -> JetStreamKeyValue {
    JetStreamKeyValue::new(Arc::new(NativePlatform::current()))
}

#[tokio::test]
async fn a_lost_jetstream_is_told_at_once_and_nothing_acknowledged_is_missing_when_it_is_back() {
    let mut server = NatsServer::start("");
    let provider = jetstream();
    link(&provider, &[("URL", &server.url()), ("TIMEOUT", "20s")], true).await.expect("linked");
    for number in 1..=20 {
        assert_eq!(increment(&provider).await, Ok(number.into()));
    }
    assert_eq!(health(&provider).await, Ok(()));

    server.crash();
    // The first call may be the one that finds out, the second knows.
    for _ in 0..2 {
        let told = tokio::time::timeout(Duration::from_secs(10), increment(&provider)).await;
        let failure = told.expect("at once, not after the time that the link gives it").expect_err("it is gone");
        let words = format!("provider-unavailable: NATS at {} cannot be reached", server.url());
        assert!(failure.starts_with(&words), "{failure}");
    }
    assert!(health(&provider).await.expect_err("it is sick").contains("cannot be reached"));

    server.restart();
    until_well(&provider).await;
    assert_eq!(increment(&provider).await, Ok(21.into()), "the two calls that failed did not reach it");
}

#[tokio::test]
async fn a_new_link_to_a_jetstream_that_is_not_there_is_refused_and_an_old_one_waits_for_it() {
    let mut server = NatsServer::start("");
    server.crash();
    let url = server.url();
    let refused = link(&jetstream(), &[("URL", &url)], true).await.expect_err("refused").to_string();
    assert!(refused.contains("cannot be reached"), "{refused}");
    let provider = jetstream();
    link(&provider, &[("URL", &url)], false).await.expect("taken, as it was acknowledged before");
    let failure = increment(&provider).await.expect_err("it is not there");
    assert!(failure.starts_with("provider-unavailable: "), "{failure}");
    assert!(health(&provider).await.is_err());
    server.restart();
    until_well(&provider).await;
    assert_eq!(increment(&provider).await, Ok(1.into()));
}

#[tokio::test]
async fn a_link_that_jetstream_cannot_serve_is_refused_with_what_helps() {
    let without = NatsServer::start_without_jetstream("");
    let refused = link(&jetstream(), &[("URL", &without.url())], true).await.expect_err("refused").to_string();
    assert!(refused.contains("the bucket wisteria-keyvalue") && refused.contains("nats-server -js"), "{refused}");

    let server = NatsServer::start("authorization { users: [ { user: ada, password: lovelace } ] }");
    for name in ["LATTICEDATA_default", "a.b", "a b", ">", "ä", &"x".repeat(65)] {
        let refused = link(&jetstream(), &[("URL", &server.url()), ("BUCKET", name)], true).await;
        assert!(refused.expect_err("refused").to_string().contains("BUCKET="), "{name}");
    }
    let wrong = server.url().replace("nats://", "nats://ada:byron@");
    let refused = link(&jetstream(), &[("URL", &wrong)], false).await.expect_err("refused").to_string();
    assert!(refused.contains("does not let the link in") && !refused.contains("byron"), "{refused}");
    let right = server.url().replace("nats://", "nats://ada:lovelace@");
    let provider = jetstream();
    link(&provider, &[("URL", &right)], true).await.expect("linked");
    assert_eq!(increment(&provider).await, Ok(1.into()));
    assert!(!format!("{provider:?}").contains("lovelace"), "{provider:?}");

    // A stream that has the name of a bucket's, and is none.
    let options = async_nats::ConnectOptions::with_user_and_password("ada".to_owned(), "lovelace".to_owned());
    let client = options.connect(server.url()).await.expect("connected");
    let streams = async_nats::jetstream::new(client);
    let other = async_nats::jetstream::stream::Config {
        name: "KV_other".to_owned(),
        subjects: vec!["elsewhere".to_owned()],
        ..async_nats::jetstream::stream::Config::default()
    };
    streams.create_stream(other).await.expect("made");
    let refused =
        link(&provider, &[("URL", &right), ("BUCKET", "other")], true).await.expect_err("refused").to_string();
    assert!(refused.contains("does not keep $KV.other.> but elsewhere; choose another name"), "{refused}");
    assert_eq!(increment(&provider).await, Ok(2.into()), "the former link stays");

    streams.delete_stream("KV_wisteria-keyvalue").await.expect("deleted");
    let failure = increment(&provider).await.expect_err("it is gone");
    assert!(failure.contains("the bucket wisteria-keyvalue") && failure.starts_with("provider-"), "{failure}");
    assert!(health(&provider).await.expect_err("it is sick").contains("put the link again"));
    link(&provider, &[("URL", &right)], true).await.expect("linked again");
    assert_eq!(increment(&provider).await, Ok(1.into()));
}

#[tokio::test]
async fn many_hosts_count_in_one_bucket_and_none_of_their_steps_is_lost() {
    let server = NatsServer::start("");
    let hosts: Vec<_> = (0..4).map(|_| jetstream()).collect();
    for host in &hosts {
        let values = [("URL", &*server.url()), ("BUCKET", "shared"), ("TIMEOUT", "20s")];
        link(host, &values, true).await.expect("linked");
    }
    let counted = join_all((0..40).map(|number| increment(&hosts[number % 4]))).await;
    let mut counts: Vec<_> = counted.into_iter().map(|count| count.expect("counted").as_i64()).collect();
    counts.sort_unstable();
    assert_eq!(counts, (1..=40).map(Some).collect::<Vec<_>>());
    let added = join_all((0..8).map(|number: usize| {
        let set_add = json!({ "setName": "s", "value": number.to_string() });
        let host = &hosts[number % 4];
        async move { call(host, "KeyValue.SetAdd", &set_add).await }
    }));
    assert!(added.await.iter().all(|added| *added == Ok(1.into())));
    let members = call(&hosts[1], "KeyValue.SetQuery", &json!("s")).await;
    assert_eq!(members, Ok(json!(["0", "1", "2", "3", "4", "5", "6", "7"])));
}

#[tokio::test]
async fn other_programs_see_the_same_data_in_the_bucket_and_nothing_of_it_stays_for_good_that_expires() {
    let server = NatsServer::start("");
    let provider = jetstream();
    link(&provider, &[("URL", &server.url()), ("BUCKET", "shared")], true).await.expect("linked");
    let streams = async_nats::jetstream::new(async_nats::connect(server.url()).await.expect("connected"));
    let bucket = streams.get_key_value("shared").await.expect("a bucket, as other programs see it");
    bucket.put("theirs", "41".into()).await.expect("put");
    let theirs = json!({ "key": "theirs", "value": 1 });
    assert_eq!(call(&provider, "KeyValue.Increment", &theirs).await, Ok(42.into()));
    assert_eq!(bucket.get("theirs").await.expect("read").expect("there"), "42");
    bucket.put("bytes", vec![0xff].into()).await.expect("put");
    let failure = call(&provider, "KeyValue.Get", &json!("bytes")).await.expect_err("it is no text");
    assert!(failure.contains("\"bytes\" holds bytes that are no text"), "{failure}");
    bucket.delete("theirs").await.expect("deleted");
    assert_eq!(call(&provider, "KeyValue.Contains", &json!("theirs")).await, Ok(false.into()));

    let set = json!({ "key": "a:b.c", "value": "v", "expires": 100 });
    call(&provider, "KeyValue.Set", &set).await.expect("set");
    call(&provider, "KeyValue.ListAdd", &json!({ "listName": "l", "value": "x" })).await.expect("added");
    assert_eq!(bucket.get("a=3Ab=2Ec").await.expect("read").expect("there"), "v");
    assert_eq!(bucket.get("l").await.expect("read").expect("there"), "[\"x\"]");
    let stream = streams.get_stream("KV_shared").await.expect("there");
    let ttl = async |subject: &str| {
        let message = stream.get_last_raw_message_by_subject(subject).await.expect("there");
        message.headers.get("Nats-TTL").map(|ttl| ttl.as_str().to_owned())
    };
    let left = ttl("$KV.shared.a=3Ab=2Ec").await.expect("the server forgets it");
    assert!(["159s", "160s"].contains(&&*left), "{left}");
    assert_eq!(ttl("$KV.shared.l").await, None);
    call(&provider, "KeyValue.ListClear", &json!("l")).await.expect("deleted");
    assert_eq!(ttl("$KV.shared.l").await.as_deref(), Some("3600s"), "the note of what was deleted goes as well");
    assert!(bucket.get("l").await.expect("read").is_none());
}

#[tokio::test]
async fn an_old_server_keeps_keys_as_well() {
    let mut server = NatsServer::start_old();
    let (provider, at) = (jetstream(), (actor(), "default".into()));
    link(&provider, &[("URL", &server.url())], true).await.expect("linked");
    assert_eq!([increment(&provider).await, increment(&provider).await], [Ok(1.into()), Ok(2.into())]);
    let set = json!({ "key": "soon", "value": "v", "expires": 1 });
    call(&provider, "KeyValue.Set", &set).await.expect("set");
    assert_eq!(provider.export(&at, None).await.expect("exported").records.len(), 2);
    let mut each = tokio::time::interval(Duration::from_millis(20));
    let gone = async {
        while call(&provider, "KeyValue.Contains", &json!("soon")).await != Ok(false.into()) {
            each.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.expect("it expires");
    assert_eq!(call(&provider, "KeyValue.Del", &json!("n")).await, Ok(true.into()));
    assert_eq!(call(&provider, "KeyValue.Del", &json!("n")).await, Ok(false.into()));
    server.crash();
    server.restart();
    until_well(&provider).await;
    assert_eq!(increment(&provider).await, Ok(1.into()));
}

#[tokio::test]
async fn what_is_too_large_for_nats_is_refused_and_changes_nothing() {
    let server = NatsServer::start("max_payload: 8000");
    let provider = jetstream();
    link(&provider, &[("URL", &server.url())], true).await.expect("linked");
    let set = |value: &str| json!({ "key": "k", "value": value, "expires": 0 });
    call(&provider, "KeyValue.Set", &set("small")).await.expect("set");
    let failure = call(&provider, "KeyValue.Set", &set(&"x".repeat(20_000))).await.expect_err("too large");
    assert!(failure.starts_with("provider-failed: this is larger than NATS takes"), "{failure}");
    let failure = call(&provider, "KeyValue.Contains", &json!("x".repeat(1025))).await.expect_err("too long");
    assert!(failure.contains("a key of 1025 bytes is above the limit of 1024 bytes"), "{failure}");
    let longest = "ä".repeat(512);
    let set_longest = json!({ "key": longest, "value": "v", "expires": 0 });
    call(&provider, "KeyValue.Set", &set_longest).await.expect("set");
    assert_eq!(call(&provider, "KeyValue.Get", &json!("k")).await, Ok(json!({ "value": "small", "exists": true })));
    let got = call(&provider, "KeyValue.Get", &json!(longest)).await;
    assert_eq!(got, Ok(json!({ "value": "v", "exists": true })));
    health(&provider).await.expect("the connection has survived");
}

#[tokio::test]
async fn a_bucket_is_handed_over_key_by_key_and_takes_over_what_another_kept() {
    let server = NatsServer::start("");
    let (from, to) = (jetstream(), jetstream());
    link(&from, &[("URL", &server.url()), ("BUCKET", "from")], true).await.expect("linked");
    link(&to, &[("URL", &server.url()), ("BUCKET", "to")], true).await.expect("linked");
    for number in 0..250 {
        let set = json!({ "key": format!("k:{number}"), "value": "v", "expires": 0 });
        call(&from, "KeyValue.Set", &set).await.expect("set");
    }
    for (operation, argument) in [
        ("ListAdd", json!({ "listName": "l", "value": "a" })),
        ("ListAdd", json!({ "listName": "l", "value": "a" })),
        ("SetAdd", json!({ "setName": "s", "value": "a" })),
        ("Set", json!({ "key": "soon", "value": "v", "expires": 1000 })),
        ("Del", json!("k:7")),
    ] {
        call(&from, &format!("KeyValue.{operation}"), &argument).await.expect("done");
    }
    let at = (actor(), "default".into());
    let (mut parts, mut next) = (Vec::new(), None);
    loop {
        let part = from.export(&at, next).await.expect("exported");
        parts.push(part.records.len());
        to.import(&at, part.records).await.expect("imported");
        next = part.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(parts, [200, 52]);
    assert_eq!(call(&to, "KeyValue.Contains", &json!("k:7")).await, Ok(false.into()));
    assert_eq!(call(&to, "KeyValue.Contains", &json!("k:249")).await, Ok(true.into()));
    let range = json!({ "listName": "l", "start": 0, "stop": -1 });
    assert_eq!(call(&to, "KeyValue.ListRange", &range).await, Ok(json!(["a", "a"])));
    assert_eq!(call(&to, "KeyValue.SetQuery", &json!("s")).await, Ok(json!(["a"])));
    let again = to.export(&at, None).await.expect("exported").records;
    let again: Vec<_> =
        again.into_iter().chain(to.export(&at, Some("201".to_owned())).await.expect("exported").records).collect();
    let soon = again.iter().find(|record| record.contains("soon")).expect("it is there");
    assert!(!soon.contains("null"), "it still expires: {soon}");
}
