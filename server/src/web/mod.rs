//! The one port of a server: the page, the lattice over WebSocket, and a small read-only API.

mod api;
mod ends;
mod lattice;
mod page;

use std::sync::Arc;

use axum::{Router, extract::connect_info::IntoMakeServiceWithConnectInfo, routing::get};
use ends::Ends;
use wisteria_core::{host::Host, lattice::Client};

use crate::{auth::Authority, source::Entrance};

/// What the handlers share.
#[derive(Debug, Clone)]
pub(crate) struct WebState {
    pub(crate) entrance: Entrance,
    pub(crate) host: Host,
    pub(crate) client: Client,
    pub(crate) lattice: Arc<str>,
    pub(crate) allow_unsigned: bool,
    /// What signs the tokens of its pages, where they need one.
    pub(crate) authority: Option<Arc<Authority>>,
    /// Where its pages join the lattice, if not here.
    pub(crate) tabs_join: Option<Arc<str>>,
}

/// All routes.
pub(crate) fn service(state: WebState) -> IntoMakeServiceWithConnectInfo<Router, Ends> {
    Router::new()
        .route("/lattice", get(lattice::join))
        .route("/api/config", get(api::config))
        .route("/api/hosts", get(api::hosts))
        .route("/api/hosts/{host}/inventory", get(api::inventory))
        .route("/api/links", get(api::links))
        .route("/api/claims", get(api::claims))
        .fallback(page::serve)
        .with_state(state)
        .into_make_service_with_connect_info()
}
