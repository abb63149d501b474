//! Several hosts that serve one provider on the same Redis, or the same JetStream.

use super::product::{Linked, Product};

#[tokio::test]
async fn a_subscription_on_redis_is_delivered_by_one_of_several_hosts_and_by_another_when_that_one_stops() {
    a_subscription_is_delivered_by_one_of_several_hosts_and_by_another_when_that_one_stops(Product::redis()).await;
}

#[tokio::test]
async fn a_subscription_on_jetstream_is_delivered_by_one_of_several_hosts_and_by_another_when_that_one_stops() {
    a_subscription_is_delivered_by_one_of_several_hosts_and_by_another_when_that_one_stops(Product::jetstream()).await;
}

async fn a_subscription_is_delivered_by_one_of_several_hosts_and_by_another_when_that_one_stops(product: Product) {
    let (first, second) = (product.linked(&[], true).await, product.linked(&[], true).await);
    first.append("a").await;
    first.subscribe("", Some(0)).await;
    let a = first.recorded.next().await;
    assert_eq!(a.text(), "a");
    assert!(!second.subscribe("", Some(0)).await, "the other host knows of it");
    second.append("b").await;
    assert!(second.recorded.is_empty().await, "it does not deliver as well");
    a.handled();
    assert_eq!(first.recorded.handle().await, "b", "appended on the other host");
    // The last answer is noted when the next event comes.
    second.append("c").await;
    assert_eq!(first.recorded.handle().await, "c");
    second.append("d").await;
    let d = first.recorded.next().await;
    assert_eq!(d.text(), "d");
    d.handled();
    first.stop().await;
    second.append("e").await;
    assert_eq!(second.recorded.handle().await, "e", "the other goes on, after what was handled");
    second.delete_link().await;
}

#[tokio::test]
async fn links_with_prefixes_of_their_own_share_nothing() {
    links_that_are_kept_apart_share_nothing(Product::redis(), "apart:").await;
}

#[tokio::test]
async fn links_with_streams_of_their_own_share_nothing() {
    links_that_are_kept_apart_share_nothing(Product::jetstream(), "apart").await;
}

async fn links_that_are_kept_apart_share_nothing(product: Product, name: &str) {
    let apart = [(product.apart(), name)];
    let (first, second) = (product.linked(&[], true).await, product.linked(&apart, true).await);
    first.append("a").await;
    first.subscribe("", Some(0)).await;
    assert_eq!(second.texts().await, Vec::<String>::new());
    assert!(second.subscribe("", Some(0)).await);
    second.append("b").await;
    assert_eq!(second.recorded.handle().await, "b");
    assert_eq!(first.recorded.handle().await, "a");
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn a_subscription_falls_to_another_host_when_the_lease_of_a_lost_one_ends() {
    let product = Product::redis();
    let second = beside_a_lost_one(&product).await;
    let Product::Redis(server) = &product else { unreachable!("it is one") };
    let client = redis::Client::open(server.url()).expect("a URL");
    let mut other = client.get_multiplexed_async_connection().await.expect("it is ready");
    let leases: Vec<String> =
        redis::cmd("KEYS").arg("wisteria:eventstreams:lease:*").query_async(&mut other).await.expect("answered");
    let [lease] = &leases[..] else { panic!("one lease in {leases:?}") };
    let left: i64 = redis::cmd("PTTL").arg(lease).query_async(&mut other).await.expect("answered");
    assert!((1..=20_000).contains(&left), "it ends by itself: {left}");
    let soon: i64 = redis::cmd("PEXPIRE").arg(lease).arg(1).query_async(&mut other).await.expect("answered");
    assert_eq!(soon, 1);
    goes_on(second).await;
}

/// The second of two hosts, the first of which is lost while its actor is handling the event `a`.
pub(super) async fn beside_a_lost_one(product: &Product) -> Linked {
    let (first, second) = (product.linked(&[], true).await, product.linked(&[], true).await);
    first.subscribe("", Some(0)).await;
    first.append("a").await;
    let at_hand = first.recorded.next().await;
    assert!(!second.subscribe("", Some(0)).await);
    // Nobody ends its link or answers any more.
    drop((first, at_hand));
    second
}

/// Delivers what was not handled, and what comes then.
pub(super) async fn goes_on(second: Linked) {
    let again = second.recorded.next().await;
    assert_eq!((again.text(), again.delivery.redeliveries), ("a", 0));
    again.handled();
    second.append("b").await;
    assert_eq!(second.recorded.handle().await, "b");
    second.delete_link().await;
}
