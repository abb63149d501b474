//! One port and those who are served at it.

use std::{
    convert::Infallible,
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, RwLock},
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use tokio::{net::TcpListener, sync::oneshot};
use tokio_rustls::rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tower_service::Service;
use wisteria_core::provider::LinkedActor;

use super::{
    answer::{Served, answer},
    cors::is_preflight,
    route::{Place, best},
    websocket::{self, WebSockets},
};
use crate::edge::{ConnectionLimits, Gate, HttpPort, ServerTls, host_and_port};

/// Whom a link of a port serves, and how.
pub(super) struct Route {
    pub(super) link: LinkedActor,
    pub(super) place: Place,
    pub(super) certificate: Option<Arc<CertifiedKey>>,
    pub(super) served: Served,
    /// The same behind what answers browsers about other origins.
    pub(super) behind_cors: Option<Router>,
    /// Where clients may open WebSockets.
    pub(super) sockets: Option<WebSockets>,
}

/// All of one port. A request takes them as they are when it comes.
#[derive(Default)]
pub(super) struct Routes(RwLock<Vec<Arc<Route>>>);

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} routes", self.read().len())
    }
}

impl Routes {
    /// Puts one in the place of what the same link had.
    fn put(&self, route: Route) {
        let mut routes = self.0.write().expect("nothing panics under this lock");
        routes.retain(|known| known.link != route.link);
        routes.push(Arc::new(route));
    }

    fn remove(&self, link: &LinkedActor) {
        self.0.write().expect("nothing panics under this lock").retain(|known| known.link != *link);
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<Route>>> {
        self.0.read().expect("nothing panics under this lock")
    }

    fn find(&self, request: &Request) -> Option<Arc<Route>> {
        let routes = self.read();
        let is_asked = routes.iter().any(|route| route.place.asks_for_a_host());
        let host = if is_asked { host_of(request.uri(), request.headers()) } else { None };
        best(routes.iter(), |route| route.place.fit(host.as_deref(), request.uri().path())).cloned()
    }
}

impl ResolvesServerCert for Routes {
    /// The certificate of the link that serves the name; of any where a client says none, as for an address.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().map(str::to_ascii_lowercase);
        let routes = self.read();
        let found = best(routes.iter(), |route| route.place.fit_of_host(name.as_deref()));
        found.or_else(|| routes.first().filter(|_| name.is_none()))?.certificate.clone()
    }
}

/// A port that is served until it is closed; requests in flight finish.
#[derive(Debug)]
pub(super) struct Listener {
    /// Where links say that it is.
    pub(super) asked_for: SocketAddr,
    /// Where it is.
    pub(super) bound: SocketAddr,
    is_tls: bool,
    routes: Arc<Routes>,
    /// Dropped to end it, and what tells that the port is free again.
    ends: Mutex<Option<(oneshot::Sender<()>, oneshot::Receiver<()>)>>,
}

impl Listener {
    /// Opens a port for a first route.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub(super) async fn open(asked_for: SocketAddr, route: Route) -> Result<Self, String> {
        let listener = TcpListener::bind(asked_for)
            .await
            .map_err(|error| format!("cannot listen on {asked_for}: {error}; choose another address"))?;
        let bound = listener.local_addr().map_err(|error| error.to_string())?;
        let is_tls = route.certificate.is_some();
        let routes = Arc::new(Routes::default());
        routes.put(route);
        let tls = is_tls.then(|| ServerTls::with_certificates(routes.clone()));
        let app = Router::new().fallback(hand_on).with_state(routes.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let (closing, closed) = oneshot::channel();
        let port = HttpPort { listener, tls, gate: Gate::new(ConnectionLimits::default()) };
        tokio::spawn(async move {
            let work = port.serve(app, async { drop(stopped.await) }).await;
            // The port is free by now.
            drop(closing);
            work.finished().await;
        });
        Ok(Self { asked_for, bound, is_tls, routes, ends: Mutex::new(Some((stop, closed))) })
    }

    /// Serves a further link, or one in another way.
    ///
    /// # Errors
    /// Why it does not go together with those that are served already.
    pub(super) fn join(&self, route: Route) -> Result<(), String> {
        let address = self.asked_for;
        let other = self
            .routes
            .read()
            .iter()
            .find(|known| known.link != route.link && known.place.is_as(&route.place))
            .cloned();
        if let Some(other) = other {
            let (actor, place) = (other.link.0, &other.place);
            return Err(format!(
                "{address} serves actor {actor} already, for {place}; choose another host, path or address, or delete that link"
            ));
        }
        if self.is_tls != route.certificate.is_some() {
            let (speaks, remedy) = match self.is_tls {
                true => ("TLS", "give tls-cert and tls-key"),
                false => ("no TLS", "leave out tls-cert and tls-key"),
            };
            return Err(format!(
                "{address} speaks {speaks} for the links that it has; {remedy}, choose another address, or delete those links first"
            ));
        }
        self.routes.put(route);
        Ok(())
    }

    /// Serves a link no longer. Whether it was the last one, so that the port is of no more use.
    pub(super) fn leave(&self, link: &LinkedActor) -> bool {
        self.routes.remove(link);
        self.routes.read().is_empty()
    }

    /// Listens no longer, and returns once the port is free.
    pub(super) async fn close(&self) {
        let ends = self.ends.lock().expect("nothing panics under this lock").take();
        if let Some((stop, closed)) = ends {
            drop(stop);
            // The sender is dropped with the port and never sends.
            drop(closed.await);
        }
    }
}

/// The host that a request names, without its port.
fn host_of(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let said = match uri.authority() {
        Some(authority) => authority.as_str(),
        None => headers.get(header::HOST)?.to_str().ok()?,
    };
    Some(host_and_port(said)?.0)
}

async fn hand_on(State(routes): State<Arc<Routes>>, request: Request) -> Response {
    let Some(route) = routes.find(&request) else {
        return (StatusCode::NOT_FOUND, "no actor is linked for this host and path\n").into_response();
    };
    if let Some(sockets) = route.sockets.as_ref().filter(|_| websocket::is_upgrade(request.headers())) {
        return websocket::open(route.served.clone(), sockets.clone(), request).await;
    }
    match &route.behind_cors {
        // A browser's question about a page is answered for the actor; other requests for options are the actor's own.
        Some(app)
            if request.method() != axum::http::Method::OPTIONS || is_preflight(request.method(), request.headers()) =>
        {
            let answered: Result<Response, Infallible> = app.clone().call(request).await;
            answered.unwrap_or_else(|never| match never {})
        }
        _ => answer(route.served.clone(), request).await,
    }
}
