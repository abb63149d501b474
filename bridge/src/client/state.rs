//! The state of the connection, for whoever watches it.

use std::{
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard},
    task::{Poll, Waker},
};

use futures::{Stream, stream};

/// Where the connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionState {
    /// It stands.
    Connected,
    /// It was lost and is being made again.
    Reconnecting {
        /// Why it was lost, or why the last attempt failed.
        cause: String,
    },
    /// It was closed for good.
    Closed,
}

impl fmt::Display for ConnectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connected => "connected",
            Self::Reconnecting { .. } => "reconnecting",
            Self::Closed => "closed",
        })
    }
}

/// The state together with those who wait for its change.
#[derive(Debug, Clone)]
pub(super) struct States(Arc<Mutex<Current>>);

#[derive(Debug)]
struct Current {
    state: ConnectionState,
    version: u64,
    waiting: Vec<Waker>,
}

impl States {
    pub(super) fn new(state: ConnectionState) -> Self {
        Self(Arc::new(Mutex::new(Current { state, version: 1, waiting: Vec::new() })))
    }

    pub(super) fn get(&self) -> ConnectionState {
        self.current().state.clone()
    }

    /// Changes the state. Closed is the last one.
    pub(super) fn set(&self, state: ConnectionState) {
        let waiting = {
            let mut current = self.current();
            if current.state == state || current.state == ConnectionState::Closed {
                return;
            }
            current.state = state;
            current.version += 1;
            std::mem::take(&mut current.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// The state now and after each change; ends after closed.
    pub(super) fn watch(&self) -> impl Stream<Item = ConnectionState> + use<> {
        stream::unfold((self.clone(), 0), |(states, seen)| async move {
            let (state, version) = states.after(seen).await?;
            Some((state, (states, version)))
        })
    }

    /// Completes once the state is closed.
    pub(super) async fn closed(&self) {
        let mut seen = 0;
        while let Some((_, version)) = self.after(seen).await {
            seen = version;
        }
    }

    /// The first state later than the version seen; nothing when that was the last.
    async fn after(&self, seen: u64) -> Option<(ConnectionState, u64)> {
        poll_fn(|context| {
            let mut current = self.current();
            if current.version > seen {
                return Poll::Ready(Some((current.state.clone(), current.version)));
            }
            if current.state == ConnectionState::Closed {
                return Poll::Ready(None);
            }
            if !current.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                current.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.0.lock().expect("nothing panics under this lock")
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, StreamExt};

    use super::*;

    #[test]
    fn a_watcher_sees_the_present_the_changes_and_the_end() {
        let states = States::new(ConnectionState::Connected);
        let mut watch = Box::pin(states.watch());
        assert_eq!(watch.next().now_or_never(), Some(Some(ConnectionState::Connected)));
        assert_eq!(watch.next().now_or_never(), None);
        states.set(ConnectionState::Closed);
        states.set(ConnectionState::Connected);
        assert_eq!(watch.next().now_or_never(), Some(Some(ConnectionState::Closed)));
        assert_eq!(watch.next().now_or_never(), Some(None));
        assert!(states.closed().now_or_never().is_some());
    }
}
