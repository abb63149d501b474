//! How a tab becomes a host.

use std::{rc::Rc, sync::Arc, time::Duration};

use futures::StreamExt;
use js_sys::Function;
use serde_json::Value;
use wasm_bindgen::JsValue;
use wisteria_bridge::{
    BridgeBus, BridgeOptions, ConnectionState, Credentials, JoinToken, transports::browser::WebSocketConnector,
};
use wisteria_browser_platform::BrowserPlatform;
use wisteria_core::{
    engine::Engine,
    error::{ErrorCode, LatticeError},
    host::{Host, HostConfig, HostLimits, HostParts, HostPolicy, LatticeModules, own_provider_keys},
    identity::{KeyKind, KeyPair},
    lattice::Client,
    platform::Platform,
    policy::Policy,
};

use crate::{
    bus::Listening,
    error::bad_request,
    host::{Parts, TabHost, tell},
    log::PageLog,
    options::{self, Limits, Options, read_seed},
    provider::{KINDS, ProviderKeys, make_stores_by},
};

/// Instances alive at once in a tab: a renderer holds about 124 memories, some of which are not ours.
const INSTANCES: usize = 96;

/// Instances per actor where the start names no number.
const INSTANCES_PER_ACTOR: usize = 8;

/// How long a single control request may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Joins a lattice as the options say.
pub(crate) async fn start(options: JsValue) -> Result<TabHost, LatticeError> {
    let (mut options, callbacks) = options::read(&options)?;
    let policy = match &options.policy {
        Some(rules) => read_policy(rules)?,
        None => HostPolicy::default(),
    };
    let platform: Arc<dyn Platform> = Arc::new(BrowserPlatform);
    let (engine, limits) = (engine()?, limits(&options.limits));
    let key = KeyPair::from_raw(KeyKind::Host, own_seed(&options, &*platform)?);
    let origin = key.public_key();
    let (seeds, names) = (std::mem::take(&mut options.provider_seeds), std::mem::take(&mut options.provider_names));
    let provider_keys = ProviderKeys::new(&key, seeds, names, options.token.is_some());
    let (bridge, in_url) = Credentials::of_url(options.bridge.expose());
    let token = options.token.clone().map(JoinToken::new);
    let credentials = match token.clone() {
        Some(token) => {
            let mut providers = own_provider_keys(&key, &KINDS);
            providers.extend(provider_keys.all().cloned());
            Credentials::Join { token, key: key.clone(), providers }
        }
        None => in_url,
    };
    let connector = WebSocketConnector::new(bridge.as_str()).opened_by(callbacks.open_socket);
    // By this name the broker tells the lattice when the connection is lost.
    let bridge_options = BridgeOptions { name: origin.to_string(), credentials, ..BridgeOptions::default() };
    let bus = BridgeBus::connect(connector, platform.clone(), bridge_options).await.map_err(|error| {
        LatticeError::new(
            ErrorCode::Unreachable,
            format!("{bridge} cannot be joined: {error}; check that its server runs, and that it accepts the token"),
        )
    })?;
    let parts = HostParts {
        platform: platform.clone(),
        engine: engine.clone(),
        bus: Arc::new(bus.clone()),
        log: Arc::new(PageLog { page: callbacks.on_log }),
        modules: Arc::new(LatticeModules),
        payloads: None,
        secrets: None,
        data_dir: None,
        authorities: None,
        key,
    };
    let client = Client::new(Arc::new(bus.clone()), platform, &options.lattice, origin, PATIENCE)?;
    make_stores_by(callbacks.new_store);
    let host = Host::start(parts, config(options, limits, policy), KINDS.to_vec()).await?;
    let parts = Rc::new(Parts {
        host,
        client,
        bus,
        token,
        engine: engine.name(),
        provider_keys,
        listening: Listening::default(),
    });
    follow_connection(&parts, callbacks.on_connection);
    stop_when_asked(parts.clone());
    // What the host subscribed to stands once the broker has handled it.
    parts.bus.flush().await.map_err(|error| LatticeError::new(ErrorCode::Unreachable, error.to_string()))?;
    Ok(TabHost { parts })
}

/// The secret of the host's key: the one that the page keeps, or a new one.
fn own_seed(options: &Options, platform: &dyn Platform) -> Result<[u8; 32], LatticeError> {
    if let Some(seed) = &options.host_seed {
        return read_seed(seed.expose()).ok_or_else(|| bad_request("the host's seed is not 32 bytes in hexadecimal"));
    }
    let mut seed = [0; 32];
    platform.random(&mut seed);
    Ok(seed)
}

fn engine() -> Result<Arc<dyn Engine>, LatticeError> {
    if crate::engine::is_supported() {
        return Ok(Arc::new(crate::engine::JspiEngine));
    }
    fallback()
}

#[cfg(feature = "wasmi")]
#[expect(clippy::unnecessary_wraps, reason = "builds without the interpreter have no fallback")]
fn fallback() -> Result<Arc<dyn Engine>, LatticeError> {
    Ok(Arc::new(wisteria_core::engine::WasmiEngine::new()))
}

#[cfg(not(feature = "wasmi"))]
fn fallback() -> Result<Arc<dyn Engine>, LatticeError> {
    Err(LatticeError::new(
        ErrorCode::Unsupported,
        "this browser's WebAssembly cannot suspend (JSPI), and this build has no interpreter; load the build with wasmi",
    ))
}

fn limits(asked: &Limits) -> HostLimits {
    let defaults = HostLimits::default();
    HostLimits {
        // More would crash the renderer.
        instances: asked.instances.unwrap_or(INSTANCES).clamp(1, INSTANCES),
        default_max_instances: INSTANCES_PER_ACTOR,
        mailbox: asked.mailbox.unwrap_or(defaults.mailbox),
        fuel: asked.fuel.unwrap_or(defaults.fuel),
        most: asked.most,
        ..defaults
    }
}

fn read_policy(rules: &Value) -> Result<HostPolicy, LatticeError> {
    let rules = Policy::read(rules).map_err(|error| bad_request(format!("the policy is wrong: {error}")))?;
    Ok(HostPolicy { rules, service: None })
}

fn config(options: Options, limits: HostLimits, policy: HostPolicy) -> HostConfig {
    let mut labels = options.labels;
    labels.entry("kind".to_owned()).or_insert_with(|| "browser".to_owned());
    HostConfig {
        lattice: options.lattice,
        labels,
        friendly_name: "tab".to_owned(),
        allow_unsigned: options.allow_unsigned,
        trust: options.trusted_issuers.into_iter().collect(),
        limits,
        policy,
    }
}

/// Tells the page how the connection stands, and announces the host again after each loss.
fn follow_connection(parts: &Rc<Parts>, callback: Option<Function>) {
    let mut states = Box::pin(parts.bus.states());
    let parts = Rc::downgrade(parts);
    BrowserPlatform.spawn(Box::pin(async move {
        let mut first = true;
        while let Some(state) = states.next().await {
            if let Some(callback) = &callback {
                tell(callback, &state.to_string().into());
            }
            if state == ConnectionState::Connected && !first {
                let Some(parts) = parts.upgrade() else {
                    return;
                };
                parts.host.rejoin().await;
            }
            first = false;
        }
    }));
}

/// Leaves the lattice when someone there asks the host to stop. The page hears it as the end of the connection.
fn stop_when_asked(parts: Rc<Parts>) {
    BrowserPlatform.spawn(Box::pin(async move {
        let patience = parts.host.stop_asked().await;
        parts.leave(patience).await;
    }));
}
