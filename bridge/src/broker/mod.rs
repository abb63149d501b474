//! The embedded broker: serves connections that speak the NATS client protocol on a router.

mod connection;
mod serve;
mod session;
mod subscription;

pub use serve::Ended;

use std::{
    fmt::Display,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{Sink, Stream};
use wisteria_core::{
    bus::Router,
    platform::{Platform, random_uuid},
};

use crate::protocol::{ProtocolLimits, ServerInfo};

/// Carries the messages of a router to its connections and back.
#[derive(Debug, Clone)]
pub struct Broker {
    router: Arc<Router>,
    platform: Arc<dyn Platform>,
    limits: BrokerLimits,
    server_id: Arc<str>,
    connections: Arc<AtomicU64>,
}

/// What one connection may use.
#[derive(Debug, Clone, Copy)]
pub struct BrokerLimits {
    /// Sizes of lines and payloads.
    pub protocol: ProtocolLimits,
    /// Bytes that may wait to be sent; a connection that lets more pile up is cut off.
    pub pending: usize,
    /// Subscriptions.
    pub subscriptions: usize,
    /// Requests handed to it whose replies are watched for; the oldest are forgotten beyond it.
    pub open_requests: usize,
    /// How long it may take to say `CONNECT`.
    pub connect: Duration,
    /// How often it is asked for a sign of life.
    pub ping: Duration,
    /// How many of those questions it may leave open before it is given up.
    pub missed_pings: u32,
    /// How long the last bytes may take to leave once the connection ends.
    pub farewell: Duration,
}

impl Default for BrokerLimits {
    fn default() -> Self {
        Self {
            protocol: ProtocolLimits::default(),
            pending: 16 << 20,
            subscriptions: 16_384,
            open_requests: 8192,
            connect: Duration::from_secs(5),
            ping: Duration::from_secs(20),
            missed_pings: 2,
            farewell: Duration::from_secs(2),
        }
    }
}

impl Broker {
    /// A broker on a router, which local buses may share.
    pub fn new(router: Arc<Router>, platform: Arc<dyn Platform>) -> Self {
        Self::with_limits(router, platform, BrokerLimits::default())
    }

    /// The same with other limits.
    pub fn with_limits(router: Arc<Router>, platform: Arc<dyn Platform>, limits: BrokerLimits) -> Self {
        Self { server_id: random_uuid(&*platform).into(), router, platform, limits, connections: Arc::default() }
    }

    /// Serves one connection until it ends. When this returns, or is dropped, its subscriptions have left the router and
    /// requests that it has not answered have failed.
    pub fn serve<I, O>(&self, incoming: I, outgoing: O) -> impl Future<Output = Ended> + use<I, O>
    where
        I: Stream<Item = Bytes> + Unpin,
        O: Sink<Bytes, Error: Display> + Unpin,
    {
        let number = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        serve::serve(self.clone(), number, incoming, outgoing)
    }

    fn info(&self, number: u64) -> ServerInfo {
        ServerInfo {
            server_id: self.server_id.to_string(),
            server_name: "wisteria".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            proto: 1,
            headers: true,
            max_payload: self.limits.protocol.payload,
            client_id: number,
            ..ServerInfo::default()
        }
    }
}
