//! What outlives a connection: subscriptions, open requests, and the way to the present outbox.

use std::{
    collections::VecDeque,
    fmt::{self, Display},
    sync::{Arc, Mutex, MutexGuard},
};

use futures::channel::{mpsc, oneshot};
use litemap::LiteMap;
use wisteria_core::{
    bus::{BusError, DEFAULT_MAX_PAYLOAD, Inbox, Mailbox, Message, Subject, SubjectPattern},
    platform::Platform,
};

use super::{
    BridgeOptions,
    state::{ConnectionState, States},
};
use crate::{
    outbox::{Outbox, Refused},
    protocol::{self, ServerInfo, Sid},
};

/// The state of a [`super::BridgeBus`].
pub(super) struct Link {
    pub(super) platform: Arc<dyn Platform>,
    pub(super) options: BridgeOptions,
    pub(super) inbox: Arc<Inbox>,
    pub(super) states: States,
    table: Mutex<Table>,
}

/// Debug shows only what it was told: what all of it looks like would be a part of every tab host.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("options", &self.options).finish_non_exhaustive()
    }
}

struct Table {
    outbox: Option<Arc<Outbox>>,
    max_payload: usize,
    next_sid: u64,
    subscriptions: LiteMap<u64, Registered>,
    /// The subscriptions that the broker refused last.
    refused: VecDeque<String>,
    /// The subjects that the broker let us publish nothing to since its last `PONG`.
    unpublished: VecDeque<String>,
    /// Who waits for the answers to our `PING`s, in order; nobody waits for those that ask for a sign of life.
    pongs: VecDeque<Option<oneshot::Sender<Handled>>>,
}

/// What the broker has handled: all that was said before a `PING`.
#[derive(Debug)]
pub(super) struct Handled {
    /// The subjects to which it let us publish nothing since the `PING` before.
    pub(super) unpublished: VecDeque<String>,
}

struct Registered {
    pattern: SubjectPattern,
    queue: Option<Subject>,
    mailbox: Arc<Mailbox>,
}

/// The subscription through which all replies come.
const INBOX_SID: u64 = 1;

/// How many refused subscriptions, and how many refused publications, are remembered.
const REFUSALS: usize = 64;

/// About what subjects and sizes of a message take.
const CONTROL_LINE: usize = 256;

impl Link {
    pub(super) fn new(platform: Arc<dyn Platform>, options: BridgeOptions) -> Self {
        Self {
            inbox: match options.credentials.key() {
                Some(key) => Inbox::of(key, &*platform),
                None => Inbox::new(&*platform),
            },
            platform,
            options,
            states: States::new(ConnectionState::Connected),
            table: Mutex::new(Table {
                outbox: None,
                max_payload: DEFAULT_MAX_PAYLOAD,
                next_sid: INBOX_SID + 1,
                subscriptions: LiteMap::new(),
                refused: VecDeque::new(),
                unpublished: VecDeque::new(),
                pongs: VecDeque::new(),
            }),
        }
    }

    pub(super) fn publish(&self, message: &Message) -> Result<(), BusError> {
        self.publish_with(&self.table(), message)
    }

    /// Publishes, and asks the broker to answer once it has handled that and all before.
    pub(super) fn publish_and_flush(&self, message: &Message) -> Result<oneshot::Receiver<Handled>, BusError> {
        let mut table = self.table();
        self.publish_with(&table, message)?;
        self.flush_with(&mut table)
    }

    fn publish_with(&self, table: &Table, message: &Message) -> Result<(), BusError> {
        let size = protocol::wire_size(message);
        if size > table.max_payload {
            return Err(BusError::PayloadTooLarge { size, limit: table.max_payload });
        }
        let outbox = self.outbox(table)?;
        let written = outbox.write(size + CONTROL_LINE, |out| {
            protocol::publication(message, out);
        });
        written.map_err(|refused| self.explain(refused))
    }

    pub(super) fn subscribe(&self, pattern: SubjectPattern, queue: Option<Subject>) -> (u64, mpsc::Receiver<Message>) {
        let (mailbox, messages) = Mailbox::new();
        let mut table = self.table();
        let sid = table.next_sid;
        table.next_sid += 1;
        let registered = Registered { pattern, queue, mailbox: Arc::new(mailbox) };
        if let Some(outbox) = &table.outbox {
            registered.announce(sid, outbox);
        }
        if self.states.get() != ConnectionState::Closed {
            table.subscriptions.insert(sid, registered);
        }
        (sid, messages)
    }

    pub(super) fn unsubscribe(&self, sid: u64) {
        let mut table = self.table();
        if table.subscriptions.remove(&sid).is_some()
            && let Some(outbox) = &table.outbox
        {
            say(outbox, |out| protocol::unsubscription(sid, out));
        }
    }

    /// Takes note of what the broker complains about, as far as it is a subscription or a publication.
    pub(super) fn complain(&self, text: &str) {
        let Some(text) = text.strip_prefix("Permissions Violation for ") else {
            return;
        };
        let subject = |before| text.strip_prefix(before).and_then(|rest: &str| rest.split('"').next());
        if let Some(subject) = subject("Subscription to \"") {
            remember(&mut self.table().refused, subject);
        }
        if let Some(subject) = subject("Publish to \"") {
            remember(&mut self.table().unpublished, subject);
            self.inbox.refuse(subject);
        }
    }

    /// Whether the broker refused a subscription since it was last asked about.
    pub(super) fn was_refused(&self, pattern: &str) -> bool {
        let mut table = self.table();
        let before = table.refused.len();
        table.refused.retain(|refused| refused != pattern);
        table.refused.len() < before
    }

    /// Asks the broker for an answer that comes after all it was told before.
    pub(super) fn flush(&self) -> Result<oneshot::Receiver<Handled>, BusError> {
        self.flush_with(&mut self.table())
    }

    fn flush_with(&self, table: &mut Table) -> Result<oneshot::Receiver<Handled>, BusError> {
        let outbox = self.outbox(table)?;
        outbox.write(0, protocol::ping).map_err(|refused| self.explain(refused))?;
        let (sender, pong) = oneshot::channel();
        table.pongs.push_back(Some(sender));
        Ok(pong)
    }

    /// Asks the broker for a sign of life.
    pub(super) fn ping(&self) {
        let mut table = self.table();
        if let Some(outbox) = &table.outbox
            && outbox.write(0, protocol::ping).is_ok()
        {
            table.pongs.push_back(None);
        }
    }

    /// Takes the answer to the oldest `PING`.
    pub(super) fn pong(&self) {
        let mut table = self.table();
        let unpublished = std::mem::take(&mut table.unpublished);
        if let Some(Some(waiting)) = table.pongs.pop_front() {
            // Whoever asked may have given up.
            waiting.send(Handled { unpublished }).ok();
        }
    }

    /// Hands a message to its subscription. One that has just ended gets no more.
    pub(super) fn deliver(&self, sid: &Sid, message: Message) {
        let Ok(sid) = sid.as_str().parse::<u64>() else {
            return;
        };
        if sid == INBOX_SID {
            return self.inbox.deliver(message);
        }
        let mailbox = self.table().subscriptions.get(&sid).map(|registered| registered.mailbox.clone());
        if let Some(mailbox) = mailbox {
            // The mailbox counts what it cannot take.
            mailbox.put(message);
        }
    }

    /// Puts a new connection to use: makes all subscriptions on it.
    pub(super) fn attach(&self, info: &ServerInfo) -> Arc<Outbox> {
        let outbox = Arc::new(Outbox::new(self.options.pending));
        let mut table = self.table();
        say(&outbox, |out| {
            protocol::subscription(&self.inbox.pattern(), None, INBOX_SID, out);
        });
        for (sid, registered) in table.subscriptions.iter() {
            registered.announce(*sid, &outbox);
        }
        if info.max_payload > 0 {
            table.max_payload = info.max_payload;
        }
        match self.states.get() {
            ConnectionState::Closed => outbox.close(|_| ()),
            _ => {
                table.outbox = Some(outbox.clone());
                self.states.set(ConnectionState::Connected);
            }
        }
        outbox
    }

    /// The connection is gone: whatever waits for it fails.
    pub(super) fn detach(&self, cause: &impl Display) {
        {
            let mut table = self.table();
            table.outbox = None;
            table.pongs.clear();
            table.unpublished.clear();
            self.states.set(ConnectionState::Reconnecting { cause: cause.to_string() });
        }
        self.inbox.fail_all(&BusError::Closed(format!(
            "the connection was lost before the reply came ({cause}); the request may have been handled"
        )));
    }

    /// Ends everything for good.
    pub(super) fn close(&self) {
        let ended = {
            let mut table = self.table();
            self.states.set(ConnectionState::Closed);
            if let Some(outbox) = table.outbox.take() {
                outbox.close(|_| ());
            }
            table.pongs.clear();
            std::mem::take(&mut table.subscriptions)
        };
        drop(ended);
        self.inbox.fail_all(&BusError::Closed(CLOSED.to_owned()));
    }

    pub(super) fn is_connected(&self) -> bool {
        self.table().outbox.is_some()
    }

    pub(super) fn max_payload(&self) -> usize {
        self.table().max_payload
    }

    fn outbox(&self, table: &Table) -> Result<Arc<Outbox>, BusError> {
        table.outbox.clone().ok_or_else(|| self.explain(Refused::Closed))
    }

    fn explain(&self, refused: Refused) -> BusError {
        match (refused, self.states.get()) {
            (Refused::Full, _) => BusError::Backlog { limit: self.options.pending },
            (Refused::Closed, ConnectionState::Reconnecting { cause }) => {
                BusError::Closed(format!("{cause}; connecting again"))
            }
            (Refused::Closed, _) => BusError::Closed(CLOSED.to_owned()),
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().expect("nothing panics under this lock")
    }
}

/// Keeps a refusal, and forgets the oldest beyond the bound.
fn remember(refusals: &mut VecDeque<String>, subject: &str) {
    refusals.push_back(subject.to_owned());
    if refusals.len() > REFUSALS {
        refusals.pop_front();
    }
}

const CLOSED: &str = "the connection was closed";

impl Registered {
    fn announce(&self, sid: u64, outbox: &Outbox) {
        say(outbox, |out| {
            protocol::subscription(&self.pattern, self.queue.as_deref(), sid, out);
        });
    }
}

/// Queues a control line. Where there is no room for it the connection must end, or the two sides would disagree.
fn say(outbox: &Outbox, encode: impl FnOnce(&mut bytes::BytesMut)) {
    if outbox.write(0, encode) == Err(Refused::Full) {
        outbox.cut(|_| ());
    }
}
