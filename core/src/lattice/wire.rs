//! Calls as they stand on the bus: MessagePack bodies of wasmCloud 0.82, and Wisteria's headers.
//!
//! These are wire types; they are turned into [`Call`] and [`LatticeError`] at the edge and go no further.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{
    bus::{Headers, Message, Subject},
    call::{Call, CallContext, Chain},
    error::{ErrorCode, LatticeError},
    identity::{KeyKind, PublicKey},
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

/// An actor or provider in an [`Invocation`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entity {
    #[serde(default)]
    pub(crate) public_key: String,
    #[serde(default)]
    pub(crate) contract_id: String,
    #[serde(default)]
    pub(crate) link_name: String,
}

/// A request to an actor or provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Invocation {
    pub(crate) origin: Entity,
    pub(crate) target: Entity,
    pub(crate) operation: String,
    #[serde(with = "serde_bytes")]
    pub(crate) msg: Vec<u8>,
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) encoded_claims: String,
    #[serde(default)]
    pub(crate) host_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content_length: Option<u64>,
    #[serde(rename = "traceContext", default, skip_serializing_if = "Option::is_none")]
    pub(crate) trace_context: Option<BTreeMap<String, String>>,
}

/// The answer to an [`Invocation`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct InvocationResponse {
    #[serde(with = "serde_bytes", default)]
    pub(crate) msg: Vec<u8>,
    #[serde(default)]
    pub(crate) invocation_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content_length: Option<u64>,
}

/// Encodes as MessagePack with field names.
pub(crate) fn to_messagepack(value: &impl Serialize) -> Vec<u8> {
    rmp_serde::to_vec_named(value).expect("wire types have string keys and serialise")
}

/// The headers that carry a call's context.
pub(crate) fn context_headers(context: &CallContext, now: Duration) -> Headers {
    let mut headers = Headers::default();
    headers.insert(DEADLINE, context.remaining(now).as_millis().max(1).to_string());
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
        trace_context: call.context.trace.as_ref().map(|trace| [(TRACE.to_owned(), trace.to_string())].into()),
    };
    Message {
        subject,
        reply: None,
        headers: context_headers(&call.context, now),
        payload: to_messagepack(&invocation).into(),
    }
}

/// Reads a request; the error says what is wrong with it.
pub(crate) fn read_request(payload: &[u8]) -> Result<(Invocation, PublicKey), LatticeError> {
    let bad = |cause: String| {
        LatticeError::new(
            ErrorCode::BadRequest,
            format!("the invocation cannot be read: {cause}; send a MessagePack map as wasmCloud 0.82 does"),
        )
    };
    let invocation: Invocation = rmp_serde::from_slice(payload).map_err(|error| bad(error.to_string()))?;
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
            context.trace =
                self.trace_context.as_ref().and_then(|trace| trace.get(TRACE)).map(|trace| trace.as_str().into());
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
    Message { subject: reply_to, reply: None, headers, payload: to_messagepack(&response).into() }
}

/// The bus message that answers a call whose result of `length` bytes was put aside.
pub(crate) fn response_put_aside(reply_to: Subject, invocation_id: String, length: usize) -> Message {
    let content_length = Some(length as u64);
    let response = InvocationResponse { invocation_id, content_length, ..InvocationResponse::default() };
    Message { subject: reply_to, reply: None, headers: Headers::default(), payload: to_messagepack(&response).into() }
}

/// Reads the answer to a call. Its payload may have been put aside.
pub(crate) fn read_response(message: &Message) -> Result<InvocationResponse, LatticeError> {
    let mut response: InvocationResponse = rmp_serde::from_slice(&message.payload).map_err(|error| {
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
