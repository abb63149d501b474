//! The read-only API: what hosts, links and claims there are, in the shapes of the control subjects.

use std::net::{IpAddr, SocketAddr};

use axum::{
    Json,
    extract::{ConnectInfo, Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::json;
use wisteria_core::{
    error::{ErrorCode, LatticeError},
    lattice::control::{ClaimsSummary, HostSummary, Inventory, LinkDefinition},
    secret::Secret,
};

use super::{WebState, ends::Ends};
use crate::edge::exposure::is_loopback;

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
pub(super) async fn config(
    State(state): State<WebState>,
    ConnectInfo(Ends(peer)): ConnectInfo<Ends>,
    headers: HeaderMap,
) -> impl IntoResponse {
    // Only a page of this very server, on this machine: whoever has the token operates the lattice.
    let token = match state.page_tokens.as_ref().filter(|_| is_own_page(peer.client, &headers)) {
        Some(tokens) => tokens.mint().await.map_err(|error| tracing::warn!(%error, "a page got no token")).ok(),
        None => None,
    };
    let config = Json(json!({
        "auth_required": state.page_tokens.is_some(),
        "token": token.as_ref().map(Secret::expose),
        "lattice": &*state.lattice,
        "allow_unsigned": state.allow_unsigned,
        "trusted_issuers": &*state.trusted_issuers,
        "policy": state.policy.as_deref(),
        "bridge": state.tabs_join.as_deref(),
        "host_id": state.host.id().to_string(),
    }));
    ([(header::CACHE_CONTROL, "no-store")], config)
}

/// Whether a request comes from this machine, to an address of it, and from no page of another origin.
fn is_own_page(client: Option<IpAddr>, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    // What a proxy passes on may come from anywhere.
    let passed_on = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];
    let is_passed_on = passed_on.iter().any(|name| headers.contains_key(*name));
    // A name may have been made to point here by whoever owns it.
    let names_loopback = host == "localhost"
        || host.starts_with("localhost:")
        || host.parse::<SocketAddr>().is_ok_and(|address| is_loopback(address.ip()))
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(is_loopback);
    let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, rest)| rest);
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes() == b"same-origin");
    client.is_some_and(is_loopback)
        && !is_passed_on
        && names_loopback
        && (headers.get(header::ORIGIN).is_none() || origin == Some(host))
        && site.unwrap_or(true)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_this_server_on_this_machine_gets_a_token() {
        let check = |client: &str, host: &'static str, others: &[(&'static str, &'static str)], expected| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().expect("a header"));
            for (name, value) in others {
                headers.insert(*name, value.parse().expect("a header"));
            }
            assert_eq!(is_own_page(client.parse().ok(), &headers), expected, "{client} {host} {others:?}");
        };
        check("127.0.0.1", "127.0.0.1:7700", &[], true);
        check("127.0.0.1", "localhost:7700", &[("sec-fetch-site", "same-origin")], true);
        check("::1", "[::1]:7700", &[("origin", "http://[::1]:7700")], true);
        check("192.0.2.1", "127.0.0.1:7700", &[], false);
        check("127.0.0.1", "rebound.example:7700", &[], false);
        check("127.0.0.1", "127.0.0.1:7700", &[("sec-fetch-site", "cross-site")], false);
        check("127.0.0.1", "127.0.0.1:7700", &[("origin", "http://evil.example")], false);
        check("127.0.0.1", "127.0.0.1:7700", &[("origin", "null")], false);
        check("127.0.0.1", "127.0.0.1:7700", &[("x-forwarded-for", "192.0.2.1")], false);
        check("127.0.0.1", "127.0.0.1:7700", &[("forwarded", "for=192.0.2.1")], false);
    }
}
