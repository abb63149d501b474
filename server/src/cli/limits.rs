//! The options that bound actors: those of `start actor`, and the ceilings of `up`.

use clap::{Args, value_parser};
use wisteria_core::{host::HostLimits, lattice::control::ActorLimits};

/// The limits of one actor. Each must be within what its host gives.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitArgs {
    /// How much it may compute in a call
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    fuel: Option<u64>,
    /// Memory of each of its instances, such as 16Mi
    #[arg(long, value_name = "BYTES", value_parser = memory)]
    memory: Option<u64>,
    /// Elements of each of its tables
    #[arg(long, value_name = "N")]
    table: Option<u64>,
    /// How many calls may wait for it
    #[arg(long, value_name = "N")]
    mailbox: Option<u64>,
    /// Through how many actors calls may come to it
    #[arg(long, value_name = "N")]
    depth: Option<u64>,
    /// Payload of each of its host calls, such as 64Ki
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    payload: Option<u64>,
}

impl LimitArgs {
    /// The limits, if any are given.
    pub(super) fn given(&self) -> Option<ActorLimits> {
        let Self { fuel, memory, table, mailbox, depth, payload } = *self;
        let limits = ActorLimits { fuel, memory, table, mailbox, depth, payload };
        (!limits.is_empty()).then_some(limits)
    }
}

/// What actors may have on a server at most.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits of actors")]
pub(super) struct CeilingArgs {
    /// How much an actor may compute in a call, at most
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    max_fuel: Option<u64>,
    /// Memory of an instance, at most, such as 256Mi
    #[arg(long, value_name = "BYTES", value_parser = memory)]
    max_memory: Option<u64>,
    /// Elements of a table, at most
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(..=1 << 24))]
    max_table: Option<u64>,
    /// Calls that may wait for an actor, at most
    #[arg(long, value_name = "N")]
    max_mailbox: Option<u64>,
    /// Actors that a call may come through, at most
    #[arg(long, value_name = "N")]
    max_depth: Option<u64>,
    /// Payload of a host call, at most, such as 32Mi
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    max_payload: Option<u64>,
    /// Instances of all actors at once
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=8192))]
    max_instances: Option<u64>,
}

impl CeilingArgs {
    /// The bounds of a host with these ceilings.
    pub(super) fn limits(&self) -> HostLimits {
        let defaults = HostLimits::default();
        let instances = self.max_instances.and_then(|instances| usize::try_from(instances).ok());
        HostLimits {
            instances: instances.unwrap_or(defaults.instances),
            most: ActorLimits {
                fuel: self.max_fuel,
                memory: self.max_memory,
                table: self.max_table,
                mailbox: self.max_mailbox,
                depth: self.max_depth,
                payload: self.max_payload,
            },
            ..defaults
        }
    }
}

/// What a memory of 32-bit addresses can hold.
const MOST_MEMORY: u64 = 4 << 30;

/// A page of memory.
const PAGE: u64 = 64 << 10;

fn memory(text: &str) -> Result<u64, String> {
    let bytes = bytes(text)?;
    match (PAGE..=MOST_MEMORY).contains(&bytes) {
        true => Ok(bytes),
        false => Err("a memory has 64Ki to 4Gi".to_owned()),
    }
}

/// Reads a number of bytes, with or without a unit.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let (number, factor) = [("Ki", 10), ("Mi", 20), ("Gi", 30)]
        .into_iter()
        .find_map(|(unit, power)| Some((text.strip_suffix(unit)?, 1_u64 << power)))
        .unwrap_or((text, 1));
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    bytes.ok_or_else(|| "a number of bytes such as 65536, 64Ki, 16Mi or 1Gi is needed".to_owned())
}

/// Limits for people, in the words of the options that set them.
pub(super) fn limits_text(limits: &ActorLimits) -> String {
    let named = ActorLimits::NAMES.into_iter().zip(limits.values());
    let set = named.filter_map(|(name, value)| value.map(|value| format!("{name}={value}")));
    set.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_a_number_with_or_without_a_unit() {
        assert_eq!(bytes("65536"), Ok(65_536));
        assert_eq!(bytes("64Ki"), Ok(65_536));
        assert_eq!(bytes("2Gi"), Ok(2 << 30));
        for wrong in ["", "Mi", "-1", "1.5Mi", "64k", "64 Ki", "99999999999Gi"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
        assert!(memory("1Ki").is_err() && memory("5Gi").is_err());
        assert_eq!(memory("4Gi"), Ok(4 << 30));
    }

    #[test]
    fn only_limits_that_are_set_are_named() {
        let limits = ActorLimits { fuel: Some(7), depth: Some(0), ..ActorLimits::default() };
        assert_eq!(limits_text(&limits), "fuel=7 depth=0");
    }
}
