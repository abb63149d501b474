//! The one port of a server: the page, the lattice over WebSocket, and a small read-only API.

mod api;
mod ends;
mod lattice;
mod page;

use std::sync::Arc;

use axum::{Router, middleware, routing::get};
pub(crate) use ends::Ends;
use wisteria_core::{host::Host, identity::PublicKey, lattice::Client};

use crate::{
    auth::PageTokens,
    edge::{Site, guard},
    source::Entrance,
};

/// What the handlers share.
#[derive(Debug, Clone)]
pub(crate) struct WebState {
    pub(crate) entrance: Entrance,
    pub(crate) host: Host,
    pub(crate) client: Client,
    pub(crate) lattice: Arc<str>,
    pub(crate) allow_unsigned: bool,
    /// Whose signed modules its pages may run, as it does.
    pub(crate) trusted_issuers: Arc<[PublicKey]>,
    /// What signs the tokens of its pages, where they need one.
    pub(crate) page_tokens: Option<PageTokens>,
    /// The policy that its pages obey, as it does.
    pub(crate) policy: Option<Arc<serde_json::Value>>,
    /// Where its pages join the lattice, if not here.
    pub(crate) tabs_join: Option<Arc<str>>,
    /// Which names it has, and whose pages may join.
    pub(crate) site: Site,
}

/// All routes.
pub(crate) fn service(state: WebState) -> Router {
    let site = state.site.clone();
    Router::new()
        .route("/lattice", get(lattice::join))
        .route("/api/config", get(api::config))
        .route("/api/hosts", get(api::hosts))
        .route("/api/hosts/{host}/inventory", get(api::inventory))
        .route("/api/links", get(api::links))
        .route("/api/claims", get(api::claims))
        .fallback(page::serve)
        .with_state(state)
        .layer(middleware::from_fn_with_state(site, guard))
}
