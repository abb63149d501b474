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
    BrokerLimits, Credentials,
    auth::Role,
    transports::native::{Tls, TlsError},
};
use wisteria_core::{
    bus::{Bus, BusError},
    error::LatticeError,
    host::{Host, HostConfig, HostLimits, HostParts, HostPolicy, Trust},
    identity::{KeyKind, PublicKey},
    lattice::Client,
    metadata::{MetadataStore, StoreError},
    platform::Platform,
    policy::{Action, Service},
};

use crate::{
    auth::{self, Authority, PageTokens},
    data_dir::{DataDir, DataDirError},
    edge::{
        EdgeOptions, Gate, HttpPort, ServerTls, ServerTlsError, Site,
        exposure::{self, Exposed, Protections},
    },
    engine::WasmtimeEngine,
    keys::{DEVELOPMENT, KeyStore, KeyStoreError},
    log::TraceLog,
    metadata::FileStore,
    modules::ServerModules,
    nats_listener::NatsListener,
    platform::NativePlatform,
    policy::{LatticePolicyService, PolicyFile, PolicyFileError, PolicyOptions},
    provider::KINDS,
    secrets::{ServerSecrets, Vault, VaultOptions},
    source::{Admissions, Entrance, LatticeSource, SourceError},
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
    /// How both ports are protected.
    pub edge: EdgeOptions,
    /// Whether whoever reaches the ports of a lattice of its own may join and do everything.
    pub open: bool,
    /// Accounts whose users may join, beside the server's own.
    pub auth_accounts: Vec<PublicKey>,
    /// Where the host's key is kept.
    pub data_dir: Option<PathBuf>,
    /// Holds the secrets that links name, a file for each.
    pub secrets_dir: Option<PathBuf>,
    /// The store of further ones; or why that of the environment cannot be used, for whoever needs it.
    pub vault: Result<Option<VaultOptions>, String>,
    /// The lattice's name.
    pub lattice: String,
    /// Authorities to trust beside the system's, in PEM.
    pub tls_ca: Option<PathBuf>,
    /// Labels beside `kind=server`.
    pub labels: BTreeMap<String, String>,
    /// Whether modules without claims may run.
    pub allow_unsigned: bool,
    /// The accounts whose signed modules may run. Without any, a server that only this machine reaches trusts its own
    /// development account.
    pub trust: Vec<PublicKey>,
    /// Where that account is kept, if not in `~/.wisteria/keys`.
    pub keys: Option<PathBuf>,
    /// Whether hosts may be told to load modules from files of this machine.
    pub allow_file_load: bool,
    /// What actors may use here.
    pub limits: HostLimits,
    /// Who may do what.
    pub policy: PolicyOptions,
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
    /// A port would be open to others without protection.
    #[error(transparent)]
    Exposed(#[from] Exposed),
    /// TLS cannot be spoken.
    #[error(transparent)]
    Tls(#[from] ServerTlsError),
    /// The file with further authorities cannot be used.
    #[error(transparent)]
    Authorities(#[from] TlsError),
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The development account cannot be read or made.
    #[error("{0}; or name the accounts to trust with --trust A…")]
    Keys(#[from] KeyStoreError),
    /// The policy cannot be used.
    #[error(transparent)]
    Policy(#[from] PolicyFileError),
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

/// Runs a server until it is told to stop by a signal or over the lattice. Prints a line with the page's address
/// once it is ready, and one with that for NATS clients.
pub async fn run(options: UpOptions) -> Result<(), UpError> {
    let platform: Arc<dyn Platform> = Arc::new(NativePlatform::current());
    let policy = options.policy.file.as_deref().map(PolicyFile::read).transpose()?;
    let rules = Arc::new(policy.as_ref().map(|file| file.policy.clone()).unwrap_or_default());
    let edge = &options.edge;
    let tls = edge.tls.as_ref().map(ServerTls::read).transpose()?;
    let vault = match &options.vault {
        Ok(vault) => Ok(vault.clone().map(Vault::new).transpose()?),
        Err(why) => Err(why.clone()),
    };
    // What providers are to read is known to be good before any of them does.
    options.tls_ca.as_deref().map(Tls::with_authorities).transpose()?;
    let listener = open("--listen", options.listen, &options).await?;
    let nats_listener = match options.nats_listen {
        Some(address) => {
            let listener = open("--nats-listen", address, &options).await?;
            Some(NatsListener::new(listener, tls.clone(), Gate::new(edge.connections)))
        }
        None => None,
    };
    let data_dir = DataDir::open(options.data_dir.clone(), &*platform)?;
    let key = data_dir.host_key().clone();
    let authority = authority(&options, &data_dir, &platform)?;
    let admissions = Admissions {
        authority: authority.as_deref(),
        further_accounts: &options.auth_accounts,
        policy: &rules,
        limits: BrokerLimits { rate: edge.rate, ..BrokerLimits::default() },
    };
    let place = options.source.enter(&options.lattice, key.public_key(), &platform, admissions).await?;
    let trusted_issuers = trusted_issuers(&options, &*platform)?;
    let store: Arc<dyn MetadataStore> = match &place.shared_store {
        Some(shared) => Arc::new(shared.clone()),
        None => Arc::new(FileStore::open(data_dir.metadata_path())?),
    };
    let limits = options.limits.clone();
    let engine = WasmtimeEngine::new(limits.instances, &limits.most_of_modules())
        .map_err(|error| UpError::Engine(error.to_string()))?;
    let parts = HostParts {
        platform: platform.clone(),
        engine: Arc::new(engine),
        bus: place.bus.clone(),
        log: Arc::new(TraceLog),
        modules: Arc::new(ServerModules { allow_file_load: options.allow_file_load }),
        payloads: place.payloads.clone(),
        secrets: Some(Arc::new(ServerSecrets { dir: options.secrets_dir.clone(), vault })),
        data_dir: Some(data_dir.path().to_owned()),
        authorities: options.tls_ca.clone(),
        key,
    };
    let deadline = limits.deadline;
    if authority.is_none() && rules.speaks_of(Action::Join) {
        tracing::warn!(
            "nobody is asked here who joins, so what the policy says of \"join\" is of no effect; leave out --open, and give \
             --nats a --nats-signing-key"
        );
    }
    let mut config = config(&options, &trusted_issuers, limits);
    config.policy = HostPolicy { rules: (*rules).clone(), service: policy_service(&options, &parts)? };
    let host = Host::start_as_keeper(parts, config, KINDS.to_vec(), store).await?;
    place.keep(&host).await?;
    if let Some(authority) = &authority {
        auth::serve(authority.clone(), place.bus.clone(), &options.lattice)?;
        auth::end_connections(&host, place.entrance.clone(), &*place.bus, &options.lattice)?;
    }
    if options.allow_unsigned {
        tracing::warn!(
            "unsigned modules may run here (--allow-unsigned); leave it off where others can reach the host"
        );
    }
    let client = Client::new(place.bus.clone(), platform, &options.lattice, host.id(), deadline)?;
    let bound = listener.local_addr().map_err(UpError::Serve)?;
    let app = web::service(WebState {
        entrance: place.entrance.clone(),
        host: host.clone(),
        client,
        lattice: options.lattice.as_str().into(),
        allow_unsigned: options.allow_unsigned,
        trusted_issuers: trusted_issuers.into(),
        page_tokens: page_tokens(&options, authority, &place.bus),
        policy: policy.map(|file| file.for_pages.into()),
        tabs_join: options.nats_websocket.as_deref().map(Into::into),
        site: Site::new(tls.is_some(), bound.ip(), &edge.origins, options.nats_websocket.as_deref()),
    });

    let (web, nats) = if tls.is_some() { ("https", "tls") } else { ("http", "nats") };
    announce(&format!("Wisteria is ready at {web}://{bound}/"));
    if let (Some(listener), Entrance::Broker(broker)) = (nats_listener, &place.entrance) {
        announce(&format!("NATS clients join at {nats}://{}", listener.address().map_err(UpError::Serve)?));
        tokio::spawn(listener.serve(broker.clone()));
    }
    let stopping = Arc::new(Notify::new());
    let closing = stopping.clone();
    let port = HttpPort { listener, tls, gate: Gate::new(edge.connections) };
    let server = tokio::spawn(async move { port.serve(app, closing.notified()).await.finished().await });
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
    drop(tokio::time::timeout(Duration::from_secs(1), server).await);
    Ok(())
}

/// Takes an address, if it may be open.
async fn open(option: &'static str, address: SocketAddr, options: &UpOptions) -> Result<TcpListener, UpError> {
    let edge = &options.edge;
    // A server that is joined asks those who come by this one, too.
    let credentials = match &options.source {
        LatticeSource::Embedded => !options.open,
        LatticeSource::Join { .. } => true,
        LatticeSource::Nats(nats) => nats.signing_key.is_some(),
    };
    exposure::check(option, address, Protections { tls: edge.tls.is_some(), credentials, insecure: edge.insecure })?;
    TcpListener::bind(address).await.map_err(|cause| UpError::Listen { address, option, cause })
}

/// Whose modules run here: the accounts that are named, else the development account where nobody else reaches the
/// server, else nobody's.
fn trusted_issuers(options: &UpOptions, platform: &dyn Platform) -> Result<Vec<PublicKey>, KeyStoreError> {
    if !options.trust.is_empty() {
        return Ok(options.trust.clone());
    }
    let mut addresses = std::iter::once(options.listen).chain(options.nats_listen);
    if !addresses.all(|address| address.ip().is_loopback()) {
        tracing::warn!("no account is trusted, so no signed module runs here; name accounts with --trust A…");
        return Ok(Vec::new());
    }
    let store = KeyStore::open(options.keys.clone())?;
    let account = store.read_or_make(DEVELOPMENT, KeyKind::Account, platform)?.public_key();
    tracing::info!(
        "modules that the development account {account} signed may run here (its seed is in {}); trust others with \
         --trust A…",
        store.path().display()
    );
    Ok(vec![account])
}

/// What signs for those who join at this server, where somebody asks who they are; it leaves credentials in the data
/// directory.
fn authority(
    options: &UpOptions,
    data_dir: &DataDir,
    platform: &Arc<dyn Platform>,
) -> Result<Option<Arc<Authority>>, UpError> {
    let (signer, account, kept) = match &options.source {
        LatticeSource::Embedded if !options.open => {
            (data_dir.account_key(&**platform)?, None, &[Role::Operator, Role::Host][..])
        }
        LatticeSource::Nats(nats) => match nats.signer().map_err(SourceError::from)? {
            Some(signer) => (signer, nats.account, &[Role::Operator][..]),
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    let authority = Authority::new(signer, account, &options.lattice, platform.clone());
    for role in kept {
        let path = auth::creds_path(data_dir.path(), *role);
        authority.keep_creds(&path, *role).map_err(|cause| DataDirError::Io { path, cause })?;
    }
    Ok(Some(Arc::new(authority)))
}

/// Who lets the server's own pages in, where that takes a token.
fn page_tokens(options: &UpOptions, own: Option<Arc<Authority>>, bus: &Arc<dyn Bus>) -> Option<PageTokens> {
    match (&options.source, own) {
        (_, Some(authority)) => Some(PageTokens::Own(authority)),
        (LatticeSource::Join { credentials: Credentials::Claims { .. }, .. }, None) => {
            Some(PageTokens::Asked { bus: bus.clone(), lattice: options.lattice.as_str().into() })
        }
        _ => None,
    }
}

fn config(options: &UpOptions, trusted_issuers: &[PublicKey], limits: HostLimits) -> HostConfig {
    let mut labels = BTreeMap::from([("kind".to_owned(), "server".to_owned())]);
    labels.extend(options.labels.clone());
    HostConfig {
        lattice: options.lattice.clone(),
        labels,
        friendly_name: "server".to_owned(),
        allow_unsigned: options.allow_unsigned,
        trust: trusted_issuers.iter().copied().collect::<Trust>(),
        limits,
        policy: HostPolicy::default(),
    }
}

/// Who is asked about what the rules allow.
fn policy_service(options: &UpOptions, parts: &HostParts) -> Result<Option<Service>, LatticeError> {
    let Some(address) = options.policy.service.clone() else {
        return Ok(None);
    };
    let (bus, platform, host) = (parts.bus.clone(), parts.platform.clone(), parts.key.public_key());
    let service = LatticePolicyService::new(address, bus, platform, host, &options.lattice)?;
    let permits = options.policy.permits_without_answer;
    Ok(Some(Service::new(parts.platform.clone(), Arc::new(service), permits)))
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
