//! One subscription of one connection.

use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use wisteria_core::bus::{Delivery, Router, Sink, SubjectPattern, SubscriptionId};

use super::connection::Connection;
use crate::protocol::Sid;

/// Hands messages on to its connection, up to a maximum where the client asked for one.
pub(super) struct ClientSubscription {
    pub(super) sid: Sid,
    pub(super) pattern: SubjectPattern,
    /// They hold each other until the connection ends.
    connection: Arc<Connection>,
    /// Whether some of what it listens to is denied to the client.
    is_filtered: bool,
    id: OnceLock<SubscriptionId>,
    delivered: AtomicU64,
    max: AtomicU64,
}

impl ClientSubscription {
    pub(super) fn new(connection: &Arc<Connection>, sid: Sid, pattern: SubjectPattern) -> Self {
        let is_filtered = connection.permissions().subscribe.denies_some_of(&pattern);
        Self {
            sid,
            pattern,
            is_filtered,
            connection: connection.clone(),
            id: OnceLock::new(),
            delivered: AtomicU64::new(0),
            max: AtomicU64::new(u64::MAX),
        }
    }

    /// Learns its name on the router.
    pub(super) fn enter(&self, id: SubscriptionId) {
        self.id.set(id).expect("a subscription enters the router once");
    }

    /// Leaves the router.
    pub(super) fn leave(&self, router: &Router) {
        if let Some(id) = self.id.get() {
            router.unsubscribe(&self.pattern, *id);
        }
    }

    /// Ends after so many messages in all; false says that they have come already.
    pub(super) fn end_after(&self, max: u64) -> bool {
        self.max.store(max, Ordering::SeqCst);
        self.delivered.load(Ordering::SeqCst) < max
    }
}

impl fmt::Debug for ClientSubscription {
    // Its connection would show it in turn.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connection = self.connection.number;
        f.debug_struct("ClientSubscription")
            .field("connection", &connection)
            .field("sid", &self.sid)
            .finish_non_exhaustive()
    }
}

impl Sink for ClientSubscription {
    fn deliver(&self, delivery: Delivery<'_>) -> bool {
        if delivery.unheard_by == Some(self.connection.number) || !self.connection.takes(&delivery) {
            return false;
        }
        if self.is_filtered && !self.connection.permissions().subscribe.covers(delivery.message.subject().as_str()) {
            return false;
        }
        let count = self.delivered.fetch_add(1, Ordering::SeqCst) + 1;
        let max = self.max.load(Ordering::SeqCst);
        if count > max {
            return false;
        }
        let taken = self.connection.deliver(&self.sid, &delivery);
        if count == max {
            self.connection.unsubscribe(&self.sid);
        }
        taken
    }
}
