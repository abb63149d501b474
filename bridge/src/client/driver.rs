//! Keeps the connection: makes it, moves its bytes, makes it again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::BytesMut;
use futures::{FutureExt, SinkExt, StreamExt, channel::mpsc, pin_mut, select_biased};
use thiserror::Error;
use wisteria_core::platform::{Platform, millis, timeout, yield_now};

use super::{
    link::Link,
    session::{Event, Session},
    state::ConnectionState,
};
use crate::{
    outbox::Outbox,
    protocol::{ProtocolError, ServerInfo},
    transports::{Connector, Pipe, TransportError},
};

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Lost {
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error("the broker speaks no NATS: {0}")]
    Protocol(#[from] ProtocolError),
    #[error("the broker closed the connection")]
    Left,
    #[error("the broker closed the connection: {0}")]
    Complained(String),
    #[error("the broker gave no sign of life")]
    Stale,
    #[error("no connection within {} ms", millis(*.0))]
    TooLate(Duration),
    #[error("it was cut off on purpose for {} ms", millis(*.0))]
    CutOff(Duration),
}

/// A connection on which the broker let us in.
#[derive(Debug)]
pub(super) struct Established {
    pub(super) info: Box<ServerInfo>,
    pipe: Pipe,
    session: Session,
}

/// Makes a connection and introduces itself.
pub(super) async fn establish(link: &Link, connector: &impl Connector) -> Result<Established, Lost> {
    let patience = link.options.connect;
    let made = timeout(&*link.platform, patience, async {
        let mut pipe = connector.connect().await?;
        let mut session = Session::new(&link.options.name, &link.options.credentials, usize::MAX >> 1);
        let info = introduce(&mut pipe, &mut session).await?;
        Ok(Established { info, pipe, session })
    });
    made.await.unwrap_or(Err(Lost::TooLate(patience)))
}

async fn introduce(pipe: &mut Pipe, session: &mut Session) -> Result<Box<ServerInfo>, Lost> {
    let mut complaint = None;
    while let Some(bytes) = pipe.incoming.next().await {
        session.push(&bytes);
        let mut out = BytesMut::new();
        while let Some(event) = session.next_event(&mut out)? {
            match event {
                Event::Ready(info) => return Ok(info),
                Event::Complaint(text) => complaint = Some(text),
                Event::Message { .. } | Event::Pong => {}
            }
        }
        if !out.is_empty() {
            pipe.outgoing.send(out.freeze()).await?;
        }
    }
    Err(complaint.map_or(Lost::Left, Lost::Complained))
}

/// Keeps the connection until it is closed.
pub(super) async fn run(
    link: Arc<Link>,
    connector: impl Connector,
    mut established: Established,
    mut outbox: Arc<Outbox>,
    mut cuts: mpsc::Receiver<Duration>,
) {
    loop {
        let lost = converse(&link, established, &outbox, &mut cuts).await;
        link.detach(&lost);
        if link.states.get() == ConnectionState::Closed {
            return;
        }
        tracing::warn!(cause = %lost, "lost the connection to the lattice; connecting again");
        let again = async {
            if let Lost::CutOff(duration) = lost {
                link.platform.sleep(duration).await;
            }
            reconnect(&link, &connector).await
        };
        let again = again.fuse();
        let closed = link.states.closed().fuse();
        pin_mut!(again, closed);
        established = select_biased! {
            () = closed => return,
            made = again => made,
        };
        // What was to be cut is gone; the new connection stays.
        while cuts.try_recv().is_ok() {}
        outbox = link.attach(&established.info);
        tracing::info!("the connection to the lattice stands again");
    }
}

/// Tries until a connection stands; pauses grow from failure to failure.
async fn reconnect(link: &Link, connector: &impl Connector) -> Established {
    let options = &link.options;
    let mut pause = options.first_pause;
    loop {
        link.platform.sleep(jittered(&*link.platform, pause)).await;
        match establish(link, connector).await {
            Ok(established) => return established,
            Err(lost) => link.detach(&lost),
        }
        pause = (pause * 2).min(options.longest_pause);
    }
}

/// Between half of a pause and all of it, so that the clients of a restarted broker do not come all at once.
fn jittered(platform: &dyn Platform, pause: Duration) -> Duration {
    let mut random = [0];
    platform.random(&mut random);
    pause / 2 + pause / 2 * u32::from(random[0]) / 255
}

/// Moves messages until the connection is lost or closed.
async fn converse(link: &Link, established: Established, outbox: &Outbox, cuts: &mut mpsc::Receiver<Duration>) -> Lost {
    let Established { pipe, mut session, .. } = established;
    let Pipe { mut incoming, mut outgoing } = pipe;
    let open_pings = AtomicU32::new(0);
    let reader = async {
        // The handshake may have brought more than itself.
        let (mut frames, mut complaint) = (0, None);
        loop {
            if let Err(lost) = handle(link, &mut session, outbox, &mut complaint) {
                return lost;
            }
            let Some(bytes) = incoming.next().await else {
                return complaint.map_or(Lost::Left, Lost::Complained);
            };
            open_pings.store(0, Ordering::Relaxed);
            session.push(&bytes);
            frames += 1;
            if frames % FRAMES_PER_TURN == 0 {
                yield_now().await;
            }
        }
    };
    let watch = async {
        loop {
            link.platform.sleep(link.options.ping).await;
            if open_pings.fetch_add(1, Ordering::Relaxed) >= link.options.missed_pings {
                return Lost::Stale;
            }
            link.ping();
        }
    };
    let writer = outbox.drain_into(&mut outgoing).fuse();
    let cut = async {
        match cuts.next().await {
            Some(duration) => Lost::CutOff(duration),
            // Whoever could cut it is gone, and closes it.
            None => std::future::pending().await,
        }
    };
    let (reader, watch, cut) = (reader.fuse(), watch.fuse(), cut.fuse());
    pin_mut!(writer, reader, watch, cut);
    select_biased! {
        sent = writer => sent.map_or_else(|error| Lost::Transport(TransportError(error)), |()| Lost::Left),
        lost = reader => lost,
        lost = watch => lost,
        lost = cut => lost,
    }
}

/// After so many frames without a pause others get their turn.
const FRAMES_PER_TURN: usize = 32;

fn handle(link: &Link, session: &mut Session, outbox: &Outbox, complaint: &mut Option<String>) -> Result<(), Lost> {
    let mut out = BytesMut::new();
    while let Some(event) = session.next_event(&mut out)? {
        match event {
            Event::Message { sid, message } => link.deliver(&sid, message),
            Event::Pong => link.pong(),
            Event::Ready(_) => {}
            Event::Complaint(text) => {
                tracing::warn!(text, "the broker complains");
                link.complain(&text);
                *complaint = Some(text);
            }
        }
    }
    if !out.is_empty() {
        // A full or closed outbox ends the connection in any case.
        drop(outbox.write(0, |queued| queued.extend_from_slice(&out)));
    }
    Ok(())
}
