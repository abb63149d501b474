//! What every actor may answer.

use serde::{Deserialize, Serialize};

/// Under what name these operations are listed with those of contracts. No claim and no link has it.
pub const CONTRACT: &str = "core";

/// Operations of an actor.
pub mod operation {
    /// [`HealthCheckRequest`](super::HealthCheckRequest) → [`HealthCheckResponse`](super::HealthCheckResponse).
    pub const HEALTH_REQUEST: &str = "Actor.HealthRequest";
}

/// Asks whether an actor can work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HealthCheckRequest {}

/// Whether it can.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HealthCheckResponse {
    /// Whether it can.
    #[serde(default)]
    pub healthy: bool,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// The contract in its own words.
#[cfg(feature = "schema")]
pub fn describe() -> crate::schema::Contract {
    crate::schema::Contract::new(CONTRACT, "What every actor may answer")
        .by_provider::<HealthCheckRequest, HealthCheckResponse>(
            operation::HEALTH_REQUEST,
            "Whether the actor can work.",
        )
}
