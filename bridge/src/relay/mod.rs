//! The relay: passes a client's connection on to a broker elsewhere, with the relay's own credentials.
//!
//! Each client has a connection of its own there, so the broker sees it as it sees any other. What the broker cannot
//! know, the relay does for it: requests that the client took and did not answer fail at once when it goes away.

mod scoped;
mod session;

use std::{
    fmt::Display,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures::{FutureExt, Sink, SinkExt, Stream, StreamExt, channel::oneshot, pin_mut, select_biased};
use thiserror::Error;
use wisteria_core::platform::{Platform, timeout};

pub use self::scoped::ScopedUsers;
use self::session::{Session, for_client};
use crate::{
    Connector, Credentials, Pipe, RateLimits, TransportError,
    auth::Refusal,
    protocol::{self, ClientSide, Decoder, ProtocolError, ProtocolLimits, ServerInfo, ServerOp, ServerSide},
    rate::Pace,
};

/// Passes connections on to one broker.
#[derive(Debug, Clone)]
pub struct Relay {
    upstream: Arc<dyn Connector>,
    credentials: Credentials,
    scoped: Option<ScopedUsers>,
    platform: Arc<dyn Platform>,
    limits: RelayLimits,
}

/// What one connection may use.
#[derive(Debug, Clone, Copy)]
pub struct RelayLimits {
    /// How much the client may say.
    pub rate: RateLimits,
    /// Requests handed to it whose replies are watched for; the oldest are forgotten beyond it.
    pub open_requests: usize,
    /// How long the way to the broker may take to be made.
    pub connect: Duration,
    /// How long the client may take to accept what it is sent.
    pub stall: Duration,
    /// How often it is asked for a sign of life while nothing comes from the broker.
    pub ping: Duration,
    /// How many of those questions it may leave open before it is given up.
    pub missed_pings: u32,
    /// How long the last words on either side may take.
    pub farewell: Duration,
}

impl Default for RelayLimits {
    fn default() -> Self {
        Self {
            rate: RateLimits::default(),
            open_requests: 8192,
            connect: Duration::from_secs(10),
            stall: Duration::from_secs(30),
            ping: Duration::from_secs(20),
            missed_pings: 2,
            farewell: Duration::from_secs(2),
        }
    }
}

/// How a relayed connection ended.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RelayEnded {
    /// The client left, or its transport broke.
    #[error("the client left")]
    Left,
    /// The client said what cannot be understood.
    #[error("the client speaks no NATS: {0}")]
    Client(ProtocolError),
    /// The client does not take what it is sent.
    #[error("the client does not keep up with its messages")]
    SlowConsumer,
    /// The client gave no sign of life.
    #[error("the client gave no sign of life")]
    Stale,
    /// The client is not let in.
    #[error("{}", .0.nats_text())]
    Refused(Refusal),
    /// The client spoke in the name of others.
    #[error("Permissions Violation for Publish to \"{0}\"")]
    NotPermitted(String),
    /// What let the client in was revoked.
    #[error("{}", Refusal::Revoked.nats_text())]
    Revoked,
    /// There is no broker to pass it on to.
    #[error("the lattice cannot be reached: {0}")]
    Unreachable(String),
    /// The broker ended the connection.
    #[error("the lattice's connection was lost: {0}")]
    Upstream(String),
}

/// The longest control line that a server says: its `INFO`.
const SERVER_LINE: usize = 64 << 10;

/// What stands between the two ends.
type Shared = Mutex<Session>;

impl Relay {
    /// A relay to the broker that the connector reaches. It says who it is by `credentials`; without any, clients
    /// speak for themselves.
    pub fn new(upstream: Arc<dyn Connector>, credentials: Credentials, platform: Arc<dyn Platform>) -> Self {
        Self { upstream, credentials, scoped: None, platform, limits: RelayLimits::default() }
    }

    /// The same, but clients come in by what they prove here, and have claims of their own at the broker.
    #[must_use]
    pub fn with_scoped_users(self, scoped: ScopedUsers) -> Self {
        Self { scoped: Some(scoped), ..self }
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(self, limits: RelayLimits) -> Self {
        Self { limits, ..self }
    }

    /// Ends the connections of clients that it let in under a name, and lets in no other.
    pub fn revoke(&self, name: &str) {
        if let Some(scoped) = &self.scoped {
            scoped.revoke(name);
        }
    }

    /// Lets others in under a name again.
    pub fn unrevoke(&self, name: &str) {
        if let Some(scoped) = &self.scoped {
            scoped.unrevoke(name);
        }
    }

    /// Whether clients are to say who they are, here or at the broker.
    fn asks_for_credentials(&self) -> bool {
        self.scoped.is_some() || matches!(self.credentials, Credentials::None)
    }

    /// Serves one connection until either end closes it.
    pub async fn serve<I, O>(&self, mut incoming: I, mut outgoing: O) -> RelayEnded
    where
        I: Stream<Item = Bytes> + Unpin,
        O: Sink<Bytes, Error: Display> + Unpin,
    {
        let ended = match timeout(&*self.platform, self.limits.connect, self.reach()).await {
            Some(Ok(greeted)) => self.converse(greeted, &mut incoming, &mut outgoing).await,
            Some(Err(error)) => RelayEnded::Unreachable(error.0),
            None => RelayEnded::Unreachable(format!("no connection within {} s", self.limits.connect.as_secs())),
        };
        match &ended {
            RelayEnded::Left => tracing::debug!("a relayed client left"),
            _ => tracing::warn!(cause = %ended, "a relayed connection was ended"),
        }
        let last = async {
            if ended != RelayEnded::Left {
                let mut out = BytesMut::new();
                protocol::error(&ended.to_string().replace(['\r', '\n', '\''], " "), &mut out);
                outgoing.send(out.freeze()).await?;
            }
            outgoing.close().await
        };
        // Whoever does not take its last bytes in time goes without.
        drop(timeout(&*self.platform, self.limits.farewell, last).await);
        ended
    }

    /// Connects to the broker and hears its greeting.
    async fn reach(&self) -> Result<Greeted, TransportError> {
        let mut pipe = self.upstream.connect().await?;
        let mut decoder = Decoder::new(ProtocolLimits { line: SERVER_LINE, payload: usize::MAX >> 1 });
        while let Some(bytes) = pipe.incoming.next().await {
            decoder.push(&bytes);
            match decoder.next_op() {
                Ok(Some(ServerOp::Info(info))) => return Ok(Greeted { info, pipe, decoder }),
                Ok(Some(ServerOp::Error(text))) => return Err(TransportError(text)),
                Ok(Some(_)) => return Err(TransportError("the server did not greet".to_owned())),
                Ok(None) => {}
                Err(error) => return Err(TransportError(error.to_string())),
            }
        }
        Err(TransportError("the server closed the connection before it greeted".to_owned()))
    }

    async fn converse<I, O>(&self, greeted: Greeted, incoming: &mut I, outgoing: &mut O) -> RelayEnded
    where
        I: Stream<Item = Bytes> + Unpin,
        O: Sink<Bytes, Error: Display> + Unpin,
    {
        let Greeted { info, mut pipe, mut decoder } = greeted;
        let (tell, told) = oneshot::channel();
        let mut session = Session::new(self.credentials.clone(), &info, &self.limits);
        if let Some(scoped) = &self.scoped {
            session.ask(scoped.clone(), tell);
        }
        let session = Mutex::new(session);
        let silent = AtomicU32::new(0);
        let ended = {
            let up = self.up(&session, incoming, &mut pipe.outgoing, info.max_payload, &silent).fuse();
            let down = self.down(&session, &info, &mut pipe.incoming, &mut decoder, outgoing, &silent).fuse();
            let revoked = async {
                let revoked: oneshot::Receiver<()> = match told.await {
                    Ok(revoked) => revoked,
                    Err(_) => std::future::pending().await,
                };
                // That nobody can say it any more says it, too.
                revoked.await.ok();
                RelayEnded::Revoked
            }
            .fuse();
            pin_mut!(up, down, revoked);
            select_biased! {
                ended = revoked => ended,
                ended = up => ended,
                ended = down => ended,
            }
        };
        if !matches!(ended, RelayEnded::Upstream(_)) {
            let farewell = part(&session, &mut pipe, &mut decoder);
            if timeout(&*self.platform, self.limits.farewell, farewell).await.is_none_or(|parted| parted.is_err()) {
                tracing::warn!("requests of a relayed client that went away may wait until they time out");
            }
        }
        ended
    }

    /// Passes on what the client says.
    async fn up<I>(
        &self,
        session: &Shared,
        incoming: &mut I,
        outgoing: &mut (impl Sink<Bytes, Error = TransportError> + Unpin),
        max_payload: usize,
        silent: &AtomicU32,
    ) -> RelayEnded
    where
        I: Stream<Item = Bytes> + Unpin,
    {
        let mut decoder =
            Decoder::<ClientSide>::new(ProtocolLimits { payload: max_payload, ..ProtocolLimits::default() });
        let (mut pace, mut is_introduced) = (Pace::new(self.limits.rate), false);
        while let Some(bytes) = incoming.next().await {
            silent.store(0, Ordering::Relaxed);
            decoder.push(&bytes);
            let (mut out, mut operations) = (BytesMut::new(), 0_u32);
            loop {
                match decoder.next_op() {
                    Ok(Some(op)) => {
                        operations = operations.saturating_add(1);
                        if let Err(ended) = lock(session).up(op, &mut out) {
                            return ended;
                        }
                    }
                    Ok(None) => break,
                    Err(error) => return RelayEnded::Client(error),
                }
            }
            is_introduced |= !out.is_empty();
            if !out.is_empty()
                && let Err(error) = outgoing.send(out.freeze()).await
            {
                return RelayEnded::Upstream(error.0);
            }
            let mut rest = pace.note(operations, bytes.len(), &*self.platform);
            while rest.pass(&*self.platform).await {
                silent.store(0, Ordering::Relaxed);
                let mut alive = BytesMut::new();
                protocol::pong(&mut alive);
                // The broker is not to give up a client that the relay does not hear.
                if is_introduced && let Err(error) = outgoing.send(alive.freeze()).await {
                    return RelayEnded::Upstream(error.0);
                }
            }
        }
        RelayEnded::Left
    }

    /// Passes on what the broker says, its greeting first.
    async fn down<O>(
        &self,
        session: &Shared,
        greeting: &ServerInfo,
        incoming: &mut (impl Stream<Item = Bytes> + Unpin),
        decoder: &mut Decoder<ServerSide>,
        outgoing: &mut O,
        silent: &AtomicU32,
    ) -> RelayEnded
    where
        O: Sink<Bytes, Error: Display> + Unpin,
    {
        let mut out = BytesMut::new();
        let mut complaint = None;
        protocol::info(&for_client(greeting, self.asks_for_credentials()), &mut out);
        loop {
            loop {
                match decoder.next_op() {
                    Ok(Some(op)) => {
                        if let ServerOp::Error(text) = &op {
                            complaint = Some(text.clone());
                        }
                        lock(session).down(op, &mut out);
                    }
                    Ok(None) => break,
                    Err(error) if error.is_fatal() => return RelayEnded::Upstream(error.to_string()),
                    Err(error) => tracing::warn!(%error, "a message for a relayed client cannot be passed on"),
                }
            }
            if !out.is_empty() {
                match timeout(&*self.platform, self.limits.stall, outgoing.send(out.split().freeze())).await {
                    Some(Ok(())) => {}
                    Some(Err(_)) => return RelayEnded::Left,
                    None => return RelayEnded::SlowConsumer,
                }
            }
            match timeout(&*self.platform, self.limits.ping, incoming.next()).await {
                Some(Some(bytes)) => decoder.push(&bytes),
                Some(None) => return RelayEnded::Upstream(complaint.unwrap_or_else(|| "it was closed".to_owned())),
                None if silent.fetch_add(1, Ordering::Relaxed) >= self.limits.missed_pings => {
                    return RelayEnded::Stale;
                }
                None => protocol::ping(&mut out),
            }
        }
    }
}

/// A connection to the broker that has greeted.
#[derive(Debug)]
struct Greeted {
    info: Box<ServerInfo>,
    pipe: Pipe,
    decoder: Decoder<ServerSide>,
}

/// Takes the client out of the lattice: no more requests for it, then its open ones fail.
async fn part(session: &Shared, pipe: &mut Pipe, decoder: &mut Decoder<ServerSide>) -> Result<(), TransportError> {
    let mut out = BytesMut::new();
    lock(session).withdraw(&mut out);
    pipe.outgoing.send(out.split().freeze()).await?;
    'more: loop {
        loop {
            match decoder.next_op() {
                Ok(Some(op)) if lock(session).drain(&op) => {}
                Ok(Some(_)) => break 'more,
                Ok(None) => break,
                Err(error) if error.is_fatal() => return Err(TransportError(error.to_string())),
                // It was for the client.
                Err(_) => {}
            }
        }
        let closed = || TransportError("the server closed the connection".to_owned());
        decoder.push(&pipe.incoming.next().await.ok_or_else(closed)?);
    }
    lock(session).fail_open_requests(&mut out);
    pipe.outgoing.send(out.freeze()).await?;
    pipe.outgoing.close().await
}

fn lock(session: &Shared) -> MutexGuard<'_, Session> {
    session.lock().expect("nothing panics under this lock")
}
