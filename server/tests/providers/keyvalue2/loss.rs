//! What becomes of keys when the product behind them goes away, or was never there.

use std::{net::TcpListener, sync::Arc, time::Duration};

use serde_json::json;
use tempfile::TempDir;
use wisteria_core::provider::Provider;
use wisteria_server::{
    platform::NativePlatform,
    provider::{FileKeyValue2, RedisKeyValue2},
};

use crate::{
    linked::{call, health, link, until_well},
    redis_server::RedisServer,
};

fn redis() -> RedisKeyValue2 {
    RedisKeyValue2::new(Arc::new(NativePlatform::current()))
}

async fn set(provider: &dyn Provider, key: &str) -> Result<(), String> {
    call(provider, "KeyValue2.Set", &json!({ "key": key, "value": "v" })).await.map(drop)
}

#[tokio::test]
async fn a_lost_redis_is_told_at_once_and_nothing_acknowledged_is_missing_when_it_is_back() {
    let mut server = RedisServer::start(&[]);
    let provider = redis();
    link(&provider, &[("URL", &server.url())], true).await.expect("linked");
    let mut keys: Vec<String> = (10..30).map(|number| number.to_string()).collect();
    for key in &keys {
        set(&provider, key).await.expect("set");
    }
    server.crash();
    for _ in 0..2 {
        let failure = set(&provider, "lost").await.expect_err("it is gone");
        assert!(failure.starts_with("provider-unavailable: Redis at 127.0.0.1:"), "{failure}");
    }
    assert!(health(&provider).await.expect_err("it is sick").contains("cannot be reached"));
    server.restart();
    until_well(&provider).await;
    set(&provider, "30").await.expect("set");
    keys.push("30".to_owned());
    let listed = call(&provider, "KeyValue2.List", &json!({})).await;
    assert_eq!(listed, Ok(json!({ "keys": keys })));
}

#[tokio::test]
async fn a_new_link_to_a_redis_that_is_not_there_is_refused_and_an_old_one_waits_for_it() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let url = format!("redis://:lovelace@127.0.0.1:{port}");
    let provider = redis();
    let refused = link(&provider, &[("URL", &url)], true).await.expect_err("refused").to_string();
    assert!(refused.contains("cannot be reached") && !refused.contains("lovelace"), "{refused}");
    link(&provider, &[("URL", &url)], false).await.expect("it waits");
    assert!(!format!("{provider:?}").contains("lovelace"), "{provider:?}");

    let mut server = RedisServer::start(&[]);
    server.crash();
    let provider = redis();
    link(&provider, &[("URL", &server.url())], false).await.expect("taken, as it was acknowledged before");
    let failure = set(&provider, "k").await.expect_err("it is not there");
    assert!(failure.starts_with("provider-unavailable: "), "{failure}");
    server.restart();
    until_well(&provider).await;
    set(&provider, "k").await.expect("set");
}

#[tokio::test]
async fn links_share_keys_by_what_they_say() {
    let server = RedisServer::start(&[]);
    let (first, second) = (redis(), redis());
    link(&first, &[("URL", &server.url())], true).await.expect("linked");
    link(&second, &[("URL", &server.url())], true).await.expect("linked");
    set(&first, "k").await.expect("set");
    assert_ne!(call(&second, "KeyValue2.Get", &json!("k")).await, Ok(json!(null)));
    link(&second, &[("URL", &server.url()), ("PREFIX", "apart:")], true).await.expect("linked");
    assert_eq!(call(&second, "KeyValue2.Get", &json!("k")).await, Ok(json!(null)));

    let dir = TempDir::new().expect("a temporary directory");
    let provider = || FileKeyValue2::new(Arc::new(NativePlatform::current()), Some(dir.path().to_owned()));
    let (first, second) = (provider(), provider());
    for name in ["../metadata", "a/b", "..", "a.redb"] {
        let refused = link(&first, &[("FILE", name)], true).await.expect_err("refused").to_string();
        assert!(refused.contains("is no name of a database"), "{refused}");
    }
    link(&first, &[("FILE", "a")], true).await.expect("linked");
    link(&second, &[("FILE", "a")], true).await.expect("linked");
    set(&first, "k").await.expect("set");
    assert_ne!(call(&second, "KeyValue2.Get", &json!("k")).await, Ok(json!(null)));
    link(&second, &[], true).await.expect("linked");
    assert_eq!(call(&second, "KeyValue2.Get", &json!("k")).await, Ok(json!(null)));
}

#[tokio::test]
async fn what_has_expired_takes_no_room_in_redis() {
    let server = RedisServer::start(&[]);
    let provider = redis();
    link(&provider, &[("URL", &server.url())], true).await.expect("linked");
    for number in 0..50 {
        let short = json!({ "key": number.to_string(), "value": "v", "ttlMs": 1 });
        call(&provider, "KeyValue2.Set", &short).await.expect("set");
    }
    let client = redis::Client::open(server.url()).expect("a URL");
    let mut other = client.get_multiplexed_async_connection().await.expect("it is ready");
    let mut each = tokio::time::interval(Duration::from_millis(10));
    let gone = async {
        loop {
            set(&provider, "kept").await.expect("set");
            let mut keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut other).await.expect("answered");
            keys.sort();
            let listed: i64 =
                redis::cmd("ZCARD").arg("wisteria:keyvalue2:keys").query_async(&mut other).await.expect("answered");
            if listed == 1 && keys == ["wisteria:keyvalue2:keys", "wisteria:keyvalue2:value:kept"] {
                return;
            }
            each.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.expect("nothing is left of them");
}
