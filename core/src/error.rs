//! What can go wrong between callers, hosts, actors and providers, with codes that survive the wire.

use std::fmt::{self, Display};

use thiserror::Error;

use crate::bus::{BusError, SubjectError};

/// A failure that a caller can act on: a stable code, and a sentence that names cause and remedy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct LatticeError {
    /// What kind of failure, for programs.
    pub code: ErrorCode,
    /// What happened, why, and what helps, for people.
    pub message: String,
}

impl LatticeError {
    /// A failure with its sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl From<BusError> for LatticeError {
    fn from(error: BusError) -> Self {
        let remedy = match &error {
            BusError::NoResponders(_) => "; ask once somebody does",
            BusError::HostLost(_) => "; ask again",
            BusError::PayloadTooLarge { .. } | BusError::Backlog { .. } => "; send less at once",
            BusError::NotPermitted(_) | BusError::MayNotPublish(_) => "; join with what lets it",
            BusError::Timeout { .. } | BusError::Closed(_) | BusError::Subject(_) => "",
        };
        Self::new(error.code(), format!("{error}{remedy}"))
    }
}

impl BusError {
    /// The kind of failure, for those who called across the bus.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NoResponders(_) => ErrorCode::NoResponders,
            Self::Timeout { .. } => ErrorCode::Timeout,
            Self::HostLost(_) => ErrorCode::HostLost,
            Self::PayloadTooLarge { .. } => ErrorCode::PayloadTooLarge,
            Self::NotPermitted(_) | Self::MayNotPublish(_) => ErrorCode::NotPermitted,
            Self::Closed(_) => ErrorCode::Unreachable,
            Self::Backlog { .. } => ErrorCode::Overloaded,
            Self::Subject(_) => ErrorCode::BadRequest,
        }
    }
}

impl From<SubjectError> for LatticeError {
    fn from(error: SubjectError) -> Self {
        Self::new(ErrorCode::BadRequest, error.to_string())
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// The kinds of failure. Their text is part of the wire format and never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
        }

        impl ErrorCode {
            /// The code as it stands in the header `Wisteria-Error`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// The code for a text from the wire; [`ErrorCode::Other`] for one that this version does not know.
            pub fn from_wire(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    _ => Self::Other,
                }
            }
        }
    };
}

codes! {
    /// The actor's claims do not contain the contract.
    NotClaimed = "not-claimed",
    /// The actor has no link for the contract under the link name.
    NotLinked = "not-linked",
    /// The store of links and claims cannot be read or written; nothing changed.
    StoreFailed = "store-failed",
    /// The provider did not take the link.
    LinkRefused = "link-refused",
    /// No actor is known by that name.
    ActorNotFound = "actor-not-found",
    /// No provider is known by that name.
    ProviderNotFound = "provider-not-found",
    /// No host is known by that key.
    HostNotFound = "host-not-found",
    /// Nobody on the lattice serves the target.
    NoResponders = "no-responders",
    /// The deadline passed; the callee may have run.
    Timeout = "timeout",
    /// The host that served the call went away; the callee may have run.
    HostLost = "host-lost",
    /// A queue is full; nothing ran.
    Overloaded = "overloaded",
    /// The call came back to an actor that has no free instance.
    CallCycle = "call-cycle",
    /// The chain of calls is longer than allowed.
    CallTooDeep = "call-too-deep",
    /// The guest answered with an error of its own.
    GuestFailed = "guest-failed",
    /// The guest trapped.
    GuestTrapped = "guest-trapped",
    /// The guest used up its fuel.
    OutOfFuel = "out-of-fuel",
    /// The provider could not do what it was asked.
    ProviderFailed = "provider-failed",
    /// What the provider stands on, such as a database, cannot be reached now; the operation may have been carried out.
    ProviderUnavailable = "provider-unavailable",
    /// The module is not a valid actor.
    InvalidModule = "invalid-module",
    /// The module is larger than it may be, or starts with more memory or larger tables.
    ModuleLimit = "module-limit",
    /// A limit was asked for that is above what the host gives an actor.
    LimitRefused = "limit-refused",
    /// The module carries no claims and the host takes none without.
    UnsignedModule = "unsigned-module",
    /// The module's claims do not hold.
    InvalidClaims = "invalid-claims",
    /// The time until which the actor's claims hold has passed.
    ClaimsExpired = "claims-expired",
    /// The time from which on the actor's claims hold has not come.
    ClaimsNotYetValid = "claims-not-yet-valid",
    /// The account that vouches for the module is not trusted by the host.
    UntrustedIssuer = "untrusted-issuer",
    /// The actor, or the account that vouches for it, was revoked.
    Revoked = "revoked",
    /// The policy of a host denies it.
    PolicyDenied = "policy-denied",
    /// What this host joined the lattice with does not let it do that.
    NotPermitted = "not-permitted",
    /// A request cannot be read or names something impossible.
    BadRequest = "bad-request",
    /// A payload is above the bus's limit, or above that of host calls.
    PayloadTooLarge = "payload-too-large",
    /// The lattice cannot be reached.
    Unreachable = "unreachable",
    /// The browser or system lacks what is needed.
    Unsupported = "unsupported",
    /// A failure of a kind this version does not know.
    Other = "other",
}

impl Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_survives_the_wire_and_an_unknown_one_is_other() {
        assert_eq!(ErrorCode::from_wire(ErrorCode::CallCycle.as_str()), ErrorCode::CallCycle);
        assert_eq!(ErrorCode::from_wire("from-the-future"), ErrorCode::Other);
    }
}
