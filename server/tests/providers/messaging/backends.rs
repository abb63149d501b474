//! The providers of `wasmcloud:messaging`, with an actor that answers what is published below `echo`, and one that keeps what
//! is published below `heard`.

use std::time::Duration;

use serde_json::Value;

use super::actors::Actors;
use crate::{
    conformance::Backend,
    linked::{call, to_json},
    nats_server::NatsServer,
};

/// A provider with the two actors, and the one that calls.
pub(crate) struct Messages {
    actors: Actors,
    _server: Option<NatsServer>,
}

impl Messages {
    pub(crate) async fn on_lattice() -> Self {
        Self::with(Actors::of_lattice().await, None).await
    }

    pub(crate) async fn on_nats() -> Self {
        let server = NatsServer::start("");
        Self::with(Actors::of_nats().await, Some(server)).await
    }

    async fn with(actors: Actors, server: Option<NatsServer>) -> Self {
        let url = server.as_ref().map(|server| format!("nats://{}", server.address));
        let url = url.as_ref().map(|url| ("URL", url.as_str()));
        let values = |more: &[(&'static str, &'static str)]| url.into_iter().chain(more.to_vec()).collect::<Vec<_>>();
        actors.link(1, &values(&[]), true).await.expect("linked");
        actors.link(2, &values(&[("SUBSCRIPTION", "echo.>")]), true).await.expect("linked");
        let heard = [("SUBSCRIPTION", "heard.>,heard.twice"), ("CONCURRENCY", "1")];
        actors.link(3, &values(&heard), true).await.expect("linked");
        actors.answers(2);
        actors.hears(3);
        Self { actors, _server: server }
    }
}

impl Backend for Messages {
    async fn call(&self, operation: &str, argument: &Value) -> Result<Value, String> {
        if operation != "Heard" {
            return call(&*self.actors.provider, operation, argument).await;
        }
        let heard = wisteria_contracts::codec::encode(&self.actors.heard());
        Ok(to_json(&rmpv::decode::read_value(&mut &*heard).expect("it was written just now")))
    }

    async fn clear(&self) {
        self.actors.forget();
    }

    async fn pass_time(&self) {
        tokio::time::interval_at(tokio::time::Instant::now() + Duration::from_millis(20), Duration::from_secs(1))
            .tick()
            .await;
    }
}
