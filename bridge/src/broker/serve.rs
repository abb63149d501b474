//! Moves the bytes of one connection, watches over its life, and says how it ended.

use std::{borrow::Cow, fmt::Display};

use bytes::Bytes;
use futures::{FutureExt, Sink, Stream, StreamExt, future::FusedFuture, pin_mut, select_biased};
use thiserror::Error;
use wisteria_core::platform::{timeout, yield_now};

use super::{Broker, Peer, session::Session, watch::watch};
use crate::{protocol::ProtocolError, rate::Pace};

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
    /// The broker stops.
    #[error("the broker stops")]
    ShutDown,
    /// The client gave no sign of life.
    #[error("the client gave no sign of life")]
    Stale,
    /// The client did not say `CONNECT` in time.
    #[error("the client did not say CONNECT in time")]
    NotConnected,
    /// What let the client in has expired.
    #[error("what let the client in has expired")]
    Expired,
    /// What let the client in was taken back.
    #[error("what let the client in was revoked")]
    Revoked,
    /// The transport broke.
    #[error("the transport broke: {0}")]
    Transport(String),
}

impl Ended {
    /// The status with which a NATS server closes such a connection where its transport is a WebSocket.
    pub fn websocket_status(&self) -> u16 {
        const NORMAL: u16 = 1000;
        const GOING_AWAY: u16 = 1001;
        const PROTOCOL_ERROR: u16 = 1002;
        const POLICY_VIOLATION: u16 = 1008;
        const TOO_BIG: u16 = 1009;
        const INTERNAL_ERROR: u16 = 1011;
        match self {
            Self::Left => NORMAL,
            Self::ShutDown | Self::Stale | Self::Transport(_) => GOING_AWAY,
            Self::SlowConsumer | Self::NotConnected | Self::Expired | Self::Revoked => POLICY_VIOLATION,
            Self::Protocol(ProtocolError::LineTooLong { .. } | ProtocolError::NotAdmitted(_)) => POLICY_VIOLATION,
            Self::Protocol(ProtocolError::PayloadTooLarge { .. }) => TOO_BIG,
            Self::Protocol(ProtocolError::NoResponders) => INTERNAL_ERROR,
            Self::Protocol(_) => PROTOCOL_ERROR,
        }
    }

    /// The last word, where there is one to say.
    pub(super) fn nats_text(&self) -> Option<Cow<'static, str>> {
        match self {
            // As a NATS server does it: some clients come back from a lost connection, but not from this error.
            Self::SlowConsumer => None,
            Self::Left | Self::ShutDown | Self::Transport(_) => None,
            Self::Protocol(error) => error.nats_text(),
            Self::Stale => Some("Stale Connection".into()),
            Self::NotConnected => Some("Authentication Timeout".into()),
            Self::Expired => Some("User Authentication Expired".into()),
            Self::Revoked => Some("User Authentication Revoked".into()),
        }
    }
}

pub(super) async fn serve<I, O>(broker: Broker, peer: Peer, mut incoming: I, mut outgoing: O) -> Ended
where
    I: Stream<Item = Bytes> + Unpin,
    O: Sink<Bytes, Error: Display> + Unpin,
{
    let mut session = Session::new(&broker, &peer);
    let connection = session.connection.clone();
    let number = connection.number;
    let _present = Present { broker: &broker, number };
    if !broker.connections.enter(&connection) {
        connection.end(Ended::ShutDown);
    }
    let writer = connection.outbox.drain_into(&mut outgoing).fuse();
    pin_mut!(writer);
    let ended = {
        let reader = read(&mut session, &mut incoming, &broker).fuse();
        let watch = watch(&broker, &connection).fuse();
        let expired = connection.expired().fuse();
        let closed = connection.outbox.closed().fuse();
        pin_mut!(reader, watch, expired, closed);
        select_biased! {
            sent = writer => Ended::Transport(sent.err().unwrap_or_default()),
            () = closed => connection.ended().unwrap_or(Ended::Left),
            ended = reader => ended,
            ended = watch => ended,
            () = expired => Ended::Expired,
        }
    };
    connection.end(ended);
    let ended = connection.ended().unwrap_or(Ended::Left);
    match ended {
        Ended::Left | Ended::ShutDown => tracing::debug!(connection = number, "a client left"),
        _ => tracing::warn!(connection = number, cause = %ended, "a connection was ended"),
    }
    if !writer.is_terminated() {
        // Whoever does not take its last bytes in time goes without.
        drop(timeout(&*broker.platform, broker.limits.farewell, writer).await);
    }
    ended
}

/// A connection among those that the broker serves, until this is dropped.
struct Present<'a> {
    broker: &'a Broker,
    number: u64,
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.broker.connections.leave(self.number);
    }
}

/// After so many frames without a pause others get their turn.
const FRAMES_PER_TURN: usize = 32;

async fn read<I>(session: &mut Session, incoming: &mut I, broker: &Broker) -> Ended
where
    I: Stream<Item = Bytes> + Unpin,
{
    let mut frames = 0;
    let mut pace = Pace::new(broker.limits.rate);
    while let Some(bytes) = incoming.next().await {
        let presses = match session.receive(&bytes) {
            Ok(presses) => presses,
            Err(error) => return error.into(),
        };
        let length = bytes.len();
        // Its room is needed for the next.
        drop(bytes);
        session.connection.hear();
        let mut rest = pace.note(session.take_count(), length, &*broker.platform);
        while rest.pass(&*broker.platform).await {
            session.connection.hear();
        }
        if presses {
            broker.platform.sleep(broker.limits.pause).await;
        }
        frames += 1;
        if frames % FRAMES_PER_TURN == 0 {
            yield_now().await;
        }
    }
    Ended::Left
}
