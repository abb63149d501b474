//! As many messages as the server takes.

use super::Connection;
use crate::workload::{Flood, Outcome, WINDOW};
use anyhow::{Result, ensure};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};
use tokio::{io::AsyncReadExt, net::TcpStream, sync::Notify, task::JoinSet};

/// About how much is written at once.
const WRITE: usize = 64 << 10;

/// How much is read at once.
const READ: usize = 256 << 10;

const SUBJECT: &str = "bench.flood";

/// Ends the payload of the last message; all others are zeros.
const LAST: &[u8] = b"the last\r\n";

/// How far a subscriber is.
#[derive(Debug, Default)]
struct Progress {
    bytes: AtomicU64,
}

/// Publishes and counts.
pub(crate) async fn run(address: SocketAddr, flood: Flood) -> Result<Outcome> {
    let delivered = delivery(flood.size).len() as u64;
    let progress = (0..flood.subscribers).map(|_| Arc::<Progress>::default()).collect::<Vec<_>>();
    let moved = Arc::new(Notify::new());
    let mut subscribers = JoinSet::new();
    for progress in &progress {
        let mut connection = Connection::open(address).await?;
        connection.write(format!("SUB {SUBJECT} 1\r\n").as_bytes()).await?;
        connection.settle().await?;
        let expected = delivered * flood.messages;
        subscribers.spawn(receive(connection.into_stream(), expected, progress.clone(), moved.clone()));
    }
    let mut publisher = Connection::open(address).await?;
    let started = Instant::now();
    let publish = async {
        let message = publication(flood.size, &vec![0; flood.size]);
        let per_write = (WRITE / message.len()).max(1) as u64;
        let together = message.repeat(per_write as usize);
        let mut sent = 0;
        while sent < flood.messages - 1 {
            let count = per_write.min(flood.messages - 1 - sent);
            has_room(&progress, (sent + count) * delivered, &moved).await;
            publisher.write(&together[..count as usize * message.len()]).await?;
            sent += count;
        }
        let mut last = vec![0; flood.size];
        last[flood.size + 2 - LAST.len()..].copy_from_slice(&LAST[..LAST.len() - 2]);
        publisher.write(&publication(flood.size, &last)).await?;
        publisher.settle().await
    };
    let receive = async {
        while let Some(ended) = subscribers.join_next().await {
            ended??;
        }
        anyhow::Ok(())
    };
    futures::try_join!(publish, receive)?;
    Ok(Outcome::Rate(flood.messages * flood.subscribers.max(1) as u64, started.elapsed()))
}

/// Waits until `sent` bytes are no more than a window ahead of each subscriber.
async fn has_room(progress: &[Arc<Progress>], sent: u64, moved: &Notify) {
    for subscriber in progress {
        while sent > subscriber.bytes.load(Ordering::Acquire) + WINDOW {
            moved.notified().await;
        }
    }
}

async fn receive(mut stream: TcpStream, expected: u64, progress: Arc<Progress>, moved: Arc<Notify>) -> Result<()> {
    let mut buffer = vec![0; READ];
    // The end of what came before stays at the start, as the last message may come in two pieces.
    let kept = LAST.len() * 2;
    loop {
        let count = stream.read(&mut buffer[kept..]).await?;
        ensure!(count > 0, "the server closed the connection of a subscriber");
        let received = progress.bytes.fetch_add(count as u64, Ordering::AcqRel) + count as u64;
        moved.notify_one();
        if buffer[count..kept + count].windows(LAST.len()).any(|bytes| bytes == LAST) {
            ensure!(received >= expected, "{received} bytes came of {expected}: messages were lost");
            return Ok(());
        }
        buffer.copy_within(count..kept + count, 0);
    }
}

fn publication(size: usize, payload: &[u8]) -> Vec<u8> {
    [format!("PUB {SUBJECT} {size}\r\n").as_bytes(), payload, b"\r\n"].concat()
}

fn delivery(size: usize) -> Vec<u8> {
    [format!("MSG {SUBJECT} 1 {size}\r\n").as_bytes(), &vec![0; size], b"\r\n"].concat()
}
