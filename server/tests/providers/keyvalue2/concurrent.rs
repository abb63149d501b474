//! Many writers at once.

use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use wisteria_core::provider::{MemoryKeyValue2, Provider};
use wisteria_server::{
    platform::NativePlatform,
    provider::{FileKeyValue2, JetStreamKeyValue2, RedisKeyValue2},
};

use crate::{
    linked::{call, link},
    nats_server::NatsServer,
    redis_server::RedisServer,
};

const ACCOUNTS: [&str; 3] = ["a", "b", "c"];

async fn get(provider: &dyn Provider, key: &str) -> (i64, String) {
    let found = call(provider, "KeyValue2.Get", &json!(key)).await.expect("read");
    let amount = found["value"].as_str().expect("a text").parse().expect("a number");
    (amount, found["etag"].as_str().expect("an ETag").to_owned())
}

/// Moves 1 from one account to the next, again and again until nobody else was faster.
async fn transfer(provider: &dyn Provider, from: usize) {
    let (from, to) = (ACCOUNTS[from % 3], ACCOUNTS[(from + 1) % 3]);
    loop {
        let ((less, from_etag), (more, to_etag)) = (get(provider, from).await, get(provider, to).await);
        let set = |key: &str, amount: i64, etag: &str| json!({ "set": { "key": key, "value": amount.to_string(), "concurrency": "first-write", "etag": etag } });
        let steps = json!({ "steps": [set(from, less - 1, &from_etag), set(to, more + 1, &to_etag)] });
        let outcome = call(provider, "KeyValue2.Transact", &steps).await.expect("answered");
        if outcome["applied"] == true {
            return;
        }
    }
}

async fn transfers_add_up(provider: Arc<dyn Provider>) {
    for account in ACCOUNTS {
        let set = json!({ "key": account, "value": "100" });
        call(&*provider, "KeyValue2.Set", &set).await.expect("set");
    }
    // From `a` to `b` more often than from the others.
    let transfers = (0..24).map(|number| {
        let provider = provider.clone();
        tokio::spawn(async move { transfer(&*provider, if number < 12 { 0 } else { number }).await })
    });
    for ended in futures::future::join_all(transfers).await {
        ended.expect("it ended well");
    }
    let mut amounts = Vec::new();
    for account in ACCOUNTS {
        amounts.push(get(&*provider, account).await.0);
    }
    assert_eq!(amounts, [88, 112, 100], "each transfer happened once, and whole");
}

async fn one_of_many_first_writes_wins(provider: Arc<dyn Provider>) {
    let writes = (0..20).map(|number: u32| {
        let provider = provider.clone();
        tokio::spawn(async move {
            let set = json!({ "key": "first", "value": number.to_string(), "concurrency": "first-write" });
            (number, call(&*provider, "KeyValue2.Set", &set).await.expect("answered"))
        })
    });
    let answers: Vec<(u32, Value)> =
        futures::future::join_all(writes).await.into_iter().map(|ended| ended.expect("it ended well")).collect();
    let winners: Vec<_> = answers.iter().filter(|(_, answer)| answer["applied"] == true).collect();
    assert_eq!(winners.len(), 1, "{answers:?}");
    let (winner, answer) = winners[0];
    let (kept, etag) = get(&*provider, "first").await;
    assert_eq!((kept, json!(etag)), (i64::from(*winner), answer["etag"].clone()));
    assert!(answers.iter().all(|(_, answer)| answer["etag"] == etag.as_str()), "the losers learn of it");
}

async fn files() -> (TempDir, Arc<dyn Provider>) {
    let dir = TempDir::new().expect("a temporary directory");
    let provider = FileKeyValue2::new(Arc::new(NativePlatform::current()), Some(dir.path().to_owned()));
    link(&provider, &[], true).await.expect("linked");
    (dir, Arc::new(provider))
}

async fn redis() -> (RedisServer, Arc<dyn Provider>) {
    let server = RedisServer::start(&[]);
    let provider = RedisKeyValue2::new(Arc::new(NativePlatform::current()));
    link(&provider, &[("URL", &server.url())], true).await.expect("linked");
    (server, Arc::new(provider))
}

async fn jetstream() -> (NatsServer, Arc<dyn Provider>) {
    let server = NatsServer::start("");
    let provider = JetStreamKeyValue2::new(Arc::new(NativePlatform::current()));
    link(&provider, &[("URL", &server.url()), ("TIMEOUT", "20s")], true).await.expect("linked");
    (server, Arc::new(provider))
}

#[tokio::test]
async fn transfers_of_many_writers_add_up_in_memory() {
    transfers_add_up(Arc::new(MemoryKeyValue2::new(Arc::new(NativePlatform::current())))).await;
}

#[tokio::test]
async fn transfers_of_many_writers_add_up_on_redb() {
    let (_dir, provider) = files().await;
    transfers_add_up(provider).await;
}

#[tokio::test]
async fn transfers_of_many_writers_add_up_on_redis() {
    let (_server, provider) = redis().await;
    transfers_add_up(provider).await;
}

#[tokio::test]
async fn one_of_many_first_writes_wins_on_redb() {
    let (_dir, provider) = files().await;
    one_of_many_first_writes_wins(provider).await;
}

#[tokio::test]
async fn one_of_many_first_writes_wins_on_redis() {
    let (_server, provider) = redis().await;
    one_of_many_first_writes_wins(provider).await;
}

#[tokio::test]
async fn transfers_of_many_writers_add_up_on_jetstream() {
    let (_server, provider) = jetstream().await;
    transfers_add_up(provider).await;
}

#[tokio::test]
async fn one_of_many_first_writes_wins_on_jetstream() {
    let (_server, provider) = jetstream().await;
    one_of_many_first_writes_wins(provider).await;
}
