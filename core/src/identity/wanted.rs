//! What whoever signs wants claimed, as they say it: the same rules on the command line and in a page.

use std::time::Duration;

use thiserror::Error;

use super::{claims::ActorClaims, key::PublicKey};
use crate::platform::{Platform, random_uuid};

/// The longest span: a century, beyond which a number is a mistake.
const LONGEST: Duration = Duration::from_secs(36_525 * 86_400);

/// What to claim for a module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WantedClaims {
    /// What people call the actor.
    pub name: Option<String>,
    /// The contracts it may use.
    pub caps: Vec<String>,
    /// Free words.
    pub tags: Vec<String>,
    /// Counts up from build to build.
    pub revision: Option<i32>,
    /// Its version for people.
    pub version: Option<String>,
    /// The name by which other actors may call it.
    pub call_alias: Option<String>,
    /// How long the claims hold from now on; without, for ever.
    pub expires_in: Option<Duration>,
    /// After which time they begin to hold; without, at once.
    pub not_before_in: Option<Duration>,
}

/// Why that cannot be claimed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WantedClaimsError {
    /// It is no contract.
    #[error("{0:?} is no contract; one such as wasmcloud:keyvalue is needed, each by itself")]
    Contract(String),
    /// They would hold at no time.
    #[error(
        "the claims would expire before they begin to hold; let --expires-in be longer than --not-before-in (in a page: \
         expiresIn, notBeforeIn)"
    )]
    NeverValid,
    /// A number must be meant in another unit.
    #[error("a span of more than a century cannot be meant; look at its unit (in a page: milliseconds from now)")]
    Span,
}

impl WantedClaims {
    /// The claims, as of now.
    ///
    /// # Errors
    /// They make no sense.
    pub fn into_claims(
        self,
        issuer: PublicKey,
        subject: PublicKey,
        platform: &dyn Platform,
    ) -> Result<ActorClaims, WantedClaimsError> {
        let (starts, ends) = (self.not_before_in.unwrap_or_default(), self.expires_in);
        if ends.is_some_and(|ends| ends <= starts) {
            return Err(WantedClaimsError::NeverValid);
        }
        if starts.max(ends.unwrap_or_default()) > LONGEST {
            return Err(WantedClaimsError::Span);
        }
        if let Some(other) = self.caps.iter().find(|text| !is_contract(text)) {
            return Err(WantedClaimsError::Contract(other.clone()));
        }
        let now = Duration::from_secs(platform.unix_time().as_secs());
        Ok(ActorClaims {
            expires: ends.map(|span| now + span),
            not_before: self.not_before_in.map(|span| now + span),
            name: self.name,
            tags: self.tags,
            caps: self.caps,
            revision: self.revision,
            version: self.version,
            call_alias: self.call_alias,
            ..ActorClaims::new(issuer, subject, random_uuid(platform), now)
        })
    }
}

/// Whether a text can be a contract's name, such as `wasmcloud:keyvalue`; a list of them is none.
pub fn is_contract(text: &str) -> bool {
    text.contains(':') && !text.contains([',', ' '])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        identity::{KeyKind, KeyPair},
        platform::StandingClock,
    };

    const NOW: Duration = Duration::from_millis(1_800_000_000_700);

    fn claims(wanted: WantedClaims) -> Result<ActorClaims, WantedClaimsError> {
        let key = |kind| KeyPair::from_raw(kind, [1; 32]).public_key();
        wanted.into_claims(key(KeyKind::Account), key(KeyKind::Module), &StandingClock(NOW))
    }

    fn spans(starts: Option<u64>, ends: Option<u64>) -> WantedClaims {
        let (not_before_in, expires_in) = (starts.map(Duration::from_secs), ends.map(Duration::from_secs));
        WantedClaims { expires_in, not_before_in, ..WantedClaims::default() }
    }

    #[test]
    fn spans_count_from_the_second_in_which_it_is_signed() {
        let claims = claims(spans(Some(60), Some(3_600))).unwrap();
        let second = |count: u64| Some(Duration::from_secs(1_800_000_000 + count));
        assert_eq!((Some(claims.issued_at), claims.not_before, claims.expires), (second(0), second(60), second(3_600)));
    }

    #[test]
    fn without_spans_the_claims_hold_at_once_and_for_ever() {
        let claims = claims(WantedClaims::default()).unwrap();
        assert_eq!((claims.not_before, claims.expires), (None, None));
    }

    #[test]
    fn claims_that_would_never_hold_are_refused() {
        for wanted in [spans(None, Some(0)), spans(Some(60), Some(60)), spans(Some(61), Some(60))] {
            assert_eq!(claims(wanted), Err(WantedClaimsError::NeverValid));
        }
        for wanted in [spans(None, Some(36_525 * 86_400 + 1)), spans(Some(u64::MAX), None)] {
            assert_eq!(claims(wanted), Err(WantedClaimsError::Span));
        }
    }

    #[test]
    fn each_contract_stands_by_itself() {
        let caps = |text: &str| claims(WantedClaims { caps: vec![text.to_owned()], ..WantedClaims::default() });
        assert_eq!(caps("wasmcloud:keyvalue").unwrap().caps, ["wasmcloud:keyvalue"]);
        for text in ["", "keyvalue", "a:b,c:d", "a:b c:d"] {
            assert_eq!(caps(text), Err(WantedClaimsError::Contract(text.to_owned())));
        }
    }
}
