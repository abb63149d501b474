//! A session: the actor is told of its beginning, its lines and its end, one at a time and in order.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde::Serialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinHandle,
    time::timeout,
};
use wisteria_contracts::{
    codec,
    telnet::{SessionText, operation},
};
use wisteria_core::{
    error::{ErrorCode, LatticeError},
    host::ActorCaller,
    identity::PublicKey,
    platform::{Platform, random_uuid},
};

use super::{
    parser::{Heard, Parser},
    sessions::{Outgoing, Sessions},
    values::Settings,
};

/// How long the other side may take for one text.
const WRITE: Duration = Duration::from_secs(30);

/// How long it may take for the last ones.
const FAREWELL: Duration = Duration::from_secs(2);

/// The actor of a link, and the way to it.
#[derive(Debug, Clone)]
pub(super) struct Actor {
    pub(super) key: PublicKey,
    pub(super) caller: ActorCaller,
    pub(super) platform: Arc<dyn Platform>,
}

impl Actor {
    async fn tell(&self, operation: &'static str, argument: &impl Serialize) -> Result<Bytes, LatticeError> {
        self.caller.call(self.key, operation, codec::encode(argument).into(), None, None).await
    }

    async fn ask(&self, operation: &'static str, argument: &impl Serialize) -> Result<bool, LatticeError> {
        let reply = self.tell(operation, argument).await?;
        codec::decode(&reply).map_err(|cause| {
            LatticeError::new(ErrorCode::GuestFailed, format!("the answer to {operation} cannot be read: {cause}"))
        })
    }
}

/// A session that has a name.
pub(super) struct Session {
    name: String,
    actor: Actor,
    sessions: Arc<Sessions>,
    idle: Duration,
    max_line: usize,
}

impl Session {
    /// One with a name that no other has; none where there is no room for it.
    pub(super) fn begin(settings: &Settings, actor: Actor, sessions: Arc<Sessions>) -> Option<(Self, Outgoing)> {
        let name = random_uuid(&*actor.platform);
        let outgoing = sessions.begin(&name, settings.sessions)?;
        Some((Self { name, actor, sessions, idle: settings.idle, max_line: settings.max_line }, outgoing))
    }

    /// Serves it to its end.
    pub(super) async fn serve(self, stream: TcpStream, outgoing: Outgoing) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "small texts may be held back");
        }
        let (mut reader, writer) = stream.into_split();
        let mut writer = tokio::spawn(write(writer, outgoing));
        let begun = self.actor.ask(operation::SESSION_STARTED, &self.name).await;
        let last = match &begun {
            Ok(true) => self.read(&mut reader, &mut writer).await,
            Ok(false) => None,
            Err(error) => Some(self.failed(error)),
        };
        if let Some(last) = last {
            self.sessions.send(&self.name, Bytes::from_static(last));
        }
        self.sessions.end(&self.name);
        // What waits for the other side is sent before the connection ends; it may have gone.
        if !writer.is_finished() && timeout(FAREWELL, &mut writer).await.is_err() {
            writer.abort();
        }
        if matches!(begun, Ok(true))
            && let Err(error) = self.actor.tell(operation::SESSION_ENDED, &self.name).await
        {
            tracing::debug!(actor = %self.actor.key, %error, "an actor did not take the end of a session");
        }
        // Who takes its leave, too, gets to read everything.
        let mut unread = [0; 4096];
        drop(timeout(FAREWELL, async { while let Ok(1..) = reader.read(&mut unread).await {} }).await);
    }

    /// Hands on lines until the session is to end, and says why where the other side does not know.
    async fn read(&self, reader: &mut OwnedReadHalf, writer: &mut JoinHandle<()>) -> Option<&'static [u8]> {
        let mut parser = Parser::new(self.max_line);
        let mut bytes = [0; 4096];
        loop {
            let heard = tokio::select! {
                _ = &mut *writer => return None,
                heard = timeout(self.idle, reader.read(&mut bytes)) => heard,
            };
            let count = match heard {
                Err(_) => return Some(b"nothing was heard for too long\r\n"),
                Ok(Ok(0) | Err(_)) => return None,
                Ok(Ok(count)) => count,
            };
            for byte in &bytes[..count] {
                match parser.take(*byte) {
                    None => {}
                    // One that does not read what it asks for goes without.
                    Some(Heard::Wish(answer)) => {
                        self.sessions.send(&self.name, Bytes::copy_from_slice(&answer));
                    }
                    Some(Heard::TooLong) => return Some(b"the line is too long\r\n"),
                    Some(Heard::Line(text)) => {
                        let line = SessionText { session: self.name.clone(), text };
                        match self.actor.ask(operation::RECEIVE_TEXT, &line).await {
                            Ok(true) => {}
                            Ok(false) => return None,
                            Err(error) => return Some(self.failed(&error)),
                        }
                    }
                }
            }
        }
    }

    /// Tells the log of a failure, and the other side that there was one.
    fn failed(&self, error: &LatticeError) -> &'static [u8] {
        let (actor, session, code) = (self.actor.key, &self.name, error.code.as_str());
        tracing::warn!(%actor, session, code, %error, "an actor failed with a session, which is closed");
        b"nobody can answer now; come back later\r\n"
    }
}

/// Sends what there is until the session ends, or the other side does not take it.
async fn write(mut writer: OwnedWriteHalf, mut outgoing: Outgoing) {
    while let Some(text) = outgoing.next().await {
        if !matches!(timeout(WRITE, writer.write_all(&text)).await, Ok(Ok(()))) {
            return;
        }
    }
}
