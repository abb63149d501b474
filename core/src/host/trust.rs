//! Whose modules a host runs.

use super::{actor::Actor, state::HostState};
use crate::{
    error::{ErrorCode, LatticeError},
    identity::{ActorClaims, ClaimsError, PublicKey},
};

/// The issuers whose signed modules may run. Modules without claims are a matter of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Everyone who signs.
    Anyone,
    /// These accounts and nobody else.
    Issuers(Vec<PublicKey>),
}

impl Default for Trust {
    /// Nobody.
    fn default() -> Self {
        Self::Issuers(Vec::new())
    }
}

impl FromIterator<PublicKey> for Trust {
    fn from_iter<I: IntoIterator<Item = PublicKey>>(issuers: I) -> Self {
        Self::Issuers(issuers.into_iter().collect())
    }
}

impl Trust {
    /// Refuses claims that nobody trusted vouches for.
    pub(super) fn check(&self, claims: &ActorClaims) -> Result<(), LatticeError> {
        let (issuer, actor) = (claims.issuer, claims.subject);
        match self {
            Self::Issuers(trusted) if !trusted.contains(&issuer) => Err(LatticeError::new(
                ErrorCode::UntrustedIssuer,
                format!(
                    "account {issuer}, which vouches for actor {actor}, is not trusted by this host; if you trust it, \
                     start the host with: wisteria up --trust {issuer} (in a page: trustedIssuers)"
                ),
            )),
            _ => Ok(()),
        }
    }
}

impl HostState {
    /// Refuses calls to an actor, and its own calls, where its claims no longer hold, or it was revoked: it can outlive
    /// both.
    pub(super) fn check_still_holds(&self, actor: &Actor) -> Result<(), LatticeError> {
        let code = actor.code();
        self.check_not_revoked(actor.key, code.claims.as_ref().map(|claims| claims.issuer))?;
        match &code.claims {
            Some(claims) if claims.expires.is_some() || claims.not_before.is_some() => {
                claims.check_time(self.platform.unix_time()).map_err(|error| claims_failed(&error))
            }
            _ => Ok(()),
        }
    }
}

/// Why claims do not count, with the code of its own for a matter of time.
pub(super) fn claims_failed(error: &ClaimsError) -> LatticeError {
    let code = match error {
        ClaimsError::Expired { .. } => ErrorCode::ClaimsExpired,
        ClaimsError::NotYetValid { .. } => ErrorCode::ClaimsNotYetValid,
        _ => ErrorCode::InvalidClaims,
    };
    LatticeError::new(code, error.to_string())
}
