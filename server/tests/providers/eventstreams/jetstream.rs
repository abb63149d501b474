//! Event streams on JetStream where it is shared: by appenders, by hosts, and with other programs.

use futures::{StreamExt, future::join_all};
use serde_json::{Value, json};

use super::{
    product::Product,
    shared::{beside_a_lost_one, goes_on},
};

fn url(product: &Product) -> String {
    product.url().expect("it is a server")
}

async fn streams(product: &Product) -> async_nats::jetstream::Context {
    async_nats::jetstream::new(async_nats::connect(url(product)).await.expect("connected"))
}

#[tokio::test]
async fn events_of_several_hosts_are_all_kept_in_one_order_and_one_of_many_that_expect_the_same_is() {
    let product = Product::jetstream();
    let hosts = [product.linked(&[], true).await, product.linked(&[], true).await, product.linked(&[], true).await];
    let appended = join_all((0..30).map(|number: usize| {
        let host = &hosts[number % 3];
        async move { host.append(&number.to_string()).await }
    }));
    let mut positions = appended.await;
    let texts = hosts[0].texts().await;
    assert_eq!(texts.len(), 30);
    for host in &hosts {
        assert_eq!(host.texts().await, texts);
    }
    let in_order: Vec<_> = texts.iter().map(|text| positions[text.parse::<usize>().expect("a number")]).collect();
    positions.sort_unstable();
    positions.dedup();
    assert_eq!(in_order, positions, "each has a position of its own, and they grow");

    let last = positions[29];
    let expecting = join_all((0..12).map(|number: usize| {
        let event = json!({ "stream": "s", "data": format!("x{number}"), "expectedPosition": last });
        hosts[number % 3].call("EventStreams.Append", event)
    }));
    let answers: Vec<Value> = expecting.await.into_iter().map(|answer| answer.expect("answered")).collect();
    let winners: Vec<_> = answers.iter().filter(|answer| answer["appended"] == true).collect();
    let [winner] = &winners[..] else { panic!("one in {answers:?}") };
    assert!(answers.iter().all(|answer| answer["position"] == winner["position"]), "the others learn of it");
    assert_eq!(hosts[1].texts().await.len(), 31);
    for host in hosts {
        host.stop().await;
    }
}

#[tokio::test]
async fn other_programs_read_and_hear_the_events() {
    let product = Product::jetstream();
    let linked = product.linked(&[("STREAM", "orders")], true).await;
    let client = async_nats::connect(url(&product)).await.expect("connected");
    let mut heard = client.subscribe("orders.*").await.expect("subscribed");
    let streams = async_nats::jetstream::new(client);
    let stream = streams.get_stream("orders").await.expect("there, and the server knows of the subscription");
    let event = json!({ "stream": "of:a", "type": "order.\"placed\"\nä", "data": "first" });
    let appended = linked.call("EventStreams.Append", event).await.expect("appended");
    let message = heard.next().await.expect("a message");
    assert_eq!((&*message.subject, &*message.payload), ("orders.of=3Aa", &b"first"[..]));
    let message = stream.get_last_raw_message_by_subject("orders.of=3Aa").await.expect("kept");
    assert_eq!(appended["position"], message.sequence);
    let read = linked.call("EventStreams.Read", json!({ "stream": "of:a" })).await.expect("read");
    assert_eq!(read["events"][0]["type"], "order.\"placed\"\nä");
    linked.stop().await;
}

#[tokio::test]
async fn what_is_let_go_of_is_gone_from_the_server_and_its_place_is_not_forgotten() {
    let product = Product::jetstream();
    let linked = product.linked(&[("MAX_EVENTS", "3")], true).await;
    for number in 0..20 {
        linked.append(&number.to_string()).await;
    }
    let streams = streams(&product).await;
    let kept = async || {
        let mut stream = streams.get_stream("wisteria-eventstreams").await.expect("there");
        stream.info().await.expect("answered").state.messages
    };
    assert_eq!(kept().await, 3);
    linked.link(&product, &[("MAX_AGE", "1ms")], true).await.expect("linked");
    let mut each = tokio::time::interval(std::time::Duration::from_millis(5));
    while !linked.texts().await.is_empty() {
        each.tick().await;
    }
    assert_eq!(kept().await, 1, "the mark of its place");
    linked.link(&product, &[("MAX_EVENTS", "3")], true).await.expect("linked");
    let late = json!({ "stream": "s", "data": "late", "expectedPosition": 0 });
    let late = linked.call("EventStreams.Append", late).await.expect("answered");
    assert_eq!(late, json!({ "appended": false, "position": 20 }));
    let next = json!({ "stream": "s", "data": "next", "expectedPosition": 20 });
    assert_eq!(linked.call("EventStreams.Append", next).await.expect("answered")["appended"], true);
    for number in 0..5 {
        linked.append(&number.to_string()).await;
    }
    assert_eq!((linked.texts().await, kept().await), (vec!["2".to_owned(), "3".to_owned(), "4".to_owned()], 3));
    linked.stop().await;
}

#[tokio::test]
async fn a_subscription_falls_to_another_host_when_the_lease_of_a_lost_one_ends() {
    let product = Product::jetstream();
    let second = beside_a_lost_one(&product).await;
    let bucket = streams(&product).await.get_key_value("wisteria-eventstreams-subscriptions").await.expect("there");
    let keys: Vec<_> = bucket.keys().await.expect("listed").collect().await;
    let [Ok(key)] = &keys[..] else { panic!("one in {keys:?}") };
    let kept = bucket.get(key).await.expect("read").expect("there");
    let mut kept: Value = serde_json::from_slice(&kept).expect("JSON");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after it");
    let left = u128::from(kept["until"].as_u64().expect("a time")).saturating_sub(now.as_millis());
    assert!((1..=20_000).contains(&left), "it ends by itself: {left}");
    kept["until"] = 1.into();
    bucket.put(key, kept.to_string().into()).await.expect("put");
    goes_on(second).await;
}

#[tokio::test]
async fn a_stream_takes_nothing_that_others_say() {
    let product = Product::jetstream();
    let linked = product.provider();
    for name in ["wasmbus", "wisteria", "_INBOX", "a.b", ">", "*", "$JS", "LATTICEDATA_default"] {
        let refused = linked.link(&product, &[("STREAM", name)], true).await.expect_err("refused").to_string();
        assert!(refused.contains(&format!("`STREAM={name}`")), "{refused}");
    }
    let bucket = async_nats::jetstream::kv::Config { bucket: "theirs".to_owned(), ..Default::default() };
    streams(&product).await.create_key_value(bucket).await.expect("made");
    let refused = linked.link(&product, &[("STREAM", "KV_theirs")], true).await.expect_err("refused").to_string();
    assert!(refused.contains("does not keep KV_theirs.* but $KV.theirs.>; choose another name"), "{refused}");
}

#[tokio::test]
async fn an_old_server_keeps_events_as_well() {
    let product = Product::JetStream(crate::nats_server::NatsServer::start_old());
    let linked = product.linked(&[("MAX_EVENTS", "2")], true).await;
    linked.subscribe("", Some(0)).await;
    for text in ["a", "b", "c"] {
        linked.append(text).await;
        assert_eq!(linked.recorded.handle().await, text);
    }
    assert_eq!(linked.texts().await, ["b", "c"]);
    linked.stop().await;
}
