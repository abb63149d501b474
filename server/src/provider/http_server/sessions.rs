//! The open WebSockets of a link: what its actor sends waits here until the client takes it, within bounds.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock},
};

use axum::extract::ws::{CloseFrame, Message, close_code};

use crate::provider::bounded::{Counted, Queue, Refused, Waiting, queue};

/// Most sessions of a link.
const SESSIONS: usize = 1024;

/// Most messages that wait for a client.
const WAITING: usize = 256;

/// Most bytes that wait for a client, beside one message that may be larger.
const WAITING_BYTES: usize = 1 << 20;

/// The open sessions of one link.
#[derive(Default)]
pub(super) struct Sessions(Mutex<All>);

#[derive(Default)]
struct All {
    open: HashMap<String, Way>,
    /// Whether the link has ended, so that no session begins any more.
    is_over: bool,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sessions", self.all().open.len())
    }
}

/// The way to a client.
struct Way {
    queue: Queue<Message>,
    last: Arc<OnceLock<CloseFrame>>,
}

/// What a client is to be sent.
pub(super) struct Outgoing {
    waiting: Waiting<Message>,
    /// What it is told at the end.
    last: Arc<OnceLock<CloseFrame>>,
}

impl Outgoing {
    /// The next message; none when the session is to end.
    pub(super) async fn next(&mut self) -> Option<Message> {
        self.waiting.next().await
    }

    /// What the client is told at the end.
    pub(super) fn last(&self) -> CloseFrame {
        let gone = || CloseFrame { code: close_code::AWAY, reason: "the actor is no longer served here".into() };
        self.last.get().cloned().unwrap_or_else(gone)
    }
}

impl Sessions {
    /// Begins a session of that name; none where there are too many, or the link has ended.
    pub(super) fn begin(&self, name: &str) -> Option<Outgoing> {
        let mut all = self.all();
        if all.is_over || all.open.len() >= SESSIONS {
            return None;
        }
        let (queue, waiting) = queue(WAITING, WAITING_BYTES);
        let last = Arc::default();
        all.open.insert(name.to_owned(), Way { queue, last: Arc::clone(&last) });
        Some(Outgoing { waiting, last })
    }

    /// Sends a message; false where there is no such session.
    ///
    /// # Errors
    /// Its client takes messages more slowly than they are sent.
    pub(super) fn send(&self, name: &str, message: Message) -> Result<bool, Refused> {
        match self.all().open.get_mut(name).map(|way| way.queue.put(message)) {
            Some(Ok(())) => Ok(true),
            None | Some(Err(Refused::Ended)) => Ok(false),
            Some(Err(full)) => Err(full),
        }
    }

    /// Ends a session after what waits for its client; whether there was one.
    pub(super) fn end(&self, name: &str, last: CloseFrame) -> bool {
        let way = self.all().open.remove(name);
        way.is_some_and(|way| way.last.set(last).is_ok())
    }

    /// Ends all of them, with the link.
    pub(super) fn end_all(&self) {
        *self.all() = All { open: HashMap::new(), is_over: true };
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.0.lock().expect("nothing panics under this lock")
    }
}

impl Counted for Message {
    fn length(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => bytes.len(),
            Self::Close(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(length: usize) -> Message {
        Message::Text("x".repeat(length).into())
    }

    #[tokio::test]
    async fn what_waits_for_a_client_is_bounded_by_number_and_by_bytes() {
        let sessions = Sessions::default();
        let mut outgoing = sessions.begin("a").expect("room");
        assert_eq!(sessions.send("b", text(1)), Ok(false));
        for _ in 0..WAITING {
            assert_eq!(sessions.send("a", text(1)), Ok(true));
        }
        assert_eq!(sessions.send("a", text(1)), Err(Refused::Messages(WAITING)));
        for _ in 0..WAITING {
            assert_eq!(outgoing.next().await, Some(text(1)));
        }
        // One may be as large as it likes, if nothing else waits.
        assert_eq!(sessions.send("a", text(WAITING_BYTES + 5)), Ok(true));
        assert_eq!(sessions.send("a", text(1)), Err(Refused::Bytes(WAITING_BYTES + 5)));
        outgoing.next().await.expect("it waits");
        assert_eq!(sessions.send("a", text(WAITING_BYTES)), Ok(true));
        assert_eq!(sessions.send("a", text(1)), Err(Refused::Bytes(WAITING_BYTES)));
    }

    #[tokio::test]
    async fn a_session_ends_after_what_waits_for_its_client() {
        let sessions = Sessions::default();
        let mut outgoing = sessions.begin("a").expect("room");
        assert_eq!(sessions.send("a", text(1)), Ok(true));
        let last = CloseFrame { code: 4000, reason: "enough".into() };
        assert!(sessions.end("a", last.clone()));
        assert!(!sessions.end("a", last.clone()));
        assert_eq!(sessions.send("a", text(1)), Ok(false));
        assert_eq!(outgoing.next().await, Some(text(1)));
        assert_eq!((outgoing.next().await, outgoing.last()), (None, last));
    }

    #[test]
    fn the_sessions_of_a_link_are_bounded() {
        let sessions = Sessions::default();
        let open: Vec<_> = (0..SESSIONS).map(|number| sessions.begin(&number.to_string()).expect("room")).collect();
        assert!(sessions.begin("another").is_none());
        assert!(sessions.end("0", CloseFrame { code: close_code::NORMAL, reason: "".into() }));
        assert!(sessions.begin("another").is_some(), "there is room again");
        sessions.end_all();
        assert_eq!(open[1].last().code, close_code::AWAY);
        assert!(sessions.begin("late").is_none(), "the link has ended");
    }
}
