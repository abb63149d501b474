//! WebSockets: each is a session, whose beginning, messages and end the actor is told of, one at a time and in order.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{
        FromRequestParts, Request, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, close_code},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use data_encoding::HEXLOWER;
use futures::{Sink, SinkExt, Stream, StreamExt};
use tokio::{
    task::JoinHandle,
    time::{MissedTickBehavior, interval, timeout},
};
use wisteria_bridge::transports::native::READ_BUFFER;
use wisteria_contracts::{
    codec,
    httpserver::{WebSocketMessage, WebSocketOpened, operation},
};
use wisteria_core::error::{ErrorCode, LatticeError};

use super::{
    answer::{Served, failure, given},
    sessions::{Outgoing, Sessions},
    values::SocketRules,
};
use crate::edge::{KeptPlace, Origin, host_and_port};

/// How often a client is asked whether it is still there.
const PING: Duration = Duration::from_secs(20);

/// How long a client may say nothing, answers to that included.
const SILENCE: Duration = Duration::from_secs(60);

/// How long a client may take for one message.
const WRITE: Duration = Duration::from_secs(30);

/// How long it may take for the last one.
const FAREWELL: Duration = Duration::from_secs(1);

/// What a link says of its WebSockets.
#[derive(Debug, Clone)]
pub(super) struct WebSockets {
    pub(super) sessions: Arc<Sessions>,
    pub(super) rules: Arc<SocketRules>,
}

/// Whether a client asks for a WebSocket.
pub(super) fn is_upgrade(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE).and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

/// Asks the actor whether it takes a session, and begins it.
pub(super) async fn open(served: Served, sockets: WebSockets, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    if !sockets.admits(&parts.headers) {
        let text = "a page of another origin may not open this; allow the origin by the link value cors-origins\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    let place = parts.extensions.get::<KeptPlace>().cloned();
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade
            .max_message_size(sockets.rules.max_message)
            .max_frame_size(sockets.rules.max_message)
            .read_buffer_size(READ_BUFFER),
        Err(rejection) => return rejection.into_response(),
    };
    let Some((session, outgoing)) = Session::begin(served, sockets.sessions) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "no more WebSockets are taken here; close some, or ask later\n")
            .into_response();
    };
    let opened = WebSocketOpened {
        session: session.name.clone(),
        path: session.served.path(parts.uri.path()).to_owned(),
        query_string: parts.uri.query().unwrap_or_default().to_owned(),
        header: given(&parts.headers),
    };
    let reply = session.served.call(operation::WEBSOCKET_OPENED, codec::encode(&opened), Some(&parts.headers)).await;
    match reply.and_then(|reply| codec::decode(&reply).map_err(|cause| no_answer(&cause.to_string()))) {
        Ok(true) => upgrade.on_upgrade(async move |socket| {
            session.serve(socket, outgoing).await;
            drop(place);
        }),
        Ok(false) => {
            session.forget();
            (StatusCode::FORBIDDEN, "the actor does not take this WebSocket\n").into_response()
        }
        Err(error) => {
            session.forget();
            failure(&error)
        }
    }
}

fn no_answer(cause: &str) -> LatticeError {
    LatticeError::new(ErrorCode::GuestFailed, format!("the actor does not say whether it takes the WebSocket: {cause}"))
}

impl WebSockets {
    /// A browser says whose page asks, and asks nobody before. Other clients say nothing.
    fn admits(&self, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
        let Some(origin) = headers.get(header::ORIGIN) else {
            return true;
        };
        let Some(Ok(origin)) = origin.to_str().ok().map(str::parse::<Origin>) else {
            return false;
        };
        let own = text(header::HOST).and_then(host_and_port);
        let is_own = match (&origin, own) {
            (Origin::Exact { secure, host, port }, Some((own, own_port))) => {
                *host == own && *port == own_port.unwrap_or(if *secure { 443 } else { 80 })
            }
            _ => false,
        };
        is_own || self.rules.origins.iter().any(|allowed| *allowed == origin || *allowed == Origin::Any)
    }
}

/// A session that the actor was told of. It is told of the end when this is dropped.
struct Session {
    name: String,
    served: Served,
    sessions: Arc<Sessions>,
    is_told: bool,
}

impl Session {
    fn begin(served: Served, sessions: Arc<Sessions>) -> Option<(Self, Outgoing)> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the system has randomness");
        let name = HEXLOWER.encode(&bytes);
        let outgoing = sessions.begin(&name)?;
        Some((Self { name, served, sessions, is_told: true }, outgoing))
    }

    /// It did not come about.
    fn forget(mut self) {
        self.is_told = false;
    }

    async fn serve(self, socket: WebSocket, outgoing: Outgoing) {
        let (sink, mut stream) = socket.split();
        let mut writer = tokio::spawn(write(sink, outgoing));
        if let Some(last) = self.read(&mut stream, &mut writer).await {
            self.sessions.end(&self.name, last);
            // What waits for the client is sent before it is told of the end; it may have gone.
            drop(writer.await);
        }
        // A client that takes its leave, too, gets to read everything.
        drop(timeout(FAREWELL, async { while let Some(Ok(_)) = stream.next().await {} }).await);
    }

    /// Hands on what the client says, until it ends, and what is to be said about that; nothing where the session was ended
    /// here, or its client takes nothing more. The actor is never interrupted.
    async fn read(
        &self,
        stream: &mut (impl Stream<Item = Result<Message, axum::Error>> + Unpin),
        writer: &mut JoinHandle<()>,
    ) -> Option<CloseFrame> {
        let closed = |code, reason: &str| Some(CloseFrame { code, reason: reason.into() });
        loop {
            let heard = tokio::select! {
                _ = &mut *writer => return None,
                heard = timeout(SILENCE, stream.next()) => heard,
            };
            let mut message = WebSocketMessage { session: self.name.clone(), ..WebSocketMessage::default() };
            match heard {
                Err(_) => return closed(close_code::AWAY, "nothing was heard for too long"),
                Ok(None | Some(Ok(Message::Close(_)))) => return closed(close_code::NORMAL, ""),
                Ok(Some(Err(error))) if error.to_string().contains("too long") => {
                    return closed(close_code::SIZE, "the message is too large");
                }
                Ok(Some(Err(_))) => return closed(close_code::PROTOCOL, ""),
                Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => continue,
                Ok(Some(Ok(Message::Text(text)))) => message.text = Some(text.as_str().to_owned()),
                Ok(Some(Ok(Message::Binary(bytes)))) => message.bytes = Some(bytes.into()),
            }
            let told = self.served.call(operation::WEBSOCKET_RECEIVED, codec::encode(&message), None).await;
            if let Err(error) = told {
                tracing::warn!(%error, "an actor failed with a message of a WebSocket, which is closed");
                return closed(close_code::ERROR, error.code.as_str());
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.sessions.end(&self.name, CloseFrame { code: close_code::NORMAL, reason: "".into() });
        // A runtime that is stopping tells nobody anything.
        if let (true, Ok(runtime)) = (self.is_told, tokio::runtime::Handle::try_current()) {
            let (served, argument) = (self.served.clone(), codec::encode(&self.name));
            runtime.spawn(async move { drop(served.call(operation::WEBSOCKET_CLOSED, argument, None).await) });
        }
    }
}

/// Sends what there is, and asks now and then whether the client is there, until the session ends.
async fn write(mut sink: impl Sink<Message, Error = axum::Error> + Unpin, mut outgoing: Outgoing) {
    let mut pings = interval(PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings.reset();
    loop {
        let message = tokio::select! {
            message = outgoing.next() => message,
            _ = pings.tick() => Some(Message::Ping(bytes::Bytes::new())),
        };
        let Some(message) = message else { break };
        if !matches!(timeout(WRITE, sink.send(message)).await, Ok(Ok(()))) {
            return;
        }
    }
    let last = Message::Close(Some(outgoing.last()));
    // Whoever does not take it in time goes without, as does who has left.
    drop(timeout(FAREWELL, sink.send(last)).await);
}
