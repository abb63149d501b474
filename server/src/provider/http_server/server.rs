//! The provider: its links, and the ports that they share.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{
        Request, State,
        ws::{CloseFrame, Message, close_code},
    },
};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use wisteria_contracts::{
    codec,
    httpserver::{self, WebSocketClose, WebSocketMessage, operation},
};
use wisteria_core::{
    host::ActorCaller,
    identity::PublicKey,
    platform::BoxFuture,
    provider::{
        LinkRefused, LinkedActor, Links, Provider, ProviderCall, ProviderDescription, ProviderError, ProviderLink,
    },
};

use super::{
    answer::{Served, answer},
    listener::{Listener, Route},
    sessions::Sessions,
    values::{Settings, VALUES},
    websocket::WebSockets,
};

/// Longest reason of a close frame in bytes, RFC 6455, section 5.5.
const MAX_REASON: usize = 123;

/// Serves actors over HTTP: a port for each link value `address`, which links share by hosts and paths.
#[derive(Debug)]
pub struct HttpServer {
    caller: ActorCaller,
    links: Links<Linked>,
    /// Taken while a link comes or goes.
    changing: tokio::sync::Mutex<()>,
}

/// What a link has.
#[derive(Debug, Clone)]
struct Linked {
    listener: Arc<Listener>,
    /// The WebSockets of its clients, where they may open any.
    sessions: Option<Arc<Sessions>>,
}

impl HttpServer {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "httpserver",
        contract: httpserver::CONTRACT,
        title: "HTTP server",
        built_in: false,
        values: VALUES,
    };

    /// A provider without listeners.
    pub fn new(caller: ActorCaller) -> Self {
        Self { caller, links: Links::default(), changing: tokio::sync::Mutex::new(()) }
    }

    /// Where the listener of a link listens, once it does.
    pub fn bound(&self, actor: PublicKey, link_name: &str) -> Option<SocketAddr> {
        self.links.all().get(&(actor, link_name.into())).map(|linked| linked.listener.bound)
    }

    fn route(&self, link: LinkedActor, settings: Settings, sessions: Option<Arc<Sessions>>) -> Route {
        let prefix = settings.strips_path.then(|| settings.place.path().clone());
        let served = Served::new(self.caller.clone(), link.0, prefix, settings.max_body);
        let behind_cors = settings.cors.map(|cors| {
            let answer = |State(served): State<Served>, request: Request| answer(served, request);
            Router::new().fallback(answer).layer(cors).with_state(served.clone())
        });
        let sockets = settings.websocket.zip(sessions);
        let sockets = sockets.map(|(rules, sessions)| WebSockets { sessions, rules: Arc::new(rules) });
        Route { link, place: settings.place, certificate: settings.certificate, served, behind_cors, sockets }
    }

    /// The port that a link is to be served at, where it is open already. A free port is nobody else's.
    fn open_port(&self, link: &LinkedActor, address: SocketAddr) -> Option<Arc<Listener>> {
        let links = self.links.all();
        let own = links.get(link).filter(|linked| linked.listener.asked_for == address);
        let shared = || links.values().find(|linked| linked.listener.asked_for == address && address.port() != 0);
        own.or_else(shared).map(|linked| linked.listener.clone())
    }

    async fn put(&self, link: ProviderLink) -> Result<(), String> {
        let settings = Settings::read(&link.values).await?;
        let (key, address) = ((link.actor, link.link_name), settings.address);
        let sessions = settings.websocket.is_some().then(|| {
            // A link that is put again keeps those that are open.
            let former = self.links.all().get(&key).and_then(|linked| linked.sessions.clone());
            former.unwrap_or_default()
        });
        let route = self.route(key.clone(), settings, sessions.clone());
        let listener = match self.open_port(&key, address) {
            Some(listener) => {
                listener.join(route)?;
                listener
            }
            None => Arc::new(Listener::open(address, route).await?),
        };
        tracing::info!(bound = %listener.bound, actor = %key.0, "an actor is served over HTTP");
        let has_sessions = sessions.is_some();
        let former = self.links.put(key.0, key.1.clone(), Linked { listener: listener.clone(), sessions });
        let Some(former) = former else { return Ok(()) };
        if let Some(sessions) = former.sessions.filter(|_| !has_sessions) {
            sessions.end_all();
        }
        if !Arc::ptr_eq(&former.listener, &listener) {
            leave(&former.listener, &key).await;
        }
        Ok(())
    }

    /// All sessions of an actor, whichever of its links they came by.
    fn sessions(&self, call: &ProviderCall) -> Result<Vec<Arc<Sessions>>, ProviderError> {
        let links = self.links.all();
        let own = links.iter().filter(|((actor, _), _)| *actor == call.actor);
        let sessions: Vec<_> = own.filter_map(|(_, linked)| linked.sessions.clone()).collect();
        match sessions.is_empty() {
            true => Err(ProviderError::Failed("the link has no WebSockets; put it with websocket=true".to_owned())),
            false => Ok(sessions),
        }
    }
}

async fn leave(listener: &Listener, link: &LinkedActor) {
    if listener.leave(link) {
        listener.close().await;
    }
}

impl Provider for HttpServer {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move {
            let _changing = self.changing.lock().await;
            self.put(link).await.map_err(LinkRefused)
        })
    }

    fn unlink(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let _changing = self.changing.lock().await;
            let Some(linked) = self.links.remove(actor, link_name.clone()) else { return };
            if let Some(sessions) = linked.sessions {
                sessions.end_all();
            }
            leave(&linked.listener, &(actor, link_name)).await;
        })
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        Box::pin(async move {
            let done = match &*call.operation {
                operation::WEBSOCKET_SEND => {
                    let message = decode::<WebSocketMessage>(&call)?;
                    send(&self.sessions(&call)?, message)?
                }
                operation::WEBSOCKET_CLOSE => {
                    let end = decode::<WebSocketClose>(&call)?;
                    let last = last(&end)?;
                    self.sessions(&call)?.iter().any(|sessions| sessions.end(&end.session, last.clone()))
                }
                _ => {
                    let known = [operation::WEBSOCKET_SEND, operation::WEBSOCKET_CLOSE];
                    return Err(ProviderError::unknown(Self::DESCRIPTION.name, &call, &known));
                }
            };
            Ok(codec::encode(&done).into())
        })
    }
}

fn decode<T: DeserializeOwned>(call: &ProviderCall) -> Result<T, ProviderError> {
    codec::decode(&call.payload)
        .map_err(|cause| ProviderError::BadArgument { operation: call.operation.to_string(), cause: cause.to_string() })
}

fn send(all: &[Arc<Sessions>], message: WebSocketMessage) -> Result<bool, ProviderError> {
    let outgoing = match (message.text, message.bytes) {
        (Some(text), None) => Message::Text(text.into()),
        (None, Some(bytes)) => Message::Binary(bytes.into()),
        _ => return Err(ProviderError::Failed("a message has either text or bytes; give one of them".to_owned())),
    };
    for sessions in all {
        match sessions.send(&message.session, outgoing.clone()) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(full) => {
                let session = &message.session;
                return Err(ProviderError::Failed(format!(
                    "the client of session {session} takes messages too slowly: {full}; send fewer, or end the session"
                )));
            }
        }
    }
    Ok(false)
}

/// What a client is told at the end.
fn last(end: &WebSocketClose) -> Result<CloseFrame, ProviderError> {
    let code = end.code.unwrap_or(close_code::NORMAL);
    if code != close_code::NORMAL && !(3000..5000).contains(&code) {
        let text = format!("{code} is no code for actors to end a session by; use 1000, or one from 3000 to 4999");
        return Err(ProviderError::Failed(text));
    }
    if end.reason.len() > MAX_REASON {
        let text = format!("a reason has {MAX_REASON} bytes at most; this one has {}", end.reason.len());
        return Err(ProviderError::Failed(text));
    }
    Ok(CloseFrame { code, reason: end.reason.as_str().into() })
}
