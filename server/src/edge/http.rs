//! HTTP at a port: connections that are counted, protected by TLS where that is asked for, and not waited for forever.

use std::{fmt, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tower_service::Service;
use wisteria_bridge::Peer;

use super::{Gate, Place, ServerTls};
use crate::web::Ends;

/// How long the head of a request may take, from its first chance to its last byte. A connection that is kept open
/// without a request lasts as long.
const HEAD: Duration = Duration::from_secs(10);

/// Largest head of a request, in bytes.
const HEAD_SIZE: usize = 32 << 10;

/// Most headers of a request.
const HEADERS: usize = 100;

/// How long to wait when no connection can be accepted, as when there are too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// What one beyond the bound of connections is told.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\n\
    content-length: 56\r\nretry-after: 5\r\nconnection: close\r\n\r\n\
    too many connections are open here; close some, or wait\n";

/// A port that serves HTTP.
#[derive(Debug)]
pub(crate) struct HttpPort {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<ServerTls>,
    pub(crate) gate: Gate,
}

/// The connections of a port that is closed already.
#[derive(Debug)]
pub(crate) struct HttpWork(watch::Sender<()>);

impl HttpWork {
    /// Completes when they have ended.
    pub(crate) async fn finished(&self) {
        self.0.closed().await;
    }
}

impl HttpPort {
    /// Serves until `stop` completes, and closes the port then. Requests in flight go on.
    pub(crate) async fn serve(self, app: Router, stop: impl Future<Output = ()>) -> HttpWork {
        let (stopping, stopped) = watch::channel(());
        let stop = pin!(stop);
        let accept = async {
            loop {
                let (stream, client) = accept(&self.listener).await;
                match self.gate.admit(client.ip()) {
                    Some(place) => {
                        let connection = Connection { client, place, app: app.clone(), stopped: stopped.clone() };
                        tokio::spawn(connection.serve(stream, self.tls.clone()));
                    }
                    None => refuse(&stream, self.tls.is_some()),
                }
            }
        };
        tokio::select! {
            () = stop => {}
            () = accept => {}
        }
        // It wakes those who wait for a change; the connections hold what is left of the receivers.
        stopping.send_replace(());
        HttpWork(stopping)
    }
}

/// The next connection. What goes wrong with one does not end the port.
pub(crate) async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_its_own(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted; raise the limit of open files?");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Whether only this one connection failed.
fn is_its_own(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Says why, as far as it can be said without waiting; under TLS nothing can.
fn refuse(stream: &TcpStream, is_tls: bool) {
    if !is_tls {
        // Whoever does not take it sees the connection end.
        drop(stream.try_write(FULL));
    }
}

struct Connection {
    client: SocketAddr,
    place: Place,
    app: Router,
    stopped: watch::Receiver<()>,
}

impl Connection {
    async fn serve(self, stream: TcpStream, tls: Option<ServerTls>) {
        let peer = Peer { server: stream.local_addr().ok(), client: Some(self.client.ip()), tls: false };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "small messages may be held back");
        }
        match tls {
            None => self.converse(peer, stream).await,
            Some(tls) => match tls.protect(stream).await {
                Ok(stream) => self.converse(peer, stream).await,
                Err(error) => tracing::debug!(client = %self.client, %error, "a client could not be protected by TLS"),
            },
        }
    }

    async fn converse<S>(self, peer: Peer, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Self { client, place, app, mut stopped } = self;
        // A WebSocket outlives the conversation that it began as, so its place goes with the request.
        let place = Arc::new(place);
        let service = service_fn(|request: Request<Incoming>| {
            let (mut app, place) = (app.clone(), place.clone());
            async move {
                let mut request = request.map(axum::body::Body::new);
                request.extensions_mut().insert(ConnectInfo(Ends(peer)));
                request.extensions_mut().insert(KeptPlace(place));
                app.call(request).await
            }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_header_size(HEAD_SIZE).max_headers(HEADERS);
        let conversation = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
        let mut conversation = pin!(conversation);
        let ended = tokio::select! {
            ended = conversation.as_mut() => ended,
            _ = stopped.changed() => {
                conversation.as_mut().graceful_shutdown();
                conversation.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%client, %error, "an HTTP connection was ended");
        }
    }
}

/// Holds a connection's place for as long as a request, or what became of it, is served.
#[derive(Clone)]
pub(crate) struct KeptPlace(#[expect(dead_code, reason = "it is there to be dropped")] Arc<Place>);

impl fmt::Debug for KeptPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeptPlace")
    }
}
