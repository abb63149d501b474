//! Whose modules a host runs.

use std::collections::BTreeSet;

use crate::{
    error::{ErrorCode, LatticeError},
    identity::{ActorClaims, PublicKey},
};

/// The issuers whose signed modules may run. Modules without claims are a matter of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Everyone who signs.
    Anyone,
    /// These accounts and nobody else.
    Issuers(BTreeSet<PublicKey>),
}

impl Default for Trust {
    /// Nobody.
    fn default() -> Self {
        Self::Issuers(BTreeSet::new())
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
