//! Link values that are names of secrets. They are resolved on the provider's host, for the provider alone.

use std::{collections::BTreeMap, fmt::Debug, sync::Arc};

use thiserror::Error;

use crate::{
    platform::{BoxFuture, MaybeSend, MaybeSync},
    secret::Secret,
};

/// Where a host finds secrets.
pub trait SecretSource: Debug + MaybeSend + MaybeSync + 'static {
    /// The secret of a name. Called each time a provider is told of a link that names it, or an actor asks for it; the name
    /// fulfils [`is_secret_name`].
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<FoundSecret, SecretError>>;
}

/// A secret as its source has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSecret {
    /// The secret.
    pub secret: Secret,
    /// Which version of it this is, where the source counts them.
    pub version: Option<String>,
}

impl From<Secret> for FoundSecret {
    /// One whose versions nobody counts.
    fn from(secret: Secret) -> Self {
        Self { secret, version: None }
    }
}

/// Why a source gives no secret, and what to do about it, in words that follow "secret NAME is not known on host N…: ".
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SecretError {
    /// There is none of that name.
    #[error("{0}")]
    Unknown(String),
    /// The source does not say whether there is one: it is away, or does not let the host in.
    #[error("{0}")]
    Unavailable(String),
    /// There is something of that name which cannot be used.
    #[error("{0}")]
    Unusable(String),
}

/// Precedes the name of a secret in a link's value.
pub(crate) const REFERENCE: &str = "secret:";

/// Longest name of a secret.
const MAX_NAME: usize = 128;

/// The values of a link as its provider gets them.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    found: Vec<(String, Secret)>,
}

impl Resolved {
    /// Finds the secrets that values name, or says why not.
    pub(super) async fn of(
        values: &BTreeMap<String, String>,
        source: Option<&Arc<dyn SecretSource>>,
        host: &str,
    ) -> Result<Self, String> {
        let mut found = Vec::new();
        for reference in values.values() {
            let Some(name) = reference.strip_prefix(REFERENCE) else {
                continue;
            };
            if !is_secret_name(name) {
                return Err(format!("\"{name}\" is no name of a secret; use letters, digits, '_', '-' and '.'"));
            }
            let unknown = |why: &str| format!("secret {name} is not known on host {host}: {why}");
            let Some(source) = source else {
                return Err(unknown("it has no secrets, as no tab has; link a provider on a server"));
            };
            let resolved = source.resolve(name).await.map_err(|error| unknown(&error.to_string()))?;
            found.push((reference.clone(), resolved.secret));
        }
        Ok(Self { found })
    }

    /// The values with secrets in their places.
    pub(super) fn fill(&self, values: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut values = values.clone();
        for value in values.values_mut() {
            if let Some((_, secret)) = self.found.iter().find(|(reference, _)| reference == value) {
                *value = secret.expose().to_owned();
            }
        }
        values
    }

    /// What a provider says, without the secrets it was given.
    pub(super) fn hide(&self, text: String) -> String {
        let named = self.found.iter().filter(|(_, secret)| !secret.expose().is_empty());
        named.fold(text, |text, (reference, secret)| text.replace(secret.expose(), reference))
    }
}

/// Whether a secret may go by that name: letters, digits, `_`, `-` and `.`, the first of which is no dot.
pub fn is_secret_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    (1..=MAX_NAME).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(is_plain)
}
