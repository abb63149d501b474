//! The open sessions of a link: what its actor sends waits here until the other side takes it, within bounds.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard},
};

use bytes::Bytes;

use crate::provider::bounded::{Counted, Queue, Waiting, queue};

/// Most texts that wait for a session.
const WAITING: usize = 256;

/// Most bytes that wait for a session, beside one text that may be larger.
const WAITING_BYTES: usize = 256 << 10;

/// The sessions of one link.
#[derive(Default)]
pub(super) struct Sessions(Mutex<All>);

#[derive(Default)]
struct All {
    /// The way to each other side.
    open: HashMap<String, Queue<Bytes>>,
    /// Whether the link has ended, so that no session begins any more.
    is_over: bool,
}

/// What the other side is to be sent; none more when the session is to end.
pub(super) type Outgoing = Waiting<Bytes>;

impl Counted for Bytes {
    fn length(&self) -> usize {
        self.len()
    }
}

impl Sessions {
    /// Begins a session of that name; none where there are `most` already, or the link has ended.
    pub(super) fn begin(&self, name: &str, most: usize) -> Option<Outgoing> {
        let mut all = self.all();
        if all.is_over || all.open.len() >= most {
            return None;
        }
        let (queue, outgoing) = queue(WAITING, WAITING_BYTES);
        all.open.insert(name.to_owned(), queue);
        Some(outgoing)
    }

    /// Sends text; false where there is no such session, or too much waits for it already.
    pub(super) fn send(&self, name: &str, text: Bytes) -> bool {
        self.all().open.get_mut(name).is_some_and(|queue| queue.put(text).is_ok())
    }

    /// Ends a session after what waits for the other side.
    pub(super) fn end(&self, name: &str) {
        self.all().open.remove(name);
    }

    /// Ends all of them, with the link.
    pub(super) fn end_all(&self) {
        *self.all() = All { open: HashMap::new(), is_over: true };
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.0.lock().expect("nothing panics under this lock")
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sessions", self.all().open.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(length: usize) -> Bytes {
        vec![b'x'; length].into()
    }

    #[tokio::test]
    async fn what_waits_for_a_session_is_bounded_by_number_and_by_bytes() {
        let sessions = Sessions::default();
        let mut outgoing = sessions.begin("a", 1).expect("room");
        assert!(!sessions.send("b", text(1)), "there is no such session");
        for _ in 0..WAITING {
            assert!(sessions.send("a", text(1)));
        }
        assert!(!sessions.send("a", text(1)));
        for _ in 0..WAITING {
            assert_eq!(outgoing.next().await, Some(text(1)));
        }
        assert!(sessions.send("a", text(WAITING_BYTES + 5)), "one may be as large as it likes, if nothing else waits");
        assert!(!sessions.send("a", text(1)));
        outgoing.next().await.expect("it waits");
        assert!(sessions.send("a", text(WAITING_BYTES)));
        sessions.end("a");
        assert!(!sessions.send("a", text(1)), "it has ended");
        assert_eq!(outgoing.next().await, Some(text(WAITING_BYTES)), "after what was sent before");
        assert_eq!(outgoing.next().await, None);
    }

    #[test]
    fn a_link_has_so_many_sessions_and_none_after_its_end() {
        let sessions = Sessions::default();
        let _open = [sessions.begin("a", 2).expect("room"), sessions.begin("b", 2).expect("room")];
        assert!(sessions.begin("c", 2).is_none());
        sessions.end("a");
        assert!(sessions.begin("c", 2).is_some());
        sessions.end_all();
        assert!(sessions.begin("d", 2).is_none());
    }
}
