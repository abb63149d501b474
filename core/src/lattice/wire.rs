//! Calls as they stand on the bus: Wisteria's headers, and how [`super::invocation`] stands for a [`Call`].
//!
//! What is of the wire is turned into [`Call`] and [`LatticeError`] at the edge and goes no further.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::control::to_json;
pub(crate) use super::invocation::{Entity, Invocation, InvocationResponse};
use crate::{
    bus::{Headers, Message, Subject},
    call::{Call, CallContext, Chain},
    error::{ErrorCode, LatticeError},
    identity::{KeyKind, PublicKey},
    messagepack::{self, Unreadable},
    platform::millis,
};

/// Milliseconds left to answer.
pub(crate) const DEADLINE: &str = "Wisteria-Deadline";
/// The actors a call came through, innermost first, separated by commas.
pub(crate) const CHAIN: &str = "Wisteria-Chain";
/// The code of a failure.
pub(crate) const ERROR: &str = "Wisteria-Error";
/// Asks a host to acknowledge a command with its outcome instead of its receipt.
pub(crate) const AWAIT: &str = "Wisteria-Await";
/// Says that the caller takes its reply in one message only.
pub(crate) const WHOLE_REPLY: &str = "Wisteria-Whole-Reply";
/// The W3C trace context.
pub(crate) const TRACE: &str = "traceparent";

/// Encodes as MessagePack with field names what is not said often, by way of one value that holds anything.
pub(crate) fn to_messagepack(value: &impl Serialize) -> Vec<u8> {
    let value: Value = serde_json::from_slice(&to_json(value)).expect("what was just written can be read");
    let mut bytes = Vec::new();
    messagepack::write(&value, &mut bytes);
    bytes
}

/// The headers that carry a call's context.
pub(crate) fn context_headers(context: &CallContext, now: Duration) -> Headers {
    let mut headers = Headers::default();
    headers.insert(DEADLINE, millis(context.remaining(now)).max(1).to_string());
    if context.chain.depth() > 0 {
        let actors: Vec<String> = context.chain.actors().map(|actor| actor.to_string()).collect();
        headers.insert(CHAIN, actors.join(","));
    }
    if let Some(trace) = &context.trace {
        headers.insert(TRACE, &**trace);
    }
    headers
}

/// A call's context from its headers; what is missing or unreadable counts as absent. A deadline is at most
/// `longest`.
fn context_of(headers: &Headers, now: Duration, default: Duration) -> CallContext {
    let remaining = headers.get(DEADLINE).and_then(|text| text.parse().ok()).map_or(default, Duration::from_millis);
    let actors: Vec<PublicKey> = headers
        .get(CHAIN)
        .into_iter()
        .flat_map(|text| text.split(','))
        .filter_map(|actor| actor.parse().ok())
        .take(MAX_CHAIN)
        .collect();
    CallContext {
        deadline: now.saturating_add(remaining.min(LONGEST_DEADLINE)),
        chain: actors.into_iter().rev().fold(Chain::default(), |chain, actor| chain.through(actor)),
        trace: headers.get(TRACE).map(Arc::from),
        is_from_afar: true,
    }
}

/// How many actors of a chain are read from the wire.
const MAX_CHAIN: usize = 256;

/// No caller keeps an instance busy for longer than this.
const LONGEST_DEADLINE: Duration = Duration::from_secs(3600);

/// How a payload travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payload {
    /// In the message.
    Inside,
    /// Through a store, under the name of the call.
    PutAside,
}

/// The bus message for a call to the actor or provider `target`, which listens on `subject`.
pub(crate) fn request(
    call: &Call,
    payload: Payload,
    subject: Subject,
    target: Entity,
    id: String,
    host: Option<PublicKey>,
    now: Duration,
) -> Message {
    let invocation = Invocation {
        origin: Entity { public_key: call.origin.to_string(), ..Entity::default() },
        target,
        operation: call.operation.to_string(),
        msg: match payload {
            Payload::Inside => call.payload.to_vec(),
            Payload::PutAside => Vec::new(),
        },
        id,
        encoded_claims: String::new(),
        host_id: host.map(|host| host.to_string()).unwrap_or_default(),
        content_length: Some(call.payload.len() as u64),
        trace: call.context.trace.as_ref().map(ToString::to_string),
    };
    Message { subject, reply: None, headers: context_headers(&call.context, now), payload: invocation.encode().into() }
}

/// Reads a request; the error says what is wrong with it.
pub(crate) fn read_request(payload: &[u8]) -> Result<(Invocation, PublicKey), LatticeError> {
    let bad = |cause: Unreadable| {
        LatticeError::new(
            ErrorCode::BadRequest,
            format!("the invocation cannot be read: {cause}; send a MessagePack map as wasmCloud 0.82 does"),
        )
    };
    let invocation = Invocation::read(payload).map_err(bad)?;
    // Control clients call under a name that is no key; they count as an anonymous user.
    let origin = invocation.origin.public_key.parse().unwrap_or_else(|_| PublicKey::from_bytes(KeyKind::User, [0; 32]));
    Ok((invocation, origin))
}

/// In whose name a call is made; nothing for what is no call.
pub fn origin_of(payload: &[u8]) -> Option<PublicKey> {
    read_request(payload).ok().map(|(_, origin)| origin)
}

impl Invocation {
    /// The context of the call. wasmCloud's hosts put the trace into the body.
    pub(crate) fn context(&self, headers: &Headers, now: Duration, default: Duration) -> CallContext {
        let mut context = context_of(headers, now, default);
        if context.trace.is_none() {
            context.trace = self.trace.as_deref().map(Arc::from);
        }
        context
    }
}

/// The bus message that answers a call.
pub(crate) fn response(reply_to: Subject, invocation_id: String, outcome: Result<Bytes, LatticeError>) -> Message {
    let mut headers = Headers::default();
    let response = match outcome {
        Ok(payload) => InvocationResponse {
            content_length: Some(payload.len() as u64),
            msg: payload.into(),
            invocation_id,
            error: None,
        },
        Err(error) => {
            headers.insert(ERROR, error.code.as_str());
            InvocationResponse { invocation_id, error: Some(error.message), ..InvocationResponse::default() }
        }
    };
    Message { subject: reply_to, reply: None, headers, payload: response.encode().into() }
}

/// The bus message that answers a call whose result of `length` bytes was put aside.
pub(crate) fn response_put_aside(reply_to: Subject, invocation_id: String, length: usize) -> Message {
    let content_length = Some(length as u64);
    let response = InvocationResponse { invocation_id, content_length, ..InvocationResponse::default() };
    Message { subject: reply_to, reply: None, headers: Headers::default(), payload: response.encode().into() }
}

/// Reads the answer to a call. Its payload may have been put aside.
pub(crate) fn read_response(message: &Message) -> Result<InvocationResponse, LatticeError> {
    let mut response = InvocationResponse::read(&message.payload).map_err(|error| {
        LatticeError::new(ErrorCode::BadRequest, format!("the reply is not an invocation response: {error}"))
    })?;
    match response.error.take() {
        None => Ok(response),
        Some(text) => {
            Err(LatticeError::new(message.headers.get(ERROR).map_or(ErrorCode::Other, ErrorCode::from_wire), text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> PublicKey {
        PublicKey::from_bytes(KeyKind::Module, [byte; 32])
    }

    #[test]
    fn a_context_survives_the_wire() {
        let context = CallContext {
            deadline: Duration::from_millis(1500),
            chain: Chain::default().through(key(1)).through(key(2)),
            trace: Some("00-1-2-01".into()),
            is_from_afar: false,
        };
        let now = Duration::from_millis(500);
        let read = context_of(&context_headers(&context, now), now, Duration::ZERO);
        assert_eq!(read.deadline, context.deadline);
        assert_eq!(read.chain.actors().collect::<Vec<_>>(), [key(2), key(1)]);
        assert_eq!(read.trace, context.trace);
        assert!(read.is_from_afar && !read.through(key(3)).is_from_afar, "what it calls there is called from there");
    }

    #[test]
    fn an_error_survives_the_wire_with_its_code() {
        let error = LatticeError::new(ErrorCode::NotLinked, "not linked; link it");
        let subject = Subject::new("reply").expect("a subject");
        let message = response(subject, "id".to_owned(), Err(error.clone()));
        assert_eq!(read_response(&message).expect_err("an error was sent"), error);
    }

    #[test]
    fn an_absurd_deadline_is_cut() {
        let headers = Headers::from_iter([(DEADLINE, u64::MAX.to_string())]);
        let context = context_of(&headers, Duration::ZERO, Duration::ZERO);
        assert_eq!(context.deadline, LONGEST_DEADLINE);
    }
}
