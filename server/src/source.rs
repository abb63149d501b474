//! Where a server's lattice comes from: a broker of its own, a server that it joins, or a NATS cluster.

use std::{path::PathBuf, sync::Arc};

use futures::StreamExt;
use thiserror::Error;
use wisteria_bridge::{
    BridgeBus, BridgeOptions, Broker, BrokerLimits, ConnectionState, Connector, Credentials, InTurn, Relay,
    ScopedUsers,
    auth::{Role, UserClaims},
    relay::RelayLimits,
    transports::native::{Tls, TlsError, WebSocketConnector},
};
use wisteria_core::{
    bus::{Bus, BusError, LocalBus, Router},
    host::{Host, PayloadStore},
    identity::PublicKey,
    platform::Platform,
    policy::Policy,
};

use crate::{
    auth::Authority,
    nats::{Access, JetStream, NatsError, NatsOptions, ObjectPayloads, SharedStore},
};

/// Where the lattice is.
#[derive(Debug, Clone)]
pub enum LatticeSource {
    /// In this process; others join here.
    Embedded,
    /// At a server of the lattice.
    Join {
        /// The addresses of its bridge, `ws://…/lattice`, tried in turn.
        urls: Vec<String>,
        /// Authorities to trust beside the system's, in PEM.
        tls_ca: Option<PathBuf>,
        /// What that server asks for.
        credentials: Credentials,
    },
    /// On a NATS cluster with JetStream.
    Nats(NatsOptions),
}

/// Why a server cannot get into its lattice.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// No server answers.
    #[error(
        "the lattice cannot be joined: {0}; see that its server runs, that --join names its ws://HOST:PORT/lattice, and that --creds names credentials for it where it asks for them (wisteria token mint --role host --creds-file FILE)"
    )]
    Join(String),
    /// The credentials are not those of a server.
    #[error(
        "the credentials are for the role {0}, and a server joins as a host; make others with: wisteria token mint \
         --role host --creds-file FILE"
    )]
    Role(Role),
    /// The file of authorities cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The NATS cluster cannot be used.
    #[error(transparent)]
    Nats(#[from] NatsError),
}

/// A server's place in its lattice.
#[derive(Debug)]
pub(crate) struct Place {
    /// The host's bus.
    pub(crate) bus: Arc<dyn Bus>,
    /// The way in for tabs and other hosts.
    pub(crate) entrance: Entrance,
    /// What keeps links and claims, where the lattice shares one store.
    pub(crate) shared_store: Option<SharedStore>,
    /// Where payloads go that are too large for a message.
    pub(crate) payloads: Option<Arc<dyn PayloadStore>>,
    /// The connection to the lattice, where it is elsewhere.
    connection: Option<BridgeBus>,
}

/// Serves those who join the lattice at this server.
#[derive(Debug, Clone)]
pub(crate) enum Entrance {
    /// The broker is here.
    Broker(Arc<Broker>),
    /// Their connections are passed on.
    Relay(Arc<Relay>),
}

/// Who is let in at this server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Admissions<'a> {
    /// Whom it signs for; everyone without.
    pub(crate) authority: Option<&'a Authority>,
    /// And users of these accounts, where the lattice is in the server.
    pub(crate) further_accounts: &'a [PublicKey],
    /// Which of them is denied.
    pub(crate) policy: &'a Arc<Policy>,
    /// What each may use there.
    pub(crate) limits: BrokerLimits,
}

impl Entrance {
    /// Ends the connections that came in under a name, and lets in no other.
    pub(crate) fn revoke(&self, name: &str) {
        match self {
            Self::Broker(broker) => broker.revoke(name),
            Self::Relay(relay) => relay.revoke(name),
        }
    }

    /// Lets others in under a name again.
    pub(crate) fn unrevoke(&self, name: &str) {
        match self {
            Self::Broker(broker) => broker.unrevoke(name),
            Self::Relay(relay) => relay.unrevoke(name),
        }
    }
}

impl LatticeSource {
    /// Gets into the lattice as this host.
    pub(crate) async fn enter(
        &self,
        lattice: &str,
        host: PublicKey,
        platform: &Arc<dyn Platform>,
        admissions: Admissions<'_>,
    ) -> Result<Place, SourceError> {
        match self {
            Self::Embedded => Ok(embedded(platform, admissions)),
            Self::Join { urls, tls_ca, credentials } => {
                if let Some(role) = role(credentials).filter(|role| *role != Role::Host) {
                    return Err(SourceError::Role(role));
                }
                let tls = trusting(tls_ca.as_ref())?;
                let connectors = urls.iter().map(|url| WebSocketConnector::new(url).with_tls(tls.clone())).collect();
                let upstream: Arc<dyn Connector> = Arc::new(InTurn::new(connectors));
                // Whoever joins here speaks for itself there: this server's credentials are its own.
                connect(upstream, credentials.clone(), Passing::Themselves, admissions, host, platform)
                    .await
                    .map_err(SourceError::Join)
            }
            Self::Nats(options) => {
                let access = Access::read(options)?;
                let credentials = access.credentials.clone();
                let passing = match admissions.authority {
                    Some(authority) => Passing::Scoped(authority.scoped_users(admissions.policy)),
                    None => Passing::AsServer(credentials.clone()),
                };
                let place = connect(access.connector(), credentials, passing, admissions, host, platform).await;
                let mut place = place.map_err(|cause| access.explain(cause))?;
                let jetstream = JetStream::connect(&access, &format!("{host} metadata")).await?;
                place.shared_store = Some(SharedStore::open(&jetstream, lattice).await?);
                place.payloads = Some(Arc::new(ObjectPayloads::new(jetstream, lattice)));
                Ok(place)
            }
        }
    }
}

/// As whom those come to a broker elsewhere who join at this server.
enum Passing {
    /// As themselves.
    Themselves,
    /// Under the server's credentials.
    AsServer(Credentials),
    /// As users that the server signs for.
    Scoped(ScopedUsers),
}

/// The role that credentials say they are for.
fn role(credentials: &Credentials) -> Option<Role> {
    let Credentials::Claims { jwt, .. } = credentials else {
        return None;
    };
    Some(UserClaims::unverified(jwt).ok()?.wisteria?.role)
}

fn embedded(platform: &Arc<dyn Platform>, admissions: Admissions<'_>) -> Place {
    let router = Arc::new(Router::new());
    let bus = Arc::new(LocalBus::new(router.clone(), platform.clone()));
    let broker = Broker::with_limits(router, platform.clone(), admissions.limits);
    Place {
        bus,
        entrance: Entrance::Broker(Arc::new(match admissions.authority {
            Some(authority) => broker.guarded_by(authority.gate(admissions.further_accounts, admissions.policy)),
            None => broker,
        })),
        shared_store: None,
        payloads: None,
        connection: None,
    }
}

async fn connect(
    upstream: Arc<dyn Connector>,
    credentials: Credentials,
    passing: Passing,
    admissions: Admissions<'_>,
    host: PublicKey,
    platform: &Arc<dyn Platform>,
) -> Result<Place, String> {
    // By this name the broker tells the lattice when the connection is lost.
    let options = BridgeOptions { name: host.to_string(), credentials, ..BridgeOptions::default() };
    let bus = BridgeBus::connect(upstream.clone(), platform.clone(), options).await.map_err(|error| match error {
        BusError::Closed(cause) => cause,
        other => other.to_string(),
    })?;
    let relay = match passing {
        Passing::Themselves => Relay::new(upstream, Credentials::None, platform.clone()),
        Passing::AsServer(credentials) => Relay::new(upstream, credentials, platform.clone()),
        Passing::Scoped(users) => Relay::new(upstream, Credentials::None, platform.clone()).with_scoped_users(users),
    };
    let relay = relay.with_limits(RelayLimits { rate: admissions.limits.rate, ..RelayLimits::default() });
    Ok(Place {
        bus: Arc::new(bus.clone()),
        entrance: Entrance::Relay(Arc::new(relay)),
        shared_store: None,
        payloads: None,
        connection: Some(bus),
    })
}

fn trusting(tls_ca: Option<&PathBuf>) -> Result<Tls, TlsError> {
    tls_ca.map_or_else(|| Ok(Tls::default()), |path| Tls::with_authorities(path))
}

impl Place {
    /// Makes sure that what the host subscribed to stands, and announces it again after each loss of the connection.
    pub(crate) async fn keep(&self, host: &Host) -> Result<(), BusError> {
        let Some(connection) = &self.connection else {
            return Ok(());
        };
        // The state now, which is no change.
        let changes = connection.states().skip(1);
        let host = host.clone();
        tokio::spawn(async move {
            let mut connected = Box::pin(changes.filter(|state| {
                let is_connected = *state == ConnectionState::Connected;
                async move { is_connected }
            }));
            while connected.next().await.is_some() {
                host.rejoin().await;
            }
        });
        connection.flush().await
    }

    /// Says the last words and ends the connection.
    pub(crate) async fn leave(&self) {
        if let Some(connection) = &self.connection {
            connection.close().await;
        }
        if let Entrance::Broker(broker) = &self.entrance {
            broker.shut_down().await;
        }
    }
}
