//! What becomes of links when the product behind them goes away, or was never there.

use std::{net::TcpListener, sync::Arc};

use serde_json::{Value, json};
use tempfile::TempDir;
use wisteria_core::provider::Provider;
use wisteria_server::{
    platform::NativePlatform,
    provider::{FileKeyValue, RedisKeyValue},
};

use crate::{
    linked::{call, health, link, until_well},
    redis_server::RedisServer,
};

fn redis() -> RedisKeyValue {
    RedisKeyValue::new(Arc::new(NativePlatform::current()))
}

pub(super) async fn increment(provider: &dyn Provider) -> Result<Value, String> {
    call(provider, "KeyValue.Increment", &json!({ "key": "n", "value": 1 })).await
}

#[tokio::test]
async fn a_lost_redis_is_told_at_once_and_nothing_acknowledged_is_missing_when_it_is_back() {
    let mut server = RedisServer::start(&[]);
    let provider = redis();
    link(&provider, &[("URL", &server.url())], true).await.expect("linked");
    for number in 1..=20 {
        assert_eq!(increment(&provider).await, Ok(number.into()));
    }
    assert_eq!(health(&provider).await, Ok(()));

    server.crash();
    // The first call may be the one that finds out, the second knows.
    for _ in 0..2 {
        let failure = increment(&provider).await.expect_err("it is gone");
        assert!(failure.starts_with("provider-unavailable: Redis at 127.0.0.1:"), "{failure}");
        assert!(failure.contains("cannot be reached"), "{failure}");
    }
    assert!(health(&provider).await.expect_err("it is sick").contains("cannot be reached"));

    server.restart();
    until_well(&provider).await;
    assert_eq!(increment(&provider).await, Ok(21.into()), "the two calls that failed did not reach it");
}

#[tokio::test]
async fn a_new_link_to_a_redis_that_is_not_there_is_refused_and_an_old_one_waits_for_it() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let url = format!("redis://:lovelace@127.0.0.1:{port}");
    let refused = link(&redis(), &[("URL", &url)], true).await.expect_err("refused").to_string();
    assert!(refused.contains("cannot be reached") && !refused.contains("lovelace"), "{refused}");

    let mut server = RedisServer::start(&[]);
    server.crash();
    let provider = redis();
    link(&provider, &[("URL", &server.url())], false).await.expect("taken, as it was acknowledged before");
    let failure = increment(&provider).await.expect_err("it is not there");
    assert!(failure.starts_with("provider-unavailable: "), "{failure}");
    server.restart();
    until_well(&provider).await;
    assert_eq!(increment(&provider).await, Ok(1.into()));
}

#[tokio::test]
async fn a_redis_that_does_not_let_the_link_in_says_so() {
    let server = RedisServer::start(&["--requirepass", "lovelace"]);
    let wrong = server.url().replace("redis://", "redis://:byron@");
    let refused = link(&redis(), &[("URL", &wrong)], false).await.expect_err("refused").to_string();
    assert!(refused.contains("lets this server in") && !refused.contains("byron"), "{refused}");
    let provider = redis();
    let right = server.url().replace("redis://", "redis://:lovelace@");
    link(&provider, &[("URL", &right)], true).await.expect("linked");
    assert_eq!(increment(&provider).await, Ok(1.into()));
    assert!(!format!("{provider:?}").contains("lovelace"), "{provider:?}");

    for (values, words) in [
        (&[("URL", "redis:nowhere")][..], "`URL` is no url; write it as URL=redis://127.0.0.1:6379/0"),
        (&[("URL", "http://127.0.0.1")], "`URL` cannot be used"),
        (&[("URL", "redis://127.0.0.1"), ("TIMEOUT", "1")], "`TIMEOUT=1` is no duration; write it as TIMEOUT=500ms"),
        (&[], "the value `URL` is missing"),
    ] {
        let refused = link(&provider, values, true).await.expect_err("refused").to_string();
        assert!(refused.contains(words), "{words} in {refused}");
    }
}

#[tokio::test]
async fn other_programs_see_the_same_data_in_redis_as_its_own_types() {
    let server = RedisServer::start(&[]);
    let provider = redis();
    link(&provider, &[("URL", &format!("{}/3", server.url()))], true).await.expect("linked");
    increment(&provider).await.expect("counted");
    for (operation, argument) in [
        ("ListAdd", json!({ "listName": "l", "value": "a" })),
        ("SetAdd", json!({ "setName": "s", "value": "a" })),
        ("Set", json!({ "key": "t", "value": "v", "expires": 60 })),
    ] {
        call(&provider, &format!("KeyValue.{operation}"), &argument).await.expect("done");
    }
    let client = redis::Client::open(format!("{}/3", server.url())).expect("a URL");
    let mut other = client.get_multiplexed_async_connection().await.expect("it is ready");
    let mut kinds = Vec::new();
    for key in ["n", "l", "s", "t"] {
        let kind: String = redis::cmd("TYPE").arg(key).query_async(&mut other).await.expect("answered");
        kinds.push(kind);
    }
    assert_eq!(kinds, ["string", "list", "set", "string"]);
    let left: i64 = redis::cmd("TTL").arg("t").query_async(&mut other).await.expect("answered");
    assert!((1..=60).contains(&left), "{left}");
    redis::cmd("SET").arg("b").arg(&[0xff_u8][..]).query_async::<()>(&mut other).await.expect("answered");
    let failure = call(&provider, "KeyValue.Get", &json!("b")).await.expect_err("it is no text");
    assert!(failure.contains("\"b\" holds bytes that are no text"), "{failure}");
    redis::cmd("ZADD").arg("z").arg(1).arg("a").query_async::<()>(&mut other).await.expect("answered");
    let failure = call(&provider, "KeyValue.Get", &json!("z")).await.expect_err("it is no text");
    assert!(failure.contains("\"z\" holds a sorted set, not a text"), "{failure}");
}

#[tokio::test]
async fn a_database_has_a_plain_name_and_is_shared_by_whom_names_it() {
    let dir = TempDir::new().expect("a temporary directory");
    let provider = || FileKeyValue::new(Arc::new(NativePlatform::current()), Some(dir.path().to_owned()));
    let (first, second) = (provider(), provider());
    for name in ["../metadata", "a/b", "/etc/passwd", "..", "a.redb", "ä", &"x".repeat(65)] {
        let refused = link(&first, &[("FILE", name)], true).await.expect_err("refused").to_string();
        assert!(refused.contains("is no name of a database"), "{refused}");
    }
    link(&first, &[("FILE", "visits")], true).await.expect("linked");
    link(&second, &[("FILE", "visits")], true).await.expect("linked to the same");
    assert_eq!(increment(&first).await, Ok(1.into()));
    assert_eq!(increment(&second).await, Ok(2.into()));
    link(&second, &[], true).await.expect("linked to another");
    assert_eq!(increment(&second).await, Ok(1.into()));
    assert!(dir.path().join("keyvalue/visits.redb").is_file() && dir.path().join("keyvalue/keyvalue.redb").is_file());

    let nowhere = FileKeyValue::new(Arc::new(NativePlatform::current()), None);
    assert!(link(&nowhere, &[], true).await.expect_err("refused").to_string().contains("nothing on disk"));
}
