//! Mints and revokes tokens for who may ask: operators and other servers, as the broker lets nobody else.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
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

/// Where a lattice's server is asked, `mint` or `revoke`.
pub(crate) fn subject(lattice: &str, verb: &str) -> Result<Subject, SubjectError> {
    Subject::new(format!("wisteria.tokens.{lattice}.{verb}"))
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

fn read<T: for<'de> Deserialize<'de>>(payload: &[u8]) -> Result<T, String> {
    serde_json::from_slice(payload).map_err(|error| format!("the request cannot be read: {error}"))
}

fn json(value: &impl Serialize) -> Result<Bytes, String> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|error| error.to_string())
}
