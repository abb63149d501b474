//! How a module ends that may do anything, as far as all engines must agree.

use std::sync::Arc;

use bytes::Bytes;
use wisteria_core::{
    engine::{Engine, GuestCall, GuestError, HostCall, HostCalls, PreparedModule},
    platform::BoxFuture,
};

/// Fuel of modules that may never end.
const LITTLE: u64 = 20_000;

/// How a start or a call ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// With a reply, and for this fuel.
    Reply(Bytes, u64),
    /// With an error of the guest's own.
    Failed(String),
    /// In a trap.
    Trap,
    /// Without fuel.
    OutOfFuel,
    /// Before it could be called.
    Stillborn,
    /// Where the stack ended, which is each engine's own affair.
    Exhausted,
}

impl From<GuestError> for End {
    fn from(error: GuestError) -> Self {
        match error {
            GuestError::Failed(reason) => Self::Failed(reason),
            GuestError::OutOfFuel { .. } => Self::OutOfFuel,
            // Firefox has a word of its own for it.
            GuestError::Trap(text) | GuestError::Instantiate(text)
                if text.contains("stack") || text.contains("recursion") =>
            {
                Self::Exhausted
            }
            GuestError::Trap(_) => Self::Trap,
            _ => Self::Stillborn,
        }
    }
}

/// Starts a module and calls it three times, for as long as its instance stands.
///
/// # Panics
/// The engine does not take the module.
pub async fn ends(engine: &dyn Engine, prepared: &PreparedModule) -> Vec<End> {
    let module = engine.compile(prepared).await.unwrap_or_else(|error| panic!("{}: {error}", engine.name()));
    let mut instance = match module.instantiate(LITTLE).await {
        Ok(instance) => instance,
        Err(error) => return vec![error.into()],
    };
    let mut ends = Vec::new();
    for payload in ["", "nine byte", "and another"] {
        let payload = Bytes::from_static(payload.as_bytes());
        let call = GuestCall { operation: "Op".into(), payload, fuel: LITTLE, host: Arc::new(Answers) };
        match instance.call(call).await {
            Ok(reply) => ends.push(End::Reply(reply.payload, reply.fuel_used)),
            Err(GuestError::Failed(reason)) => ends.push(End::Failed(reason)),
            Err(error) => {
                ends.push(error.into());
                break;
            }
        }
    }
    ends
}

/// Answers every host call with what it brought.
#[derive(Debug)]
pub struct Answers;

impl HostCalls for Answers {
    fn call(&self, call: HostCall) -> BoxFuture<'static, Result<Bytes, String>> {
        Box::pin(async move { Ok(call.payload) })
    }

    fn log(&self, _text: &str) {}
}
