//! The claims inside a module: a JWT that says who issued it and what it may use.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    key::{KeyKind, PublicKey},
    module::{embedded_token, module_hash},
};

/// What an actor's issuer says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorClaims {
    /// Who says so, `A…`.
    pub issuer: PublicKey,
    /// Of whom, `M…`.
    pub subject: PublicKey,
    /// The token's own name.
    pub id: String,
    /// When it was issued, in seconds since the Unix epoch.
    pub issued_at: u64,
    /// Until when it holds.
    pub expires: Option<u64>,
    /// From when on it holds.
    pub not_before: Option<u64>,
    /// The actor's name.
    pub name: Option<String>,
    /// The module's hash, see [`module_hash`].
    pub hash: String,
    /// Tags.
    pub tags: Vec<String>,
    /// The contracts that it may use.
    pub caps: Vec<String>,
    /// Its revision, growing.
    pub revision: Option<i32>,
    /// Its version, for people.
    pub version: Option<String>,
    /// By which other actors may call it.
    pub call_alias: Option<String>,
    /// The revision of the format; from 3 on the hash is enforced.
    pub format_revision: Option<u32>,
}

/// Why a module's claims do not hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ClaimsError {
    /// The bytes are not a module.
    #[error("the module cannot be read: {0}")]
    Module(String),
    /// The token cannot be read.
    #[error("the module's token cannot be read: {0}; sign the module again")]
    Malformed(String),
    /// The signature is not the issuer's.
    #[error("the token's signature is not that of its issuer {0}; sign the module again")]
    Signature(PublicKey),
    /// The module was changed after it was signed.
    #[error("the module was changed after it was signed (its hash is {actual}, signed was {signed}); sign it again")]
    Hash {
        /// What the token says.
        signed: String,
        /// What the module has.
        actual: String,
    },
    /// The claims hold no longer.
    #[error("the claims expired {0} s ago; sign the module again")]
    Expired(u64),
    /// The claims do not hold yet.
    #[error("the claims hold only in {0} s; wait, or check the clock")]
    NotYet(u64),
}

/// The header of every token.
pub(super) const HEADER: &str = r#"{"typ":"jwt","alg":"Ed25519"}"#;

/// From this revision of the format on, the hash is enforced.
const HASH_ENFORCED: u32 = 3;

/// Reads and verifies the claims embedded in a module: signature, hash, and that they hold at `now` (since the Unix
/// epoch). Nothing for a module without claims. Whether the issuer is trusted is another question.
///
/// # Errors
/// What does not hold.
pub fn inspect(module: &[u8], now: Duration) -> Result<Option<ActorClaims>, ClaimsError> {
    let Some(token) = embedded_token(module)? else {
        return Ok(None);
    };
    let claims = read_token(token.trim())?;
    let now = now.as_secs();
    match (claims.expires, claims.not_before) {
        (Some(expires), _) if expires < now => return Err(ClaimsError::Expired(now - expires)),
        (_, Some(not_before)) if not_before > now => return Err(ClaimsError::NotYet(not_before - now)),
        _ => {}
    }
    if claims.format_revision.is_some_and(|revision| revision >= HASH_ENFORCED) {
        let actual = module_hash(module)?;
        if actual != claims.hash {
            return Err(ClaimsError::Hash {
                signed: claims.hash,
                actual,
            });
        }
    }
    Ok(Some(claims))
}

fn read_token(token: &str) -> Result<ActorClaims, ClaimsError> {
    let malformed = |cause: &str| ClaimsError::Malformed(cause.to_owned());
    let decode = |part: &str| {
        BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| malformed("a part is not base64url"))
    };
    let (signed, signature) = token.rsplit_once('.').ok_or_else(|| malformed("it has no three parts"))?;
    let (header, body) = signed.split_once('.').ok_or_else(|| malformed("it has no three parts"))?;
    if decode(header)? != HEADER.as_bytes() {
        return Err(malformed("its header is not that of an Ed25519 JWT"));
    }
    let claims: TokenClaims =
        serde_json::from_slice(&decode(body)?).map_err(|error| ClaimsError::Malformed(error.to_string()))?;
    if claims.iss.kind() != KeyKind::Account {
        return Err(malformed("its issuer is not an account key A…"));
    }
    if claims.sub.kind() != KeyKind::Module {
        return Err(malformed("its subject is not a module key M…"));
    }
    claims
        .iss
        .verify(signed.as_bytes(), &decode(signature)?)
        .map_err(|_| ClaimsError::Signature(claims.iss))?;
    match claims.wascap.as_ref().is_some_and(|wascap| wascap.prov) {
        true => Err(malformed("it is that of a provider, not of an actor")),
        false => Ok(claims.into()),
    }
}

/// The claims as the token has them.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TokenClaims {
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<u64>,
    jti: String,
    iat: u64,
    iss: PublicKey,
    sub: PublicKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wascap: Option<Wascap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wascap_revision: Option<u32>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Wascap {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default)]
    hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caps: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rev: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ver: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    call_alias: Option<String>,
    #[serde(default)]
    prov: bool,
}

impl From<TokenClaims> for ActorClaims {
    fn from(token: TokenClaims) -> Self {
        let wascap = token.wascap.unwrap_or_default();
        Self {
            issuer: token.iss,
            subject: token.sub,
            id: token.jti,
            issued_at: token.iat,
            expires: token.exp,
            not_before: token.nbf,
            name: wascap.name,
            hash: wascap.hash,
            tags: wascap.tags.unwrap_or_default(),
            caps: wascap.caps.unwrap_or_default(),
            revision: wascap.rev,
            version: wascap.ver,
            call_alias: wascap.call_alias,
            format_revision: token.wascap_revision,
        }
    }
}

impl From<ActorClaims> for TokenClaims {
    fn from(claims: ActorClaims) -> Self {
        let present = |list: Vec<String>| (!list.is_empty()).then_some(list);
        Self {
            exp: claims.expires,
            jti: claims.id,
            iat: claims.issued_at,
            iss: claims.issuer,
            sub: claims.subject,
            nbf: claims.not_before,
            wascap: Some(Wascap {
                name: claims.name,
                hash: claims.hash,
                tags: present(claims.tags),
                caps: present(claims.caps),
                rev: claims.revision,
                ver: claims.version,
                call_alias: claims.call_alias,
                prov: false,
            }),
            wascap_revision: claims.format_revision,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{KeyPair, sign_module};

    const NOW: Duration = Duration::from_secs(1_000);

    fn issuer() -> KeyPair {
        KeyPair::from_raw(KeyKind::Account, [1; 32])
    }

    fn claims() -> ActorClaims {
        ActorClaims {
            issuer: issuer().public_key(),
            subject: KeyPair::from_raw(KeyKind::Module, [2; 32]).public_key(),
            id: "id".to_owned(),
            issued_at: 900,
            expires: Some(2_000),
            not_before: Some(900),
            name: Some("counter".to_owned()),
            hash: String::new(),
            tags: vec![],
            caps: vec!["wasmcloud:keyvalue".to_owned()],
            revision: Some(1),
            version: Some("0.1".to_owned()),
            call_alias: None,
            format_revision: Some(3),
        }
    }

    fn signed() -> Vec<u8> {
        let module = wat::parse_str("(module (func) (memory 1))").expect("WAT");
        sign_module(&module, &claims(), &issuer()).expect("signed")
    }

    #[test]
    fn signed_claims_are_read_and_hold() {
        let read = inspect(&signed(), NOW).expect("they hold").expect("there are some");
        assert_eq!(read.caps, claims().caps);
        assert_eq!(read.subject, claims().subject);
    }

    #[test]
    fn signing_again_replaces_the_token() {
        let again = sign_module(&signed(), &claims(), &issuer()).expect("signed");
        assert_eq!(again, signed());
    }

    #[test]
    fn a_module_without_claims_has_none() {
        let module = wat::parse_str("(module)").expect("WAT");
        assert_eq!(inspect(&module, NOW), Ok(None));
    }

    #[test]
    fn a_module_changed_after_signing_is_refused() {
        let mut module = signed();
        let custom_section = [0, 2, 1, b'x'];
        module.extend_from_slice(&custom_section);
        assert!(matches!(inspect(&module, NOW), Err(ClaimsError::Hash { .. })));
    }

    #[test]
    fn a_changed_token_is_refused() {
        let mut module = signed();
        let last = module.len() - 1;
        module[last] = if module[last] == b'A' { b'Q' } else { b'A' };
        assert!(matches!(inspect(&module, NOW), Err(ClaimsError::Signature(_) | ClaimsError::Malformed(_))));
    }

    #[test]
    fn claims_hold_from_their_start_to_their_end() {
        assert_eq!(inspect(&signed(), Duration::from_secs(2_001)), Err(ClaimsError::Expired(1)));
        assert_eq!(inspect(&signed(), Duration::from_secs(899)), Err(ClaimsError::NotYet(1)));
    }
}
