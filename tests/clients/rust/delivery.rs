//! Cases of messages that come to whom they should.

use std::{collections::HashSet, error::Error, time::Duration};

use async_nats::{Client, ConnectOptions, HeaderMap, Request, Subscriber, client::RequestErrorKind};
use futures::{StreamExt, future, stream};
use serde_json::json;

use crate::{
    Outcome,
    connections::{Join, numbers, settle, take, text, texts},
};

const BURST: usize = 20_000;
const MANY: usize = 1000;

pub(crate) async fn facts(join: &Join) -> Outcome {
    let info = join.client().await?.server_info();
    Ok(json!({
        "headers": info.headers,
        "proto": info.proto,
        "max_payload": info.max_payload,
        "numbered": info.client_id > 0,
        "open": !info.auth_required,
    }))
}

pub(crate) async fn publish_and_subscribe(join: &Join) -> Outcome {
    let (from, to) = (join.client().await?, join.client().await?);
    let mut subscriber = to.subscribe("clients.plain").await?;
    settle(&to).await?;
    from.publish("clients.plain", "hello".into()).await?;
    from.publish("clients.other", "not for us".into()).await?;
    from.publish("clients.plain", "".into()).await?;
    Ok(json!(texts(&mut subscriber, 2).await))
}

/// The subjects seen of those that are published, up to the last.
async fn seen(join: &Join, pattern: &'static str, published: &[&'static str]) -> Outcome {
    let client = join.client().await?;
    let mut subscriber = client.subscribe(pattern).await?;
    for subject in published {
        client.publish(*subject, "".into()).await?;
    }
    let mut seen = Vec::new();
    while seen.last().map(String::as_str) != published.last().copied() {
        seen.push(subscriber.next().await.ok_or("the subscription ended")?.subject.to_string());
    }
    Ok(json!(seen))
}

pub(crate) async fn star(join: &Join) -> Outcome {
    let published = ["clients.a.leaf", "clients.a.b.leaf", "clients.leaf", "clients.b.leaf.c", "clients.end.leaf"];
    seen(join, "clients.*.leaf", &published).await
}

pub(crate) async fn greater(join: &Join) -> Outcome {
    seen(join, "clients.>", &["clients", "clients.a", "clients.a.b.c", "others.a", "clients.end"]).await
}

pub(crate) async fn both_wildcards(join: &Join) -> Outcome {
    seen(join, "*.b.>", &["a.b", "a.b.c", "x.b.c.d", "a.c.b", "z.b.end"]).await
}

/// Each subscription that matches gets the message.
pub(crate) async fn overlapping(join: &Join) -> Outcome {
    let client = join.client().await?;
    let mut subscribers = Vec::new();
    for pattern in ["clients.a", "clients.*", "*.a"] {
        subscribers.push(client.subscribe(pattern).await?);
    }
    client.publish("clients.a", "once each".into()).await?;
    let heard = stream::iter(subscribers).then(async |mut subscriber| texts(&mut subscriber, 1).await);
    Ok(json!(heard.collect::<Vec<_>>().await))
}

/// Each message reaches one member, and none is left out.
pub(crate) async fn queue_group(join: &Join) -> Outcome {
    let mut members = Vec::new();
    for _ in 0..3 {
        let client = join.client().await?;
        let subscriber = client.queue_subscribe("clients.jobs", "workers".to_owned()).await?;
        settle(&client).await?;
        members.push((client, subscriber));
    }
    let publisher = join.client().await?;
    for number in numbers(300) {
        publisher.publish("clients.jobs", number.into()).await?;
    }
    settle(&publisher).await?;
    let mut heard = Vec::new();
    for (client, mut subscriber) in members {
        settle(&client).await?;
        subscriber.unsubscribe().await?;
        heard.push(subscriber.map(|message| text(&message)).collect::<Vec<_>>().await);
    }
    let different: HashSet<_> = heard.iter().flatten().collect();
    let deliveries: usize = heard.iter().map(Vec::len).sum();
    let is_fair = heard.iter().all(|heard| heard.len() > 30);
    Ok(json!({ "messages": different.len(), "deliveries": deliveries, "each_a_tenth_at_least": is_fair }))
}

pub(crate) async fn group_beside_subscriber(join: &Join) -> Outcome {
    let client = join.client().await?;
    let mut plain = client.subscribe("clients.g").await?;
    let mut grouped = client.queue_subscribe("clients.g", "g".to_owned()).await?;
    client.publish("clients.g", "x".into()).await?;
    Ok(json!([texts(&mut plain, 1).await, texts(&mut grouped, 1).await]))
}

/// Answers so many requests.
async fn answer(client: &Client, subscriber: &mut Subscriber, count: usize) -> Result<(), Box<dyn Error>> {
    for _ in 0..count {
        let message = subscriber.next().await.ok_or("the subscription ended")?;
        let reply = message.reply.clone().ok_or("a request without a subject for replies")?;
        client.publish(reply, format!("answer to {}", text(&message)).into()).await?;
    }
    Ok(())
}

pub(crate) async fn request(join: &Join) -> Outcome {
    let (asking, answering) = (join.client().await?, join.client().await?);
    let mut subscriber = answering.subscribe("clients.ask").await?;
    settle(&answering).await?;
    let asked = future::join_all(numbers(20).into_iter().map(|number| asking.request("clients.ask", number.into())));
    let (replies, answered) = future::join(asked, answer(&answering, &mut subscriber, 20)).await;
    answered?;
    let replies = replies.into_iter().map(|reply| reply.map(|reply| text(&reply))).collect::<Result<Vec<_>, _>>()?;
    Ok(json!(replies))
}

/// On an inbox for this request alone.
pub(crate) async fn request_old_style(join: &Join) -> Outcome {
    let client = join.client().await?;
    let mut subscriber = client.subscribe("clients.ask").await?;
    let request = Request::new().payload("x".into()).inbox(client.new_inbox());
    let asked = client.send_request("clients.ask", request);
    let (reply, answered) = future::join(asked, answer(&client, &mut subscriber, 1)).await;
    answered?;
    Ok(json!(text(&reply?)))
}

pub(crate) async fn no_responders(join: &Join) -> Outcome {
    match join.client().await?.request("clients.nobody", "".into()).await {
        Err(error) if error.kind() == RequestErrorKind::NoResponders => Ok(json!("no responders")),
        Err(error) => Err(error.into()),
        Ok(reply) => Ok(json!(text(&reply))),
    }
}

pub(crate) async fn no_answer(join: &Join) -> Outcome {
    let (asking, silent) = (join.client().await?, join.client().await?);
    let _subscriber = silent.subscribe("clients.silent").await?;
    settle(&silent).await?;
    let request = Request::new().timeout(Some(Duration::from_millis(100)));
    match asking.send_request("clients.silent", request).await {
        Err(error) if error.kind() == RequestErrorKind::TimedOut => Ok(json!("timeout")),
        Err(error) => Err(error.into()),
        Ok(reply) => Ok(json!(text(&reply))),
    }
}

pub(crate) async fn headers(join: &Join) -> Outcome {
    let client = join.client().await?;
    let mut subscriber = client.subscribe("clients.headers").await?;
    let mut headers = HeaderMap::new();
    headers.append("Many", "one");
    headers.append("Many", "two words");
    headers.append("case-Kept", "grün: ja");
    client.publish_with_headers("clients.headers", headers.clone(), "body".into()).await?;
    client.publish_with_headers("clients.headers", headers, "".into()).await?;
    client.publish("clients.headers", "none".into()).await?;
    let got = take(&mut subscriber, 3).await.into_iter().map(|message| {
        let values = |name: &str| {
            let values = message.headers.iter().flat_map(|headers| headers.get_all(name));
            values.map(ToString::to_string).collect::<Vec<_>>()
        };
        json!([text(&message), message.headers.as_ref().map(|_| (values("Many"), values("case-Kept")))])
    });
    Ok(got.collect())
}

pub(crate) async fn echo_off(join: &Join) -> Outcome {
    let (quiet, client) = (join.with(ConnectOptions::new().no_echo()).await?, join.client().await?);
    let (mut own, mut others) = (quiet.subscribe("clients.echo").await?, client.subscribe("clients.echo").await?);
    settle(&quiet).await?;
    settle(&client).await?;
    quiet.publish("clients.echo", "mine".into()).await?;
    let seen = texts(&mut others, 1).await;
    client.publish("clients.echo", "theirs".into()).await?;
    Ok(json!([seen, texts(&mut own, 1).await]))
}

pub(crate) async fn burst(join: &Join) -> Outcome {
    let (from, to) = (join.client().await?, join.client().await?);
    let mut subscriber = to.subscribe("clients.burst").await?;
    settle(&to).await?;
    for number in numbers(BURST) {
        from.publish("clients.burst", number.into()).await?;
    }
    Ok(json!(texts(&mut subscriber, BURST).await == numbers(BURST)))
}

pub(crate) async fn many_subscriptions(join: &Join) -> Outcome {
    let client = join.client().await?;
    let mut subscribers = Vec::new();
    for number in 0..MANY {
        subscribers.push(client.subscribe(format!("clients.many.{number}")).await?);
    }
    for number in numbers(MANY) {
        client.publish(format!("clients.many.{number}"), number.into()).await?;
    }
    let heard = stream::iter(subscribers).then(async |mut subscriber| texts(&mut subscriber, 1).await.concat());
    Ok(json!(heard.collect::<Vec<_>>().await == numbers(MANY)))
}
