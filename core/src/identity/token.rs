//! The token inside a signed module: a JSON web token signed with Ed25519, as wascap writes it.

use serde::Serialize;
use thiserror::Error;

use super::{
    key::{KeyError, KeyKind, PublicKey, SignatureError},
    key_pair::KeyPair,
};
use crate::{
    encoding::{self, by_name::read_by_name},
    text::BASE64_URL,
};

/// The one header there is. Comparing it whole leaves no algorithm to choose from.
const HEADER: &str = r#"{"typ":"jwt","alg":"Ed25519"}"#;

/// The claims as they stand in the token; field order is that of wascap.
#[derive(Debug, Serialize)]
pub(super) struct TokenClaims {
    #[serde(rename = "exp", skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<u64>,
    #[serde(rename = "jti")]
    pub(super) id: String,
    #[serde(rename = "iat")]
    pub(super) issued_at: u64,
    #[serde(rename = "iss")]
    pub(super) issuer: String,
    #[serde(rename = "sub")]
    pub(super) subject: String,
    #[serde(rename = "nbf", skip_serializing_if = "Option::is_none")]
    pub(super) not_before: Option<u64>,
    #[serde(rename = "wascap")]
    pub(super) actor: TokenActor,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) wascap_revision: Option<u32>,
}

read_by_name!(TokenClaims {
    expires: optional["exp"],
    id: needed["jti"],
    issued_at: needed["iat"],
    issuer: needed["iss"],
    subject: needed["sub"],
    not_before: optional["nbf"],
    actor: needed["wascap"],
    wascap_revision: optional["wascap_revision"],
});

/// What the token says of an actor.
#[derive(Debug, Serialize)]
pub(super) struct TokenActor {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    pub(super) hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) caps: Option<Vec<String>>,
    #[serde(rename = "rev", skip_serializing_if = "Option::is_none")]
    pub(super) revision: Option<i32>,
    #[serde(rename = "ver", skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) call_alias: Option<String>,
    #[serde(rename = "prov")]
    pub(super) is_provider: bool,
}

read_by_name!(TokenActor {
    name: optional["name"],
    hash: needed["hash"],
    tags: optional["tags"],
    caps: optional["caps"],
    revision: optional["rev"],
    version: optional["ver"],
    call_alias: optional["call_alias"],
    is_provider: optional["prov"],
});

/// Why a token is not one, or not to be believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It has not three parts.
    #[error("it has {found} parts instead of header, claims and signature")]
    Parts {
        /// How many it has.
        found: usize,
    },
    /// Its header is another.
    #[error("its header is not {HEADER}")]
    Header,
    /// A part is not what it should be.
    #[error("its {part} cannot be read: {cause}")]
    Part {
        /// Which part.
        part: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// Issuer or subject is no key of the needed kind.
    #[error("its {claim} {text:?} is not usable: {source}")]
    Key {
        /// `iss` or `sub`.
        claim: &'static str,
        /// What stands there.
        text: String,
        /// What is wrong with it.
        source: KeyError,
    },
    /// The issuer did not sign it.
    #[error("its signature does not hold: {0}")]
    Signature(#[from] SignatureError),
}

/// A token of the right form.
pub(super) struct ReadToken {
    pub(super) issuer: PublicKey,
    pub(super) subject: PublicKey,
    pub(super) claims: TokenClaims,
    /// Whether the issuer signed it.
    pub(super) signature: Result<(), SignatureError>,
}

/// Reads a token, checks its form and its keys, and says whether its signature holds.
pub(super) fn read(token: &[u8]) -> Result<ReadToken, TokenError> {
    let parts: Vec<&[u8]> = token.split(|byte| *byte == b'.').collect();
    let [header, body, signature] = parts[..] else {
        return Err(TokenError::Parts { found: parts.len() });
    };
    if header != BASE64_URL.encode(HEADER.as_bytes()).as_bytes() {
        return Err(TokenError::Header);
    }
    let claims = decode("claims", body)?;
    let claims: TokenClaims = encoding::from_json(&claims).map_err(|error| unreadable("claims", &error))?;
    let issuer = key_in("iss", &claims.issuer, KeyKind::Account)?;
    let subject = key_in("sub", &claims.subject, KeyKind::Module)?;
    let signed = &token[..header.len() + 1 + body.len()];
    let signature = issuer.verify(signed, &decode("signature", signature)?);
    Ok(ReadToken { issuer, subject, claims, signature })
}

/// The token of these claims, signed.
pub(super) fn sign(claims: &TokenClaims, key: &KeyPair) -> String {
    let signed = to_sign(claims);
    complete(&signed, &key.sign(signed.as_bytes()))
}

/// Header and claims of a token: what its issuer signs.
pub(super) fn to_sign(claims: &TokenClaims) -> String {
    let claims = serde_json::to_vec(claims).expect("claims have string keys and serialise");
    format!("{}.{}", BASE64_URL.encode(HEADER.as_bytes()), BASE64_URL.encode(&claims))
}

/// The token of what was signed, and its signature.
pub(super) fn complete(signed: &str, signature: &[u8]) -> String {
    format!("{signed}.{}", BASE64_URL.encode(signature))
}

fn decode(part: &'static str, text: &[u8]) -> Result<Vec<u8>, TokenError> {
    BASE64_URL.decode(text).map_err(|error| unreadable(part, &error))
}

fn unreadable(part: &'static str, cause: &impl ToString) -> TokenError {
    TokenError::Part { part, cause: cause.to_string() }
}

fn key_in(claim: &'static str, text: &str, kind: KeyKind) -> Result<PublicKey, TokenError> {
    text.parse::<PublicKey>().and_then(|key| key.expect_kind(kind)).map_err(|source| TokenError::Key {
        claim,
        text: text.to_owned(),
        source,
    })
}
