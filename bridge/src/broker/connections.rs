//! The connections that a broker serves at the moment.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, Weak},
    task::Poll,
};

use futures::task::AtomicWaker;

use super::connection::Connection;

/// Those that stand, by number.
#[derive(Debug, Default)]
pub(super) struct Connections {
    table: Mutex<Table>,
    ended: AtomicWaker,
}

/// How many names are remembered that let nobody in any more.
pub const REVOKED_BOUND: usize = 65_536;

#[derive(Debug, Default)]
struct Table {
    last: u64,
    closed: bool,
    standing: HashMap<u64, Weak<Connection>>,
    revoked: HashSet<Box<str>>,
    revoked_in_order: VecDeque<Box<str>>,
}

impl Connections {
    /// The number of a new connection.
    pub(super) fn number(&self) -> u64 {
        let mut table = self.table();
        table.last += 1;
        table.last
    }

    /// Takes note of a connection. False where the broker is about to stop.
    pub(super) fn enter(&self, connection: &Arc<Connection>) -> bool {
        let mut table = self.table();
        if !table.closed {
            table.standing.insert(connection.number, Arc::downgrade(connection));
        }
        !table.closed
    }

    /// A connection has ended, and its last bytes have left.
    pub(super) fn leave(&self, number: u64) {
        self.table().standing.remove(&number);
        self.ended.wake();
    }

    /// Takes no more, and returns those that stand.
    pub(super) fn close(&self) -> Vec<Arc<Connection>> {
        let mut table = self.table();
        table.closed = true;
        table.standing.values().filter_map(Weak::upgrade).collect()
    }

    /// Lets nobody in any more under a name, and returns those who came in by it.
    pub(super) fn revoke(&self, id: &str) -> Vec<Arc<Connection>> {
        let mut table = self.table();
        if table.revoked.insert(id.into()) {
            table.revoked_in_order.push_back(id.into());
        }
        if table.revoked.len() > REVOKED_BOUND
            && let Some(oldest) = table.revoked_in_order.pop_front()
        {
            table.revoked.remove(&oldest);
        }
        let standing = table.standing.values().filter_map(Weak::upgrade);
        standing.filter(|connection| connection.came_by(id)).collect()
    }

    /// Lets others in under a name again.
    pub(super) fn unrevoke(&self, id: &str) {
        let mut table = self.table();
        table.revoked.remove(id);
        table.revoked_in_order.retain(|revoked| &**revoked != id);
    }

    /// Whether nobody comes in under that name any more.
    pub(super) fn is_revoked(&self, id: &str) -> bool {
        self.table().revoked.contains(id)
    }

    /// Completes when none stands. One task at a time may wait for it.
    pub(super) async fn all_ended(&self) {
        poll_fn(|context| {
            self.ended.register(context.waker());
            match self.table().standing.is_empty() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().expect("nothing panics under this lock")
    }
}
