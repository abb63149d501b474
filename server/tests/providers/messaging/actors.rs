//! A host with one provider, and actors that answer on its bus as those of another host would.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use wisteria_contracts::{
    codec,
    messaging::{PubMessage, SubMessage, operation},
};
use wisteria_core::{
    bus::{self, Bus, LocalBus, Message, Router, SubjectPattern},
    call::CallContext,
    host::{Host, HostConfig, HostLimits, HostParts, HostPolicy, LatticeModules, ProviderContext, ProviderKind, Trust},
    identity::{KeyKind, KeyPair, PublicKey},
    provider::{
        LatticeMessaging, LinkRefused, LinkValues, LogLine, LogSink, Provider, ProviderCall, ProviderError,
        ProviderLink,
    },
};
use wisteria_server::{engine::WasmtimeEngine, platform::NativePlatform, provider::NatsMessaging};

thread_local! {
    /// The provider that this test's host made.
    static MADE: RefCell<Option<Arc<dyn Provider>>> = const { RefCell::new(None) };
}

/// A host with a provider of messaging.
pub(crate) struct Actors {
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) bus: Arc<LocalBus>,
    /// What [`Self::hears`] heard.
    heard: Arc<Mutex<Vec<SubMessage>>>,
    _host: Host,
}

impl Actors {
    pub(crate) async fn of_lattice() -> Self {
        let description = LatticeMessaging::DESCRIPTION;
        Self::start(ProviderKind { description, create: |context| make(context, LatticeMessaging::new) }).await
    }

    pub(crate) async fn of_nats() -> Self {
        let description = NatsMessaging::DESCRIPTION;
        Self::start(ProviderKind { description, create: |context| make(context, NatsMessaging::new) }).await
    }

    async fn start(kind: ProviderKind) -> Self {
        let platform = Arc::new(NativePlatform::current());
        let bus = Arc::new(LocalBus::new(Arc::new(Router::new()), platform.clone()));
        let limits = HostLimits { instances: 1, ..HostLimits::default() };
        let parts = HostParts {
            platform,
            engine: Arc::new(WasmtimeEngine::new(1, &limits.module).expect("an engine")),
            bus: bus.clone(),
            log: Arc::new(NoLog),
            modules: Arc::new(LatticeModules),
            payloads: None,
            secrets: None,
            authorities: None,
            data_dir: None,
            key: KeyPair::from_raw(KeyKind::Host, [1; 32]),
        };
        let config = HostConfig {
            lattice: "default".to_owned(),
            labels: BTreeMap::new(),
            friendly_name: "test".to_owned(),
            allow_unsigned: false,
            trust: Trust::Anyone,
            limits,
            policy: HostPolicy::default(),
        };
        let host = Host::start(parts, config, vec![kind]).await.expect("started");
        Self { provider: MADE.take().expect("the host made one"), bus, heard: Arc::default(), _host: host }
    }

    /// Links an actor by these values.
    pub(crate) async fn link(&self, byte: u8, values: &[(&str, &str)], is_new: bool) -> Result<(), LinkRefused> {
        let values = values.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let values = LinkValues::new(self.provider.describe().values, values.collect::<BTreeMap<_, _>>())?;
        self.provider.link(ProviderLink { actor: key(byte), link_name: "default".into(), values, is_new }).await
    }

    /// Has an actor answer each message with its body.
    pub(crate) fn answers(&self, byte: u8) {
        let provider = self.provider.clone();
        self.handles(byte, move |message| {
            let provider = provider.clone();
            async move {
                let reply_to = message.reply_to.expect("a reply is wanted");
                publish(&*provider, byte, &reply_to, &message.body).await.is_ok()
            }
        });
    }

    /// Has an actor keep what it hears.
    pub(crate) fn hears(&self, byte: u8) {
        let heard = self.heard.clone();
        self.handles(byte, move |message| {
            heard.lock().expect("no panic").push(message);
            async { true }
        });
    }

    /// What was heard.
    pub(crate) fn heard(&self) -> Vec<SubMessage> {
        self.heard.lock().expect("no panic").clone()
    }

    /// The same, which is forgotten then, if it is as many.
    pub(crate) fn forget(&self) {
        self.heard.lock().expect("no panic").clear();
    }

    /// Waits until so many messages were heard.
    pub(crate) async fn until_heard(&self, count: usize) {
        let mut each = tokio::time::interval(Duration::from_millis(10));
        let heard = async {
            while self.heard().len() < count {
                each.tick().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), heard).await.expect("it is heard");
    }

    fn handles<F: Future<Output = bool> + Send>(
        &self,
        byte: u8,
        handle: impl Fn(SubMessage) -> F + Send + Sync + 'static,
    ) {
        let pattern = SubjectPattern::new(format!("wasmbus.rpc.default.{}", key(byte))).expect("a pattern");
        let (mut calls, bus) = (self.bus.subscribe(pattern, None).expect("subscribed"), self.bus.clone());
        tokio::spawn(async move {
            while let Some(call) = calls.next().await {
                let invocation: Invocation = rmp_serde::from_slice(&call.payload).expect("an invocation");
                assert_eq!(invocation.operation, operation::HANDLE_MESSAGE);
                let is_done = handle(codec::decode(&invocation.msg).expect("a message")).await;
                bus.publish(answered(&call, is_done)).expect("published");
            }
        });
    }
}

/// Publishes as an actor.
pub(crate) async fn publish(
    provider: &dyn Provider,
    byte: u8,
    subject: &str,
    body: &[u8],
) -> Result<Bytes, ProviderError> {
    let message = PubMessage { subject: subject.to_owned(), reply_to: None, body: body.to_vec() };
    let call = ProviderCall {
        actor: key(byte),
        link_name: "default".into(),
        operation: operation::PUBLISH.into(),
        payload: codec::encode(&message).into(),
        context: CallContext::root(Duration::from_secs(5)),
    };
    provider.invoke(call).await
}

pub(crate) fn key(byte: u8) -> PublicKey {
    PublicKey::from_bytes(KeyKind::Module, [byte; 32])
}

fn make<P: Provider>(context: ProviderContext, new: fn(ProviderContext) -> P) -> Arc<dyn Provider> {
    let provider: Arc<dyn Provider> = Arc::new(new(context));
    MADE.set(Some(provider.clone()));
    provider
}

fn answered(call: &Message, is_done: bool) -> Message {
    let error = (!is_done).then_some("the actor's own words");
    let response = InvocationResponse { msg: Bytes::new(), invocation_id: "", error };
    let body = rmp_serde::to_vec_named(&response).expect("it serialises");
    bus::message(call.reply.clone().expect("a request"), body)
}

#[derive(Debug)]
struct NoLog;

impl LogSink for NoLog {
    fn line(&self, _line: LogLine) {}
}

#[derive(Deserialize)]
struct Invocation {
    operation: String,
    msg: Bytes,
}

#[derive(Serialize)]
struct InvocationResponse {
    msg: Bytes,
    invocation_id: &'static str,
    error: Option<&'static str>,
}
