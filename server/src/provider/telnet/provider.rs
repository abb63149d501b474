//! The provider: its links, and the port that each of them has.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use wisteria_contracts::{
    codec,
    telnet::{CONTRACT, SessionText, operation},
};
use wisteria_core::{
    host::{ActorCaller, ProviderContext},
    identity::PublicKey,
    platform::{BoxFuture, Platform},
    provider::{
        LinkRefused, Links, Provider, ProviderCall, ProviderDescription, ProviderError, ProviderLink, argument,
    },
};

use super::{
    listener::Listener,
    session::Actor,
    sessions::Sessions,
    values::{Settings, VALUES},
};

/// Serves actors to people at terminals.
#[derive(Debug)]
pub struct Telnet {
    platform: Arc<dyn Platform>,
    caller: ActorCaller,
    links: Links<Linked>,
}

/// What a link has.
#[derive(Debug, Clone)]
struct Linked {
    listener: Arc<Listener>,
    sessions: Arc<Sessions>,
}

impl Telnet {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "telnet",
        contract: CONTRACT,
        title: "Sessions at terminals, by telnet",
        built_in: false,
        values: VALUES,
    };

    /// A provider without links.
    pub fn new(context: ProviderContext) -> Self {
        Self { platform: context.platform, caller: context.caller, links: Links::default() }
    }

    /// Where the port of a link is, once it is open.
    pub fn bound(&self, actor: PublicKey, link_name: &str) -> Option<SocketAddr> {
        self.links.all().get(&(actor, link_name.into())).map(|linked| linked.listener.bound)
    }

    async fn put(&self, link: ProviderLink) -> Result<(), String> {
        let settings = Settings::read(&link.values).await?;
        let former = self.links.all().get(&(link.actor, link.link_name.clone())).cloned();
        if let Some(Linked { listener, .. }) = &former
            && listener.asked_for == settings.address
        {
            listener.settings.send_replace(settings);
            return Ok(());
        }
        // A link that is put again keeps the sessions that are open.
        let sessions = former.as_ref().map(|linked| linked.sessions.clone()).unwrap_or_default();
        let actor = Actor { key: link.actor, caller: self.caller.clone(), platform: self.platform.clone() };
        let listener = Arc::new(Listener::open(settings, actor, sessions.clone()).await?);
        tracing::info!(bound = %listener.bound, actor = %link.actor, "an actor is served by telnet");
        self.links.put(link.actor, link.link_name, Linked { listener, sessions });
        if let Some(former) = former {
            former.listener.close().await;
        }
        Ok(())
    }

    /// Sends to a session of an actor, whichever of its links it came by.
    fn send(&self, call: &ProviderCall) -> Result<bool, ProviderError> {
        let SessionText { session, text } = argument(call)?;
        let text = Bytes::from(text);
        let links = self.links.all();
        let mut own = links.iter().filter(|((actor, _), _)| *actor == call.actor);
        Ok(own.any(|(_, linked)| linked.sessions.send(&session, text.clone())))
    }
}

impl Provider for Telnet {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move { self.put(link).await.map_err(LinkRefused) })
    }

    fn unlink(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let Some(Linked { listener, sessions }) = self.links.remove(actor, link_name) else { return };
            sessions.end_all();
            listener.close().await;
        })
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        let done = match &*call.operation {
            operation::SEND_TEXT => self.send(&call).map(|sent| codec::encode(&sent).into()),
            _ => Err(ProviderError::unknown(Self::DESCRIPTION.name, &call, &[operation::SEND_TEXT])),
        };
        Box::pin(async { done })
    }
}
