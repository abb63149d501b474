//! Calls to capabilities and to other actors.

use serde::{Serialize, de::DeserializeOwned};
use wisteria_contracts::codec;

use crate::{Error, Result, ffi};

/// Calls whatever provider is linked for a contract under a link name.
///
/// # Errors
/// The host or the provider refused, or the reply has another shape.
pub fn call_provider<A: Serialize + ?Sized, R: DeserializeOwned>(
    link_name: &str,
    contract: &str,
    operation: &str,
    argument: &A,
) -> Result<R> {
    let reply = call(link_name, contract, operation, &codec::encode(argument))?;
    Ok(codec::decode(&reply)?)
}

/// Calls another actor by its key or call alias.
///
/// # Errors
/// The actor cannot be reached or failed, or the reply has another shape.
pub fn call_actor<A: Serialize + ?Sized, R: DeserializeOwned>(actor: &str, operation: &str, argument: &A) -> Result<R> {
    let reply = call("", actor, operation, &codec::encode(argument))?;
    Ok(codec::decode(&reply)?)
}

/// Calls a provider's operation that answers nothing.
pub(crate) fn tell_provider<A: Serialize + ?Sized>(
    link_name: &str,
    contract: &str,
    operation: &str,
    argument: &A,
) -> Result<()> {
    call(link_name, contract, operation, &codec::encode(argument)).map(drop)
}

fn call(binding: &str, namespace: &str, operation: &str, argument: &[u8]) -> Result<Vec<u8>> {
    ffi::host_call(binding, namespace, operation, argument).map_err(Error::Host)
}
