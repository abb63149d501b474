//! Link values that are names of secrets. They are resolved on the provider's host, for the provider alone.

use std::{collections::BTreeMap, fmt::Debug, sync::Arc};

use crate::{
    platform::{BoxFuture, MaybeSend, MaybeSync},
    secret::Secret,
};

/// Where a host finds secrets.
pub trait SecretSource: Debug + MaybeSend + MaybeSync + 'static {
    /// The secret of a name. Called each time a provider is told of a link that names it; the name is made of letters,
    /// digits, `_`, `-` and `.`, and does not begin with a dot.
    ///
    /// # Errors
    /// Why there is none, and what to do about it, in words that follow "secret NAME is not known on host N…: ".
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Secret, String>>;
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
            if !is_name(name) {
                return Err(format!("\"{name}\" is no name of a secret; use letters, digits, '_', '-' and '.'"));
            }
            let unknown = |why: &str| format!("secret {name} is not known on host {host}: {why}");
            let Some(source) = source else {
                return Err(unknown("it has no secrets, as no tab has; link a provider on a server"));
            };
            let secret = source.resolve(name).await.map_err(|why| unknown(&why))?;
            found.push((reference.clone(), secret));
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

fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    (1..=MAX_NAME).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(is_plain)
}
