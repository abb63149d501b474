//! A platform whose time passes when it is told to.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex},
    task::{Poll, Waker},
    time::Duration,
};

use wisteria_core::platform::{BoxFuture, Platform};

/// Starts at zero.
#[derive(Debug, Clone, Default)]
pub(crate) struct VirtualTime(Arc<Mutex<Clock>>);

#[derive(Debug, Default)]
struct Clock {
    now: Duration,
    sleepers: Vec<Waker>,
}

impl VirtualTime {
    /// Lets time pass and wakes all sleepers, who see for themselves whether their time has come.
    pub(crate) fn pass(&self, duration: Duration) {
        let sleepers = {
            let mut clock = self.0.lock().expect("no panic");
            clock.now += duration;
            std::mem::take(&mut clock.sleepers)
        };
        sleepers.into_iter().for_each(Waker::wake);
    }
}

impl Platform for VirtualTime {
    fn now(&self) -> Duration {
        self.0.lock().expect("no panic").now
    }

    fn unix_time(&self) -> Duration {
        self.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let clock = self.0.clone();
        let end = self.now() + duration;
        Box::pin(poll_fn(move |context| {
            let mut clock = clock.lock().expect("no panic");
            if clock.now >= end {
                return Poll::Ready(());
            }
            clock.sleepers.push(context.waker().clone());
            Poll::Pending
        }))
    }

    fn spawn(&self, _: BoxFuture<'static, ()>) {
        unreachable!("the broker's connections have no tasks of their own");
    }

    fn random(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}
