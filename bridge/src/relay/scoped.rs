//! Clients that a relay lets in by itself, each with claims of its own at the broker.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
};

use futures::channel::oneshot;
use wisteria_core::{
    identity::{KeyKind, KeyPair, PublicKey},
    platform::{Platform, random_uuid},
};

use crate::{
    Credentials,
    auth::{Refusal, UserClaims},
    broker::{Admission, Gatekeeper},
    protocol::ConnectOptions,
};

/// Lets clients in, and has an account that the broker knows sign for what each of them may do there.
#[derive(Debug, Clone)]
pub struct ScopedUsers {
    gatekeeper: Arc<dyn Gatekeeper>,
    signer: Arc<KeyPair>,
    account: Option<PublicKey>,
    platform: Arc<dyn Platform>,
    standing: Arc<Mutex<Standing>>,
}

/// The clients that are in, and whom nobody lets in any more.
#[derive(Debug, Default)]
struct Standing {
    last: u64,
    clients: HashMap<u64, Client>,
    revoked: HashSet<String>,
}

#[derive(Debug)]
struct Client {
    names: Vec<Arc<str>>,
    _ends_when_dropped: oneshot::Sender<()>,
}

/// A client that was let in; dropping it takes it off the list.
#[derive(Debug)]
pub(super) struct Entered {
    number: u64,
    standing: Arc<Mutex<Standing>>,
}

impl ScopedUsers {
    /// Lets in whom `gatekeeper` lets in. `signer` is the key of an account, or one that signs for `account`.
    pub fn new(
        gatekeeper: Arc<dyn Gatekeeper>,
        signer: KeyPair,
        account: Option<PublicKey>,
        platform: Arc<dyn Platform>,
    ) -> Self {
        Self { gatekeeper, signer: Arc::new(signer), account, platform, standing: Arc::default() }
    }

    /// Ends the connections that came in under a name, see [`Admission::names`], and lets in no other.
    pub(super) fn revoke(&self, name: &str) {
        let mut standing = lock(&self.standing);
        standing.revoked.insert(name.to_owned());
        standing.clients.retain(|_, client| client.names.iter().all(|known| &**known != name));
    }

    /// Lets others in under a name again.
    pub(super) fn unrevoke(&self, name: &str) {
        lock(&self.standing).revoked.remove(name);
    }

    /// Decides about a client; what it gets at the broker holds as long as what it came with.
    pub(super) fn admit(&self, options: &ConnectOptions, nonce: &str) -> Result<(Admission, Credentials), Refusal> {
        let admission = self.gatekeeper.admit(options, nonce)?;
        if admission.names.iter().any(|name| lock(&self.standing).revoked.contains(&**name)) {
            return Err(Refusal::Revoked);
        }
        let mut seed = [0; 32];
        self.platform.random(&mut seed);
        let user = KeyPair::from_raw(KeyKind::User, seed);
        let claims = UserClaims::scoped(
            random_uuid(&*self.platform),
            self.signer.public_key(),
            user.public_key(),
            &admission,
            self.platform.unix_time(),
        );
        let claims = claims.for_account(self.account);
        Ok((admission, Credentials::Claims { jwt: claims.sign(&self.signer), key: user }))
    }

    /// Takes note of a client that is in. The receiver completes when it is revoked.
    pub(super) fn enter(&self, admission: &Admission) -> (Entered, oneshot::Receiver<()>) {
        let (ends_when_dropped, revoked) = oneshot::channel();
        let mut standing = lock(&self.standing);
        standing.last += 1;
        let number = standing.last;
        let client = Client { names: admission.names.clone(), _ends_when_dropped: ends_when_dropped };
        standing.clients.insert(number, client);
        (Entered { number, standing: self.standing.clone() }, revoked)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        lock(&self.standing).clients.remove(&self.number);
    }
}

fn lock(standing: &Mutex<Standing>) -> MutexGuard<'_, Standing> {
    standing.lock().expect("nothing panics under this lock")
}
