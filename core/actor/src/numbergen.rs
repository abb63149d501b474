//! `wasmcloud:builtin:numbergen`: random numbers and GUIDs, which need no link.

use wisteria_contracts::numbergen::{CONTRACT, RangeLimit, operation};

use crate::{Result, call::call_provider};

/// A random UUID.
///
/// # Errors
/// The actor does not claim the number generator.
pub fn generate_guid() -> Result<String> {
    call_provider("default", CONTRACT, operation::GENERATE_GUID, &())
}

/// A random number from `min` to `max`, both included.
///
/// # Errors
/// The actor does not claim the number generator, or `min` is above `max`.
pub fn random_in_range(min: u32, max: u32) -> Result<u32> {
    call_provider("default", CONTRACT, operation::RANDOM_IN_RANGE, &RangeLimit { min, max })
}

/// Any 32 bits.
///
/// # Errors
/// The actor does not claim the number generator.
pub fn random_32() -> Result<u32> {
    call_provider("default", CONTRACT, operation::RANDOM_32, &())
}
