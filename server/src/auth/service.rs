//! Mints and revokes tokens for who may ask: operators and other servers, as the broker lets nobody else.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use thiserror::Error;
use wisteria_bridge::{Broker, auth::Role};
use wisteria_core::{
    bus::{Bus, BusError, Message, Subject, SubjectError, SubjectPattern, message},
    identity::{KeyKind, PublicKey},
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
#[derive(Serialize, Deserialize)]
pub(crate) struct Minted {
    pub(crate) token: String,
    /// By which it is revoked.
    pub(crate) id: String,
    /// In seconds since the Unix epoch.
    pub(crate) expires: Option<u64>,
}

impl std::fmt::Debug for Minted {
    // The token is a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Minted").field("id", &self.id).field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// Asks that a token lets nobody in any more.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RevokeRequest {
    pub(crate) id: String,
}

/// A token lets nobody in any more.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Revoked {
    pub(crate) revoked: String,
}

/// Why a server does not do what it is asked about tokens.
#[derive(Debug, Error)]
pub(crate) enum TokenServiceError {
    #[error("nobody mints tokens on this lattice: its server was started with --open, or it is on a NATS cluster")]
    NobodyMints,
    #[error("the server did not answer ({0}); minting and revoking are for operators, whose credentials --creds names")]
    Unanswered(BusError),
    #[error("the server refuses: {0}")]
    Refused(String),
    #[error("the lattice's name cannot be used: {0}")]
    Lattice(#[from] SubjectError),
    #[error("the answer of the server cannot be read: {0}; compare the versions of both")]
    Unreadable(serde_json::Error),
}

/// Asks the server of a lattice to `mint` or to `revoke`.
pub(crate) async fn ask<T: DeserializeOwned>(
    bus: &dyn Bus,
    lattice: &str,
    verb: &str,
    request: &impl Serialize,
    patience: Duration,
) -> Result<T, TokenServiceError> {
    #[derive(Deserialize)]
    struct Failed {
        error: String,
    }
    let subject = Subject::new(format!("wisteria.tokens.{lattice}.{verb}"))?;
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
pub(crate) fn serve(
    authority: Arc<Authority>,
    broker: Arc<Broker>,
    bus: Arc<dyn Bus>,
    lattice: &str,
) -> Result<(), BusError> {
    let pattern = SubjectPattern::new(format!("wisteria.tokens.{lattice}.*"))?;
    let mut requests = bus.subscribe(pattern, None)?;
    tokio::spawn(async move {
        while let Some(request) = requests.next().await {
            let answer = answer(&authority, &broker, &request);
            if let Some(reply) = request.reply
                && let Err(error) = bus.publish(message(reply, answer))
            {
                tracing::warn!(%error, "the answer to a request about tokens was not sent");
            }
        }
    });
    Ok(())
}

fn answer(authority: &Authority, broker: &Broker, request: &Message) -> Bytes {
    let outcome = match request.subject.as_str().rsplit('.').next() {
        Some("mint") => {
            read(&request.payload).and_then(|asked| mint(authority, asked)).and_then(|minted| json(&minted))
        }
        Some("revoke") => read::<RevokeRequest>(&request.payload).and_then(|asked| {
            broker.revoke(&asked.id);
            tracing::info!(token = asked.id, "a token was revoked");
            json(&Revoked { revoked: asked.id })
        }),
        _ => Err("there are the requests mint and revoke".to_owned()),
    };
    outcome.unwrap_or_else(|error| serde_json::json!({ "error": error }).to_string().into())
}

fn mint(authority: &Authority, asked: MintRequest) -> Result<Minted, String> {
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

fn read<T: DeserializeOwned>(payload: &[u8]) -> Result<T, String> {
    serde_json::from_slice(payload).map_err(|error| format!("the request cannot be read: {error}"))
}

fn json(value: &impl Serialize) -> Result<Bytes, String> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|error| error.to_string())
}
