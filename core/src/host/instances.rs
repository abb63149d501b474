//! The host's instances: one pool per actor, one bound over all of them, bounded mailboxes.
//!
//! An instance belongs to a pool or is leased to one call. A pool grows up to its own maximum as long as the host's
//! bound leaves room; where it does not, the least recently used idle instance of any pool gives way.

use std::{
    collections::VecDeque,
    fmt::Debug,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use futures::channel::oneshot;
use litemap::LiteMap;
use thiserror::Error;

use super::mailbox::Mailbox;
use crate::{engine::Instance, lattice::observation::Load, platform::Platform};

/// All instances of one host.
#[derive(Debug)]
pub(super) struct Instances {
    limit: usize,
    platform: Arc<dyn Platform>,
    table: Mutex<Table>,
}

/// Names one actor's pool, never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PoolId(u64);

#[derive(Debug, Default)]
struct Table {
    /// Instances alive or about to be made.
    live: usize,
    /// Counts releases; orders idle instances by their last use.
    clock: u64,
    next_pool: u64,
    pools: LiteMap<PoolId, Pool>,
    /// Pools that may grow but found the host full, in order of arrival.
    starved: VecDeque<PoolId>,
}

#[derive(Debug)]
struct Pool {
    max: usize,
    live: usize,
    /// Which code its instances run; those of an earlier one are not used again.
    generation: u64,
    idle: Vec<Idle>,
    mailbox: Mailbox<Lease>,
}

#[derive(Debug)]
struct Idle {
    instance: Box<dyn Instance>,
    last_use: u64,
}

/// Why a call cannot enter a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum Refused {
    /// The mailbox is full.
    #[error("mailbox full")]
    MailboxFull,
    /// All instances that the actor may have are busy, and the call must not wait.
    #[error("no free instance")]
    WouldWait,
    /// All instances that the host may have are busy, and the call must not wait for room.
    #[error("no room on the host")]
    HostFull,
    /// The actor was stopped.
    #[error("stopped")]
    Stopped,
}

/// What a call waits for when it cannot start at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// Its turn, whatever it takes.
    Waits,
    /// An instance of its own pool, but not for room on the host: the calls that hold the room may wait for this one.
    WaitsForPeers,
    /// Nothing.
    Never,
}

/// The way in: a lease at once, or in turn.
#[derive(Debug)]
pub(super) enum Admission {
    Ready(Lease),
    /// Ends with an error when the actor is stopped meanwhile.
    Queued(oneshot::Receiver<Lease>),
}

/// The right to one instance: an idle one, or room to make one. What is not given back counts as lost.
pub(super) struct Lease {
    instances: Arc<Instances>,
    pool: PoolId,
    /// The generation of the instance that was given back last, or came with it.
    generation: u64,
    instance: Option<Box<dyn Instance>>,
    held: bool,
}

impl Instances {
    /// Room for `limit` instances over all pools.
    pub(super) fn new(limit: usize, platform: Arc<dyn Platform>) -> Arc<Self> {
        Arc::new(Self { limit: limit.max(1), platform, table: Mutex::default() })
    }

    /// Adds an empty pool of at most `max` instances, for which `mailbox` calls may wait.
    pub(super) fn add_pool(&self, max: usize, mailbox: usize) -> PoolId {
        let mut table = self.table();
        table.next_pool += 1;
        let id = PoolId(table.next_pool);
        let (max, mailbox) = (max.max(1), Mailbox::new(mailbox));
        table.pools.insert(id, Pool { max, live: 0, generation: 0, idle: Vec::new(), mailbox });
        id
    }

    /// Ends a pool: idle instances are dropped, waiting calls are told, leased instances end with their call.
    pub(super) fn remove_pool(self: &Arc<Self>, id: PoolId) {
        let removed = {
            let mut table = self.table();
            let removed = table.pools.remove(&id);
            table.live -= removed.as_ref().map_or(0, |pool| pool.idle.len());
            table.starved.retain(|starved| *starved != id);
            removed
        };
        drop(removed);
        self.feed_starved();
    }

    /// Has a pool use instances of a later generation only. Calls in flight keep theirs to their end, and waiting calls
    /// keep their turn.
    pub(super) fn renew_pool(self: &Arc<Self>, id: PoolId, generation: u64) {
        let outdated = {
            let mut table = self.table();
            let Some(pool) = table.pools.get_mut(&id) else {
                return;
            };
            pool.generation = generation;
            let outdated = std::mem::take(&mut pool.idle);
            pool.live -= outdated.len();
            table.live -= outdated.len();
            outdated
        };
        drop(outdated);
        self.feed_starved();
    }

    /// Changes how many calls may wait for a pool; those that wait already keep their turn.
    pub(super) fn set_mailbox(&self, id: PoolId, mailbox: usize) {
        if let Some(pool) = self.table().pools.get_mut(&id) {
            pool.mailbox.set_bound(mailbox);
        }
    }

    /// How many instances are busy with a call.
    pub(super) fn busy(&self) -> usize {
        let table = self.table();
        table.live - table.pools.values().map(|pool| pool.idle.len()).sum::<usize>()
    }

    /// Changes how many instances a pool may have; idle ones beyond it are dropped.
    pub(super) fn resize_pool(self: &Arc<Self>, id: PoolId, max: usize) {
        let surplus = {
            let mut table = self.table();
            let Some(pool) = table.pools.get_mut(&id) else {
                return;
            };
            pool.max = max.max(1);
            let surplus = pool.live.saturating_sub(pool.max).min(pool.idle.len());
            let dropped = pool.idle.drain(..surplus).collect::<Vec<_>>();
            pool.live -= dropped.len();
            if !pool.mailbox.is_empty() && pool.live < pool.max && !table.starved.contains(&id) {
                table.starved.push_back(id);
            }
            table.live -= dropped.len();
            dropped
        };
        drop(surplus);
        self.feed_starved();
    }

    /// How many instances a pool has: alive, at most.
    pub(super) fn size(&self, id: PoolId) -> (usize, usize) {
        self.table().pools.get(&id).map_or((0, 0), |pool| (pool.live, pool.max))
    }

    /// How busy a pool is.
    pub(super) fn load(&self, id: PoolId) -> Load {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        self.table().pools.get(&id).map_or(Load { waiting: 0, busy: 0, instances: 0 }, |pool| Load {
            waiting: count(pool.mailbox.len()),
            busy: count(pool.live - pool.idle.len()),
            instances: count(pool.live),
        })
    }

    /// How long a call that enters a pool now is likely to wait; for ever where it would be refused, or waits for room on
    /// the host.
    pub(super) fn likely_wait(&self, id: PoolId) -> Duration {
        let table = self.table();
        let Some(pool) = table.pools.get(&id).filter(|pool| pool.idle.is_empty()) else {
            return Duration::ZERO;
        };
        if pool.live < pool.max {
            let has_room = table.live < self.limit || table.pools.values().any(|pool| !pool.idle.is_empty());
            return if has_room { Duration::ZERO } else { Duration::MAX };
        }
        pool.mailbox.likely_wait(self.platform.now())
    }

    /// Enters a pool. The order of calls to this function is the order of turns.
    pub(super) fn enter(self: &Arc<Self>, id: PoolId, patience: Patience) -> Result<Admission, Refused> {
        let evicted;
        let admission = {
            let mut guard = self.table();
            let table = &mut *guard;
            let pool = table.pools.get_mut(&id).ok_or(Refused::Stopped)?;
            if let Some(idle) = pool.idle.pop() {
                return Ok(Admission::Ready(self.lease(id, pool.generation, Some(idle.instance))));
            }
            let may_grow = pool.live < pool.max;
            if may_grow && table.live < self.limit {
                pool.live += 1;
                table.live += 1;
                evicted = None;
                Admission::Ready(self.lease(id, NO_INSTANCE, None))
            } else if may_grow && let Some(idle) = table.evict() {
                table.grow(id);
                evicted = Some(idle);
                Admission::Ready(self.lease(id, NO_INSTANCE, None))
            } else {
                evicted = None;
                Admission::Queued(self.queue(table, id, patience, may_grow)?)
            }
        };
        drop(evicted);
        Ok(admission)
    }

    fn queue(
        &self,
        table: &mut Table,
        id: PoolId,
        patience: Patience,
        may_grow: bool,
    ) -> Result<oneshot::Receiver<Lease>, Refused> {
        match (patience, may_grow) {
            (Patience::Waits, _) | (Patience::WaitsForPeers, false) => {}
            (_, true) => return Err(Refused::HostFull),
            (Patience::Never, false) => return Err(Refused::WouldWait),
        }
        let pool = table.pools.get_mut(&id).ok_or(Refused::Stopped)?;
        let turn = pool.mailbox.enter(self.platform.now()).ok_or(Refused::MailboxFull)?;
        if may_grow && !table.starved.contains(&id) {
            table.starved.push_back(id);
        }
        Ok(turn)
    }

    /// Takes back what a lease held, and hands it to whoever waits for it.
    fn give_back(self: &Arc<Self>, id: PoolId, generation: u64, instance: Option<Box<dyn Instance>>) {
        let mut instance = instance;
        let mut outdated = None;
        loop {
            let turn = {
                let mut guard = self.table();
                let table = &mut *guard;
                let room_elsewhere = !table.starved.is_empty();
                let Some(pool) = table.pools.get_mut(&id) else {
                    table.live -= 1;
                    break;
                };
                if generation != pool.generation {
                    outdated = outdated.or(instance.take());
                }
                let stays = pool.live <= pool.max;
                // Whoever looks at a clock of a tab pays for it.
                let waits = stays && !pool.mailbox.is_empty();
                match waits.then(|| pool.mailbox.next(self.platform.now())).flatten() {
                    Some(turn) => turn,
                    None if instance.is_some() && !room_elsewhere && stays => {
                        table.clock += 1;
                        pool.idle.extend(instance.take().map(|instance| Idle { instance, last_use: table.clock }));
                        return;
                    }
                    None => {
                        pool.live -= 1;
                        table.live -= 1;
                        break;
                    }
                }
            };
            match turn.send(self.lease(id, generation, instance.take())) {
                Ok(()) => return,
                Err(mut unused) => instance = unused.disarm(),
            }
        }
        drop((instance, outdated));
        self.feed_starved();
    }

    /// Gives free room to pools that wait for it.
    fn feed_starved(self: &Arc<Self>) {
        loop {
            let (id, turn) = {
                let mut guard = self.table();
                let table = &mut *guard;
                if table.live >= self.limit {
                    return;
                }
                let Some(id) = table.starved.pop_front() else {
                    return;
                };
                let Some(pool) = table.pools.get_mut(&id) else {
                    continue;
                };
                if pool.live >= pool.max {
                    continue;
                }
                let Some(turn) = pool.mailbox.next(self.platform.now()) else {
                    continue;
                };
                pool.live += 1;
                table.live += 1;
                if !pool.mailbox.is_empty() && pool.live < pool.max {
                    table.starved.push_back(id);
                }
                (id, turn)
            };
            // A waiter that gave up meanwhile drops the lease, which gives the room back.
            drop(turn.send(self.lease(id, NO_INSTANCE, None)));
        }
    }

    fn lease(self: &Arc<Self>, pool: PoolId, generation: u64, instance: Option<Box<dyn Instance>>) -> Lease {
        Lease { instances: self.clone(), pool, generation, instance, held: true }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().expect("no code panics while it holds the table of instances")
    }
}

/// The generation of a lease that came without instance, until its holder makes one.
const NO_INSTANCE: u64 = 0;

impl Table {
    /// Takes the least recently used idle instance of all pools.
    fn evict(&mut self) -> Option<Idle> {
        let pool = self
            .pools
            .iter_mut()
            .map(|(_, pool)| pool)
            .filter(|pool| !pool.idle.is_empty())
            .min_by_key(|pool| pool.idle[0].last_use)?;
        pool.live -= 1;
        self.live -= 1;
        Some(pool.idle.remove(0))
    }

    fn grow(&mut self, id: PoolId) {
        if let Some(pool) = self.pools.get_mut(&id) {
            pool.live += 1;
            self.live += 1;
        }
    }
}

impl Lease {
    /// The idle instance that came with it; without one, the holder makes its own.
    pub(super) fn take(&mut self) -> Option<Box<dyn Instance>> {
        self.instance.take()
    }

    /// Notes which code the holder's own instance runs.
    pub(super) fn made(&mut self, generation: u64) {
        self.generation = generation;
    }

    /// Ends the lease with a sound instance, which serves the next call.
    pub(super) fn give_back(mut self, instance: Box<dyn Instance>) {
        self.held = false;
        self.instances.give_back(self.pool, self.generation, Some(instance));
    }

    /// Takes what it holds without giving anything back.
    fn disarm(&mut self) -> Option<Box<dyn Instance>> {
        self.held = false;
        self.instance.take()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.held {
            self.instances.give_back(self.pool, self.generation, self.instance.take());
        }
    }
}

impl Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Lease").field(&self.pool).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{GuestCall, GuestError, GuestReply},
        platform::{BoxFuture, StandingClock},
    };

    #[derive(Debug)]
    struct Guest;

    impl Instance for Guest {
        fn call(&mut self, call: GuestCall) -> BoxFuture<'_, Result<GuestReply, GuestError>> {
            let payload = call.payload;
            Box::pin(async { Ok(GuestReply { payload, fuel_used: 0 }) })
        }

        fn memory(&self) -> u64 {
            0
        }
    }

    fn instances(limit: usize) -> Arc<Instances> {
        Instances::new(limit, Arc::new(StandingClock::default()))
    }

    fn ready(admission: Result<Admission, Refused>) -> Lease {
        match admission {
            Ok(Admission::Ready(lease)) => lease,
            other => panic!("expected a lease at once, got {other:?}"),
        }
    }

    fn queued(admission: Result<Admission, Refused>) -> oneshot::Receiver<Lease> {
        match admission {
            Ok(Admission::Queued(turn)) => turn,
            other => panic!("expected a place in the queue, got {other:?}"),
        }
    }

    #[test]
    fn an_instance_that_was_given_back_serves_the_next_call() {
        let instances = instances(4);
        let pool = instances.add_pool(2, 4);
        ready(instances.enter(pool, Patience::Waits)).give_back(Box::new(Guest));
        assert!(ready(instances.enter(pool, Patience::Waits)).take().is_some());
    }

    #[test]
    fn a_lost_instance_makes_room_for_the_waiting_call() {
        let instances = instances(4);
        let pool = instances.add_pool(1, 4);
        let lease = ready(instances.enter(pool, Patience::Waits));
        let mut turn = queued(instances.enter(pool, Patience::Waits));
        drop(lease);
        let mut lease = turn.try_recv().expect("open").expect("it is its turn");
        assert!(lease.take().is_none());
        assert_eq!(instances.size(pool), (1, 1));
    }

    #[test]
    fn waiting_calls_get_their_turn_in_order_of_arrival() {
        let instances = instances(4);
        let pool = instances.add_pool(1, 4);
        let lease = ready(instances.enter(pool, Patience::Waits));
        let mut first = queued(instances.enter(pool, Patience::Waits));
        let mut second = queued(instances.enter(pool, Patience::Waits));
        lease.give_back(Box::new(Guest));
        assert!(first.try_recv().expect("open").is_some());
        assert!(second.try_recv().expect("open").is_some(), "the first lease was dropped at once");
    }

    #[test]
    fn a_full_mailbox_refuses_and_forgets_calls_that_gave_up() {
        let instances = instances(4);
        let pool = instances.add_pool(1, 2);
        let _lease = ready(instances.enter(pool, Patience::Waits));
        let first = queued(instances.enter(pool, Patience::Waits));
        let _second = queued(instances.enter(pool, Patience::Waits));
        assert_eq!(instances.enter(pool, Patience::Waits).expect_err("full"), Refused::MailboxFull);
        drop(first);
        let _third = queued(instances.enter(pool, Patience::Waits));
    }

    #[test]
    fn the_least_recently_used_idle_instance_gives_way() {
        let instances = instances(2);
        let (old, new, third) = (instances.add_pool(1, 4), instances.add_pool(1, 4), instances.add_pool(1, 4));
        ready(instances.enter(old, Patience::Waits)).give_back(Box::new(Guest));
        ready(instances.enter(new, Patience::Waits)).give_back(Box::new(Guest));
        let _lease = ready(instances.enter(third, Patience::Waits));
        assert_eq!(instances.size(old), (0, 1));
        assert_eq!(instances.size(new), (1, 1));
    }

    #[test]
    fn a_call_that_found_the_host_full_gets_the_next_free_room() {
        let instances = instances(1);
        let (busy, starved) = (instances.add_pool(1, 4), instances.add_pool(1, 4));
        let lease = ready(instances.enter(busy, Patience::Waits));
        let mut turn = queued(instances.enter(starved, Patience::Waits));
        assert_eq!(instances.enter(starved, Patience::WaitsForPeers).expect_err("full"), Refused::HostFull);
        lease.give_back(Box::new(Guest));
        assert!(turn.try_recv().expect("open").is_some());
        assert_eq!(instances.size(busy), (0, 1));
    }

    #[test]
    fn a_call_that_must_not_wait_is_refused_where_all_instances_are_busy() {
        let instances = instances(4);
        let pool = instances.add_pool(1, 4);
        let _lease = ready(instances.enter(pool, Patience::Never));
        assert_eq!(instances.enter(pool, Patience::Never).expect_err("busy"), Refused::WouldWait);
        let _turn = queued(instances.enter(pool, Patience::WaitsForPeers));
    }

    #[test]
    fn stopping_tells_the_waiting_and_frees_the_room() {
        let instances = instances(1);
        let pool = instances.add_pool(1, 4);
        let lease = ready(instances.enter(pool, Patience::Waits));
        let mut turn = queued(instances.enter(pool, Patience::Waits));
        instances.remove_pool(pool);
        assert!(turn.try_recv().is_err());
        assert_eq!(instances.enter(pool, Patience::Waits).expect_err("gone"), Refused::Stopped);
        lease.give_back(Box::new(Guest));
        let next = instances.add_pool(1, 4);
        ready(instances.enter(next, Patience::Waits));
    }

    #[test]
    fn a_smaller_pool_drops_its_surplus_and_a_larger_one_serves_who_waits() {
        let instances = instances(8);
        let pool = instances.add_pool(2, 4);
        let (first, second) =
            (ready(instances.enter(pool, Patience::Waits)), ready(instances.enter(pool, Patience::Waits)));
        first.give_back(Box::new(Guest));
        second.give_back(Box::new(Guest));
        instances.resize_pool(pool, 1);
        assert_eq!(instances.size(pool), (1, 1));
        let _lease = ready(instances.enter(pool, Patience::Waits));
        let mut turn = queued(instances.enter(pool, Patience::Waits));
        instances.resize_pool(pool, 2);
        assert!(turn.try_recv().expect("open").is_some());
    }

    #[test]
    fn a_call_is_likely_to_wait_for_ever_where_the_host_is_full() {
        let instances = instances(1);
        let (busy, other) = (instances.add_pool(1, 4), instances.add_pool(1, 4));
        let lease = ready(instances.enter(busy, Patience::Waits));
        assert_eq!(instances.likely_wait(busy), Duration::ZERO, "nobody has waited for it yet");
        assert_eq!(instances.likely_wait(other), Duration::MAX);
        lease.give_back(Box::new(Guest));
        assert_eq!(instances.likely_wait(other), Duration::ZERO, "the idle instance gives way");
    }
}
