//! `TabHost`: a host in a tab, as JavaScript drives it.

use std::{rc::Rc, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::StreamExt;
use js_sys::{Function, JSON, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wisteria_bridge::{BridgeBus, BridgeOptions, ConnectionState, transports::browser::WebSocketConnector};
use wisteria_core::{
    call::Target,
    engine::Engine,
    error::{ErrorCode, LatticeError},
    host::{Host, HostConfig, HostLimits, HostParts, ProviderKind},
    identity::{KeyKind, KeyPair, PublicKey},
    lattice::{
        Client,
        control::{LinkDefinition, RemoveLink},
    },
    platform::Platform,
    provider::MemoryKeyValue,
};

use crate::{
    error::{bad_request, text_of, to_js},
    log::PageLog,
    options::{self, Limits, Options},
    platform::BrowserPlatform,
};

/// Instances alive at once in a tab: a renderer holds about 124 memories, some of which are not ours.
const INSTANCES: usize = 96;

/// Instances per actor where the start names no number.
const INSTANCES_PER_ACTOR: usize = 8;

/// How long a single control request may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A host in this tab, or in the worker that this runs in.
#[wasm_bindgen]
#[derive(Debug)]
pub struct TabHost {
    parts: Rc<Parts>,
}

#[derive(Debug)]
struct Parts {
    host: Host,
    client: Client,
    bus: BridgeBus,
    engine: &'static str,
}

type Outcome<T> = Result<T, JsValue>;

#[wasm_bindgen]
impl TabHost {
    /// Joins a lattice. Options: `bridge`, `lattice`, `labels`, `allowUnsigned`, `limits`, `onLog`, `onConnection`.
    pub async fn start(options: JsValue) -> Outcome<TabHost> {
        console_error_panic_hook::set_once();
        start(options).await.map_err(|error| to_js(&error))
    }

    /// The host's key.
    #[wasm_bindgen(getter, js_name = hostId)]
    pub fn host_id(&self) -> String {
        self.parts.host.id().to_string()
    }

    /// What runs the modules: `jspi` or `wasmi`.
    #[wasm_bindgen(getter)]
    pub fn engine(&self) -> String {
        self.parts.engine.to_owned()
    }

    /// Starts an actor on a host and returns its key. 0 instances means the host's default.
    #[wasm_bindgen(js_name = startActor)]
    pub async fn start_actor(&self, host: String, module: Vec<u8>, max_instances: u16) -> Outcome<String> {
        let Parts { host: own, client, .. } = &*self.parts.clone();
        let target = read_key(&host)?;
        let module = Bytes::from(module);
        if target == own.id() {
            let started = own.start_actor(module, number(max_instances).map(usize::from)).await;
            return answer(started.map(|actor| actor.to_string()));
        }
        let started = client.start_actor(target, module, number(max_instances)).await;
        answer(started.map(|started| started.actor_id))
    }

    /// Stops an actor on a host.
    #[wasm_bindgen(js_name = stopActor)]
    pub async fn stop_actor(&self, host: String, actor: String) -> Outcome<()> {
        let parts = self.parts.clone();
        answer(parts.client.stop_actor(read_key(&host)?, read_key(&actor)?).await)
    }

    /// Changes how many calls an actor handles at once on a host. 0 means the host's default.
    #[wasm_bindgen(js_name = scaleActor)]
    pub async fn scale_actor(&self, host: String, actor: String, max_instances: u16) -> Outcome<()> {
        let parts = self.parts.clone();
        answer(parts.client.scale_actor(read_key(&host)?, read_key(&actor)?, number(max_instances)).await)
    }

    /// Starts a provider on a host by its name and returns its key.
    #[wasm_bindgen(js_name = startProvider)]
    pub async fn start_provider(&self, host: String, name: String, link_name: String) -> Outcome<String> {
        let parts = self.parts.clone();
        answer(parts.client.start_provider(read_key(&host)?, &name, &link_name).await)
    }

    /// Stops a provider on a host.
    #[wasm_bindgen(js_name = stopProvider)]
    pub async fn stop_provider(&self, host: String, provider: String) -> Outcome<()> {
        let parts = self.parts.clone();
        answer(parts.client.stop_provider(read_key(&host)?, read_key(&provider)?).await)
    }

    /// Puts a link, `{actor_id, provider_id, contract_id, link_name, values}`; resolves once the provider accepted it.
    #[wasm_bindgen(js_name = putLink)]
    pub async fn put_link(&self, link: JsValue) -> Outcome<()> {
        let parts = self.parts.clone();
        let text = JSON::stringify(&link).ok().and_then(|json| json.as_string()).unwrap_or_default();
        let link: LinkDefinition = serde_json::from_str(&text)
            .map_err(|error| to_js(&bad_request(format!("the link cannot be read: {error}"))))?;
        answer(parts.client.put_link(&link).await)
    }

    /// Deletes a link.
    #[wasm_bindgen(js_name = deleteLink)]
    pub async fn delete_link(&self, actor: String, contract: String, link_name: String) -> Outcome<()> {
        let parts = self.parts.clone();
        let link = RemoveLink { actor_id: actor, contract_id: contract, link_name };
        answer(parts.client.delete_link(&link).await)
    }

    /// Calls an actor by key or call alias, wherever it runs. 0 milliseconds means the host's default.
    pub async fn call(
        &self,
        target: String,
        operation: String,
        payload: Vec<u8>,
        timeout_millis: u32,
    ) -> Outcome<Uint8Array> {
        let parts = self.parts.clone();
        let target = match target.parse::<PublicKey>() {
            Ok(key) if key.kind() == KeyKind::Module => Target::Actor(key),
            _ => Target::Alias(target.into()),
        };
        let deadline = (timeout_millis > 0).then(|| Duration::from_millis(timeout_millis.into()));
        let reply = parts.host.call(target, operation, payload.into(), deadline).await;
        answer(reply.map(|reply| Uint8Array::from(&*reply)))
    }

    /// All hosts of the lattice.
    pub async fn hosts(&self) -> Outcome<JsValue> {
        let parts = self.parts.clone();
        as_js(parts.client.hosts().await)
    }

    /// What runs on a host.
    pub async fn inventory(&self, host: String) -> Outcome<JsValue> {
        let parts = self.parts.clone();
        let host = read_key(&host)?;
        match host == parts.host.id() {
            true => as_js(Ok(parts.host.inventory())),
            false => as_js(parts.client.inventory(host).await),
        }
    }

    /// All links.
    pub async fn links(&self) -> Outcome<JsValue> {
        let parts = self.parts.clone();
        as_js(parts.client.links().await)
    }

    /// The claims of all actors that were started.
    pub async fn claims(&self) -> Outcome<JsValue> {
        let parts = self.parts.clone();
        as_js(parts.client.claims().await)
    }

    /// Calls `callback` with each event of the lattice from now on.
    #[wasm_bindgen(js_name = onEvent)]
    pub fn on_event(&self, callback: Function) -> Outcome<()> {
        let mut events = self.parts.client.events().map_err(|error| to_js(&error))?;
        spawn_local(async move {
            while let Some(event) = events.next().await {
                if let Ok(event) = as_js(Ok(event)) {
                    tell(&callback, &event);
                }
            }
        });
        Ok(())
    }

    /// Leaves the lattice.
    pub async fn stop(&self) {
        let parts = self.parts.clone();
        parts.host.stop().await;
        parts.bus.close().await;
    }
}

async fn start(options: JsValue) -> Result<TabHost, LatticeError> {
    let (options, callbacks) = options::read(&options)?;
    let platform: Arc<dyn Platform> = Arc::new(BrowserPlatform);
    let (engine, limits) = (engine()?, limits(&options.limits));
    let connector = WebSocketConnector::new(options.bridge.as_str());
    let bridge = BridgeOptions { name: "tab".to_owned(), ..BridgeOptions::default() };
    let bus = BridgeBus::connect(connector, platform.clone(), bridge).await.map_err(|error| {
        LatticeError::new(
            ErrorCode::Unreachable,
            format!("{} cannot be joined: {error}; check that its server runs", options.bridge),
        )
    })?;
    let mut seed = [0; 32];
    platform.random(&mut seed);
    let key = KeyPair::from_raw(KeyKind::Host, seed);
    let origin = key.public_key();
    let parts = HostParts {
        platform: platform.clone(),
        engine: engine.clone(),
        bus: Arc::new(bus.clone()),
        log: Arc::new(PageLog { page: callbacks.on_log }),
        key,
    };
    let client = Client::new(Arc::new(bus.clone()), platform, &options.lattice, origin, PATIENCE)?;
    let host = Host::start(parts, config(options, limits), PROVIDERS.to_vec()).await?;
    let parts = Rc::new(Parts { host, client, bus, engine: engine.name() });
    follow_connection(&parts, callbacks.on_connection);
    // What the host subscribed to stands once the broker has handled it.
    parts.bus.flush().await.map_err(|error| LatticeError::new(ErrorCode::Unreachable, error.to_string()))?;
    Ok(TabHost { parts })
}

/// The providers that a tab brings along.
const PROVIDERS: [ProviderKind; 1] =
    [ProviderKind { name: "keyvalue-memory", create: |context| Arc::new(MemoryKeyValue::new(context.platform)) }];

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
        ..defaults
    }
}

fn config(options: Options, limits: HostLimits) -> HostConfig {
    let mut labels = options.labels;
    labels.entry("kind".to_owned()).or_insert_with(|| "browser".to_owned());
    HostConfig {
        lattice: options.lattice,
        labels,
        friendly_name: "tab".to_owned(),
        allow_unsigned: options.allow_unsigned,
        keeps_metadata: false,
        limits,
    }
}

/// Tells the page how the connection stands, and announces the host again after each loss.
fn follow_connection(parts: &Rc<Parts>, callback: Option<Function>) {
    let mut states = Box::pin(parts.bus.states());
    let parts = Rc::downgrade(parts);
    spawn_local(async move {
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
    });
}

fn tell(callback: &Function, what: &JsValue) {
    if let Err(thrown) = callback.call1(&JsValue::NULL, what) {
        tracing::warn!(error = text_of(&thrown), "a callback of the page threw");
    }
}

/// 0 stands for no number.
fn number(max_instances: u16) -> Option<u16> {
    (max_instances > 0).then_some(max_instances)
}

fn read_key(text: &str) -> Outcome<PublicKey> {
    text.parse().map_err(|error| to_js(&bad_request(format!("\"{text}\" is not a key: {error}"))))
}

fn answer<T>(outcome: Result<T, LatticeError>) -> Outcome<T> {
    outcome.map_err(|error| to_js(&error))
}

fn as_js(outcome: Result<impl Serialize, LatticeError>) -> Outcome<JsValue> {
    let value = answer(outcome)?;
    let json = serde_json::to_string(&value).map_err(|error| to_js(&bad_request(error.to_string())))?;
    JSON::parse(&json)
}
