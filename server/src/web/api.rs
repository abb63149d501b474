//! The read-only API: what hosts, links and claims there are, in the shapes of the control subjects.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Value, json};
use wisteria_core::{
    error::{ErrorCode, LatticeError},
    lattice::control::{ClaimsSummary, HostSummary, Inventory, LinkDefinition},
};

use super::WebState;

/// An error as the API answers it: `{code, message}`.
#[derive(Debug)]
pub(super) struct ApiError(LatticeError);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = match self.0.code {
            ErrorCode::HostNotFound => StatusCode::NOT_FOUND,
            ErrorCode::BadRequest => StatusCode::BAD_REQUEST,
            _ => StatusCode::BAD_GATEWAY,
        };
        let body = json!({ "code": self.0.code.as_str(), "message": self.0.message });
        (status, Json(body)).into_response()
    }
}

type Answer<T> = Result<Json<T>, ApiError>;

fn answer<T: Serialize>(outcome: Result<T, LatticeError>) -> Answer<T> {
    outcome.map(Json).map_err(ApiError)
}

/// What a page must know to join.
pub(super) async fn config(State(state): State<WebState>) -> Json<Value> {
    Json(json!({
        "lattice": &*state.lattice,
        "allow_unsigned": state.allow_unsigned,
        "trusted_issuers": &*state.trusted_issuers,
        "policy": state.policy.as_deref(),
        "bridge": state.tabs_join.as_deref(),
        "host_id": state.host.id().to_string(),
    }))
}

pub(super) async fn hosts(State(state): State<WebState>) -> Answer<Vec<HostSummary>> {
    answer(state.client.hosts().await)
}

pub(super) async fn inventory(State(state): State<WebState>, Path(host): Path<String>) -> Answer<Inventory> {
    let host = host
        .parse()
        .map_err(|error| ApiError(LatticeError::new(ErrorCode::BadRequest, format!("host \"{host}\": {error}"))))?;
    answer(state.client.inventory(host).await)
}

pub(super) async fn links(State(state): State<WebState>) -> Answer<Vec<LinkDefinition>> {
    answer(state.client.links().await)
}

pub(super) async fn claims(State(state): State<WebState>) -> Answer<Vec<ClaimsSummary>> {
    answer(state.client.claims().await)
}
