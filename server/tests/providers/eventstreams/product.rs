//! What streams are kept in, and providers of them that are linked to an actor.

use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use wisteria_core::provider::{LinkRefused, Provider};
use wisteria_server::{
    platform::NativePlatform,
    provider::{FileEventStreams, JetStreamEventStreams, RedisEventStreams},
};

use super::recorder::{Recorded, recorder};
use crate::{
    linked::{actor, call, link},
    nats_server::NatsServer,
    redis_server::RedisServer,
};

/// A product that is there.
pub(crate) enum Product {
    Files(TempDir),
    Redis(RedisServer),
    JetStream(NatsServer),
}

impl Product {
    pub(crate) fn files() -> Self {
        Self::Files(TempDir::new().expect("a temporary directory"))
    }

    pub(crate) fn redis() -> Self {
        Self::Redis(RedisServer::start(&[]))
    }

    pub(crate) fn jetstream() -> Self {
        Self::JetStream(NatsServer::start("max_payload: 8MB"))
    }

    /// Where it is, if links say that.
    pub(crate) fn url(&self) -> Option<String> {
        match self {
            Self::Files(_) => None,
            Self::Redis(server) => Some(server.url()),
            Self::JetStream(server) => Some(server.url()),
        }
    }

    /// Ends the server as a crash would.
    pub(crate) fn crash(&mut self) {
        match self {
            Self::Files(_) => unreachable!("it is no server"),
            Self::Redis(server) => server.crash(),
            Self::JetStream(server) => server.crash(),
        }
    }

    /// Starts the server again where it was.
    pub(crate) fn restart(&mut self) {
        match self {
            Self::Files(_) => unreachable!("it is no server"),
            Self::Redis(server) => server.restart(),
            Self::JetStream(server) => server.restart(),
        }
    }

    /// A provider without links, as a host that starts has it, and what it delivers.
    pub(crate) fn provider(&self) -> Linked {
        let (recorder, recorded) = recorder();
        let (receiver, platform) = (Arc::new(recorder), Arc::new(NativePlatform::current()));
        let provider: Arc<dyn Provider> = match self {
            Self::Files(dir) => Arc::new(FileEventStreams::new(platform, Some(dir.path().to_owned()), receiver)),
            Self::Redis(_) => Arc::new(RedisEventStreams::new(platform, receiver)),
            Self::JetStream(_) => Arc::new(JetStreamEventStreams::new(platform, receiver)),
        };
        Linked { provider, recorded }
    }

    /// The same, linked with these values besides those that it needs.
    pub(crate) async fn linked(&self, values: &[(&str, &str)], is_new: bool) -> Linked {
        let linked = self.provider();
        linked.link(self, values, is_new).await.expect("linked");
        linked
    }

    /// The value that keeps the streams of links apart.
    pub(crate) fn apart(&self) -> &'static str {
        match self {
            Self::Files(_) => "FILE",
            Self::Redis(_) => "PREFIX",
            Self::JetStream(_) => "STREAM",
        }
    }
}

/// A provider, and what it delivers to its actor.
pub(crate) struct Linked {
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) recorded: Recorded,
}

impl Linked {
    pub(crate) async fn link(
        &self,
        product: &Product,
        values: &[(&str, &str)],
        is_new: bool,
    ) -> Result<(), LinkRefused> {
        let url = product.url();
        let needed = url.iter().map(|url| ("URL", url.as_str()));
        link(&*self.provider, &needed.chain(values.iter().copied()).collect::<Vec<_>>(), is_new).await
    }

    pub(crate) async fn call(&self, operation: &str, argument: Value) -> Result<Value, String> {
        call(&*self.provider, operation, &argument).await
    }

    /// Adds an event to the stream `s`; its position.
    pub(crate) async fn append(&self, text: &str) -> u64 {
        let argument = json!({ "stream": "s", "type": "t", "data": text });
        let appended = self.call("EventStreams.Append", argument).await.expect("appended");
        appended["position"].as_u64().expect("a position")
    }

    /// Subscribes to the stream `s`; whether that is new.
    pub(crate) async fn subscribe(&self, name: &str, after: Option<u64>) -> bool {
        let mut argument = json!({ "stream": "s", "subscription": name });
        if let Some(after) = after {
            argument["after"] = after.into();
        }
        let subscribed = self.call("EventStreams.Subscribe", argument).await.expect("subscribed");
        subscribed["created"].as_bool().expect("a flag")
    }

    /// All texts of the stream `s`.
    pub(crate) async fn texts(&self) -> Vec<String> {
        let read = self.call("EventStreams.Read", json!({ "stream": "s", "limit": 1000 })).await.expect("read");
        let events = read["events"].as_array().expect("events").iter();
        events.map(|event| event["data"].as_str().expect("a text").to_owned()).collect()
    }

    /// The provider stops; the link stays.
    pub(crate) async fn stop(self) {
        self.provider.unlink(actor(), "default".into()).await;
    }

    /// The link is deleted.
    pub(crate) async fn delete_link(&self) {
        self.provider.forget(actor(), "default".into()).await;
    }
}
