//! A provider as an actor sees it, without a host between them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use data_encoding::BASE64;
use serde_json::{Value, json};
use tokio::sync::watch;
use wisteria_core::{
    call::CallContext,
    identity::{KeyKind, PublicKey},
    platform::{BoxFuture, Platform},
    provider::{LinkRefused, LinkValues, Provider, ProviderCall, ProviderLink},
};
use wisteria_server::platform::NativePlatform;

const LINK_NAME: &str = "default";

/// The actor that is linked.
pub(crate) fn actor() -> PublicKey {
    PublicKey::from_bytes(KeyKind::Module, [1; 32])
}

/// Links the actor to a provider by these values.
pub(crate) async fn link(provider: &dyn Provider, values: &[(&str, &str)], is_new: bool) -> Result<(), LinkRefused> {
    let values: BTreeMap<_, _> = values.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let values = LinkValues::new(provider.describe().values, values)?;
    provider.link(ProviderLink { actor: actor(), link_name: LINK_NAME.into(), values, is_new }).await
}

/// Calls a provider as the actor. Bytes are texts, or `{"base64": "…"}` where they are none.
pub(crate) async fn call(provider: &dyn Provider, operation: &str, argument: &Value) -> Result<Value, String> {
    decoded(&invoke(provider, operation, encoded(argument)).await?)
}

/// The same as the actor on another host.
pub(crate) async fn call_from_afar(
    provider: &dyn Provider,
    operation: &str,
    argument: &Value,
) -> Result<Value, String> {
    let context = CallContext { is_from_afar: true, ..CallContext::root(Duration::from_secs(5)) };
    decoded(&invoke_in(provider, operation, encoded(argument), context).await?)
}

fn encoded(argument: &Value) -> Vec<u8> {
    let mut payload = Vec::new();
    rmpv::encode::write_value(&mut payload, &from_json(argument)).expect("a vector takes all");
    payload
}

fn decoded(reply: &Bytes) -> Result<Value, String> {
    match reply.is_empty() {
        true => Ok(Value::Null),
        false => Ok(to_json(&rmpv::decode::read_value(&mut &**reply).expect("a reply is MessagePack"))),
    }
}

/// The same with what is encoded already.
pub(crate) async fn invoke(provider: &dyn Provider, operation: &str, payload: Vec<u8>) -> Result<Bytes, String> {
    invoke_in(provider, operation, payload, CallContext::root(Duration::from_secs(5))).await
}

async fn invoke_in(
    provider: &dyn Provider,
    operation: &str,
    payload: Vec<u8>,
    context: CallContext,
) -> Result<Bytes, String> {
    let call = ProviderCall {
        actor: actor(),
        link_name: LINK_NAME.into(),
        operation: operation.into(),
        payload: payload.into(),
        context,
    };
    provider.invoke(call).await.map_err(|error| format!("{}: {error}", error.code()))
}

fn from_json(value: &Value) -> rmpv::Value {
    match value {
        Value::Object(fields) => match fields.get("base64").and_then(Value::as_str) {
            Some(text) if fields.len() == 1 => {
                rmpv::Value::Binary(BASE64.decode(text.as_bytes()).expect("bytes are Base64"))
            }
            _ => {
                rmpv::Value::Map(fields.iter().map(|(name, value)| (name.as_str().into(), from_json(value))).collect())
            }
        },
        Value::Array(items) => rmpv::Value::Array(items.iter().map(from_json).collect()),
        plain => {
            let bytes = rmp_serde::to_vec(plain).expect("JSON is MessagePack, too");
            rmpv::decode::read_value(&mut &*bytes).expect("it was written just now")
        }
    }
}

/// MessagePack as JSON. Bytes are texts, or `{"base64": "…"}` where they are none.
pub(crate) fn to_json(value: &rmpv::Value) -> Value {
    match value {
        rmpv::Value::Binary(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(_) => json!({ "base64": BASE64.encode(bytes) }),
        },
        rmpv::Value::Array(items) => items.iter().map(to_json).collect(),
        rmpv::Value::Map(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.as_str().expect("a name").to_owned(), to_json(value)));
            Value::Object(fields.collect())
        }
        plain => {
            let mut bytes = Vec::new();
            rmpv::encode::write_value(&mut bytes, plain).expect("a vector takes all");
            rmp_serde::from_slice(&bytes).expect("it is plain")
        }
    }
}

/// Whether a provider can work for the actor.
pub(crate) async fn health(provider: &dyn Provider) -> Result<(), String> {
    provider.link_health(&(actor(), LINK_NAME.into())).await
}

/// Asks again and again until the provider is well.
pub(crate) async fn until_well(provider: &dyn Provider) {
    let mut each = tokio::time::interval(Duration::from_millis(20));
    let well = async {
        while health(provider).await.is_err() {
            each.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), well).await.expect("it comes back");
}

/// Time that passes when it is told to.
#[derive(Debug)]
pub(crate) struct SetTime {
    native: NativePlatform,
    now: watch::Sender<Duration>,
}

impl SetTime {
    pub(crate) fn new() -> Arc<Self> {
        let now = watch::Sender::new(Duration::from_secs(1_700_000_000));
        Arc::new(Self { native: NativePlatform::current(), now })
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.now.send_modify(|now| *now += time);
    }

    /// Sets the clock, also back.
    pub(crate) fn set(&self, time: Duration) {
        self.now.send_replace(time);
    }
}

impl Platform for SetTime {
    fn now(&self) -> Duration {
        *self.now.borrow()
    }

    fn unix_time(&self) -> Duration {
        self.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let (mut times, until) = (self.now.subscribe(), self.now() + duration);
        Box::pin(async move {
            if times.wait_for(|now| *now >= until).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.native.spawn(task);
    }

    fn random(&self, buffer: &mut [u8]) {
        self.native.random(buffer);
    }
}
