//! The server's account: signs what lets clients into its lattice, for pages, for operators, and on request.

mod service;

pub(crate) use service::{MintRequest, Minted, RevokeRequest, Revoked, serve, subject};

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use wisteria_bridge::{
    Credentials,
    auth::{Grant, Role, UserClaims, creds_file},
};
use wisteria_core::{
    identity::{KeyKind, KeyPair, PublicKey},
    platform::{Platform, random_uuid},
};

use crate::data_dir::write_private;

/// How long the token of a page holds. It is bound to the page's host at its first use.
pub(crate) const PAGE_TOKEN: Duration = Duration::from_secs(12 * 3600);

/// Signs claims for one lattice.
#[derive(Debug)]
pub(crate) struct Authority {
    account: KeyPair,
    lattice: String,
    platform: Arc<dyn Platform>,
}

impl Authority {
    pub(crate) fn new(account: KeyPair, lattice: &str, platform: Arc<dyn Platform>) -> Self {
        Self { account, lattice: lattice.to_owned(), platform }
    }

    /// The account's key.
    pub(crate) fn account(&self) -> PublicKey {
        self.account.public_key()
    }

    /// A token for a role: a join token, or the claims of `user`. Without `ttl` it never expires.
    pub(crate) fn mint(
        &self,
        role: Role,
        modules: Vec<PublicKey>,
        user: Option<PublicKey>,
        ttl: Option<Duration>,
    ) -> Minted {
        let grant = Grant { role, lattice: self.lattice.clone(), modules };
        let (id, now) = (random_uuid(&*self.platform), self.platform.unix_time());
        let expires = ttl.map(|ttl| now.saturating_add(ttl).as_secs());
        let claims = UserClaims::of_role(id.clone(), self.account(), user, grant, now.as_secs());
        let token = UserClaims { expires, ..claims }.sign(&self.account);
        Minted { token, id, expires }
    }

    /// Makes sure that a file lets whoever reads it operate this lattice.
    pub(crate) fn keep_operator(&self, path: &Path) -> io::Result<()> {
        if fs::read_to_string(path).is_ok_and(|text| self.is_operator(&text)) {
            return Ok(());
        }
        let user = new_user(&*self.platform);
        let minted = self.mint(Role::Operator, Vec::new(), Some(user.public_key()), None);
        write_private(path, &creds_file(&minted.token, &user))
    }

    fn is_operator(&self, creds: &str) -> bool {
        let Ok(Credentials::Claims { jwt, key }) = Credentials::from_creds(creds) else {
            return false;
        };
        let claims = UserClaims::verify(&jwt, &[self.account()], self.platform.unix_time());
        let is_ours = |grant: Grant| grant.role == Role::Operator && grant.lattice == self.lattice;
        claims.is_ok_and(|claims| claims.subject == key.public_key() && claims.wisteria.is_some_and(is_ours))
    }
}

/// Where a server's operator finds what lets it in, below the data directory.
pub(crate) fn operator_creds(data_dir: &Path) -> PathBuf {
    data_dir.join("operator.creds")
}

/// The key of a new user.
pub(crate) fn new_user(platform: &dyn Platform) -> KeyPair {
    let mut secret = [0; 32];
    platform.random(&mut secret);
    KeyPair::from_raw(KeyKind::User, secret)
}
