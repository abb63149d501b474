//! Requests that wait for their reply, shared by all buses: one wildcard subscription serves them all.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::channel::oneshot;

use super::{BusError, Message, Subject, SubjectPattern};
use crate::{
    identity::PublicKey,
    platform::{Platform, random_uuid, timeout},
};

/// The first token of every subject for replies.
const INBOX: &str = "_INBOX";

/// The open requests of one bus.
#[derive(Debug)]
pub struct Inbox {
    prefix: String,
    next: AtomicU64,
    open: Mutex<HashMap<u64, Waiting>>,
}

/// Who waits for a reply.
#[derive(Debug)]
struct Waiting {
    /// Where the request went.
    subject: Subject,
    reply: oneshot::Sender<Result<Message, BusError>>,
}

/// A request that waits for its reply; dropping it ends the wait.
#[derive(Debug)]
pub struct OpenRequest {
    inbox: Arc<Inbox>,
    id: u64,
    subject: Subject,
    /// Where the reply goes.
    pub reply_to: Subject,
    reply: oneshot::Receiver<Result<Message, BusError>>,
}

impl Inbox {
    /// An inbox under a random name.
    pub fn new(platform: &dyn Platform) -> Arc<Self> {
        Self::below(INBOX, platform)
    }

    /// An inbox under a random name below that of its owner, whom a broker lets listen to no other.
    pub fn of(owner: PublicKey, platform: &dyn Platform) -> Arc<Self> {
        Self::below(&format!("{INBOX}.{owner}"), platform)
    }

    fn below(prefix: &str, platform: &dyn Platform) -> Arc<Self> {
        Arc::new(Self {
            prefix: format!("{prefix}.{}", random_uuid(platform)),
            next: AtomicU64::new(0),
            open: Mutex::default(),
        })
    }

    /// What must be subscribed for replies to arrive.
    pub fn pattern(&self) -> SubjectPattern {
        SubjectPattern::new(format!("{}.*", self.prefix)).expect("a UUID is a token")
    }

    /// A subject for replies that are subscribed to apart.
    pub fn apart(&self, platform: &dyn Platform) -> Subject {
        let (owner, _) = self.prefix.rsplit_once('.').expect("a prefix ends in a UUID");
        Subject::new(format!("{owner}.{}", random_uuid(platform))).expect("a UUID is a token")
    }

    /// Opens a request on `subject`.
    pub fn open(self: &Arc<Self>, subject: Subject) -> OpenRequest {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, reply) = oneshot::channel();
        self.requests().insert(id, Waiting { subject: subject.clone(), reply: sender });
        OpenRequest {
            inbox: self.clone(),
            id,
            subject,
            reply_to: Subject::new(format!("{}.{id}", self.prefix)).expect("a UUID and a number are tokens"),
            reply,
        }
    }

    /// Hands over a message that arrived under [`Inbox::pattern`]. A late one is dropped: its request has ended.
    pub fn deliver(&self, message: Message) {
        let id = message.subject.rsplit('.').next().and_then(|id| id.parse().ok());
        let waiting = id.and_then(|id: u64| self.requests().remove(&id));
        if let Some(waiting) = waiting {
            // The requester may have given up between the two lines.
            drop(waiting.reply.send(Ok(message)));
        }
    }

    /// Ends the open requests on a subject that the other end lets nobody here publish to.
    pub fn refuse(&self, subject: &str) {
        let refused: Vec<_> = self.requests().extract_if(|_, waiting| waiting.subject.as_str() == subject).collect();
        for (_, waiting) in refused {
            drop(waiting.reply.send(Err(BusError::MayNotPublish(subject.to_owned()))));
        }
    }

    /// Ends all open requests with an error.
    pub fn fail_all(&self, error: &BusError) {
        let open = std::mem::take(&mut *self.requests());
        for waiting in open.into_values() {
            drop(waiting.reply.send(Err(error.clone())));
        }
    }

    fn requests(&self) -> MutexGuard<'_, HashMap<u64, Waiting>> {
        self.open.lock().expect("nothing panics under this lock")
    }
}

impl OpenRequest {
    /// Waits for the reply.
    ///
    /// # Errors
    /// No reply in time, nobody who could reply, no permission to ask, or the connection's end.
    pub async fn reply(mut self, platform: &dyn Platform, patience: Duration) -> Result<Message, BusError> {
        let subject = self.subject.clone();
        let reply = match timeout(platform, patience, &mut self.reply).await {
            Some(Ok(reply)) => reply?,
            Some(Err(_)) => return Err(BusError::Closed("the connection ended".to_owned())),
            None => {
                return Err(BusError::Timeout { subject: subject.to_string(), timeout: patience });
            }
        };
        match reply.status() {
            None => Ok(reply),
            Some(Status::NoResponders) => Err(BusError::NoResponders(subject.to_string())),
            Some(Status::HostLost) => Err(BusError::HostLost(subject.to_string())),
        }
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.inbox.requests().remove(&self.id);
    }
}

/// What a broker says in place of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nobody subscribes to the subject.
    NoResponders,
    /// Whoever got the request went away before answering it.
    HostLost,
}

const STATUS: &str = "Status";
const DESCRIPTION: &str = "Description";
const HOST_LOST: &str = "Host Lost";

impl Status {
    /// The message by which a broker says so.
    pub fn message(self, reply_to: Subject) -> Message {
        let mut message = super::message(reply_to, "");
        message.headers.insert(STATUS, "503");
        if self == Self::HostLost {
            message.headers.insert(DESCRIPTION, HOST_LOST);
        }
        message
    }
}

impl Message {
    /// What the broker says, where it speaks in place of a responder: status 503 and an empty body, as in NATS.
    pub fn status(&self) -> Option<Status> {
        let is_status = self.payload.is_empty() && self.headers.get(STATUS) == Some("503");
        match (is_status, self.headers.get(DESCRIPTION)) {
            (false, _) => None,
            (true, Some(HOST_LOST)) => Some(Status::HostLost),
            (true, _) => Some(Status::NoResponders),
        }
    }
}
