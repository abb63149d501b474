//! How much of a stream is kept.

use std::time::Duration;

use serde_json::{Value, json};

use super::product::{Linked, Product};

async fn info(linked: &Linked) -> Value {
    linked.call("EventStreams.GetInfo", json!("s")).await.expect("answered")
}

async fn a_stream_keeps_so_many_events(product: Product) {
    let linked = product.linked(&[("MAX_EVENTS", "2")], true).await;
    linked.subscribe("slow", Some(0)).await;
    let mut positions = Vec::new();
    for text in ["a", "b", "c", "d"] {
        positions.push(linked.append(text).await);
    }
    assert_eq!(linked.texts().await, ["c", "d"]);
    assert_eq!(info(&linked).await, json!({ "firstPosition": positions[2], "lastPosition": positions[3] }));
    let late = json!({ "stream": "s", "data": "e", "expectedPosition": positions[2] });
    let late = linked.call("EventStreams.Append", late).await.expect("answered");
    assert_eq!(late, json!({ "appended": false, "position": positions[3] }));
    // What was on its way arrives; it goes on with what is still there.
    let mut got = vec![linked.recorded.handle().await];
    while got.last().is_none_or(|text| text != "d") {
        got.push(linked.recorded.handle().await);
    }
    let mut sorted = got.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(got, sorted);
    linked.stop().await;
}

async fn a_stream_keeps_so_many_bytes_and_its_last_event_in_any_case(product: Product) {
    let linked = product.linked(&[("MAX_BYTES", "10")], true).await;
    // Each has the byte of its type.
    for text in ["aaaa", "bbbb"] {
        linked.append(text).await;
    }
    assert_eq!(linked.texts().await, ["aaaa", "bbbb"]);
    linked.append("c").await;
    assert_eq!(linked.texts().await, ["bbbb", "c"]);
    linked.append("ddddddddd").await;
    assert_eq!(linked.texts().await, ["ddddddddd"]);
    let large = linked.call("EventStreams.Append", json!({ "stream": "s", "data": "eeeeeeeeeee" })).await;
    let refused = large.expect_err("too large");
    assert!(refused.contains("the event has 11 bytes, and the link keeps 10 of a stream"), "{refused}");
    assert_eq!(linked.texts().await, ["ddddddddd"], "without any effect");
    linked.stop().await;
}

async fn an_event_is_kept_for_so_long(product: Product) {
    let linked = product.linked(&[], true).await;
    linked.append("a").await;
    let b = linked.append("b").await;
    linked.link(&product, &[("MAX_AGE", "1ms")], true).await.expect("linked");
    let mut each = tokio::time::interval(Duration::from_millis(5));
    let gone = async {
        while !linked.texts().await.is_empty() {
            each.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.expect("they go");
    assert_eq!(info(&linked).await, json!({ "firstPosition": 0, "lastPosition": b }), "the place is not forgotten");
    linked.link(&product, &[("MAX_AGE", "1h")], true).await.expect("linked");
    let c = linked.append("c").await;
    assert!(c > b);
    assert_eq!(linked.texts().await, ["c"]);
    linked.stop().await;
}

async fn a_read_of_large_events_is_answered_in_parts(product: Product) {
    let linked = product.linked(&[], true).await;
    let large = "x".repeat(700 << 10);
    let huge = "y".repeat(3 << 20);
    for text in [&large, &large, &huge, &large] {
        linked.append(text).await;
    }
    let (mut after, mut parts) = (0, Vec::new());
    loop {
        let read = linked.call("EventStreams.Read", json!({ "stream": "s", "after": after })).await.expect("read");
        let events = read["events"].as_array().expect("events");
        parts.push(events.len());
        after = events.last().expect("there is one")["position"].as_u64().expect("a position");
        if read["isLast"] == true {
            break;
        }
    }
    assert_eq!(parts, [1, 1, 1, 1]);
    let larger = json!({ "stream": "s", "type": "t", "data": "z".repeat(7 << 20) });
    let refused = linked.call("EventStreams.Append", larger).await.expect_err("no call could deliver it");
    assert!(refused.starts_with("provider-failed: the event has 7340033 bytes, and no event more than"), "{refused}");
    linked.stop().await;
}

async fn what_would_keep_nothing_is_refused(product: Product) {
    let linked = product.provider();
    for (name, zero, example) in [
        ("MAX_EVENTS", "0", "MAX_EVENTS=10000"),
        ("MAX_BYTES", "0Ki", "MAX_BYTES=64Mi"),
        ("MAX_AGE", "0s", "MAX_AGE=7d"),
    ] {
        let refused = linked.link(&product, &[(name, zero)], true).await.expect_err("refused").to_string();
        assert!(refused.contains(&format!("`{name}` of 0 would keep nothing; write it as {example}")), "{refused}");
    }
}

on_each_product!(
    a_stream_keeps_so_many_events,
    a_stream_keeps_so_many_bytes_and_its_last_event_in_any_case,
    an_event_is_kept_for_so_long,
    a_read_of_large_events_is_answered_in_parts,
    what_would_keep_nothing_is_refused,
);
