//! The server's account: signs what lets clients into its lattice, for pages, for operators, and on request.

mod pages;
mod policy_gate;
mod revoked;
mod service;

pub(crate) use pages::PageTokens;
use policy_gate::PolicyGate;
pub(crate) use revoked::end_connections;
pub(crate) use service::{MintRequest, Minted, TokenServiceError, ask, serve};

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use wisteria_bridge::{
    Credentials, ScopedUsers,
    auth::{AccountGate, Grant, Role, UserClaims, creds_file},
    broker::Gatekeeper,
};
use wisteria_core::{
    identity::{KeyKind, KeyPair, PublicKey},
    platform::{Platform, random_uuid},
    policy::Policy,
    secret::Secret,
};

use crate::data_dir::write_private;

/// Signs claims for one lattice.
#[derive(Debug)]
pub(crate) struct Authority {
    /// Signs.
    signer: KeyPair,
    /// In whose name it does, where the key is not the account's own.
    account: Option<PublicKey>,
    lattice: String,
    platform: Arc<dyn Platform>,
}

impl Authority {
    pub(crate) fn new(signer: KeyPair, account: Option<PublicKey>, lattice: &str, platform: Arc<dyn Platform>) -> Self {
        Self { signer, account, lattice: lattice.to_owned(), platform }
    }

    /// Lets in whom it signs for, and users of further accounts, unless the policy denies it.
    pub(crate) fn gate(&self, further: &[PublicKey], policy: &Arc<Policy>) -> Arc<dyn Gatekeeper> {
        let accounts = [&[self.signer.public_key()], further].concat();
        let inner = AccountGate::new(self.platform.clone(), accounts, &self.lattice);
        Arc::new(PolicyGate { inner, policy: policy.clone(), lattice: self.lattice.clone() })
    }

    /// Has a relay let in the same, each with claims of its own on a NATS cluster.
    pub(crate) fn scoped_users(&self, policy: &Arc<Policy>) -> ScopedUsers {
        ScopedUsers::new(self.gate(&[], policy), self.signer.clone(), self.account, self.platform.clone())
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
        let claims = UserClaims::of_role(id.clone(), self.signer.public_key(), user, grant, now.as_secs());
        let token = UserClaims { expires, ..claims }.for_account(self.account).sign(&self.signer);
        Minted { token: Secret::new(token), id, expires }
    }

    /// Makes sure that a file lets whoever reads it join this lattice in a role.
    pub(crate) fn keep_creds(&self, path: &Path, role: Role) -> io::Result<()> {
        if fs::read_to_string(path).is_ok_and(|text| self.lets_in(&text, role)) {
            return Ok(());
        }
        let user = new_user(&*self.platform);
        let minted = self.mint(role, Vec::new(), Some(user.public_key()), None);
        write_private(path, &creds_file(minted.token.expose(), &user))
    }

    fn lets_in(&self, creds: &str, role: Role) -> bool {
        let Ok(Credentials::Claims { jwt, key }) = Credentials::from_creds(creds) else {
            return false;
        };
        let claims = UserClaims::verify(&jwt, &[self.signer.public_key()], self.platform.unix_time());
        let is_ours = |grant: Grant| grant.role == role && grant.lattice == self.lattice;
        claims.is_ok_and(|claims| claims.subject == key.public_key() && claims.wisteria.is_some_and(is_ours))
    }
}

/// Where a server leaves what lets others in that run on the same machine, below its data directory.
pub(crate) fn creds_path(data_dir: &Path, role: Role) -> PathBuf {
    data_dir.join(format!("{role}.creds"))
}

/// The key of a new user.
pub(crate) fn new_user(platform: &dyn Platform) -> KeyPair {
    let mut secret = [0; 32];
    platform.random(&mut secret);
    KeyPair::from_raw(KeyKind::User, secret)
}
