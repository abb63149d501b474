//! The open WebSockets of a link: what its actor sends waits here until the client takes it, within bounds.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::extract::ws::{CloseFrame, Message, close_code};
use tokio::sync::mpsc;

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
    queue: mpsc::Sender<Message>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    waiting_bytes: AtomicUsize,
    /// What the client is told at the end; once it stands, nothing more is sent.
    last: OnceLock<CloseFrame>,
}

/// What a client is to be sent.
pub(super) struct Outgoing {
    queue: mpsc::Receiver<Message>,
    state: Arc<State>,
}

impl Outgoing {
    /// The next message; none when the session is to end.
    pub(super) async fn next(&mut self) -> Option<Message> {
        let message = self.queue.recv().await?;
        self.state.waiting_bytes.fetch_sub(length(&message), Ordering::Relaxed);
        Some(message)
    }

    /// What the client is told at the end.
    pub(super) fn last(&self) -> CloseFrame {
        let gone = || CloseFrame { code: close_code::AWAY, reason: "the actor is no longer served here".into() };
        self.state.last.get().cloned().unwrap_or_else(gone)
    }
}

/// Why a session does not take a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// So many wait already.
    Messages(usize),
    /// So many bytes wait already.
    Bytes(usize),
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Messages(count) => write!(f, "{count} messages wait for it already"),
            Self::Bytes(count) => write!(f, "{count} bytes wait for it already"),
        }
    }
}

impl Sessions {
    /// Begins a session of that name; none where there are too many, or the link has ended.
    pub(super) fn begin(&self, name: &str) -> Option<Outgoing> {
        let mut all = self.all();
        if all.is_over || all.open.len() >= SESSIONS {
            return None;
        }
        let (sender, queue) = mpsc::channel(WAITING);
        let state = Arc::new(State::default());
        all.open.insert(name.to_owned(), Way { queue: sender, state: state.clone() });
        Some(Outgoing { queue, state })
    }

    /// Sends a message; false where there is no such session.
    ///
    /// # Errors
    /// Its client takes messages more slowly than they are sent.
    pub(super) fn send(&self, name: &str, message: Message) -> Result<bool, Full> {
        let all = self.all();
        let Some(Way { queue, state }) = all.open.get(name) else {
            return Ok(false);
        };
        let length = length(&message);
        // Nobody else adds to it meanwhile, as all are locked.
        let before = state.waiting_bytes.load(Ordering::Relaxed);
        if before > 0 && before + length > WAITING_BYTES {
            return Err(Full::Bytes(before));
        }
        state.waiting_bytes.fetch_add(length, Ordering::Relaxed);
        let sent = queue.try_send(message);
        if sent.is_err() {
            state.waiting_bytes.fetch_sub(length, Ordering::Relaxed);
        }
        match sent {
            Ok(()) => Ok(true),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Full::Messages(WAITING)),
            Err(mpsc::error::TrySendError::Closed(_)) => Ok(false),
        }
    }

    /// Ends a session after what waits for its client; whether there was one.
    pub(super) fn end(&self, name: &str, last: CloseFrame) -> bool {
        let way = self.all().open.remove(name);
        way.is_some_and(|way| way.state.last.set(last).is_ok())
    }

    /// Ends all of them, with the link.
    pub(super) fn end_all(&self) {
        *self.all() = All { open: HashMap::new(), is_over: true };
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.0.lock().expect("nothing panics under this lock")
    }
}

fn length(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
        Message::Close(_) => 0,
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
        assert_eq!(sessions.send("a", text(1)), Err(Full::Messages(WAITING)));
        for _ in 0..WAITING {
            assert_eq!(outgoing.next().await, Some(text(1)));
        }
        // One may be as large as it likes, if nothing else waits.
        assert_eq!(sessions.send("a", text(WAITING_BYTES + 5)), Ok(true));
        assert_eq!(sessions.send("a", text(1)), Err(Full::Bytes(WAITING_BYTES + 5)));
        outgoing.next().await.expect("it waits");
        assert_eq!(sessions.send("a", text(WAITING_BYTES)), Ok(true));
        assert_eq!(sessions.send("a", text(1)), Err(Full::Bytes(WAITING_BYTES)));
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
