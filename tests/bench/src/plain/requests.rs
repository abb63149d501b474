//! Requests over one connection, answered over another.

use super::Connection;
use crate::workload::{Outcome, Requests};
use anyhow::{Context, Result};
use std::{net::SocketAddr, time::Instant};
use tokio::task::JoinHandle;

const SUBJECT: &str = "bench.request";
const PAYLOAD: &str = "sixteen bytes ok";

/// Asks and takes the time.
pub(crate) async fn run(address: SocketAddr, requests: Requests) -> Result<Outcome> {
    let answerer = answerer(address).await?;
    let outcome = ask(address, requests).await;
    answerer.abort();
    outcome
}

async fn ask(address: SocketAddr, requests: Requests) -> Result<Outcome> {
    let mut connection = Connection::open(address).await?;
    connection.write(b"SUB _INBOX.bench.* 1\r\n").await?;
    connection.settle().await?;
    let mut asked = vec![Instant::now(); requests.in_flight];
    let mut latencies = Vec::with_capacity(requests.count);
    let mut out = String::new();
    (0..requests.in_flight).for_each(|slot| request(slot, &mut out));
    connection.write(out.as_bytes()).await?;
    let mut sent = requests.in_flight;
    while latencies.len() < requests.count {
        let replies = connection.messages().await?;
        let now = Instant::now();
        out.clear();
        for reply in replies {
            let slot = reply.subject.rsplit('.').next().unwrap_or_default();
            let slot = slot.parse::<usize>().with_context(|| format!("a reply to {}", reply.subject))?;
            latencies.push(now - asked[slot]);
            asked[slot] = now;
            if sent < requests.count {
                request(slot, &mut out);
                sent += 1;
            }
        }
        connection.write(out.as_bytes()).await?;
    }
    Ok(Outcome::Latencies(latencies))
}

fn request(slot: usize, out: &mut String) {
    out.push_str(&format!("PUB {SUBJECT} _INBOX.bench.{slot} {}\r\n{PAYLOAD}\r\n", PAYLOAD.len()));
}

/// Answers until it is aborted.
async fn answerer(address: SocketAddr) -> Result<JoinHandle<Result<()>>> {
    let mut connection = Connection::open(address).await?;
    connection.write(format!("SUB {SUBJECT} 1\r\n").as_bytes()).await?;
    connection.settle().await?;
    Ok(tokio::spawn(async move {
        loop {
            let mut out = String::new();
            for request in connection.messages().await? {
                let reply = request.reply.context("a request without a subject for its reply")?;
                out.push_str(&format!("PUB {reply} {}\r\n{PAYLOAD}\r\n", PAYLOAD.len()));
            }
            connection.write(out.as_bytes()).await?;
        }
    }))
}
