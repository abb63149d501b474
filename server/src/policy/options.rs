//! What the command line says about the policy.

use std::{path::PathBuf, str::FromStr};

use thiserror::Error;
use wisteria_core::{
    bus::{Subject, SubjectError},
    identity::{KeyKind, PublicKey},
};

/// Where the policy comes from.
#[derive(Debug, Clone, Default)]
pub struct PolicyOptions {
    /// Holds the rules.
    pub file: Option<PathBuf>,
    /// Who is asked about what they allow.
    pub service: Option<ServiceAddress>,
    /// Whether what the service gives no answer to may be done.
    pub permits_without_answer: bool,
}

/// Who answers questions on the lattice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceAddress {
    /// Whoever listens there.
    Subject(Subject),
    /// An actor.
    Actor(PublicKey),
}

/// Text that addresses nobody.
#[derive(Debug, Error)]
#[error("\"{text}\" is neither a subject nor the key of an actor, M…: {cause}")]
pub struct ServiceAddressError {
    text: String,
    cause: SubjectError,
}

impl FromStr for ServiceAddress {
    type Err = ServiceAddressError;

    fn from_str(text: &str) -> Result<Self, ServiceAddressError> {
        match text.parse::<PublicKey>() {
            Ok(key) if key.kind() == KeyKind::Module => Ok(Self::Actor(key)),
            _ => Subject::new(text)
                .map(Self::Subject)
                .map_err(|cause| ServiceAddressError { text: text.to_owned(), cause }),
        }
    }
}
