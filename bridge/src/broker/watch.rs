//! Watches over the life of one connection: pings, and the end of patience with whoever does not answer.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};

use futures::{
    future::{Either, select},
    pin_mut,
    task::AtomicWaker,
};

use super::{Broker, Ended, connection::Connection};
use crate::protocol;

/// Signs of life of one connection.
///
/// Three things can go wrong with a client that is still connected. It never says `CONNECT`; it answers no pings over
/// a long time, and is given up; or it was handed a request and falls silent at once, as a frozen tab or a stopped
/// process does. The last is *stalled*: the requests it holds fail, and others of its queue groups get what would be
/// its share, until a byte arrives from it.
#[derive(Debug, Default)]
pub(super) struct Life {
    connected: AtomicBool,
    open_pings: AtomicU32,
    stalled: AtomicBool,
    /// Milliseconds of the platform's time since when a request waits without a byte from the client; 0 for none.
    owes_since: AtomicU64,
    owes: AtomicWaker,
}

impl Life {
    /// Bytes arrived, and open requests are left or not.
    pub(super) fn hear(&self, now: Duration, owes: bool) {
        self.open_pings.store(0, Ordering::Relaxed);
        self.stalled.store(false, Ordering::Relaxed);
        self.owes_since.store(if owes { millis(now) } else { 0 }, Ordering::Relaxed);
    }

    /// `CONNECT` was said.
    pub(super) fn connect(&self) {
        self.connected.store(true, Ordering::Relaxed);
    }

    /// A request was handed over.
    pub(super) fn owe(&self, now: impl FnOnce() -> Duration) {
        if self.owes_since.load(Ordering::Relaxed) == 0 {
            self.owes_since.store(millis(now()), Ordering::Relaxed);
            self.owes.wake();
        }
    }

    /// Whether requests pass it over.
    pub(super) fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Relaxed)
    }

    /// How long a request has been waiting without a byte from the client.
    fn silence(&self, now: Duration) -> Duration {
        match self.owes_since.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            since => now.saturating_sub(Duration::from_millis(since)),
        }
    }

    /// Completes when a request waits, unless it is known already that nothing comes.
    async fn owing(&self) {
        poll_fn(|context| {
            self.owes.register(context.waker());
            match self.owes_since.load(Ordering::Relaxed) > 0 && !self.is_stalled() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }
}

/// Never 0, which stands for none.
fn millis(time: Duration) -> u64 {
    (time.as_millis() as u64).max(1)
}

/// Watches until the connection must end.
pub(super) async fn watch(broker: &Broker, connection: &Arc<Connection>) -> Ended {
    let (platform, limits, life) = (&*broker.platform, &broker.limits, &connection.life);
    platform.sleep(limits.connect).await;
    if !life.connected.load(Ordering::Relaxed) {
        return Ended::NotConnected;
    }
    let mut next_ping = platform.now() + limits.ping;
    loop {
        let owing = life.owing();
        pin_mut!(owing);
        if let Either::Right(_) = select(platform.sleep(next_ping.saturating_sub(platform.now())), owing).await {
            await_word(broker, connection).await;
        }
        if platform.now() >= next_ping {
            if life.open_pings.fetch_add(1, Ordering::Relaxed) >= limits.missed_pings {
                return Ended::Stale;
            }
            connection.say(protocol::ping);
            next_ping = platform.now() + limits.ping;
        }
    }
}

/// Gives a client that holds a request time to say something, asks it once, and passes it over when nothing comes.
async fn await_word(broker: &Broker, connection: &Arc<Connection>) {
    let (platform, stall, life) = (&*broker.platform, broker.limits.stall, &connection.life);
    platform.sleep(stall).await;
    if life.silence(platform.now()) < stall {
        return;
    }
    connection.say(protocol::ping);
    platform.sleep(stall).await;
    if life.silence(platform.now()) < stall * 2 {
        return;
    }
    life.stalled.store(true, Ordering::Relaxed);
    tracing::warn!(
        connection = connection.number,
        "a client that holds requests is silent; they fail, and others get its share until it is heard again"
    );
    connection.fail_open_requests();
}
