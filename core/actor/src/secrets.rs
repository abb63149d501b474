//! `wisteria:secrets`: values that the actor needs and nobody else may see.

pub use wisteria_contracts::secrets::GetResponse;

use wisteria_contracts::secrets::{CONTRACT, operation};

use crate::{Result, call::call_provider};

/// The secrets of a host, whichever the link leads to.
#[derive(Debug, Clone, Copy)]
pub struct Secrets<'a> {
    link_name: &'a str,
}

/// Those linked under the name `default`.
pub fn default() -> Secrets<'static> {
    linked("default")
}

/// Those linked under a name.
pub fn linked(link_name: &str) -> Secrets<'_> {
    Secrets { link_name }
}

impl Secrets<'_> {
    /// The secret of a name; nothing where there is none.
    ///
    /// # Errors
    /// The link does not allow the name, the actor runs on another host than the secrets are on, or they cannot be looked up.
    pub fn get(&self, name: &str) -> Result<Option<GetResponse>> {
        let found: GetResponse = call_provider(self.link_name, CONTRACT, operation::GET, name)?;
        Ok(Some(found).filter(|found| found.exists))
    }
}
