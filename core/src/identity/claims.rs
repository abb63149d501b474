//! What a signed module claims: who it is, who vouches for it, what it may use, and until when.

use std::time::Duration;

use thiserror::Error;

use super::{
    key::{PublicKey, SignatureError},
    module::{self, ModuleReadError},
    token::{self, ReadToken, TokenActor, TokenClaims, TokenError},
};

/// From this revision of the format on, the hash in a token is that of the module.
const FIRST_REVISION_WITH_HASH: u32 = 3;

/// The claims of an actor's module. Times count from the Unix epoch, in whole seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorClaims {
    /// The account that vouches for it.
    pub issuer: PublicKey,
    /// The actor's own key.
    pub subject: PublicKey,
    /// Tells this token from all others.
    pub id: String,
    /// When it was signed.
    pub issued_at: Duration,
    /// From when on it no longer counts.
    pub expires: Option<Duration>,
    /// From when on it counts.
    pub not_before: Option<Duration>,
    /// What people call the actor.
    pub name: Option<String>,
    /// The module's hash, as [`super::module_hash`] gives it.
    pub hash: String,
    /// Free words.
    pub tags: Vec<String>,
    /// The contracts it may use.
    pub caps: Vec<String>,
    /// Counts up from build to build.
    pub revision: Option<i32>,
    /// Its version for people.
    pub version: Option<String>,
    /// The name by which other actors may call it.
    pub call_alias: Option<String>,
    /// The revision of the token's format; 0 where it names none.
    pub wascap_revision: u32,
}

/// Why a module's claims do not count.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ClaimsError {
    /// The module cannot be read.
    #[error(transparent)]
    Module(#[from] ModuleReadError),
    /// It carries more than one token.
    #[error(
        "the module carries {found} tokens, so it is not clear who vouches for it; sign it again from the unsigned file"
    )]
    SeveralTokens {
        /// How many.
        found: usize,
    },
    /// Its token is none, or is not to be believed.
    #[error("the module's token is not valid: {0}; sign the module again")]
    Token(#[from] TokenError),
    /// It is a provider.
    #[error(
        "the module's token says that {subject} is a provider, and hosts run actors only; sign it as an actor if it is one"
    )]
    Provider {
        /// Its key.
        subject: PublicKey,
    },
    /// The token is that of another module.
    #[error(
        "the token is that of another module: it was signed for hash {claimed}, and this one has {actual}; use the file as it was signed, or sign this one"
    )]
    Hash {
        /// The hash in the token.
        claimed: String,
        /// The hash of the file.
        actual: String,
    },
    /// Too late.
    #[error("the claims of {subject} expired {} ago; sign the module again with a later expiry", in_words(*.since))]
    Expired {
        /// The actor.
        subject: PublicKey,
        /// For how long they have been invalid.
        since: Duration,
    },
    /// Too early.
    #[error("the claims of {subject} count only in {}; wait, or sign the module again, or set this machine's clock", in_words(*.until))]
    NotYetValid {
        /// The actor.
        subject: PublicKey,
        /// How long it is until then.
        until: Duration,
    },
    /// Somebody else's key was to sign.
    #[error("the claims name the issuer {named}, but the key that signs is {signing}; sign with the issuer's key")]
    Issuer {
        /// The issuer in the claims.
        named: PublicKey,
        /// The key at hand.
        signing: PublicKey,
    },
}

impl ActorClaims {
    /// Claims without name, contracts or expiry, to be filled in and given to [`super::sign_module`].
    pub fn new(issuer: PublicKey, subject: PublicKey, id: String, issued_at: Duration) -> Self {
        Self {
            issuer,
            subject,
            id,
            issued_at,
            expires: None,
            not_before: None,
            name: None,
            hash: String::new(),
            tags: Vec::new(),
            caps: Vec::new(),
            revision: None,
            version: None,
            call_alias: None,
            wascap_revision: FIRST_REVISION_WITH_HASH,
        }
    }

    /// Whether they count at this time since the Unix epoch. An actor that runs can outlive its claims.
    pub fn check_time(&self, now_unix: Duration) -> Result<(), ClaimsError> {
        let subject = self.subject;
        match (self.not_before, self.expires) {
            (Some(start), _) if now_unix < start => Err(ClaimsError::NotYetValid { subject, until: start - now_unix }),
            (_, Some(end)) if now_unix >= end => Err(ClaimsError::Expired { subject, since: now_unix - end }),
            _ => Ok(()),
        }
    }

    fn of(token: ReadToken) -> Self {
        let TokenClaims { expires, id, issued_at, not_before, actor, wascap_revision, .. } = token.claims;
        Self {
            issuer: token.issuer,
            subject: token.subject,
            id,
            issued_at: Duration::from_secs(issued_at),
            expires: expires.map(Duration::from_secs),
            not_before: not_before.map(Duration::from_secs),
            name: actor.name,
            hash: actor.hash,
            tags: actor.tags.unwrap_or_default(),
            caps: actor.caps.unwrap_or_default(),
            revision: actor.revision,
            version: actor.version,
            call_alias: actor.call_alias,
            wascap_revision: wascap_revision.unwrap_or_default(),
        }
    }

    pub(super) fn to_token(&self, hash: String) -> TokenClaims {
        TokenClaims {
            expires: self.expires.map(|time| time.as_secs()),
            id: self.id.clone(),
            issued_at: self.issued_at.as_secs(),
            issuer: self.issuer.to_string(),
            subject: self.subject.to_string(),
            not_before: self.not_before.map(|time| time.as_secs()),
            actor: TokenActor {
                name: self.name.clone(),
                hash,
                tags: Some(self.tags.clone()),
                caps: Some(self.caps.clone()),
                revision: self.revision,
                version: self.version.clone(),
                call_alias: self.call_alias.clone(),
                is_provider: false,
            },
            wascap_revision: Some(FIRST_REVISION_WITH_HASH),
        }
    }
}

/// What a module claims, and what there is to hold against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// What its token says, true or not.
    pub claims: ActorClaims,
    /// The token itself.
    pub token: String,
    /// Whether the issuer signed it.
    pub signature: Result<(), SignatureError>,
    /// The hash of the module at hand.
    pub module_hash: String,
}

impl Examined {
    /// Whether the token is that of this module. Those of early revisions do not say.
    pub fn check_hash(&self) -> Result<(), ClaimsError> {
        let claims = &self.claims;
        match claims.wascap_revision >= FIRST_REVISION_WITH_HASH && claims.hash != self.module_hash {
            true => Err(ClaimsError::Hash { claimed: claims.hash.clone(), actual: self.module_hash.clone() }),
            false => Ok(()),
        }
    }
}

/// What a module claims, whether or not it holds; nothing for an unsigned one. For those who look at it: who runs it
/// wants [`inspect`].
pub fn examine(module: &[u8]) -> Result<Option<Examined>, ClaimsError> {
    let sections = module::read(module)?;
    let token = match sections.tokens[..] {
        [] => return Ok(None),
        [token] => token,
        _ => {
            return Err(ClaimsError::SeveralTokens { found: sections.tokens.len() });
        }
    };
    let read = token::read(token)?;
    if read.claims.actor.is_provider {
        read.signature.map_err(TokenError::from)?;
        return Err(ClaimsError::Provider { subject: read.subject });
    }
    let signature = read.signature.clone();
    let token = String::from_utf8_lossy(token).into_owned();
    Ok(Some(Examined { claims: ActorClaims::of(read), token, signature, module_hash: sections.hash }))
}

/// The claims of a module, with signature, hash and validity at `now_unix` checked; nothing for an unsigned one.
/// Whether the issuer is trusted is for the caller to say.
pub fn inspect(module: &[u8], now_unix: Duration) -> Result<Option<ActorClaims>, ClaimsError> {
    let Some(examined) = examine(module)? else {
        return Ok(None);
    };
    examined.signature.clone().map_err(TokenError::from)?;
    examined.check_hash()?;
    examined.claims.check_time(now_unix)?;
    Ok(Some(examined.claims))
}

/// A span of time in the largest unit that it fills, "3 hours".
pub fn in_words(span: Duration) -> String {
    const UNITS: [(u64, &str); 3] = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let seconds = span.as_secs();
    let (count, unit) = UNITS
        .into_iter()
        .find(|(length, _)| seconds >= *length)
        .map_or((seconds, "second"), |(length, unit)| (seconds / length, unit));
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
