//! Moves the bytes of one connection, watches over its life, and says how it ended.

use std::{
    fmt::Display,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
};

use bytes::Bytes;
use futures::{FutureExt, Sink, Stream, StreamExt, future::FusedFuture, pin_mut, select_biased};
use thiserror::Error;
use wisteria_core::platform::timeout;

use super::{Broker, session::Session};
use crate::{
    outbox::yield_now,
    protocol::{self, ProtocolError},
};

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Ended {
    /// The client left.
    #[error("the client left")]
    Left,
    /// The client said what cannot be understood or is not allowed.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// The client did not take its messages.
    #[error("the client does not keep up with its messages")]
    SlowConsumer,
    /// The client gave no sign of life.
    #[error("the client gave no sign of life")]
    Stale,
    /// The client did not say `CONNECT` in time.
    #[error("the client did not say CONNECT in time")]
    NotConnected,
    /// The transport broke.
    #[error("the transport broke: {0}")]
    Transport(String),
}

impl Ended {
    /// The last word, where there is one to say.
    pub(super) fn nats_text(&self) -> Option<&'static str> {
        match self {
            Self::Left | Self::Transport(_) => None,
            Self::Protocol(error) => Some(error.nats_text()),
            Self::SlowConsumer => Some("Slow Consumer"),
            Self::Stale => Some("Stale Connection"),
            Self::NotConnected => Some("Authentication Timeout"),
        }
    }
}

/// Signs of life.
#[derive(Debug, Default)]
struct Life {
    connected: AtomicBool,
    open_pings: AtomicU32,
}

pub(super) async fn serve<I, O>(broker: Broker, number: u64, mut incoming: I, mut outgoing: O) -> Ended
where
    I: Stream<Item = Bytes> + Unpin,
    O: Sink<Bytes, Error: Display> + Unpin,
{
    let mut session = Session::new(&broker, number);
    let connection = session.connection.clone();
    let life = Life::default();
    let writer = connection.outbox.drain_into(&mut outgoing).fuse();
    pin_mut!(writer);
    let ended = {
        let reader = read(&mut session, &mut incoming, &life).fuse();
        let watch = watch(&broker, &connection, &life).fuse();
        let closed = connection.outbox.closed().fuse();
        pin_mut!(reader, watch, closed);
        select_biased! {
            sent = writer => Ended::Transport(sent.err().unwrap_or_default()),
            () = closed => Ended::Left,
            ended = reader => ended,
            ended = watch => ended,
        }
    };
    connection.end(ended);
    let ended = connection.ended().unwrap_or(Ended::Left);
    match ended {
        Ended::Left => tracing::debug!(connection = number, "a client left"),
        _ => tracing::warn!(connection = number, cause = %ended, "a connection was ended"),
    }
    if !writer.is_terminated() {
        // Whoever does not take its last bytes in time goes without.
        drop(timeout(&*broker.platform, broker.limits.farewell, writer).await);
    }
    ended
}

/// After so many frames without a pause others get their turn.
const FRAMES_PER_TURN: usize = 32;

async fn read<I>(session: &mut Session, incoming: &mut I, life: &Life) -> Ended
where
    I: Stream<Item = Bytes> + Unpin,
{
    let mut frames = 0;
    while let Some(bytes) = incoming.next().await {
        life.open_pings.store(0, Ordering::Relaxed);
        if let Err(error) = session.receive(&bytes) {
            return error.into();
        }
        life.connected.store(session.is_connected(), Ordering::Relaxed);
        frames += 1;
        if frames % FRAMES_PER_TURN == 0 {
            yield_now().await;
        }
    }
    Ended::Left
}

async fn watch(broker: &Broker, connection: &std::sync::Arc<super::connection::Connection>, life: &Life) -> Ended {
    let limits = &broker.limits;
    broker.platform.sleep(limits.connect).await;
    if !life.connected.load(Ordering::Relaxed) {
        return Ended::NotConnected;
    }
    loop {
        broker.platform.sleep(limits.ping).await;
        if life.open_pings.fetch_add(1, Ordering::Relaxed) >= limits.missed_pings {
            return Ended::Stale;
        }
        connection.say(protocol::ping);
    }
}
