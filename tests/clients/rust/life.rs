//! Cases in which the suite does something to the server or to this process, which the connection outlives.

use async_nats::{ConnectOptions, Event};
use futures::{StreamExt, channel::mpsc::UnboundedReceiver};
use serde_json::{Value, json};

use crate::{
    Outcome,
    connections::{Join, settle},
    talk::ask,
};

/// Waits for an event.
async fn until(events: &mut UnboundedReceiver<Event>, wanted: Event) -> Result<(), String> {
    while let Some(event) = events.next().await {
        if event == wanted {
            return Ok(());
        }
    }
    Err(format!("the connection closed before it told of being {wanted}"))
}

/// Joins, asks, waits for the way back and says whether the subscriptions of before still hear.
async fn come_back(join: &Join, subject: &'static str, question: Value) -> Outcome {
    let (client, mut events) = join.watched(ConnectOptions::new()).await?;
    let mut subscribers = [client.subscribe(subject).await?, client.queue_subscribe(subject, "life".to_owned()).await?];
    settle(&client).await?;
    until(&mut events, Event::Connected).await?;
    ask(question).await?;
    until(&mut events, Event::Disconnected).await?;
    until(&mut events, Event::Connected).await?;
    settle(&client).await?;
    let other = join.client().await?;
    other.publish(subject, "again".into()).await?;
    other.flush().await?;
    for subscriber in &mut subscribers {
        // Whatever piled up before may still come.
        while subscriber.next().await.ok_or("the subscription ended")?.payload != "again" {}
    }
    Ok(json!("disconnected, reconnected, subscriptions live"))
}

pub(crate) async fn restart(join: &Join) -> Outcome {
    come_back(join, "life.restart", json!({ "ask": "restart" })).await
}

pub(crate) async fn cut(join: &Join) -> Outcome {
    come_back(join, "life.cut", json!({ "ask": "cut" })).await
}

pub(crate) async fn slow(join: &Join) -> Outcome {
    come_back(join, "life.slow", json!({ "ask": "flood", "subject": "life.slow" })).await
}

pub(crate) async fn lame_duck(join: &Join) -> Outcome {
    let (_client, mut events) = join.watched(ConnectOptions::new()).await?;
    ask(json!({ "ask": "lame duck" })).await?;
    until(&mut events, Event::LameDuckMode).await?;
    Ok(json!("told"))
}
