//! The client's side of one connection, without I/O: the handshake, then messages.

use bytes::BytesMut;
use wisteria_core::bus::Message;

use crate::{
    Credentials,
    protocol::{self, ConnectOptions, Decoder, ProtocolError, ProtocolLimits, ServerInfo, ServerOp, ServerSide, Sid},
};

/// Reads what a broker says and answers what needs no thought.
#[derive(Debug)]
pub(super) struct Session {
    decoder: Decoder<ServerSide>,
    name: String,
    credentials: Credentials,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// The broker speaks first.
    AwaitsInfo,
    /// `CONNECT` was said; the broker's `PONG` says that it let us in.
    AwaitsPong(Box<ServerInfo>),
    Talks,
}

/// What a connection's user must know.
#[derive(Debug)]
pub(super) enum Event {
    /// The broker let us in.
    Ready(Box<ServerInfo>),
    /// A message for a subscription.
    Message { sid: Sid, message: Message },
    /// The answer to a `PING` of ours.
    Pong,
    /// The broker complains; it closes the connection by itself where it must.
    Complaint(String),
}

/// `INFO` of other servers may be longer than what clients may say.
const LINE: usize = 64 << 10;

impl Session {
    pub(super) fn new(name: &str, credentials: &Credentials, payload: usize) -> Self {
        Self {
            decoder: Decoder::new(ProtocolLimits { line: LINE, payload }),
            name: name.to_owned(),
            credentials: credentials.clone(),
            phase: Phase::AwaitsInfo,
        }
    }

    /// Takes in the next bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.decoder.push(bytes);
    }

    /// What happens next, or nothing until more bytes come. What must be answered is written to `out`.
    pub(super) fn next_event(&mut self, out: &mut BytesMut) -> Result<Option<Event>, ProtocolError> {
        loop {
            let op = match self.decoder.next_op() {
                Ok(Some(op)) => op,
                Ok(None) => return Ok(None),
                Err(error) if error.is_fatal() => return Err(error),
                Err(error) => return Ok(Some(Event::Complaint(error.to_string()))),
            };
            let event = match op {
                ServerOp::Info(info) => {
                    self.greet(info, out);
                    None
                }
                ServerOp::Ping => {
                    protocol::pong(out);
                    None
                }
                ServerOp::Ok => None,
                ServerOp::Pong => Some(self.pong()),
                ServerOp::Message { sid, message } => Some(Event::Message { sid, message }),
                ServerOp::Error(text) => Some(Event::Complaint(text)),
            };
            if event.is_some() {
                return Ok(event);
            }
        }
    }

    /// Answers the first `INFO`; later ones change nothing that is of use here.
    fn greet(&mut self, info: Box<ServerInfo>, out: &mut BytesMut) {
        if !matches!(self.phase, Phase::AwaitsInfo) {
            return;
        }
        let mut options = ConnectOptions {
            headers: true,
            no_responders: true,
            name: Some(self.name.clone()),
            lang: "rust".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: 1,
            ..ConnectOptions::default()
        };
        self.credentials.complete(&mut options, info.nonce.as_deref());
        protocol::connect(&options, out);
        protocol::ping(out);
        self.phase = Phase::AwaitsPong(info);
    }

    fn pong(&mut self) -> Event {
        match std::mem::replace(&mut self.phase, Phase::Talks) {
            Phase::AwaitsPong(info) => Event::Ready(info),
            _ => Event::Pong,
        }
    }
}
