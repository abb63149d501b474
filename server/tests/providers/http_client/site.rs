//! A web site for requests to go to.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Path,
    http::{HeaderMap, Method, Uri, header},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::{net::TcpListener, sync::oneshot};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, pem::PemObject},
    },
};

/// A site on a port of its own, until this is dropped.
pub(crate) struct Site {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<HeaderMap>>>,
    _stop: oneshot::Sender<()>,
}

impl Site {
    /// One on a free port.
    pub(crate) async fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().expect("an address")).await
    }

    /// One on that port.
    pub(crate) async fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (heard, (stop, stopped)) = (Arc::default(), oneshot::channel());
        let app = app(&heard);
        tokio::spawn(async move {
            tokio::select! {
                _ = stopped => {}
                served = axum::serve(listener, app) => served.expect("it serves"),
            }
        });
        Self { address, heard, _stop: stop }
    }

    /// One that speaks TLS, and its certificate in PEM.
    pub(crate) async fn start_with_tls() -> (Self, String) {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::from_pem_slice(signing_key.serialize_pem().as_bytes()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("a pair");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (heard, (stop, mut stopped)) = (Arc::default(), oneshot::channel());
        let app = app(&heard);
        tokio::spawn(async move {
            loop {
                let (socket, _) = tokio::select! {
                    _ = &mut stopped => return,
                    accepted = listener.accept() => accepted.expect("a connection"),
                };
                let (acceptor, app) = (acceptor.clone(), app.clone());
                tokio::spawn(async move {
                    // A client that does not trust the certificate ends here.
                    let Ok(socket) = acceptor.accept(socket).await else { return };
                    let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                        tower_service::Service::call(&mut app.clone(), request.map(Body::new))
                    });
                    let http = hyper::server::conn::http1::Builder::new();
                    drop(http.serve_connection(hyper_util::rt::TokioIo::new(socket), service).await);
                });
            }
        });
        (Self { address, heard, _stop: stop }, cert.pem())
    }

    /// Where it is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The headers of the requests to `/echo` since this was asked last.
    pub(crate) fn heard(&self) -> Vec<HeaderMap> {
        std::mem::take(&mut *self.heard.lock().expect("nothing panics under this lock"))
    }
}

fn app(heard: &Arc<Mutex<Vec<HeaderMap>>>) -> Router {
    let heard = heard.clone();
    let echo = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
        let body = String::from_utf8_lossy(&body).into_owned();
        let own = headers.get("x-own").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let text = format!("{method} {uri} x-own={own} body={body}");
        heard.lock().expect("nothing panics under this lock").push(headers);
        ([("x-answer", "yes")], text)
    };
    Router::new()
        .route("/echo", any(echo))
        .route("/status/{status}", any(status))
        .route("/bytes/{count}", get(|Path(count): Path<usize>| async move { vec![b'x'; count] }))
        .route("/endless", get(endless))
        .route("/silent", get(std::future::pending::<()>))
        .route("/to/{status}/{*url}", any(redirect))
        .route("/around", any(|| async { (axum::http::StatusCode::FOUND, [(header::LOCATION, "/around")]) }))
}

async fn status(Path(status): Path<u16>) -> Response {
    let status = axum::http::StatusCode::from_u16(status).expect("a status");
    (status, format!("status {}", status.as_u16())).into_response()
}

/// A body without an end and without a length.
async fn endless() -> Body {
    Body::from_stream(futures::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 1024]))))
}

async fn redirect(Path((status, url)): Path<(u16, String)>) -> Response {
    let url = if url.contains("://") { url } else { format!("/{url}") };
    (axum::http::StatusCode::from_u16(status).expect("a status"), [(header::LOCATION, url)]).into_response()
}
