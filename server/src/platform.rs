//! The surroundings of a host in a server process: tokio's clock and tasks, the system's randomness.

use std::time::{Duration, Instant, SystemTime};

use tokio::runtime::Handle;
use wisteria_core::platform::{BoxFuture, Platform};

/// A [`Platform`] on a tokio runtime.
#[derive(Debug)]
pub struct NativePlatform {
    runtime: Handle,
    start: Instant,
}

impl NativePlatform {
    /// The platform of the runtime that this is called in.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn current() -> Self {
        Self { runtime: Handle::current(), start: Instant::now() }
    }
}

impl Platform for NativePlatform {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn unix_time(&self) -> Duration {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("the clock stands after 1970")
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.runtime.spawn(task);
    }

    fn random(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the system gives randomness");
    }
}
