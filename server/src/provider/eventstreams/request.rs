//! The operations of the contract, read and checked.

use std::fmt::Display;

use bytes::Bytes;
use wisteria_contracts::{
    codec,
    eventstreams::{
        AppendRequest, DEFAULT_READ_LIMIT, MAX_NAME_BYTES, MAX_READ_LIMIT, ReadRequest, SubscribeRequest, Subscription,
        operation,
    },
};
use wisteria_core::provider::{ProviderCall, ProviderError, argument, argument_with_bytes};

use super::retention::size;

/// How many bytes an event has at most, its type included: what the bus carries to an actor, less room for the rest.
const MAX_EVENT_BYTES: u64 = 7 << 20;

/// All operations of the contract that actors call.
const OPERATIONS: [&str; 5] =
    [operation::APPEND, operation::READ, operation::GET_INFO, operation::SUBSCRIBE, operation::UNSUBSCRIBE];

/// An operation with its argument.
#[derive(Debug)]
pub(super) enum Request {
    Append(AppendRequest),
    Read(ReadRequest),
    GetInfo(String),
    Subscribe(SubscribeRequest),
    Unsubscribe(Subscription),
}

impl Request {
    /// Reads what is asked of the provider of that name. Names are good then, and the limit of a read is within bounds.
    pub(super) fn read(provider: &'static str, call: &ProviderCall) -> Result<Self, ProviderError> {
        Ok(match &*call.operation {
            operation::APPEND => {
                let event: AppendRequest = argument_with_bytes(call)?;
                check_stream(&event.stream)?;
                check_size(size(&event.event_type, &event.data))?;
                Self::Append(event)
            }
            operation::READ => {
                let mut read: ReadRequest = argument(call)?;
                check_stream(&read.stream)?;
                read.limit = match read.limit {
                    0 => DEFAULT_READ_LIMIT,
                    limit => limit.min(MAX_READ_LIMIT),
                };
                Self::Read(read)
            }
            operation::GET_INFO => {
                let stream: String = argument(call)?;
                check_stream(&stream)?;
                Self::GetInfo(stream)
            }
            operation::SUBSCRIBE => {
                let subscribe: SubscribeRequest = argument(call)?;
                check_stream(&subscribe.stream)?;
                check_subscription(&subscribe.subscription)?;
                Self::Subscribe(subscribe)
            }
            operation::UNSUBSCRIBE => {
                let subscription: Subscription = argument(call)?;
                check_stream(&subscription.stream)?;
                check_subscription(&subscription.subscription)?;
                Self::Unsubscribe(subscription)
            }
            _ => return Err(ProviderError::unknown(provider, call, &OPERATIONS)),
        })
    }
}

fn check_stream(name: &str) -> Result<(), ProviderError> {
    match name.len() {
        1..=MAX_NAME_BYTES => Ok(()),
        length => Err(no_name("a stream", &format_args!("1 to {MAX_NAME_BYTES}"), length)),
    }
}

fn check_subscription(name: &str) -> Result<(), ProviderError> {
    match name.len() {
        0..=MAX_NAME_BYTES => Ok(()),
        length => Err(no_name("a subscription", &format_args!("up to {MAX_NAME_BYTES}"), length)),
    }
}

fn check_size(size: u64) -> Result<(), ProviderError> {
    match size {
        0..=MAX_EVENT_BYTES => Ok(()),
        size => Err(ProviderError::Failed(format!(
            "the event has {size} bytes, and no event more than {MAX_EVENT_BYTES}; keep the rest elsewhere, and say where"
        ))),
    }
}

fn no_name(what: &str, allowed: &dyn Display, length: usize) -> ProviderError {
    ProviderError::Failed(format!("the name of {what} has {allowed} bytes, this one has {length}; choose another"))
}

/// The bytes of a reply.
pub(super) fn encoded(reply: &impl serde::Serialize) -> Bytes {
    codec::encode(reply).into()
}
