//! Payloads that are too large for a message: put aside in a store of the lattice, and fetched by whoever reads the
//! message, as wasmCloud's hosts and providers do.

use std::fmt::Debug;

use bytes::Bytes;
use thiserror::Error;

use super::{HostState, dispatch::timed_out};
use crate::{
    call::Call,
    error::{ErrorCode, LatticeError},
    lattice::wire,
    platform::{BoxFuture, MaybeSend, MaybeSync, timeout},
};

/// Holds payloads for a moment, where all hosts of a lattice that have such a store reach them.
pub trait PayloadStore: Debug + MaybeSend + MaybeSync + 'static {
    /// Keeps a payload under a name that was not used before.
    fn put(&self, name: String, payload: Bytes) -> BoxFuture<'_, Result<(), PayloadStoreError>>;

    /// Fetches a payload of at most `limit` bytes and forgets it.
    fn take(&self, name: String, limit: usize) -> BoxFuture<'_, Result<Bytes, PayloadStoreError>>;

    /// Forgets a payload that nobody will take.
    fn discard(&self, name: String) -> BoxFuture<'_, ()>;
}

/// Why a payload could not be put aside or fetched: the cause and the remedy, for people.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct PayloadStoreError(pub String);

/// The largest payload that is put aside. Guests hold it in a memory that is bounded, too.
pub(crate) const MAX_PUT_ASIDE: usize = 32 << 20;

/// What the headers and the frame of a message may take of its size.
const FRAME: usize = 8 << 10;

impl HostState {
    /// Whether a body has room in one message.
    pub(super) fn fits_a_message(&self, body: usize) -> bool {
        body + FRAME <= self.bus.max_payload()
    }

    /// Whether a body has none, and may travel through the store.
    pub(super) fn must_put_aside(&self, body: usize) -> bool {
        self.payloads.is_some() && !self.fits_a_message(body)
    }

    /// Puts a payload aside.
    pub(super) async fn put_aside(&self, name: String, payload: Bytes) -> Result<(), LatticeError> {
        if payload.len() > MAX_PUT_ASIDE {
            return Err(too_large(format!(
                "{} bytes are more than the {MAX_PUT_ASIDE} that the lattice carries at once; send less at once",
                payload.len()
            )));
        }
        let Some(store) = &self.payloads else {
            return Err(no_store(payload.len() as u64));
        };
        store.put(name, payload).await.map_err(|error| too_large(error.to_string()))
    }

    /// Forgets a payload that may still be in the store. Nobody waits for it: the store may be what failed.
    pub(super) fn discard(&self, name: String) {
        if let Some(store) = self.payloads.clone() {
            self.platform.spawn(Box::pin(async move { store.discard(name).await }));
        }
    }

    /// The payload of a message whose sender announced `length`: what the message holds, or what was put aside.
    pub(super) async fn whole_payload(
        &self,
        name: String,
        inside: Vec<u8>,
        length: Option<u64>,
    ) -> Result<Bytes, LatticeError> {
        if !is_put_aside(&inside, length) {
            return Ok(inside.into());
        }
        let store = self.payloads.as_ref().ok_or_else(|| no_store(length.unwrap_or_default()))?;
        store.take(name, MAX_PUT_ASIDE).await.map_err(|error| too_large(error.to_string()))
    }

    /// The payload of the answer to a call.
    pub(super) async fn whole_reply(
        &self,
        call: &Call,
        response: wire::InvocationResponse,
    ) -> Result<Bytes, LatticeError> {
        if !is_put_aside(&response.msg, response.content_length) {
            return Ok(response.msg.into());
        }
        let name = name_of_reply(&response.invocation_id);
        let remaining = call.context.remaining(self.platform.now());
        let whole = self.whole_payload(name, response.msg, response.content_length);
        timeout(&*self.platform, remaining, whole).await.unwrap_or_else(|| Err(timed_out(&call.target, remaining)))
    }
}

fn is_put_aside(inside: &[u8], length: Option<u64>) -> bool {
    length.is_some_and(|length| length > inside.len() as u64)
}

/// The name of the answer to a call.
pub(super) fn name_of_reply(invocation_id: &str) -> String {
    format!("{invocation_id}-r")
}

fn no_store(length: u64) -> LatticeError {
    too_large(format!(
        "{length} bytes were put into the object store of NATS, which this host cannot reach; run the actor on a server \
         that is on NATS, or send less at once"
    ))
}

fn too_large(message: String) -> LatticeError {
    LatticeError::new(ErrorCode::PayloadTooLarge, message)
}
