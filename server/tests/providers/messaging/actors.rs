//! A host with one provider, and actors that answer on its bus as those of another host would.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use wisteria_contracts::{
    codec,
    messaging::{PubMessage, SubMessage, operation},
};
use wisteria_core::{
    bus::LocalBus,
    call::CallContext,
    identity::{KeyKind, PublicKey},
    provider::{LinkRefused, LinkValues, Provider, ProviderCall, ProviderError, ProviderLink},
};
use wisteria_server::platform::NativePlatform;

use crate::hosted::{Hosted, calls};

/// A host with a provider of messaging.
pub(crate) struct Actors {
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) bus: Arc<LocalBus>,
    /// What [`Self::hears`] heard.
    heard: Arc<Mutex<Vec<SubMessage>>>,
    _hosted: Hosted,
}

impl Actors {
    pub(crate) async fn of_lattice() -> Self {
        Self::start("messaging-lattice").await
    }

    pub(crate) async fn of_nats() -> Self {
        Self::start("messaging-nats").await
    }

    async fn start(name: &str) -> Self {
        let hosted = Hosted::start(name, Arc::new(NativePlatform::current())).await;
        Self { provider: hosted.provider.clone(), bus: hosted.bus.clone(), heard: Arc::default(), _hosted: hosted }
    }

    /// Links an actor by these values.
    pub(crate) async fn link(&self, byte: u8, values: &[(&str, &str)], is_new: bool) -> Result<(), LinkRefused> {
        let values = values.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let values = LinkValues::new(self.provider.describe().values, values.collect::<BTreeMap<_, _>>())?;
        self.provider.link(ProviderLink { actor: key(byte), link_name: "default".into(), values, is_new }).await
    }

    /// Whether the link of an actor can be used.
    pub(crate) async fn health(&self, byte: u8) -> Result<(), String> {
        self.provider.link_health(&(key(byte), "default".into())).await
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
        let mut calls = calls(&self.bus, key(byte));
        tokio::spawn(async move {
            loop {
                let (operation, argument, call) = calls.next().await;
                assert_eq!(operation, operation::HANDLE_MESSAGE);
                let is_done = handle(codec::decode(&argument).expect("a message")).await;
                calls.reply(call, Bytes::new(), (!is_done).then_some("guest-failed"));
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
