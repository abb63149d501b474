//! `wisteria:cron`: calls an actor at times that its link says.
//!
//! A link value `schedule.NAME` holds a schedule: five fields of cron in UTC (`*/5 * * * *`, `0 6 * * MON-FRI`), or
//! `every` with a whole number of `s`, `m` or `h` (`every 30s`), counted from 1970.

use serde::{Deserialize, Serialize};

/// The contract.
pub const CONTRACT: &str = "wisteria:cron";

/// What the names of link values that hold a schedule start with.
pub const SCHEDULE_PREFIX: &str = "schedule.";

/// Operations, called by the provider.
pub mod operation {
    /// [`Tick`](super::Tick) → nothing. A tick that the actor fails is told as that, and not repeated.
    pub const HANDLE_TICK: &str = "Cron.HandleTick";
}

/// A schedule is due. The next tick of a schedule waits until the actor has answered this one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Tick {
    /// The schedule: the `NAME` of `schedule.NAME`.
    pub name: String,
    /// When it was due, in milliseconds since 1970. The same for a tick on whichever host it is.
    pub scheduled_time: u64,
    /// When it was sent, in milliseconds since 1970.
    pub sent_time: u64,
    /// How many ticks of the schedule were due between the last one sent and this one, but not sent: the actor was still
    /// busy with one or ran nowhere, or the provider did not run and has kept its place.
    #[serde(default)]
    pub missed: u32,
}

/// The contract in its own words.
#[cfg(feature = "schema")]
pub fn describe() -> crate::schema::Contract {
    crate::schema::Contract::new(CONTRACT, "Calls at times that the link says")
        .by_provider::<Tick, ()>(operation::HANDLE_TICK, "A schedule is due.")
}
