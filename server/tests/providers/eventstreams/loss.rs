//! What becomes of streams when the product behind them goes away, or was never there.

use std::net::TcpListener;

use serde_json::json;

use super::product::Product;
use crate::linked::{health, link, until_well};

#[tokio::test]
async fn a_lost_redis_is_told_at_once_and_subscriptions_go_on_when_it_is_back() {
    a_lost_server_is_told_at_once_and_subscriptions_go_on_when_it_is_back(Product::redis(), "Redis").await;
}

#[tokio::test]
async fn a_lost_jetstream_is_told_at_once_and_subscriptions_go_on_when_it_is_back() {
    a_lost_server_is_told_at_once_and_subscriptions_go_on_when_it_is_back(Product::jetstream(), "NATS").await;
}

async fn a_lost_server_is_told_at_once_and_subscriptions_go_on_when_it_is_back(mut product: Product, called: &str) {
    let linked = product.linked(&[], true).await;
    linked.subscribe("", Some(0)).await;
    let mut acknowledged: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    for text in &acknowledged {
        linked.append(text).await;
    }
    for expected in &acknowledged[..10] {
        assert_eq!(linked.recorded.handle().await, *expected);
    }
    let at_hand = linked.recorded.next().await;
    assert_eq!(at_hand.text(), "10");
    product.crash();
    for _ in 0..2 {
        let failure = linked.call("EventStreams.Append", json!({ "stream": "s", "data": "x" })).await;
        let failure = failure.expect_err("it is gone");
        assert!(failure.starts_with(&format!("provider-unavailable: {called} at ")), "{failure}");
    }
    assert!(health(&*linked.provider).await.expect_err("it is sick").contains("cannot be reached"));
    at_hand.handled();
    product.restart();
    until_well(&*linked.provider).await;
    acknowledged.push("20".to_owned());
    linked.append("20").await;
    assert_eq!(linked.texts().await, acknowledged, "nothing acknowledged is missing");
    for expected in &acknowledged[11..] {
        assert_eq!(linked.recorded.handle().await, *expected, "what was handled meanwhile is noted");
    }
    linked.stop().await;
}

#[tokio::test]
async fn a_new_link_to_a_redis_that_is_not_there_is_refused_and_an_old_one_delivers_when_it_comes() {
    a_new_link_to_a_server_that_is_not_there_is_refused_and_an_old_one_delivers_when_it_comes(Product::redis()).await;
}

#[tokio::test]
async fn a_new_link_to_a_jetstream_that_is_not_there_is_refused_and_an_old_one_delivers_when_it_comes() {
    let product = Product::jetstream();
    a_new_link_to_a_server_that_is_not_there_is_refused_and_an_old_one_delivers_when_it_comes(product).await;
}

async fn a_new_link_to_a_server_that_is_not_there_is_refused_and_an_old_one_delivers_when_it_comes(
    mut product: Product,
) {
    let linked = product.linked(&[], true).await;
    linked.subscribe("", Some(0)).await;
    linked.append("a").await;
    assert_eq!(linked.recorded.next().await.text(), "a");
    linked.stop().await;
    product.crash();

    let linked = product.provider();
    let refused = linked.link(&product, &[], true).await.expect_err("refused").to_string();
    assert!(refused.contains("cannot be reached"), "{refused}");
    linked.link(&product, &[], false).await.expect("taken, as it was acknowledged before");
    let failure = linked.call("EventStreams.GetInfo", json!("s")).await.expect_err("it is not there");
    assert!(failure.starts_with("provider-unavailable: "), "{failure}");
    product.restart();
    assert_eq!(linked.recorded.handle().await, "a");
    linked.stop().await;
}

#[tokio::test]
async fn a_password_is_never_shown() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let linked = Product::redis().provider();
    let url = format!("redis://:lovelace@127.0.0.1:{port}");
    let refused = link(&*linked.provider, &[("URL", &url)], true).await.expect_err("refused").to_string();
    assert!(refused.contains("cannot be reached") && !refused.contains("lovelace"), "{refused}");
    link(&*linked.provider, &[("URL", &url)], false).await.expect("it waits");
    let shown = format!("{:?}", linked.provider);
    assert!(!shown.contains("lovelace"), "{shown}");
    let failure = linked.call("EventStreams.GetInfo", json!("s")).await.expect_err("it is not there");
    assert!(!failure.contains("lovelace"), "{failure}");
}

#[tokio::test]
async fn a_file_has_a_plain_name_and_is_shared_by_whom_names_it() {
    let files = Product::files();
    let linked = files.provider();
    for name in ["../metadata", "a/b", "/etc/passwd", "..", "a.redb", "ä", &"x".repeat(65)] {
        let refused = linked.link(&files, &[("FILE", name)], true).await.expect_err("refused").to_string();
        assert!(refused.contains("is no name of a database"), "{refused}");
    }
    let (first, second) = (files.linked(&[("FILE", "a")], true).await, files.linked(&[("FILE", "a")], true).await);
    first.subscribe("", None).await;
    second.append("a").await;
    assert_eq!(first.recorded.handle().await, "a");
    first.stop().await;
    second.stop().await;
}
