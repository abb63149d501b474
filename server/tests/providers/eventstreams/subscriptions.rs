//! What every subscription can rely on, wherever its stream is kept.

use serde_json::json;
use wisteria_core::provider::{LinkValues, ProviderLink};

use super::product::Product;
use crate::linked::actor;

on_each_product!(
    events_come_in_order_and_one_at_a_time,
    an_event_that_was_not_handled_comes_again_before_any_later_one,
    a_subscription_begins_where_it_was_told_to,
    a_subscription_goes_on_where_it_was_when_its_provider_starts_again,
    what_was_being_handled_when_the_provider_stopped_is_not_lost,
    a_subscription_ends_with_its_link_and_when_it_is_told_to,
    a_link_that_is_put_again_goes_on_one_at_a_time,
    subscriptions_of_several_names_and_actors_do_not_know_each_other,
    a_link_has_so_many_subscriptions_and_no_more,
);

async fn events_come_in_order_and_one_at_a_time(product: Product) {
    let linked = product.linked(&[], true).await;
    linked.append("a").await;
    assert!(linked.subscribe("", Some(0)).await);
    let first = linked.recorded.next().await;
    assert_eq!(first.actor, actor());
    assert_eq!((first.text(), first.delivery.redeliveries), ("a", 0));
    assert_eq!((first.delivery.stream.as_str(), first.delivery.subscription.as_str()), ("s", ""));
    assert!(first.delivery.event.time > 0 && first.delivery.event.event_type == "t");
    for text in ["b", "c"] {
        linked.append(text).await;
    }
    assert!(linked.recorded.is_empty().await, "none before the first is handled");
    let first = first.handled().event.position;
    let second = linked.recorded.next().await;
    assert_eq!(second.text(), "b");
    assert!(second.delivery.event.position > first);
    assert!(linked.recorded.is_empty().await, "none before the second is handled");
    second.handled();
    assert_eq!(linked.recorded.handle().await, "c");
    for number in 0..50 {
        linked.append(&number.to_string()).await;
    }
    for number in 0..50 {
        assert_eq!(linked.recorded.handle().await, number.to_string());
    }
    linked.stop().await;
}

async fn an_event_that_was_not_handled_comes_again_before_any_later_one(product: Product) {
    let linked = product.linked(&[], true).await;
    linked.subscribe("", None).await;
    linked.append("a").await;
    linked.append("b").await;
    for times in 0..3 {
        let handed = linked.recorded.next().await;
        assert_eq!((handed.text(), handed.delivery.redeliveries), ("a", times));
        handed.failed();
    }
    assert_eq!(linked.recorded.handle().await, "a");
    let next = linked.recorded.next().await;
    assert_eq!((next.text(), next.delivery.redeliveries), ("b", 0));
    next.handled();
    linked.stop().await;
}

async fn a_subscription_begins_where_it_was_told_to(product: Product) {
    let linked = product.linked(&[], true).await;
    linked.append("a").await;
    let b = linked.append("b").await;
    linked.append("c").await;
    linked.subscribe("after b", Some(b)).await;
    let handed = linked.recorded.next().await;
    assert_eq!((handed.text(), handed.delivery.subscription.as_str()), ("c", "after b"));
    handed.handled();
    linked.subscribe("from now on", None).await;
    linked.append("d").await;
    let mut got = Vec::new();
    for _ in 0..2 {
        let handed = linked.recorded.next().await;
        got.push((handed.text().to_owned(), handed.handled().subscription));
    }
    got.sort();
    let expected = [("d".to_owned(), "after b".to_owned()), ("d".to_owned(), "from now on".to_owned())];
    assert_eq!(got, expected);
    linked.stop().await;
}

async fn a_subscription_goes_on_where_it_was_when_its_provider_starts_again(product: Product) {
    let linked = product.linked(&[], true).await;
    linked.subscribe("", Some(0)).await;
    linked.append("a").await;
    linked.append("b").await;
    assert_eq!(linked.recorded.handle().await, "a");
    let b = linked.recorded.next().await;
    assert_eq!(b.text(), "b", "so what was answered for a is noted");
    b.handled();
    linked.stop().await;

    let linked = product.linked(&[], false).await;
    linked.append("c").await;
    assert!(!linked.subscribe("", Some(0)).await, "it is still there");
    let next = linked.recorded.next().await;
    assert_eq!(next.text(), "c", "what was handled does not come again, and nothing is left out");
    next.handled();
    linked.stop().await;
}

async fn what_was_being_handled_when_the_provider_stopped_is_not_lost(product: Product) {
    let linked = product.linked(&[], true).await;
    linked.subscribe("", Some(0)).await;
    linked.append("a").await;
    linked.append("b").await;
    let a = linked.recorded.next().await;
    // Nobody answers any more.
    linked.stop().await;
    a.handled();
    let linked = product.linked(&[], false).await;
    let again = linked.recorded.next().await;
    assert_eq!((again.text(), again.delivery.redeliveries), ("a", 0));
    again.handled();
    assert_eq!(linked.recorded.handle().await, "b");
    linked.stop().await;
}

async fn a_subscription_ends_with_its_link_and_when_it_is_told_to(product: Product) {
    let linked = product.linked(&[], true).await;
    linked.subscribe("", Some(0)).await;
    linked.append("a").await;
    assert_eq!(linked.recorded.handle().await, "a");
    linked.delete_link().await;
    let gone = linked.call("EventStreams.GetInfo", json!("s")).await.expect_err("no link");
    assert!(gone.contains("the link has just ended"), "{gone}");

    linked.link(&product, &[], true).await.expect("linked");
    linked.append("b").await;
    assert!(linked.subscribe("", Some(0)).await, "it is another one");
    for expected in ["a", "b"] {
        assert_eq!(linked.recorded.handle().await, expected);
    }
    // While an event is being handled, the subscription ends and another of its name begins.
    linked.append("c").await;
    let old = linked.recorded.next().await;
    let ended = linked.call("EventStreams.Unsubscribe", json!({ "stream": "s" })).await;
    assert_eq!(ended, Ok(true.into()));
    assert!(linked.subscribe("", Some(0)).await);
    let first = linked.recorded.next().await;
    assert_eq!((old.text(), first.text()), ("c", "a"));
    old.handled();
    first.handled();
    assert_eq!(linked.recorded.handle().await, "b", "what the old one handled does not move the new one on");
    assert_eq!(linked.recorded.handle().await, "c");
    linked.stop().await;
}

async fn a_link_that_is_put_again_goes_on_one_at_a_time(product: Product) {
    let linked = product.linked(&[], true).await;
    linked.subscribe("", Some(0)).await;
    linked.append("a").await;
    linked.append("b").await;
    let a = linked.recorded.next().await;
    linked.link(&product, &[("MAX_EVENTS", "100")], true).await.expect("linked again");
    assert!(linked.recorded.is_empty().await, "a is being handled");
    a.handled();
    assert_eq!(linked.recorded.handle().await, "b", "a was handled");
    linked.stop().await;
}

async fn subscriptions_of_several_names_and_actors_do_not_know_each_other(product: Product) {
    let linked = product.linked(&[], true).await;
    let other = linked.provider.clone();
    let url = product.url().map(|url| ("URL".to_owned(), url));
    let values = LinkValues::new(other.describe().values, url.into_iter().collect()).expect("good");
    let second = ProviderLink { actor: actor(), link_name: "second".into(), values, is_new: true };
    other.link(second).await.expect("linked");
    linked.append("a").await;
    for name in ["x", "y"] {
        linked.subscribe(name, Some(0)).await;
    }
    // Nobody is held up by one that does not handle.
    let both = [linked.recorded.next().await, linked.recorded.next().await];
    let mut names = both.map(|handed| handed.handled().subscription);
    names.sort();
    assert_eq!(names, ["x", "y"]);
    other.forget(actor(), "second".into()).await;
    assert!(!linked.subscribe("x", Some(0)).await, "the end of another link is not its own");
    linked.stop().await;
}

async fn a_link_has_so_many_subscriptions_and_no_more(product: Product) {
    let linked = product.linked(&[], true).await;
    let subscribe = |number: u32| {
        let argument = json!({ "stream": "s", "subscription": number.to_string() });
        linked.call("EventStreams.Subscribe", argument)
    };
    let all = futures::future::join_all((0..1_000).map(subscribe)).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    let refused = subscribe(1_000).await.expect_err("one too many");
    assert!(refused.starts_with("provider-failed: this link has 1000 subscriptions already"), "{refused}");
    assert!(subscribe(7).await.is_ok(), "one that is there is");
    linked.delete_link().await;
}
