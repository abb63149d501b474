//! `wasmcloud:httpserver`: listens for HTTP and hands each request to the linked actor, wherever it runs.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use tokio::{net::TcpListener, sync::oneshot};
use wisteria_contracts::{codec, httpserver};
use wisteria_core::{
    error::{ErrorCode, LatticeError},
    host::ActorCaller,
    identity::PublicKey,
    platform::BoxFuture,
    provider::{LinkRefused, Provider, ProviderCall, ProviderDescription, ProviderError, ProviderLink},
};

/// One listener per link; the link value `address` names it, `HOST:PORT`.
#[derive(Debug)]
pub struct HttpServer {
    caller: ActorCaller,
    listeners: Mutex<HashMap<LinkKey, Listener>>,
}

type LinkKey = (PublicKey, Arc<str>);

/// A listener that ends when this is dropped; requests in flight finish.
#[derive(Debug)]
struct Listener {
    asked_for: SocketAddr,
    bound: SocketAddr,
    _stop: oneshot::Sender<()>,
}

/// Largest request body in bytes: what the bus carries, less room for the head.
const BODY_LIMIT: usize = 7 << 20;

impl HttpServer {
    /// A provider without listeners.
    pub fn new(caller: ActorCaller) -> Self {
        Self { caller, listeners: Mutex::default() }
    }

    /// Where the listener of a link listens, once it does.
    pub fn bound(&self, actor: PublicKey, link_name: &str) -> Option<SocketAddr> {
        let listeners = self.listeners.lock().expect("nothing panics under this lock");
        listeners.get(&(actor, link_name.into())).map(|listener| listener.bound)
    }

    /// Whether a link has a listener for that address already; another actor's is an error.
    fn is_served(&self, key: &LinkKey, address: SocketAddr) -> Result<bool, LinkRefused> {
        let listeners = self.listeners.lock().expect("nothing panics under this lock");
        match listeners.iter().find(|(_, listener)| listener.asked_for == address && address.port() != 0) {
            None => Ok(false),
            Some((owner, _)) if owner == key => Ok(true),
            Some(((actor, _), _)) => Err(LinkRefused(format!(
                "{address} serves actor {actor} already; choose another address, or delete that link"
            ))),
        }
    }
}

impl Provider for HttpServer {
    fn describe(&self) -> ProviderDescription {
        ProviderDescription {
            name: "httpserver",
            contract: httpserver::CONTRACT,
            title: "HTTP server",
            built_in: false,
        }
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move {
            let address = read_address(&link)?;
            let key = (link.actor, link.link_name);
            if self.is_served(&key, address)? {
                return Ok(());
            }
            let listener = TcpListener::bind(address)
                .await
                .map_err(|error| LinkRefused(format!("cannot listen on {address}: {error}; choose another address")))?;
            let bound = listener.local_addr().map_err(|error| LinkRefused(error.to_string()))?;
            let (stop, stopped) = oneshot::channel::<()>();
            let app =
                Router::new().fallback(handle).with_state(Linked { caller: self.caller.clone(), actor: link.actor });
            let server = axum::serve(listener, app).with_graceful_shutdown(async { drop(stopped.await) });
            tokio::spawn(server.into_future());
            tracing::info!(%bound, actor = %link.actor, "an actor is served over HTTP");
            let listener = Listener { asked_for: address, bound, _stop: stop };
            self.listeners.lock().expect("nothing panics under this lock").insert(key, listener);
            Ok(())
        })
    }

    fn unlink(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        self.listeners.lock().expect("nothing panics under this lock").remove(&(actor, link_name));
        Box::pin(async {})
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        Box::pin(async move {
            Err(ProviderError::UnknownOperation {
                provider: "httpserver",
                operation: call.operation.to_string(),
                known: "none; it calls actors, they do not call it".to_owned(),
            })
        })
    }
}

fn read_address(link: &ProviderLink) -> Result<SocketAddr, LinkRefused> {
    let Some(address) = link.values.get("address") else {
        return Err(LinkRefused(
            "the value `address` is missing; give the address to listen on, as address=127.0.0.1:8080".to_owned(),
        ));
    };
    address
        .parse()
        .map_err(|_| LinkRefused(format!("`address={address}` is not an address; write it as address=127.0.0.1:8080")))
}

/// Whom a listener serves.
#[derive(Debug, Clone)]
struct Linked {
    caller: ActorCaller,
    actor: PublicKey,
}

async fn handle(State(linked): State<Linked>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        let text = format!("the body is above the limit of {BODY_LIMIT} bytes, or ended early\n");
        return (StatusCode::PAYLOAD_TOO_LARGE, text).into_response();
    };
    let mut header: HashMap<String, Vec<String>> = HashMap::new();
    for (name, value) in &head.headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        header.entry(name.as_str().to_owned()).or_default().push(value);
    }
    let argument = codec::encode(&httpserver::HttpRequest {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query_string: head.uri.query().unwrap_or_default().to_owned(),
        header,
        body: body.into(),
    });
    let operation = httpserver::operation::HANDLE_REQUEST;
    match linked.caller.call(linked.actor, operation, argument.into(), None).await {
        Ok(reply) => answer(&reply),
        Err(error) => failure(&error),
    }
}

fn answer(reply: &[u8]) -> Response {
    let reply: httpserver::HttpResponse = match codec::decode(reply) {
        Ok(reply) => reply,
        Err(error) => {
            let text = format!("the actor's reply is not an HTTP response: {error}\n");
            return (StatusCode::BAD_GATEWAY, text).into_response();
        }
    };
    let Ok(status) = StatusCode::from_u16(reply.status_code) else {
        let text = format!("the actor answered with {}, which is no HTTP status\n", reply.status_code);
        return (StatusCode::BAD_GATEWAY, text).into_response();
    };
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = status;
    for (name, values) in reply.header {
        for value in values {
            match (HeaderName::try_from(&name), HeaderValue::try_from(&value)) {
                (Ok(name), Ok(value)) => {
                    response.headers_mut().append(name, value);
                }
                _ => tracing::warn!(name, "an actor's response header is not valid HTTP and was left out"),
            }
        }
    }
    response
}

/// A failed call as HTTP has it, with the error's sentence as the body.
fn failure(error: &LatticeError) -> Response {
    let status = match error.code {
        ErrorCode::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Timeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorCode::NoResponders | ErrorCode::HostLost | ErrorCode::Unreachable | ErrorCode::ActorNotFound => {
            StatusCode::BAD_GATEWAY
        }
        ErrorCode::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let code = [("wisteria-error", error.code.as_str())];
    (status, code, format!("{}\n", error.message)).into_response()
}
