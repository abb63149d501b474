//! Which host there is: the real one in a module, none where an actor's tests run natively.

#[cfg(not(target_family = "wasm"))]
#[path = "native.rs"]
mod host;

#[cfg(target_family = "wasm")]
#[path = "wapc.rs"]
mod host;

pub(crate) use host::{fail, host_call, request, respond};
