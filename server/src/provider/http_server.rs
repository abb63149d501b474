//! `wasmcloud:httpserver`: listens for HTTP and hands each request to the linked actor, wherever it runs.

use std::{fmt::Display, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::{DefaultBodyLimit, FromRequest, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use tokio::{net::TcpListener, sync::oneshot, time::timeout};
use wisteria_contracts::{codec, httpserver};
use wisteria_core::{
    error::{ErrorCode, LatticeError},
    host::ActorCaller,
    identity::PublicKey,
    platform::BoxFuture,
    provider::{
        LinkRefused, LinkValue, LinkedActor, Links, Provider, ProviderCall, ProviderDescription, ProviderError,
        ProviderLink, ValueKind,
    },
};

use crate::edge::{ConnectionLimits, Gate, HttpPort};

const ADDRESS: LinkValue =
    LinkValue::new("address", ValueKind::Text, "where to listen, HOST:PORT; port 0 picks a free one", "127.0.0.1:8080")
        .required()
        .or_secret();

/// One listener per link; the link value `address` names it, `HOST:PORT`.
#[derive(Debug)]
pub struct HttpServer {
    caller: ActorCaller,
    listeners: Links<Listener>,
}

/// A listener that ends when this is dropped; requests in flight finish.
#[derive(Debug)]
struct Listener {
    asked_for: SocketAddr,
    bound: SocketAddr,
    stop: oneshot::Sender<()>,
    closed: oneshot::Receiver<()>,
}

impl Listener {
    /// Serves `app` on a port that is open already.
    fn start(listener: TcpListener, asked_for: SocketAddr, bound: SocketAddr, app: Router) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (closing, closed) = oneshot::channel();
        let port = HttpPort { listener, tls: None, gate: Gate::new(ConnectionLimits::default()) };
        tokio::spawn(async move {
            let work = port.serve(app, async { drop(stopped.await) }).await;
            // The port is free by now.
            drop(closing);
            work.finished().await;
        });
        Self { asked_for, bound, stop, closed }
    }

    /// Listens no longer, and returns once the port is free.
    async fn close(self) {
        drop(self.stop);
        // The sender is dropped with the port and never sends.
        drop(self.closed.await);
    }
}

/// Largest request body in bytes: what the bus carries, less room for the head.
const BODY_LIMIT: usize = 7 << 20;

/// How long the body of a request may take.
const BODY_TIME: Duration = Duration::from_secs(30);

impl HttpServer {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "httpserver",
        contract: httpserver::CONTRACT,
        title: "HTTP server",
        built_in: false,
        values: &[ADDRESS],
    };

    /// A provider without listeners.
    pub fn new(caller: ActorCaller) -> Self {
        Self { caller, listeners: Links::default() }
    }

    /// Where the listener of a link listens, once it does.
    pub fn bound(&self, actor: PublicKey, link_name: &str) -> Option<SocketAddr> {
        self.listeners.all().get(&(actor, link_name.into())).map(|listener| listener.bound)
    }

    /// Hands every request to that actor.
    fn app(&self, actor: PublicKey) -> Router {
        let linked = Linked { caller: self.caller.clone(), actor };
        Router::new().fallback(handle).layer(DefaultBodyLimit::max(BODY_LIMIT)).with_state(linked)
    }

    /// Whether a link has a listener for that address already; another actor's is an error.
    fn is_served(&self, key: &LinkedActor, address: SocketAddr) -> Result<bool, LinkRefused> {
        match self.listeners.all().iter().find(|(_, listener)| listener.asked_for == address && address.port() != 0) {
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
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move {
            let address = read_address(&link).await?;
            let key = (link.actor, link.link_name);
            if self.is_served(&key, address)? {
                return Ok(());
            }
            let listener = TcpListener::bind(address)
                .await
                .map_err(|error| LinkRefused(format!("cannot listen on {address}: {error}; choose another address")))?;
            let bound = listener.local_addr().map_err(|error| LinkRefused(error.to_string()))?;
            let listener = Listener::start(listener, address, bound, self.app(link.actor));
            tracing::info!(%bound, actor = %link.actor, "an actor is served over HTTP");
            let replaced = self.listeners.put(key.0, key.1, listener);
            if let Some(replaced) = replaced {
                replaced.close().await;
            }
            Ok(())
        })
    }

    fn unlink(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        let removed = self.listeners.remove(actor, link_name);
        Box::pin(async {
            if let Some(listener) = removed {
                listener.close().await;
            }
        })
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

/// The address that a link asks for. A name stands for its first address.
async fn read_address(link: &ProviderLink) -> Result<SocketAddr, LinkRefused> {
    let address = link.values.text(ADDRESS.name).expect("no link is without");
    let no_address = |cause: &dyn Display| {
        LinkRefused(format!("`address={address}` is not an address: {cause}; write it as address=127.0.0.1:8080"))
    };
    let mut found = tokio::net::lookup_host(address).await.map_err(|error| no_address(&error))?;
    found.next().ok_or_else(|| no_address(&"the name has none"))
}

/// Whom a listener serves.
#[derive(Debug, Clone)]
struct Linked {
    caller: ActorCaller,
    actor: PublicKey,
}

async fn handle(State(linked): State<Linked>, request: Request) -> Response {
    // What announces itself as too large is refused without waiting for it.
    if request.body().size_hint().lower() > BODY_LIMIT as u64 {
        return too_large();
    }
    let (method, uri, headers) = (request.method().clone(), request.uri().clone(), request.headers().clone());
    let Ok(body) = timeout(BODY_TIME, Bytes::from_request(request, &())).await else {
        let text = format!("the body did not arrive within {} s\n", BODY_TIME.as_secs());
        return (StatusCode::REQUEST_TIMEOUT, [(header::CONNECTION, "close")], text).into_response();
    };
    let body = match body {
        Ok(body) => body,
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => return too_large(),
        Err(error) => return (error.status(), format!("the body did not arrive: {error}\n")).into_response(),
    };
    let trace = headers.get("traceparent").and_then(|trace| trace.to_str().ok()).map(Arc::from);
    let mut header = httpserver::Headers::new();
    for (name, value) in &headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        header.entry(name.as_str().to_owned()).or_default().push(value);
    }
    let argument = codec::encode(&httpserver::HttpRequest {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query_string: uri.query().unwrap_or_default().to_owned(),
        header,
        body: body.into(),
    });
    let operation = httpserver::operation::HANDLE_REQUEST;
    match linked.caller.call(linked.actor, operation, argument.into(), None, trace).await {
        Ok(reply) => answer(&reply),
        Err(error) => failure(&error),
    }
}

fn too_large() -> Response {
    let text = format!("the body is above the limit of {BODY_LIMIT} bytes; send less at once\n");
    (StatusCode::PAYLOAD_TOO_LARGE, text).into_response()
}

fn answer(reply: &[u8]) -> Response {
    let reply: httpserver::HttpResponse = match codec::decode(reply) {
        Ok(reply) => reply,
        Err(error) => {
            let text = format!("the actor's reply is not an HTTP response: {error}\n");
            return (StatusCode::BAD_GATEWAY, text).into_response();
        }
    };
    let status = StatusCode::from_u16(reply.status_code).ok().filter(|status| !status.is_informational());
    let Some(status) = status else {
        let text = format!("the actor answered with {}, which is no final HTTP status\n", reply.status_code);
        return (StatusCode::BAD_GATEWAY, text).into_response();
    };
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = status;
    for (name, values) in reply.header {
        for value in values {
            match (HeaderName::try_from(&name), HeaderValue::try_from(&value)) {
                // How the body is framed is between client and server.
                (Ok(header::CONNECTION | header::CONTENT_LENGTH | header::TRANSFER_ENCODING), _) => {}
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
