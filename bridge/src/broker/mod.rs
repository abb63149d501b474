//! The embedded broker: serves connections that speak the NATS client protocol on a router.

mod admission;
mod batch;
mod connection;
mod connections;
mod peer;
mod permissions;
mod responses;
mod serve;
mod session;
mod subscription;
mod watch;

pub use admission::{Admission, Gatekeeper, OpenGate};
pub use peer::Peer;
pub use permissions::{Allowed, OwnCalls, OwnEvents, Permissions, Responses, Rule, TokenKind};
pub use serve::Ended;

use std::{fmt::Display, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{Sink, Stream};
use wisteria_core::{
    bus::Router,
    platform::{Platform, random_uuid, timeout},
};

use self::connections::Connections;
pub use self::connections::REVOKED_BOUND;
use crate::{
    RateLimits,
    protocol::{self, ProtocolLimits, ServerInfo},
};

/// Carries the messages of a router to its connections and back.
#[derive(Debug, Clone)]
pub struct Broker {
    router: Arc<Router>,
    platform: Arc<dyn Platform>,
    limits: BrokerLimits,
    gatekeeper: Arc<dyn Gatekeeper>,
    server_id: Arc<str>,
    connections: Arc<Connections>,
}

/// What one connection may use.
#[derive(Debug, Clone, Copy)]
pub struct BrokerLimits {
    /// Sizes of lines and payloads.
    pub protocol: ProtocolLimits,
    /// Bytes that may wait to be sent; a connection that lets more pile up is cut off.
    pub pending: usize,
    /// How long a publisher waits after each read while a receiver of its messages has more than half of
    /// [`Self::pending`] waiting. It gives who is only a little slower the time to catch up.
    pub pause: Duration,
    /// How much it may say.
    pub rate: RateLimits,
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
    /// How long a connection that was handed a request may be silent before it is asked for a sign of life, and again
    /// before requests pass it over.
    pub stall: Duration,
    /// How long the last bytes may take to leave once the connection ends.
    pub farewell: Duration,
}

/// The newest protocol of clients that is spoken here.
const PROTOCOL: u8 = 1;

impl Default for BrokerLimits {
    fn default() -> Self {
        Self {
            protocol: ProtocolLimits::default(),
            pending: 16 << 20,
            pause: Duration::from_millis(1),
            rate: RateLimits::default(),
            subscriptions: 16_384,
            open_requests: 8192,
            connect: Duration::from_secs(5),
            ping: Duration::from_secs(20),
            missed_pings: 2,
            stall: Duration::from_millis(1500),
            farewell: Duration::from_secs(2),
        }
    }
}

impl Broker {
    /// A broker on a router, which local buses may share. Everyone may do everything.
    pub fn new(router: Arc<Router>, platform: Arc<dyn Platform>) -> Self {
        Self::with_limits(router, platform, BrokerLimits::default())
    }

    /// The same with other limits.
    pub fn with_limits(router: Arc<Router>, platform: Arc<dyn Platform>, limits: BrokerLimits) -> Self {
        let server_id = random_uuid(&*platform).into();
        let (connections, gatekeeper) = (Arc::default(), Arc::new(OpenGate));
        Self { router, platform, limits, gatekeeper, server_id, connections }
    }

    /// The same broker, with somebody who decides who may do what.
    #[must_use]
    pub fn guarded_by(self, gatekeeper: Arc<dyn Gatekeeper>) -> Self {
        Self { gatekeeper, ..self }
    }

    /// Serves one connection until it ends. When this returns, or is dropped, its subscriptions have left the router and
    /// requests that it has not answered have failed.
    pub fn serve<I, O>(&self, incoming: I, outgoing: O) -> impl Future<Output = Ended> + use<I, O>
    where
        I: Stream<Item = Bytes> + Unpin,
        O: Sink<Bytes, Error: Display> + Unpin,
    {
        self.serve_peer(Peer::default(), incoming, outgoing)
    }

    /// The same for a connection whose ends are known.
    pub fn serve_peer<I, O>(&self, peer: Peer, incoming: I, outgoing: O) -> impl Future<Output = Ended> + use<I, O>
    where
        I: Stream<Item = Bytes> + Unpin,
        O: Sink<Bytes, Error: Display> + Unpin,
    {
        serve::serve(self.clone(), peer, incoming, outgoing)
    }

    /// Tells all clients to go elsewhere, and ends their connections once what waits for them has left. Completes when
    /// they have ended, after [`BrokerLimits::farewell`] at the latest.
    pub async fn shut_down(&self) {
        let connections = self.connections.close();
        let leaving = ServerInfo { ldm: true, ..self.info(0, &Peer::default(), None) };
        for connection in connections {
            connection.say(|out| protocol::info(&ServerInfo { client_id: connection.number, ..leaving.clone() }, out));
            connection.end(Ended::ShutDown);
        }
        timeout(&*self.platform, self.limits.farewell, self.connections.all_ended()).await;
    }

    /// Takes back what lets clients in under a name, the `jti` of their claims or a key that takes part in them: their
    /// connections end now, and no other begins with it. Beyond [`REVOKED_BOUND`] names the oldest are forgotten.
    pub fn revoke(&self, id: &str) {
        for connection in self.connections.revoke(id) {
            connection.end(Ended::Revoked);
        }
    }

    /// Lets clients in under a name again.
    pub fn unrevoke(&self, id: &str) {
        self.connections.unrevoke(id);
    }

    fn info(&self, number: u64, peer: &Peer, nonce: Option<String>) -> ServerInfo {
        ServerInfo {
            server_id: self.server_id.to_string(),
            server_name: "wisteria".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            proto: PROTOCOL,
            host: peer.server.map(|server| server.ip().to_string()),
            port: peer.server.map(|server| server.port()),
            client_ip: peer.client.map(|client| client.to_string()),
            headers: true,
            max_payload: self.limits.protocol.payload,
            client_id: number,
            auth_required: self.gatekeeper.asks_for_credentials(),
            nonce,
            tls_required: peer.tls,
            ..ServerInfo::default()
        }
    }
}
