//! `wisteria up`: a server host with the lattice's broker and the page, on one port.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use thiserror::Error;
use tokio::{net::TcpListener, sync::Notify};
use wisteria_bridge::{
    auth::AccountGate,
    broker::{Gatekeeper, OpenGate},
};
use wisteria_core::{
    bus::BusError,
    error::LatticeError,
    host::{Host, HostConfig, HostLimits, HostParts, ProviderKind},
    identity::PublicKey,
    lattice::Client,
    metadata::{MetadataStore, StoreError},
    platform::Platform,
    provider::MemoryKeyValue,
};

use crate::{
    auth::{self, Authority},
    data_dir::{DataDir, DataDirError},
    engine::WasmtimeEngine,
    log::TraceLog,
    metadata::FileStore,
    modules::ServerModules,
    nats_listener::NatsListener,
    platform::NativePlatform,
    provider::HttpServer,
    source::{Entrance, LatticeSource, SourceError},
    web::{self, WebState},
};

/// How a server is to run.
#[derive(Debug, Clone)]
pub struct UpOptions {
    /// Where page, bridge and API listen.
    pub listen: SocketAddr,
    /// Where NATS clients are served, beside. Only for a lattice of its own.
    pub nats_listen: Option<SocketAddr>,
    /// The WebSocket of the NATS cluster at which the server's pages join, instead of at the server.
    pub nats_websocket: Option<String>,
    /// Where the lattice is.
    pub source: LatticeSource,
    /// Whether only those may join at the server's own broker who have credentials.
    pub auth: bool,
    /// Accounts whose users may join, beside the server's own.
    pub auth_accounts: Vec<PublicKey>,
    /// Where the host's key is kept.
    pub data_dir: Option<PathBuf>,
    /// The lattice's name.
    pub lattice: String,
    /// Labels beside `kind=server`.
    pub labels: BTreeMap<String, String>,
    /// Whether modules without claims may run.
    pub allow_unsigned: bool,
    /// Whether hosts may be told to load modules from files of this machine.
    pub allow_file_load: bool,
}

/// Why a server cannot run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum UpError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {cause}; stop what listens there, or choose another with {option}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The option that names it.
        option: &'static str,
        /// What the system says.
        cause: io::Error,
    },
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The store of links and claims cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lattice cannot be entered.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The lattice was lost before the host was ready.
    #[error(transparent)]
    Lost(#[from] BusError),
    /// The engine cannot start.
    #[error("the engine cannot start: {0}")]
    Engine(String),
    /// The host cannot start.
    #[error(transparent)]
    Host(#[from] LatticeError),
    /// The listener broke.
    #[error("the server's port failed: {0}")]
    Serve(io::Error),
}

/// The providers that a server brings along.
const PROVIDERS: [ProviderKind; 2] = [
    ProviderKind { name: "keyvalue-memory", create: |context| Arc::new(MemoryKeyValue::new(context.platform)) },
    ProviderKind { name: "httpserver", create: |context| Arc::new(HttpServer::new(context.caller)) },
];

/// Runs a server until it is told to stop by a signal or over the lattice. Prints a line with the page's address
/// once it is ready, and one with that for NATS clients.
pub async fn run(options: UpOptions) -> Result<(), UpError> {
    let platform: Arc<dyn Platform> = Arc::new(NativePlatform::current());
    let address = options.listen;
    let taken = |address, option| move |cause| UpError::Listen { address, option, cause };
    let listener = TcpListener::bind(address).await.map_err(taken(address, "--listen"))?;
    let nats_listener = match options.nats_listen {
        Some(address) => Some(NatsListener::bind(address).await.map_err(taken(address, "--nats-listen"))?),
        None => None,
    };
    let data_dir = DataDir::open(options.data_dir.clone(), &*platform)?;
    let key = data_dir.host_key().clone();
    let authority = match options.auth {
        true => Some(authority(&data_dir, &options.lattice, &platform)?),
        false => None,
    };
    let gate: Arc<dyn Gatekeeper> = match &authority {
        Some(authority) => {
            let accounts = [&[authority.account()], &options.auth_accounts[..]].concat();
            Arc::new(AccountGate::new(platform.clone(), accounts, &options.lattice))
        }
        None => Arc::new(OpenGate),
    };
    let place = options.source.enter(&options.lattice, key.public_key(), gate, &platform).await?;
    let store: Arc<dyn MetadataStore> = match &place.shared_store {
        Some(shared) => Arc::new(shared.clone()),
        None => Arc::new(FileStore::open(data_dir.metadata_path())?),
    };
    let limits = HostLimits::default();
    let engine =
        WasmtimeEngine::new(limits.instances, &limits.module).map_err(|error| UpError::Engine(error.to_string()))?;
    let parts = HostParts {
        platform: platform.clone(),
        engine: Arc::new(engine),
        bus: place.bus.clone(),
        log: Arc::new(TraceLog),
        modules: Arc::new(ServerModules { allow_file_load: options.allow_file_load }),
        payloads: place.payloads.clone(),
        key,
    };
    let deadline = limits.deadline;
    let host = Host::start_as_keeper(parts, config(&options, limits), PROVIDERS.to_vec(), store).await?;
    place.keep(&host).await?;
    if let (Some(authority), Entrance::Broker(broker)) = (&authority, &place.entrance) {
        auth::serve(authority.clone(), broker.clone(), place.bus.clone(), &options.lattice)?;
    }
    if options.allow_unsigned {
        tracing::warn!(
            "unsigned modules may run here (--allow-unsigned); leave it off where others can reach the host"
        );
    }
    let client = Client::new(place.bus.clone(), platform, &options.lattice, host.id(), deadline)?;
    let app = web::service(WebState {
        entrance: place.entrance.clone(),
        host: host.clone(),
        client,
        lattice: options.lattice.as_str().into(),
        allow_unsigned: options.allow_unsigned,
        authority,
        tabs_join: options.nats_websocket.as_deref().map(Into::into),
    });

    let bound = listener.local_addr().map_err(UpError::Serve)?;
    announce(&format!("Wisteria is ready at http://{bound}/"));
    if let (Some(listener), Entrance::Broker(broker)) = (nats_listener, &place.entrance) {
        announce(&format!("NATS clients join at nats://{}", listener.address().map_err(UpError::Serve)?));
        tokio::spawn(listener.serve(broker.clone()));
    }
    let stopping = Arc::new(Notify::new());
    let closing = stopping.clone();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move { closing.notified().await });
    let server = tokio::spawn(server.into_future());
    let patience = tokio::select! {
        () = stop_signal() => None,
        patience = host.stop_asked() => patience,
    };
    match patience {
        Some(patience) => host.stop_within(patience).await,
        None => host.stop().await,
    }
    place.leave().await;
    stopping.notify_one();
    // Open WebSockets do not end by themselves; what is still being answered gets a moment.
    match tokio::time::timeout(Duration::from_secs(1), server).await {
        Ok(Ok(Err(cause))) => Err(UpError::Serve(cause)),
        _ => Ok(()),
    }
}

/// What signs for the lattice, with the file that lets its operator in.
fn authority(data_dir: &DataDir, lattice: &str, platform: &Arc<dyn Platform>) -> Result<Arc<Authority>, DataDirError> {
    let authority = Authority::new(data_dir.account_key(&**platform)?, lattice, platform.clone());
    let path = auth::operator_creds(data_dir.path());
    authority.keep_operator(&path).map_err(|cause| DataDirError::Io { path, cause })?;
    Ok(Arc::new(authority))
}

fn config(options: &UpOptions, limits: HostLimits) -> HostConfig {
    let mut labels = BTreeMap::from([("kind".to_owned(), "server".to_owned())]);
    labels.extend(options.labels.clone());
    HostConfig {
        lattice: options.lattice.clone(),
        labels,
        friendly_name: "server".to_owned(),
        allow_unsigned: options.allow_unsigned,
        limits,
    }
}

fn announce(line: &str) {
    let mut out = io::stdout().lock();
    // A closed standard output does not keep the server from serving.
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}

/// Completes on Ctrl-C or SIGTERM.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("the runtime handles signals");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
