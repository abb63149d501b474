//! What the core asks of its surroundings: time, randomness, tasks, and the one alias for `Send` bounds.

use std::{fmt::Debug, task::Poll, time::Duration};

#[cfg(not(target_family = "wasm"))]
mod bounds {
    /// `Send` where there are threads; nothing in a tab, whose values never leave their thread.
    pub trait MaybeSend: Send {}
    impl<T: Send + ?Sized> MaybeSend for T {}

    /// `Sync` where there are threads; nothing in a tab.
    pub trait MaybeSync: Sync {}
    impl<T: Sync + ?Sized> MaybeSync for T {}

    /// A boxed future that may move between threads where there are any.
    pub type BoxFuture<'a, T> = futures::future::BoxFuture<'a, T>;

    /// A boxed stream that may move between threads where there are any.
    pub type BoxStream<'a, T> = futures::stream::BoxStream<'a, T>;

    /// Whether a host has more threads than one.
    pub const HAS_THREADS: bool = true;
}

#[cfg(target_family = "wasm")]
mod bounds {
    /// `Send` where there are threads; nothing in a tab, whose values never leave their thread.
    pub trait MaybeSend {}
    impl<T: ?Sized> MaybeSend for T {}

    /// `Sync` where there are threads; nothing in a tab.
    pub trait MaybeSync {}
    impl<T: ?Sized> MaybeSync for T {}

    /// A boxed future that may move between threads where there are any.
    pub type BoxFuture<'a, T> = futures::future::LocalBoxFuture<'a, T>;

    /// A boxed stream that may move between threads where there are any.
    pub type BoxStream<'a, T> = futures::stream::LocalBoxStream<'a, T>;

    /// Whether a host has more threads than one.
    pub const HAS_THREADS: bool = false;
}

pub use bounds::{BoxFuture, BoxStream, HAS_THREADS, MaybeSend, MaybeSync};

/// The host's surroundings. One implementation per kind of host; tests bring their own.
pub trait Platform: Debug + MaybeSend + MaybeSync + 'static {
    /// Time since an arbitrary start, never going back. Called on every call with a deadline.
    fn now(&self) -> Duration;

    /// Time since the Unix epoch by the wall clock, for claims and events.
    fn unix_time(&self) -> Duration;

    /// Completes no earlier than after `duration`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Runs a task to its end without being waited for.
    fn spawn(&self, task: BoxFuture<'static, ()>);

    /// Fills `buffer` with randomness fit for keys.
    fn random(&self, buffer: &mut [u8]);
}

/// `task` or nothing, when `duration` passes first. The task is dropped then.
pub async fn timeout<T>(platform: &dyn Platform, duration: Duration, task: impl Future<Output = T>) -> Option<T> {
    let sleep = platform.sleep(duration);
    futures::pin_mut!(task);
    match futures::future::select(task, sleep).await {
        futures::future::Either::Left((value, _)) => Some(value),
        futures::future::Either::Right(_) => None,
    }
}

/// Lets other tasks, and the other halves of this one, have a turn.
pub async fn yield_now() {
    let mut yielded = false;
    futures::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A duration in whole milliseconds, at most [`u64::MAX`] of them.
pub fn millis(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1000).saturating_add(duration.subsec_millis().into())
}

/// A random UUID (version 4) in its usual form.
pub fn random_uuid(platform: &dyn Platform) -> String {
    let mut bytes = [0; 16];
    platform.random(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = crate::text::HEX_LOWER.encode(&bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// A clock that stands, for tests; its tasks never run.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct StandingClock(pub(crate) Duration);

#[cfg(test)]
impl Platform for StandingClock {
    fn now(&self) -> Duration {
        self.0
    }

    fn unix_time(&self) -> Duration {
        self.0
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(futures::future::pending())
    }

    fn spawn(&self, _: BoxFuture<'static, ()>) {}

    fn random(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}
