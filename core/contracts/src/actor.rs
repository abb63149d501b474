//! What every actor may answer.

use serde::{Deserialize, Serialize};

/// Operations of an actor.
pub mod operation {
    /// [`HealthCheckRequest`](super::HealthCheckRequest) → [`HealthCheckResponse`](super::HealthCheckResponse).
    pub const HEALTH_REQUEST: &str = "Actor.HealthRequest";
}

/// Asks whether an actor can work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheckRequest {}

/// Whether it can.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheckResponse {
    /// Whether it can.
    #[serde(default)]
    pub healthy: bool,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
