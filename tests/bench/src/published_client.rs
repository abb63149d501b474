//! The same with the client that is published for Rust.

use crate::workload::{Flood, Outcome, Requests, WINDOW};
use anyhow::{Context, Result, ensure};
use async_nats::{Client, ConnectOptions};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use std::{net::SocketAddr, sync::Arc, time::Instant};
use tokio::{sync::Semaphore, task::JoinSet};

/// Messages that the client may keep for a subscription; it drops what comes beyond them.
const KEPT: usize = 16 << 10;

/// How many messages make the way free for others at once.
const STEP: u64 = 64;

const SUBJECT: &str = "bench.flood";
const REQUESTS: &str = "bench.request";

async fn connect(address: SocketAddr) -> Result<Client> {
    let options = ConnectOptions::new().subscription_capacity(KEPT);
    Ok(options.connect(format!("nats://{address}")).await?)
}

/// Returns once the server has acted on all that was sent: a message to itself comes after that.
async fn settle(client: &Client) -> Result<()> {
    let inbox = client.new_inbox();
    let mut own = client.subscribe(inbox.clone()).await?;
    client.publish(inbox, Bytes::new()).await?;
    own.next().await.context("the connection ended")?;
    Ok(())
}

/// Publishes and counts.
pub(crate) async fn flood(address: SocketAddr, flood: Flood) -> Result<Outcome> {
    // Half of what is kept, as the steps need room too.
    let window = (WINDOW / (flood.size as u64 + STEP)).min(KEPT as u64 / 2);
    let mut subscribers = JoinSet::new();
    let mut rooms = Vec::new();
    for _ in 0..flood.subscribers {
        let client = connect(address).await?;
        let mut messages = client.subscribe(SUBJECT).await?;
        settle(&client).await?;
        let room = Arc::new(Semaphore::new(window as usize));
        rooms.push(room.clone());
        subscribers.spawn(async move {
            for received in 1..=flood.messages {
                ensure!(messages.next().await.is_some(), "the subscription ended after {received} messages");
                if received % STEP == 0 {
                    room.add_permits(STEP as usize);
                }
            }
            drop(client);
            Ok(())
        });
    }
    let publisher = connect(address).await?;
    let payload = Bytes::from(vec![0; flood.size]);
    let started = Instant::now();
    for sent in 0..flood.messages {
        if sent % STEP == 0 {
            for room in &rooms {
                room.acquire_many(STEP as u32).await?.forget();
            }
        }
        publisher.publish(SUBJECT, payload.clone()).await?;
    }
    publisher.flush().await?;
    while let Some(ended) = subscribers.join_next().await {
        ended??;
    }
    Ok(Outcome::Rate(flood.messages * flood.subscribers as u64, started.elapsed()))
}

/// Asks and takes the time.
pub(crate) async fn requests(address: SocketAddr, requests: Requests) -> Result<Outcome> {
    let answering = connect(address).await?;
    let mut asked = answering.subscribe(REQUESTS).await?;
    settle(&answering).await?;
    let answerer = tokio::spawn(async move {
        while let Some(request) = asked.next().await {
            if let Some(reply) = request.reply {
                answering.publish(reply, request.payload).await?;
            }
        }
        anyhow::Ok(())
    });
    let client = connect(address).await?;
    let latencies = stream::iter(0..requests.count)
        .map(async |_| {
            let started = Instant::now();
            client.request(REQUESTS, Bytes::from_static(b"sixteen bytes ok")).await?;
            anyhow::Ok(started.elapsed())
        })
        .buffer_unordered(requests.in_flight)
        .try_collect::<Vec<_>>()
        .await;
    answerer.abort();
    Ok(Outcome::Latencies(latencies?))
}
