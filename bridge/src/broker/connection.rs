//! What the broker knows of one connection; shared by its session and its subscriptions.

use std::{
    collections::HashMap,
    future::poll_fn,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use bytes::BytesMut;
use futures::task::AtomicWaker;
use wisteria_core::{
    bus::{Delivery, Passing, Router, Status, Subject, message},
    identity::{KeyKind, PublicKey},
    platform::Platform,
};

use super::{
    Admission, Broker, BrokerLimits, Ended, Permissions, batch, responses::OpenResponses,
    subscription::ClientSubscription, watch::Life,
};
use crate::{
    outbox::{Outbox, Refused, Written},
    protocol::{self, ProtocolError, Sid},
    replies::{OpenReplies, is_inbox},
};

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) number: u64,
    pub(super) router: Arc<Router>,
    pub(super) outbox: Outbox,
    pub(super) life: Life,
    pub(super) takes_headers: AtomicBool,
    platform: Arc<dyn Platform>,
    admitted: OnceLock<Admitted>,
    limits: BrokerLimits,
    subscriptions: Mutex<HashMap<Sid, Arc<ClientSubscription>>>,
    open_replies: Mutex<OpenReplies>,
    /// Where it may answer, if it may publish there for no other reason.
    open_responses: Mutex<OpenResponses>,
    was_admitted: AtomicWaker,
    ended: OnceLock<Ended>,
}

impl Connection {
    pub(super) fn new(number: u64, broker: &Broker) -> Self {
        let limits = broker.limits;
        Self {
            number,
            router: broker.router.clone(),
            outbox: Outbox::new(limits.pending),
            life: Life::default(),
            takes_headers: AtomicBool::new(false),
            platform: broker.platform.clone(),
            admitted: OnceLock::new(),
            limits,
            subscriptions: Mutex::default(),
            open_replies: Mutex::new(OpenReplies::new(limits.open_requests)),
            open_responses: Mutex::new(OpenResponses::new(limits.open_requests)),
            was_admitted: AtomicWaker::new(),
            ended: OnceLock::new(),
        }
    }

    /// Queues bytes that the broker itself has to say.
    pub(super) fn say(self: &Arc<Self>, encode: impl FnOnce(&mut BytesMut)) {
        match self.outbox.write_quietly(0, encode) {
            Ok(written) => self.wrote(&written),
            Err(refused) => self.refused(&refused),
        }
    }

    /// Whether it takes a message at all: requests pass a stalled connection over.
    pub(super) fn takes(&self, delivery: &Delivery<'_>) -> bool {
        !(delivery.answers && self.life.is_stalled())
    }

    /// Queues a message for one of its subscriptions and says whether it was taken.
    pub(super) fn deliver(self: &Arc<Self>, sid: &Sid, delivery: &Delivery<'_>) -> bool {
        let message = delivery.message;
        let watched = message.reply().filter(|reply| delivery.answers && is_inbox(reply.as_str()));
        if let Some(reply) = watched {
            self.open_replies().insert(reply.to_subject());
            self.life.owe(|| self.platform.now());
        }
        if let (Some(responses), Some(reply)) = (self.permissions().responses, message.reply()) {
            self.open_responses().insert(reply.to_subject(), responses, self.platform.now());
        }
        let takes_headers = self.takes_headers.load(Ordering::Relaxed);
        let size = protocol::delivery_size(sid.as_str(), message);
        let outcome = self.outbox.write_quietly(size, |out| {
            protocol::deliver(sid.as_str(), message, takes_headers, out);
        });
        match outcome {
            Ok(written) => {
                self.wrote(&written);
                true
            }
            Err(refused) => {
                // Where the connection's end has failed the request already, no other may run it.
                let was_failed = watched.is_some_and(|reply| !self.open_replies().remove(reply.as_str()));
                self.refused(&refused);
                was_failed
            }
        }
    }

    fn wrote(self: &Arc<Self>, written: &Written) {
        if written.must_wake {
            batch::wake(self);
        }
        if written.is_half_full {
            batch::press();
        }
    }

    fn refused(self: &Arc<Self>, refused: &Refused) {
        if *refused == Refused::Full {
            self.end(Ended::SlowConsumer);
        }
    }

    /// Notes that the connection published to a subject: maybe the reply to an open request.
    pub(super) fn answered(&self, subject: &str) {
        if is_inbox(subject) {
            self.open_replies().remove(subject);
        }
    }

    /// Adds a subscription. One whose name is taken is passed over, as in NATS.
    ///
    /// # Errors
    /// There are as many as there may be.
    pub(super) fn subscribe(
        self: &Arc<Self>,
        subscription: ClientSubscription,
        queue: Option<&str>,
    ) -> Result<(), ProtocolError> {
        let subscription = Arc::new(subscription);
        {
            let mut subscriptions = self.subscriptions();
            if subscriptions.contains_key(&subscription.sid) {
                return Ok(());
            }
            if subscriptions.len() >= self.limits.subscriptions {
                return Err(ProtocolError::Subscriptions(self.limits.subscriptions));
            }
            subscriptions.insert(subscription.sid.clone(), subscription.clone());
        }
        let id = self.router.subscribe(&subscription.pattern, queue, subscription.clone());
        subscription.enter(id);
        if self.ended.get().is_some() {
            // The end may have passed between entering the list and entering the router, or before both.
            self.subscriptions().remove(&subscription.sid);
            subscription.leave(&self.router);
        }
        Ok(())
    }

    /// The subscription of that name.
    pub(super) fn subscription(&self, sid: &Sid) -> Option<Arc<ClientSubscription>> {
        self.subscriptions().get(sid).cloned()
    }

    /// Ends a subscription.
    pub(super) fn unsubscribe(&self, sid: &Sid) {
        let removed = self.subscriptions().remove(sid);
        if let Some(subscription) = removed {
            subscription.leave(&self.router);
        }
    }

    /// Ends the connection: its last word is queued, its subscriptions leave the router, and whoever waits for a reply
    /// from it learns that none will come. Only the first call counts.
    pub(super) fn end(self: &Arc<Self>, ended: Ended) {
        let error = ended.nats_text();
        let say = |out: &mut BytesMut| {
            if let Some(text) = error {
                protocol::error(&text, out);
            }
        };
        let is_slow = matches!(ended, Ended::SlowConsumer);
        if self.ended.set(ended).is_err() {
            return;
        }
        match is_slow {
            true => self.outbox.cut(say),
            false => self.outbox.close(say),
        }
        let subscriptions = std::mem::take(&mut *self.subscriptions());
        for subscription in subscriptions.into_values() {
            subscription.leave(&self.router);
        }
        self.fail_open_requests();
        if let Some(host) = self.admitted.get().and_then(|admitted| admitted.host.clone()) {
            self.router.route(&message(host, ""));
        }
    }

    /// Tells whoever waits for a reply from the client that none will come.
    pub(super) fn fail_open_requests(&self) {
        let open = self.open_replies().take();
        for reply in open {
            self.router.route(&Status::HostLost.message(reply));
        }
    }

    /// Bytes arrived from the client.
    pub(super) fn hear(&self) {
        let owes = !self.open_replies().is_empty();
        self.life.hear(self.platform.now(), owes);
    }

    /// Lets the client in. Only the first time counts.
    pub(super) fn admit(&self, admission: Admission, name: Option<&str>) {
        let lost = name.filter(|name| is_host(name)).and_then(|name| Subject::new(format!("{LOST}{name}")).ok());
        // Whoever takes another's name must not have the lattice told that the other is gone.
        let host = lost.filter(|lost| {
            let is_own = || admission.key.is_some_and(|key| Some(key.to_string().as_str()) == name);
            is_own() || admission.permissions.publish.covers(lost)
        });
        self.admitted.set(Admitted { admission, host }).ok();
        self.was_admitted.wake();
        self.life.connect();
    }

    /// What the client may do; everything before it was let in, when it can do nothing.
    pub(super) fn permissions(&self) -> &Permissions {
        const ALL: &Permissions = &Permissions::ALL;
        self.admitted.get().map_or(ALL, |admitted| &admitted.admission.permissions)
    }

    /// Whether the client was let in under that name.
    pub(super) fn came_by(&self, name: &str) -> bool {
        self.admitted.get().is_some_and(|admitted| admitted.admission.names.iter().any(|known| &**known == name))
    }

    /// Refuses a message that the client may not publish.
    pub(super) fn check_publication(&self, message: &Passing<'_>) -> Result<(), ProtocolError> {
        let (permissions, subject) = (self.permissions(), message.subject().as_str());
        let may_answer = || {
            permissions.responses.is_some()
                && !permissions.publish.denies(subject)
                && self.open_responses().take(subject, self.platform.now())
        };
        if !permissions.publish.covers(subject) && !may_answer() {
            return Err(ProtocolError::NotPermitted { what: "Publish", subject: subject.to_owned(), queue: None });
        }
        if let (Some(replies), Some(reply)) = (&permissions.replies, message.reply())
            && !replies.covers(reply.as_str())
        {
            return Err(ProtocolError::ReplyNotPermitted(reply.as_str().to_owned()));
        }
        match permissions.speaks_for_itself(subject, message.payload()) {
            true => Ok(()),
            false => Err(ProtocolError::NotPermitted { what: "Publish", subject: subject.to_owned(), queue: None }),
        }
    }

    /// Completes when what let the client in has expired; never where it does not.
    pub(super) async fn expired(&self) {
        let expires = poll_fn(|context| {
            self.was_admitted.register(context.waker());
            match self.admitted.get() {
                Some(admitted) => Poll::Ready(admitted.admission.expires),
                None => Poll::Pending,
            }
        })
        .await;
        let Some(expires) = expires else {
            return std::future::pending().await;
        };
        // In steps, as the wall clock may be set meanwhile.
        while let Some(left) = expires.checked_sub(self.platform.unix_time()).filter(|left| !left.is_zero()) {
            self.platform.sleep(left.min(CLOCK_STEP)).await;
        }
    }

    /// How it ended.
    pub(super) fn ended(&self) -> Option<Ended> {
        self.ended.get().cloned()
    }

    fn subscriptions(&self) -> MutexGuard<'_, HashMap<Sid, Arc<ClientSubscription>>> {
        self.subscriptions.lock().expect("nothing panics under this lock")
    }

    fn open_responses(&self) -> MutexGuard<'_, OpenResponses> {
        self.open_responses.lock().expect("nothing panics under this lock")
    }

    fn open_replies(&self) -> MutexGuard<'_, OpenReplies> {
        self.open_replies.lock().expect("nothing panics under this lock")
    }
}

/// What was found out about a client when it was let in.
#[derive(Debug)]
struct Admitted {
    admission: Admission,
    /// Where the lattice is told that the client is gone, if it is a host.
    host: Option<Subject>,
}

/// How long it may take to notice that the wall clock was set.
const CLOCK_STEP: Duration = Duration::from_secs(60);

/// Precedes the key of a host whose connection ended in the subject that tells of it.
const LOST: &str = "wisteria.lost.";

/// Hosts call themselves by their keys.
fn is_host(name: &str) -> bool {
    name.parse::<PublicKey>().is_ok_and(|key| key.kind() == KeyKind::Host)
}
