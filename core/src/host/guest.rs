//! The guest's way out: its host calls and log lines.

use std::{fmt, sync::Arc};

use bytes::Bytes;

use super::{actor::Actor, state::HostState};
use crate::{
    call::{Call, CallContext, Target},
    engine::{HostCall, HostCalls},
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
        let allowed = self.host.check_still_holds(&self.actor);
        let host = self.host.clone();
        Box::pin(async move {
            allowed.map_err(|error| error.message)?;
            host.dispatch(call).await.map_err(|error| error.message)
        })
    }

    fn log(&self, text: &str) {
        self.host.log.line(LogLine { actor: self.actor.key, level: LogLevel::Info, text: text.to_owned() });
    }
}

impl fmt::Debug for GuestOfCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GuestOfCall").field(&self.actor.key).finish()
    }
}
