//! The guest's way out: its host calls and log lines.

use std::{fmt, sync::Arc};

use bytes::Bytes;

use super::{actor::Actor, exceeded::Bound, state::HostState};
use crate::{
    call::{Call, CallContext, Target},
    engine::{HostCall, HostCalls},
    error::{ErrorCode, LatticeError},
    platform::BoxFuture,
    provider::{LogLevel, LogLine},
};

/// Carries out the host calls of one message to a guest, with what is left of its deadline.
pub(super) struct GuestOfCall {
    pub(super) host: Arc<HostState>,
    pub(super) actor: Arc<Actor>,
    /// The context of the calls that the guest makes.
    pub(super) context: CallContext,
}

impl HostCalls for GuestOfCall {
    fn call(&self, call: HostCall) -> BoxFuture<'static, Result<Bytes, String>> {
        let call = Call {
            origin: self.actor.key,
            target: Target::of_guest(&call.binding, &call.namespace),
            operation: call.operation.into(),
            payload: call.payload,
            context: self.context.clone(),
        };
        let allowed = self
            .host
            .check_still_holds(&self.actor)
            .and_then(|()| self.host.check_payload(&self.actor, "sends", call.payload.len()));
        let (host, actor) = (self.host.clone(), self.actor.clone());
        Box::pin(async move {
            let outcome = async {
                allowed?;
                let reply = host.clone().dispatch(call).await?;
                host.check_payload(&actor, "gets", reply.len())?;
                Ok(reply)
            };
            outcome.await.map_err(|error: LatticeError| error.message)
        })
    }

    fn log(&self, text: &str) {
        self.host.log.line(LogLine { actor: self.actor.key, level: LogLevel::Info, text: text.to_owned() });
    }
}

impl HostState {
    /// Refuses a payload of a host call that is too large, before it is copied any further.
    fn check_payload(&self, actor: &Actor, does: &str, bytes: usize) -> Result<(), LatticeError> {
        let limit = actor.bounds().payload;
        if bytes <= limit {
            return Ok(());
        }
        self.tell_exceeded(Some(actor.key), Bound::Payload, limit as u64);
        Err(LatticeError::new(
            ErrorCode::PayloadTooLarge,
            format!(
                "actor {} {does} {bytes} bytes by a host call, above the limit of {limit}; pass them in parts",
                actor.key
            ),
        ))
    }
}

impl fmt::Debug for GuestOfCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GuestOfCall").field(&self.actor.key).finish()
    }
}
