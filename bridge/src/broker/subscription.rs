//! One subscription of one connection.

use std::sync::{
    Arc, OnceLock, Weak,
    atomic::{AtomicU64, Ordering},
};

use wisteria_core::bus::{Delivery, Router, Sink, SubjectPattern, SubscriptionId};

use super::connection::Connection;
use crate::protocol::Sid;

/// Hands messages on to its connection, up to a maximum where the client asked for one.
#[derive(Debug)]
pub(super) struct ClientSubscription {
    pub(super) sid: Sid,
    pub(super) pattern: SubjectPattern,
    pub(super) takes_headers: bool,
    connection: Weak<Connection>,
    id: OnceLock<SubscriptionId>,
    delivered: AtomicU64,
    max: AtomicU64,
}

impl ClientSubscription {
    pub(super) fn new(connection: &Arc<Connection>, sid: Sid, pattern: SubjectPattern, takes_headers: bool) -> Self {
        Self {
            sid,
            pattern,
            takes_headers,
            connection: Arc::downgrade(connection),
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

    pub(super) fn is(&self, id: SubscriptionId) -> bool {
        self.id.get() == Some(&id)
    }

    /// Ends after so many messages in all; false says that they have come already.
    pub(super) fn end_after(&self, max: u64) -> bool {
        self.max.store(max, Ordering::SeqCst);
        self.delivered.load(Ordering::SeqCst) < max
    }
}

impl Sink for ClientSubscription {
    fn deliver(&self, delivery: Delivery<'_>) -> bool {
        let Some(connection) = self.connection.upgrade() else {
            return false;
        };
        let max = self.max.load(Ordering::SeqCst);
        let count = self.delivered.fetch_add(1, Ordering::SeqCst) + 1;
        if count > max {
            return false;
        }
        let taken = connection.deliver(self, delivery.message, delivery.answers);
        if count == max {
            connection.unsubscribe(&self.sid);
        }
        taken
    }
}
