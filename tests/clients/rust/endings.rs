//! Cases in which something ends or comes to a limit.

use async_nats::{ConnectOptions, Event, client::PublishErrorKind};
use futures::StreamExt;
use serde_json::json;

use crate::{
    Outcome,
    connections::{Join, every_text, numbers, settle, texts},
};

/// Messages that are on their way when somebody leaves.
const DRAINED: usize = 500;

pub(crate) async fn unsubscribe_after(join: &Join) -> Outcome {
    let client = join.client().await?;
    let mut subscriber = client.subscribe("clients.max").await?;
    subscriber.unsubscribe_after(3).await?;
    for number in numbers(5) {
        client.publish("clients.max", number.into()).await?;
    }
    // It ends by itself, or this never does.
    Ok(json!(every_text(subscriber).await))
}

pub(crate) async fn unsubscribe(join: &Join) -> Outcome {
    let client = join.client().await?;
    let mut subscriber = client.subscribe("clients.left").await?;
    client.publish("clients.left", "before".into()).await?;
    settle(&client).await?;
    subscriber.unsubscribe().await?;
    client.publish("clients.left", "after".into()).await?;
    settle(&client).await?;
    Ok(json!(every_text(subscriber).await))
}

pub(crate) async fn drain_subscription(join: &Join) -> Outcome {
    let (from, to) = (join.client().await?, join.client().await?);
    let mut subscriber = to.subscribe("clients.drain").await?;
    settle(&to).await?;
    for number in numbers(DRAINED) {
        from.publish("clients.drain", number.into()).await?;
    }
    settle(&from).await?;
    subscriber.drain().await?;
    settle(&to).await?;
    from.publish("clients.drain", "too late".into()).await?;
    settle(&from).await?;
    settle(&to).await?;
    Ok(json!(every_text(subscriber).await == numbers(DRAINED)))
}

/// What is on its way to who leaves arrives, and so does what it says last.
pub(crate) async fn drain_connection(join: &Join) -> Outcome {
    let (other, (leaving, mut events)) = (join.client().await?, join.watched(ConnectOptions::new()).await?);
    let mut farewells = other.subscribe("clients.farewell").await?;
    settle(&other).await?;
    let subscriber = leaving.subscribe("clients.drain").await?;
    settle(&leaving).await?;
    for number in numbers(DRAINED) {
        other.publish("clients.drain", number.into()).await?;
    }
    settle(&other).await?;
    for number in numbers(DRAINED) {
        leaving.publish("clients.farewell", number.into()).await?;
    }
    leaving.drain().await?;
    let came = every_text(subscriber).await == numbers(DRAINED);
    let left = texts(&mut farewells, DRAINED).await == numbers(DRAINED);
    while events.next().await.ok_or("the connection told nothing of its end")? != Event::Closed {}
    Ok(json!({ "came": came, "left": left }))
}

pub(crate) async fn largest_payload(join: &Join) -> Outcome {
    let client = join.client().await?;
    let size = client.server_info().max_payload;
    let mut subscriber = client.subscribe("clients.large").await?;
    client.publish("clients.large", vec![7; size].into()).await?;
    let message = subscriber.next().await.ok_or("the subscription ended")?;
    Ok(json!(message.payload.len() == size && message.payload.iter().all(|byte| *byte == 7)))
}

pub(crate) async fn too_large_payload(join: &Join) -> Outcome {
    let client = join.client().await?;
    let size = client.server_info().max_payload + 1;
    match client.publish("clients.large", vec![0; size].into()).await {
        Err(error) if error.kind() == PublishErrorKind::MaxPayloadExceeded => Ok(json!("refused")),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(json!("taken")),
    }
}

/// This client can be told to let any subject pass, which the server then judges.
pub(crate) async fn bad_subjects(join: &Join) -> Outcome {
    let (lax, mut events) = join.watched(ConnectOptions::new().skip_subject_validation(true)).await?;
    lax.publish("clients..empty", "".into()).await?;
    let _subscriber = lax.subscribe("clients.>.end").await?;
    settle(&lax).await?;
    lax.drain().await?;
    let mut verdicts = Vec::new();
    loop {
        match events.next().await.ok_or("the connection told nothing of its end")? {
            Event::ServerError(error) => verdicts.push(error.to_string()),
            Event::Closed => return Ok(json!(verdicts)),
            _ => {}
        }
    }
}

pub(crate) async fn flush(join: &Join) -> Outcome {
    let (from, to) = (join.client().await?, join.client().await?);
    let mut subscriber = to.subscribe("clients.flush").await?;
    settle(&to).await?;
    for number in numbers(100) {
        from.publish("clients.flush", number.into()).await?;
    }
    from.flush().await?;
    Ok(json!(texts(&mut subscriber, 100).await == numbers(100)))
}
