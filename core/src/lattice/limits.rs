//! The limits of actors, as requests ask for them and inventories tell them.

use serde::{Deserialize, Serialize};

/// Limits of one actor on one host. What is not named is left to the host.
///
/// A name that is not known is refused and not passed over: whoever sets a limit relies on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActorLimits {
    /// Fuel per call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// Bytes of an instance's memory, rounded down to pages of 64 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Elements of one of its tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<u64>,
    /// Calls that may wait for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<u64>,
    /// Longest chain of calls that may come to it or go on from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<u64>,
    /// Bytes of the payload of a host call, either way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<u64>,
}

impl ActorLimits {
    /// The names of the limits, in the order of [`ActorLimits::values`].
    pub const NAMES: [&str; 6] = ["fuel", "memory", "table", "mailbox", "depth", "payload"];

    /// The limits in the order of [`ActorLimits::NAMES`].
    pub fn values(&self) -> [Option<u64>; 6] {
        [self.fuel, self.memory, self.table, self.mailbox, self.depth, self.payload]
    }

    /// The limits from values in the order of [`ActorLimits::NAMES`].
    pub fn from_values([fuel, memory, table, mailbox, depth, payload]: [Option<u64>; 6]) -> Self {
        Self { fuel, memory, table, mailbox, depth, payload }
    }

    /// Whether none is named.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a host gives its actors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenLimits {
    /// To an actor that is started without limits.
    pub default: ActorLimits,
    /// To one that is started with them, at most.
    pub most: ActorLimits,
    /// Instances of all actors at once, and so of any one.
    pub instances: u64,
}
