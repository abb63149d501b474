//! Mints tokens for who may ask: operators and other servers, as the broker lets nobody else.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use wisteria_bridge::auth::Role;
use wisteria_core::{
    bus::{Bus, BusError, Subject, SubjectError, SubjectPattern, message},
    identity::{KeyKind, PublicKey},
    secret::{Secret, exposed},
};

use super::Authority;

/// Asks for a token.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MintRequest {
    pub(crate) role: Role,
    /// What a tab may serve.
    #[serde(default)]
    pub(crate) modules: Vec<PublicKey>,
    pub(crate) ttl_seconds: u64,
    /// Whose claims they are to be; a join token without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<PublicKey>,
}

/// A token.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Minted {
    #[serde(serialize_with = "exposed")]
    pub(crate) token: Secret,
    /// By which it is revoked.
    pub(crate) id: String,
    /// In seconds since the Unix epoch.
    pub(crate) expires: Option<u64>,
}

/// Why a server mints no token.
#[derive(Debug, Error)]
pub(crate) enum TokenServiceError {
    #[error("nobody mints tokens on this lattice: its server was started with --open, or it is on a NATS cluster")]
    NobodyMints,
    #[error("the server did not answer ({0}); minting is for operators, whose credentials --creds names")]
    Unanswered(BusError),
    #[error("the server refuses: {0}")]
    Refused(String),
    #[error("the lattice's name cannot be used: {0}")]
    Lattice(#[from] SubjectError),
    #[error("the answer of the server cannot be read: {0}; compare the versions of both")]
    Unreadable(serde_json::Error),
}

/// Asks the server of a lattice for a token.
pub(crate) async fn ask(
    bus: &dyn Bus,
    lattice: &str,
    request: &MintRequest,
    patience: Duration,
) -> Result<Minted, TokenServiceError> {
    #[derive(Deserialize)]
    struct Failed {
        error: String,
    }
    let subject = Subject::new(format!("wisteria.tokens.{lattice}.mint"))?;
    let body = serde_json::to_vec(request).expect("requests have string keys");
    let reply = bus.request(message(subject, body), patience).await.map_err(|error| match error {
        BusError::NoResponders(_) => TokenServiceError::NobodyMints,
        other => TokenServiceError::Unanswered(other),
    })?;
    if let Ok(failed) = serde_json::from_slice::<Failed>(&reply.payload) {
        return Err(TokenServiceError::Refused(failed.error));
    }
    serde_json::from_slice(&reply.payload).map_err(TokenServiceError::Unreadable)
}

/// Answers until the bus is closed.
pub(crate) fn serve(authority: Arc<Authority>, bus: Arc<dyn Bus>, lattice: &str) -> Result<(), BusError> {
    let pattern = SubjectPattern::new(format!("wisteria.tokens.{lattice}.mint"))?;
    // On a NATS cluster each of its servers can answer.
    let mut requests = bus.subscribe(pattern, Some("wisteria.tokens"))?;
    tokio::spawn(async move {
        while let Some(request) = requests.next().await {
            let answer = match mint(&authority, &request.payload) {
                Ok(minted) => serde_json::to_vec(&minted).expect("answers have string keys"),
                Err(error) => serde_json::json!({ "error": error }).to_string().into_bytes(),
            };
            if let Some(reply) = request.reply
                && let Err(error) = bus.publish(message(reply, answer))
            {
                tracing::warn!(%error, "the answer to a request for a token was not sent");
            }
        }
    });
    Ok(())
}

fn mint(authority: &Authority, payload: &[u8]) -> Result<Minted, String> {
    let asked = serde_json::from_slice(payload).map_err(|error| format!("the request cannot be read: {error}"))?;
    let MintRequest { role, modules, ttl_seconds, user } = asked;
    if ttl_seconds == 0 {
        return Err("a token holds for a second at least".to_owned());
    }
    if modules.iter().any(|module| module.kind() != KeyKind::Module) {
        return Err("modules are named by their keys, M…".to_owned());
    }
    if user.is_some_and(|user| user.kind() != KeyKind::User) {
        return Err("claims are for the key of a user, U…".to_owned());
    }
    if role != Role::Tab && !modules.is_empty() {
        return Err(format!("modules are granted to the role tab only, and the role {role} needs no grant"));
    }
    let minted = authority.mint(role, modules, user, Some(Duration::from_secs(ttl_seconds)));
    tracing::info!(token = minted.id, %role, "a token was minted");
    Ok(minted)
}
