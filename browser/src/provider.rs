//! Providers written in JavaScript, which answer by promises.

use std::{cell::RefCell, fmt, sync::Arc};

use bytes::Bytes;
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, prelude::*};
use wasm_bindgen_futures::JsFuture;
use wisteria_browser_platform::BrowserPlatform;
use wisteria_core::{
    error::{ErrorCode, LatticeError},
    host::{Host, ProviderKind},
    identity::{KeyKind, KeyPair, PublicKey},
    platform::{BoxFuture, Platform},
    provider::{
        Exported, LinkRefused, LinkValue, LinkedActor, MemoryKeyValue, Provider, ProviderCall, ProviderDescription,
        ProviderError, ProviderLink, ValueKind,
    },
};

use crate::{
    error::{bad_request, error_of, text_of},
    options::{Seeds, read_seed},
};

#[wasm_bindgen]
extern "C" {
    /// What answers for a provider. Each method brings a promise.
    pub type Handlers;

    #[wasm_bindgen(method, catch)]
    fn link(this: &Handlers, actor: &str, link_name: &str, values: Object, is_new: bool) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn unlink(this: &Handlers, actor: &str, link_name: &str, is_deleted: bool) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn invoke(
        this: &Handlers,
        actor: &str,
        link_name: &str,
        operation: &str,
        payload: Uint8Array,
        millis: f64,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn health(this: &Handlers) -> Result<Promise, JsValue>;

    /// Brings where the next part begins, if there is one, and the records of this one.
    #[wasm_bindgen(method, catch, js_name = "export")]
    fn hand_over(this: &Handlers, actor: &str, link_name: &str, from: Option<String>) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = "import")]
    fn take_over(this: &Handlers, actor: &str, link_name: &str, records: Array) -> Result<Promise, JsValue>;
}

/// How many providers under different names a tab has beside those with keys of their own. Their keys are proven when it joins,
/// whatever they will be called.
const MOST_NAMES: usize = 16;

/// The same of a tab with a join token: token and proofs go in one line of 4,096 bytes, and each proof takes 150 of them.
const MOST_PROVEN_NAMES: usize = 6;

/// How many texts the descriptions of a host's providers may be made of.
const MOST_TEXTS: usize = 2048;

/// The keys under which a page's providers run.
#[derive(Debug)]
pub(crate) struct ProviderKeys {
    /// One for each name that has one of its own: it stays the same from host to host.
    named: Vec<(String, KeyPair)>,
    free: Vec<KeyPair>,
    /// The others, by the names they were given to. They are never given to another: it would get the former's links.
    taken: RefCell<Vec<String>>,
    texts: RefCell<Vec<&'static str>>,
}

impl ProviderKeys {
    /// Keys of a host, with those of providers that have one already, and the names that get the first of the others.
    pub(crate) fn new(host: &KeyPair, seeds: Seeds, names: Vec<String>, are_proven: bool) -> Self {
        // The package's own code makes them.
        let named = seeds
            .0
            .into_iter()
            .filter_map(|(name, seed)| Some((name, KeyPair::from_raw(KeyKind::Provider, read_seed(&seed)?))));
        let most = if are_proven { MOST_PROVEN_NAMES } else { MOST_NAMES };
        let free = (0..most).map(|number| host.derive(KeyKind::Provider, &format!("page/{number}")));
        Self { named: named.collect(), free: free.collect(), taken: RefCell::new(names), texts: RefCell::default() }
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &KeyPair> {
        self.named.iter().map(|(_, key)| key).chain(&self.free)
    }

    fn of(&self, name: &str) -> Result<PublicKey, LatticeError> {
        if let Some((_, key)) = self.named.iter().find(|(known, _)| known == name) {
            return Ok(key.public_key());
        }
        let mut taken = self.taken.borrow_mut();
        let number = taken.iter().position(|known| known == name).unwrap_or(taken.len());
        let key = self.free.get(number).ok_or_else(|| {
            let (most, names) = (self.free.len(), taken.join(", "));
            bad_request(format!("this tab provides under at most {most} names; use one of {names}"))
        })?;
        if number == taken.len() {
            taken.push(name.to_owned());
        }
        Ok(key.public_key())
    }

    /// The text, for as long as this thread lives. A host lives as long, and each text is kept once.
    fn keep(&self, text: String) -> Result<&'static str, LatticeError> {
        let mut texts = self.texts.borrow_mut();
        if let Some(kept) = texts.iter().find(|kept| **kept == text) {
            return Ok(kept);
        }
        if texts.len() >= MOST_TEXTS {
            return Err(bad_request("the descriptions of this host's providers are too many; start another host"));
        }
        let kept: &'static str = Box::leak(text.into_boxed_str());
        texts.push(kept);
        Ok(kept)
    }
}

thread_local! {
    /// Makes what answers for a store of keys and values in memory: the package's own code, the same for all hosts of a thread.
    static NEW_STORE: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// The providers that can be started in a tab by name. JavaScript, which is loaded when a link needs it, answers for them.
pub(crate) const KINDS: [ProviderKind; 1] = [ProviderKind {
    description: MemoryKeyValue::DESCRIPTION,
    create: |_| Arc::new(PageProvider { description: MemoryKeyValue::DESCRIPTION, handlers: new_store() }),
}];

/// Says by what stores are made from now on.
pub(crate) fn make_stores_by(new_store: Option<Function>) {
    NEW_STORE.set(new_store);
}

/// Where none can be made, whatever is asked of what this returns fails.
fn new_store() -> Handlers {
    let made = NEW_STORE.with_borrow(|make| make.as_ref()?.call0(&JsValue::NULL).ok());
    made.unwrap_or(JsValue::UNDEFINED).unchecked_into()
}

/// What a page says of its provider.
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) contract: String,
    pub(crate) title: String,
    /// Six texts for each link value: its name, its type, `required`, `default` or `optional`, its default, what it is for,
    /// and an example.
    pub(crate) values: Vec<String>,
}

/// Runs a provider that JavaScript answers for, and brings its key.
pub(crate) async fn provide(
    host: &Host,
    keys: &ProviderKeys,
    described: Described,
    handlers: Handlers,
) -> Result<PublicKey, LatticeError> {
    let description = describe(keys, described)?;
    let key = keys.of(description.name)?;
    host.provide(key, Arc::new(PageProvider { description, handlers })).await?;
    Ok(key)
}

fn describe(keys: &ProviderKeys, described: Described) -> Result<ProviderDescription, LatticeError> {
    let Described { name, contract, title, values } = described;
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    if !(1..=64).contains(&name.len()) || !name.bytes().all(fits) {
        return Err(bad_request(format!(
            "a provider cannot be called \"{name}\"; its name has up to 64 lower-case letters, digits, `-`, `_` and `.`"
        )));
    }
    if contract.is_empty() {
        return Err(bad_request("a provider implements a contract; name it, such as wasmcloud:keyvalue"));
    }
    let mut known = Vec::new();
    for value in values.chunks_exact(6) {
        known.push(link_value(keys, value)?);
    }
    Ok(ProviderDescription {
        name: keys.keep(name)?,
        contract: keys.keep(contract)?,
        title: keys.keep(title)?,
        built_in: false,
        values: Vec::leak(known),
    })
}

fn link_value(keys: &ProviderKeys, texts: &[String]) -> Result<LinkValue, LatticeError> {
    let text = |index: usize| keys.keep(texts[index].clone());
    let (name, kind, rule) = (text(0)?, &texts[1], texts[2].as_str());
    let kind = ValueKind::read(kind).ok_or_else(|| {
        let known = ValueKind::ALL.map(ValueKind::as_str).join(", ");
        bad_request(format!("the link value `{name}` has the type \"{kind}\"; there are: {known}"))
    })?;
    Ok(LinkValue {
        name,
        kind,
        default: if rule == "default" { Some(text(3)?) } else { None },
        required: rule == "required",
        // A tab has no secrets to look up.
        secret: false,
        about: text(4)?,
        example: text(5)?,
    })
}

/// A provider that JavaScript answers for.
struct PageProvider {
    description: ProviderDescription,
    handlers: Handlers,
}

impl fmt::Debug for PageProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageProvider").field("description", &self.description).finish_non_exhaustive()
    }
}

/// What comes of a promise.
fn answered(asked: Result<Promise, JsValue>) -> BoxFuture<'static, Result<JsValue, LatticeError>> {
    Box::pin(async move {
        match asked {
            Ok(promise) => JsFuture::from(promise).await,
            Err(thrown) => Err(thrown),
        }
        .map_err(|thrown| error_of(&thrown, ErrorCode::ProviderFailed))
    })
}

impl PageProvider {
    fn end(&self, actor: PublicKey, link_name: &str, is_deleted: bool) -> BoxFuture<'_, ()> {
        let asked = self.handlers.unlink(&actor.to_string(), link_name, is_deleted);
        Box::pin(async move {
            if let Err(error) = answered(asked).await {
                tracing::warn!(provider = self.description.name, %error, "a provider of the page did not end a link");
            }
        })
    }
}

impl Provider for PageProvider {
    fn describe(&self) -> ProviderDescription {
        self.description
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        let values = Object::new();
        for (name, text) in link.values.texts() {
            // Setting a property of a fresh object cannot fail.
            Reflect::set(&values, &name.into(), &text.into()).ok();
        }
        let asked = self.handlers.link(&link.actor.to_string(), &link.link_name, values, link.is_new);
        Box::pin(async move { answered(asked).await.map(drop).map_err(|error| LinkRefused(error.message)) })
    }

    fn unlink(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        self.end(actor, &link_name, false)
    }

    fn forget(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        self.end(actor, &link_name, true)
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        let remaining = call.context.remaining(BrowserPlatform.now());
        let asked = self.handlers.invoke(
            &call.actor.to_string(),
            &call.link_name,
            &call.operation,
            Uint8Array::from(&*call.payload),
            remaining.as_secs_f64() * 1000.0,
        );
        Box::pin(async move {
            let reply = answered(asked).await.map_err(ProviderError::Named)?;
            match reply.dyn_ref::<Uint8Array>() {
                Some(bytes) => Ok(bytes.to_vec().into()),
                None => Err(ProviderError::Failed(format!("the provider answers no bytes, but {}", text_of(&reply)))),
            }
        })
    }

    fn export<'a>(
        &'a self,
        (actor, link_name): &'a LinkedActor,
        from: Option<String>,
    ) -> BoxFuture<'a, Result<Exported, ProviderError>> {
        let asked = self.handlers.hand_over(&actor.to_string(), link_name, from);
        Box::pin(async move {
            let parts = Array::from(&answered(asked).await.map_err(ProviderError::Named)?);
            let next = parts.shift().as_string();
            Ok(Exported { records: parts.iter().filter_map(|record| record.as_string()).collect(), next })
        })
    }

    fn import<'a>(
        &'a self,
        (actor, link_name): &'a LinkedActor,
        records: Vec<String>,
    ) -> BoxFuture<'a, Result<(), ProviderError>> {
        let records = records.into_iter().map(JsValue::from).collect();
        let asked = self.handlers.take_over(&actor.to_string(), link_name, records);
        Box::pin(async move { answered(asked).await.map(drop).map_err(ProviderError::Named) })
    }

    fn health(&self) -> BoxFuture<'_, Result<(), String>> {
        let asked = self.handlers.health();
        Box::pin(async move { answered(asked).await.map(drop).map_err(|error| error.message) })
    }
}
