//! What lets a server's own pages in.

use std::{sync::Arc, time::Duration};

use wisteria_bridge::auth::Role;
use wisteria_core::{bus::Bus, secret::Secret};

use super::{Authority, MintRequest, TokenServiceError, ask};

/// How long the token of a page holds. It is bound to the page's host at its first use.
const TTL: Duration = Duration::from_secs(12 * 3600);

/// How long the server of the lattice may take to mint one.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who signs for a server's own pages.
#[derive(Debug, Clone)]
pub(crate) enum PageTokens {
    /// The server itself.
    Own(Arc<Authority>),
    /// The server that it joined.
    Asked {
        /// The way there.
        bus: Arc<dyn Bus>,
        /// The lattice's name.
        lattice: Arc<str>,
    },
}

impl PageTokens {
    /// A token for one page.
    ///
    /// # Errors
    /// The server that was joined does not give one.
    pub(crate) async fn mint(&self) -> Result<Secret, TokenServiceError> {
        let minted = match self {
            Self::Own(authority) => authority.mint(Role::Page, Vec::new(), None, Some(TTL)),
            Self::Asked { bus, lattice } => {
                let ttl_seconds = TTL.as_secs();
                let request = MintRequest { role: Role::Page, modules: Vec::new(), ttl_seconds, user: None };
                ask(&**bus, lattice, &request, PATIENCE).await?
            }
        };
        Ok(minted.token)
    }
}
