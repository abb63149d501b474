//! `TabHost`: a host in a tab, as JavaScript drives it.

use std::{rc::Rc, time::Duration};

use bytes::Bytes;
use futures::FutureExt;
use js_sys::{Function, JSON, Promise, Uint8Array};
use serde::de::DeserializeOwned;
use serde_json::Value;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use wisteria_bridge::{BridgeBus, JoinToken};
use wisteria_core::{
    call::Target,
    encoding,
    error::LatticeError,
    host::Host,
    identity::{KeyKind, PublicKey},
    lattice::{Client, control::ActorLimits},
    platform::BoxFuture,
};

use crate::{
    bus::Listening,
    error::{bad_request, text_of, to_js},
    provider::{Described, Handlers, ProviderKeys, provide},
    start::start,
};

/// A host in this tab, or in the worker that this runs in.
#[wasm_bindgen]
#[derive(Debug)]
pub struct TabHost {
    pub(crate) parts: Rc<Parts>,
}

/// What a host in a tab consists of.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) host: Host,
    pub(crate) client: Client,
    pub(crate) bus: BridgeBus,
    /// What lets it in, where the lattice asks for it.
    pub(crate) token: Option<JoinToken>,
    pub(crate) engine: &'static str,
    pub(crate) provider_keys: ProviderKeys,
    pub(crate) listening: Listening,
}

impl Parts {
    /// Leaves the lattice. Calls in flight get `patience` to finish, or the host's own where none is named.
    pub(crate) async fn leave(&self, patience: Option<Duration>) {
        match patience {
            Some(patience) => self.host.stop_within(patience).await,
            None => self.host.stop().await,
        }
        self.bus.close().await;
    }
}

/// What a promise brings.
type Outcome = Result<JsValue, LatticeError>;

#[wasm_bindgen]
impl TabHost {
    /// Joins a lattice. Options: `bridge`, `token`, `lattice`, `labels`, `allowUnsigned`, `trustedIssuers`, `policy`,
    /// `limits`, `onLog`, `onConnection`, `newStore`.
    pub fn start(options: JsValue) -> Promise {
        console_error_panic_hook::set_once();
        promise(async move { Ok(start(options).await?.into()) })
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

    /// Starts an actor on a host and brings its key. 0 instances, and limits that are undefined, mean the host's default.
    #[wasm_bindgen(js_name = startActor)]
    pub fn start_actor(&self, host: String, module: Vec<u8>, max_instances: u32, limits: JsValue) -> Promise {
        self.answer(async move |parts| {
            let target = read_key(&host)?;
            let module = Bytes::from(module);
            let (max_instances, limits) = (number(max_instances), read_limits(&limits)?);
            if target == parts.host.id() {
                let actor =
                    parts.host.start_actor_within(module, max_instances.map(|max| max as usize), limits).await?;
                return Ok(actor.to_string().into());
            }
            Ok(parts.client.start_actor(target, module, max_instances, limits).await?.actor_id.into())
        })
    }

    /// Has an actor of a host run another module of the same key; no call fails.
    #[wasm_bindgen(js_name = updateActor)]
    pub fn update_actor(&self, host: String, actor: String, module: Vec<u8>) -> Promise {
        self.answer(async move |parts| {
            parts.client.update_actor(read_key(&host)?, read_key(&actor)?, module.into()).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Runs a provider that JavaScript answers for, and brings its key. `values` has six texts for each link value: its name,
    /// its type, `required`, `default` or `optional`, its default, what it is for, and an example.
    pub fn provide(
        &self,
        name: String,
        contract: String,
        title: String,
        values: Vec<String>,
        handlers: Handlers,
    ) -> Promise {
        self.answer(async move |parts| {
            let described = Described { name, contract, title, values };
            let key = provide(&parts.host, &parts.provider_keys, described, handlers).await?;
            Ok(key.to_string().into())
        })
    }

    /// Stops a provider that was provided.
    pub fn withdraw(&self, provider: String) -> Promise {
        self.answer(async move |parts| {
            parts.host.stop_provider(read_key(&provider)?).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Calls an actor in the name of a provider of this host. 0 milliseconds means the host's default.
    #[wasm_bindgen(js_name = callAs)]
    pub fn call_as(
        &self,
        provider: String,
        actor: String,
        operation: String,
        payload: Vec<u8>,
        timeout_millis: u32,
    ) -> Promise {
        self.answer(async move |parts| {
            let (caller, actor) = (parts.host.caller_of(read_key(&provider)?)?, read_key(&actor)?);
            let reply = caller.call(actor, operation, payload.into(), deadline(timeout_millis), None).await?;
            Ok(Uint8Array::from(&*reply).into())
        })
    }

    /// Calls an actor by key or call alias, wherever it runs. 0 milliseconds means the host's default. The call begins before
    /// this returns, so it must come from outside of this WebAssembly, as what a page asks for does.
    pub fn call(&self, target: String, operation: String, payload: Vec<u8>, timeout_millis: u32) -> Promise {
        let parts = self.parts.clone();
        promise_of_begun(async move {
            let target = match target.parse::<PublicKey>() {
                Ok(key) if key.kind() == KeyKind::Module => Target::Actor(key),
                _ => Target::Alias(target.into()),
            };
            let reply = parts.host.call(target, operation, payload.into(), deadline(timeout_millis)).await?;
            Ok(Uint8Array::from(&*reply).into())
        })
    }

    /// Has another join token used from the next connection on. A host that joined without one needs none.
    #[wasm_bindgen(js_name = renewToken)]
    pub fn renew_token(&self, token: String) -> Promise {
        self.answer(async move |parts| {
            if let Some(current) = &parts.token {
                current.replace(token);
            }
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Leaves the lattice.
    pub fn stop(&self) -> Promise {
        self.answer(async move |parts| {
            parts.leave(None).await;
            Ok(JsValue::UNDEFINED)
        })
    }

    pub(crate) fn answer(&self, work: impl AsyncFnOnce(Rc<Parts>) -> Outcome + 'static) -> Promise {
        promise(work(self.parts.clone()))
    }
}

/// A promise of what a task brings. The task is boxed, so that all share the code around it.
fn promise(work: impl Future<Output = Outcome> + 'static) -> Promise {
    let work: BoxFuture<'static, Outcome> = Box::pin(work);
    future_to_promise(async move { work.await.map_err(|error| to_js(&error)) })
}

/// The same of a task that begins at once, and often ends so: each time that one waits for its turn costs more than many a call.
fn promise_of_begun(work: impl Future<Output = Outcome> + 'static) -> Promise {
    let mut work: BoxFuture<'static, Outcome> = Box::pin(work);
    match (&mut work).now_or_never() {
        Some(Ok(value)) => Promise::resolve(&value),
        Some(Err(error)) => Promise::reject(&to_js(&error)),
        None => promise(work),
    }
}

/// Calls a function of the page, whose failures are its own.
pub(crate) fn tell(callback: &Function, what: &JsValue) {
    if let Err(thrown) = callback.call1(&JsValue::NULL, what) {
        tracing::warn!(error = text_of(&thrown), "a callback of the page threw");
    }
}

/// 0 stands for the host's default.
fn deadline(millis: u32) -> Option<Duration> {
    (millis > 0).then(|| milliseconds(millis))
}

pub(crate) fn milliseconds(count: u32) -> Duration {
    Duration::from_millis(count.into())
}

/// 0 stands for no number.
fn number(max_instances: u32) -> Option<u32> {
    (max_instances > 0).then_some(max_instances)
}

fn read_limits(limits: &JsValue) -> Result<Option<ActorLimits>, LatticeError> {
    match limits.is_undefined() {
        true => Ok(None),
        false => from_js("limits", limits).map(Some),
    }
}

/// Reads plain data of the page.
pub(crate) fn from_js<T: DeserializeOwned>(what: &str, value: &JsValue) -> Result<T, LatticeError> {
    let plain = plain_of_js(what, value)?;
    encoding::from_value(plain).map_err(|error| unreadable(what, &error))
}

/// Reads plain data of the page, of any shape.
pub(crate) fn plain_of_js(what: &str, value: &JsValue) -> Result<Value, LatticeError> {
    let text = JSON::stringify(value).ok().and_then(|json| json.as_string()).unwrap_or_default();
    encoding::value(text.as_bytes()).map_err(|error| unreadable(what, &error))
}

fn unreadable(what: &str, error: &str) -> LatticeError {
    bad_request(format!("the {what} cannot be read: {error}"))
}

pub(crate) fn read_key(text: &str) -> Result<PublicKey, LatticeError> {
    text.parse().map_err(|error| bad_request(format!("\"{text}\" is not a key: {error}")))
}
