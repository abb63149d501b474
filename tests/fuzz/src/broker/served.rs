//! A broker that serves clients of this process, one task at a time.

use std::{cell::Cell, rc::Rc, sync::Arc, time::Duration};

use futures::executor::LocalPool;
use wisteria_bridge::{Broker, BrokerLimits};
use wisteria_core::bus::Router;

use crate::{client::Client, virtual_time::VirtualTime};

/// The broker and its tasks.
#[derive(Debug)]
pub(crate) struct Served {
    pool: LocalPool,
    time: VirtualTime,
    router: Arc<Router>,
    broker: Broker,
    farewell: Duration,
    open: Rc<Cell<usize>>,
}

impl Served {
    pub(crate) fn new(limits: BrokerLimits) -> Self {
        let time = VirtualTime::default();
        let router = Arc::new(Router::new());
        let broker = Broker::with_limits(router.clone(), Arc::new(time.clone()), limits);
        Self { pool: LocalPool::new(), time, router, broker, farewell: limits.farewell, open: Rc::default() }
    }

    /// Another connection.
    pub(crate) fn open(&self) -> Client {
        Client::open(&self.broker, &self.pool.spawner(), &self.open)
    }

    /// Lets all happen that can without the clients.
    pub(crate) fn run(&mut self) {
        self.pool.run_until_stalled();
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, duration: Duration) {
        self.time.pass(duration);
    }

    /// Checks that the broker lets go of its clients, who have left.
    pub(crate) fn end(mut self) {
        self.run();
        // The time for last bytes.
        self.pass(self.farewell);
        self.run();
        assert_eq!(self.open.get(), 0, "connections that are still served");
        assert!(self.router.is_empty(), "subscriptions of nobody: {:?}", self.router);
    }
}
