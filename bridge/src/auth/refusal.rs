//! Why a connection is not let in.

use std::borrow::Cow;

use thiserror::Error;
use wisteria_core::identity::PublicKey;

/// Why a connection is not let in. Clients hear it as NATS servers say it; what concerns join tokens, which these do not
/// know, is told with its remedy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It brings no claims.
    #[error("it brings no credentials; give it a .creds file or a join token")]
    NoCredentials,
    /// Its claims cannot be read.
    #[error("its claims cannot be read: {0}")]
    Unreadable(String),
    /// Its claims are not signed by their issuer.
    #[error("its claims were not signed by {0}")]
    Forged(PublicKey),
    /// Nobody who may issue claims here did.
    #[error("its claims are issued by {0}, whose users may not join here; name the account with --auth-account")]
    ForeignAccount(PublicKey),
    /// Its claims do not hold any more.
    #[error("its claims have expired")]
    Expired,
    /// Its claims do not hold yet.
    #[error("its claims do not hold yet; compare the clocks")]
    NotYet,
    /// It did not sign the nonce.
    #[error("it did not sign the nonce with the key {0}")]
    Nonce(PublicKey),
    /// It claims a provider's key that it does not have.
    #[error("it did not sign the nonce with the provider's key \"{0}\"")]
    Provider(String),
    /// Its claims are for another lattice.
    #[error("its claims are for the lattice \"{0}\"")]
    OtherLattice(String),
    /// It brings a join token without a key to bind it to.
    #[error("a join token is used together with a key of the client, by which it signs the nonce")]
    NoKey,
    /// Its join token never expires.
    #[error("a join token must expire; mint one with: wisteria token mint")]
    Endless,
    /// Another client used its join token.
    #[error("this join token was used by another client; mint one for each with: wisteria token mint")]
    Replayed,
    /// More join tokens are in use than can be remembered.
    #[error("too many join tokens are in use; wait until some expire, or mint them for a shorter time")]
    TooMany,
    /// The policy of the server denies it.
    #[error("the policy denies it by the rule \"{rule}\"{}", because.as_ref().map(|text| format!(": {text}")).unwrap_or_default())]
    Policy {
        /// The rule's id, or what stands for the policy's default.
        rule: String,
        /// The rule's reason.
        because: Option<String>,
    },
    /// Its claims were revoked.
    #[error("its claims were revoked; mint others with: wisteria token mint")]
    Revoked,
}

impl Refusal {
    /// The text of the `-ERR`.
    pub fn nats_text(&self) -> Cow<'static, str> {
        match self {
            Self::Policy { .. }
            | Self::NoKey
            | Self::Endless
            | Self::Replayed
            | Self::TooMany
            | Self::Revoked
            | Self::OtherLattice(_) => format!("Authorization Violation: {self}").into(),
            // Who was told more could try until it fits.
            _ => "Authorization Violation".into(),
        }
    }
}
