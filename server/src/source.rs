//! Where a server's lattice comes from: a broker of its own, a server that it joins, or a NATS cluster.

use std::{path::PathBuf, sync::Arc};

use futures::StreamExt;
use thiserror::Error;
use wisteria_bridge::{
    BridgeBus, BridgeOptions, Broker, ConnectionState, Connector, Credentials, InTurn, Relay,
    auth::{Role, UserClaims},
    transports::native::{Tls, TlsError, WebSocketConnector},
};
use wisteria_core::{
    bus::{Bus, BusError, LocalBus, Router},
    host::{Host, PayloadStore},
    identity::PublicKey,
    platform::Platform,
};

use crate::nats::{Access, JetStream, NatsError, NatsOptions, ObjectPayloads, SharedStore};

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

impl LatticeSource {
    /// Gets into the lattice as this host; `broker` is made where the lattice is in the server itself.
    pub(crate) async fn enter(
        &self,
        lattice: &str,
        host: PublicKey,
        platform: &Arc<dyn Platform>,
        broker: impl FnOnce(Arc<Router>) -> Broker,
    ) -> Result<Place, SourceError> {
        match self {
            Self::Embedded => Ok(embedded(platform, broker)),
            Self::Join { urls, tls_ca, credentials } => {
                if let Some(role) = role(credentials).filter(|role| *role != Role::Host) {
                    return Err(SourceError::Role(role));
                }
                let tls = trusting(tls_ca.as_ref())?;
                let connectors = urls.iter().map(|url| WebSocketConnector::new(url).with_tls(tls.clone())).collect();
                let upstream: Arc<dyn Connector> = Arc::new(InTurn::new(connectors));
                // Whoever joins here speaks for itself there: this server's credentials are its own.
                connect(upstream, credentials.clone(), Credentials::None, host, platform)
                    .await
                    .map_err(SourceError::Join)
            }
            Self::Nats(options) => {
                let access = Access::read(options)?;
                let credentials = access.credentials.clone();
                let place = connect(access.connector(), credentials.clone(), credentials, host, platform).await;
                let mut place = place.map_err(|cause| access.explain(cause))?;
                let jetstream = JetStream::connect(&access, &format!("{host} metadata")).await?;
                place.shared_store = Some(SharedStore::open(&jetstream, lattice).await?);
                place.payloads = Some(Arc::new(ObjectPayloads::new(jetstream, lattice)));
                Ok(place)
            }
        }
    }
}

/// The role that credentials say they are for.
fn role(credentials: &Credentials) -> Option<Role> {
    let Credentials::Claims { jwt, .. } = credentials else {
        return None;
    };
    Some(UserClaims::unverified(jwt).ok()?.wisteria?.role)
}

fn embedded(platform: &Arc<dyn Platform>, broker: impl FnOnce(Arc<Router>) -> Broker) -> Place {
    let router = Arc::new(Router::new());
    let bus = Arc::new(LocalBus::new(router.clone(), platform.clone()));
    Place {
        bus,
        entrance: Entrance::Broker(Arc::new(broker(router))),
        shared_store: None,
        payloads: None,
        connection: None,
    }
}

async fn connect(
    upstream: Arc<dyn Connector>,
    credentials: Credentials,
    for_clients: Credentials,
    host: PublicKey,
    platform: &Arc<dyn Platform>,
) -> Result<Place, String> {
    // By this name the broker tells the lattice when the connection is lost.
    let options = BridgeOptions { name: host.to_string(), credentials, ..BridgeOptions::default() };
    let bus = BridgeBus::connect(upstream.clone(), platform.clone(), options).await.map_err(|error| match error {
        BusError::Closed(cause) => cause,
        other => other.to_string(),
    })?;
    let relay = Arc::new(Relay::new(upstream, for_clients, platform.clone()));
    Ok(Place {
        bus: Arc::new(bus.clone()),
        entrance: Entrance::Relay(relay),
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
