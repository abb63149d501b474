//! The limits of actors, as requests ask for them and inventories tell them.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, Visitor},
};

/// Limits of one actor on one host. What is not named is left to the host.
///
/// A name that is not known is refused and not passed over: whoever sets a limit relies on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ActorLimits {
    /// Fuel per call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// Bytes of an instance's memory, rounded down to pages of 64 KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Elements of one of its tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<u64>,
    /// Calls that may wait for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<u64>,
    /// Longest chain of calls that may come to it or go on from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depth: Option<u64>,
    /// Bytes of the payload of a host call, either way.
    #[serde(skip_serializing_if = "Option::is_none")]
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

impl<'de> Deserialize<'de> for ActorLimits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ReadLimits).map(Self::from_values)
    }
}

/// Reads limits by their names; a derived reader would be several times as large.
struct ReadLimits;

impl<'de> Visitor<'de> for ReadLimits {
    type Value = [Option<u64>; 6];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("limits by their names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = [None; 6];
        while let Some(name) = map.next_key::<String>()? {
            let Some(at) = ActorLimits::NAMES.iter().position(|known| *known == name) else {
                let names = ActorLimits::NAMES.join(", ");
                return Err(A::Error::custom(format_args!("\"{name}\" is no limit of an actor; there are {names}")));
            };
            values[at] = map.next_value()?;
        }
        Ok(values)
    }
}
