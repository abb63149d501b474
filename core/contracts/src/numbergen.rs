//! `wasmcloud:builtin:numbergen`: random numbers and GUIDs. Needs no link.

use serde::{Deserialize, Serialize};

/// The contract.
pub const CONTRACT: &str = "wasmcloud:builtin:numbergen";

/// Operations, called by the actor.
pub mod operation {
    /// Nothing → a random UUID as text.
    pub const GENERATE_GUID: &str = "NumberGen.GenerateGuid";
    /// [`RangeLimit`](super::RangeLimit) → `u32` within it.
    pub const RANDOM_IN_RANGE: &str = "NumberGen.RandomInRange";
    /// Nothing → any `u32`.
    pub const RANDOM_32: &str = "NumberGen.Random32";
}

/// From where to where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RangeLimit {
    /// The least.
    pub min: u32,
    /// The greatest.
    pub max: u32,
}

/// The contract in its own words.
#[cfg(feature = "schema")]
pub fn describe() -> crate::schema::Contract {
    crate::schema::Contract::new(CONTRACT, "Random numbers; needs no link")
        .by_actor::<(), String>(operation::GENERATE_GUID, "A random UUID.")
        .by_actor::<RangeLimit, u32>(operation::RANDOM_IN_RANGE, "A random number within bounds.")
        .by_actor::<(), u32>(operation::RANDOM_32, "A random number of 32 bits.")
}
