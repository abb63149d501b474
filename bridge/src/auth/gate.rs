//! Lets in the users of accounts, as their claims say.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use wisteria_core::{
    identity::{KeyKind, PublicKey},
    platform::Platform,
    text::BASE64_URL,
};

use super::{Refusal, UserClaims};
use crate::{
    broker::{Admission, Gatekeeper, Permissions},
    protocol::{Auth, ConnectOptions},
};

/// How many join tokens in use are remembered; while there are as many, no other is taken.
pub const BOUND_TOKENS: usize = 65_536;

/// How many providers a client may prove to be.
const MOST_PROVIDERS: usize = 64;

/// A gate for the users of accounts.
#[derive(Debug)]
pub struct AccountGate {
    platform: Arc<dyn Platform>,
    accounts: Vec<PublicKey>,
    lattice: String,
    /// The join tokens that were used: by whom, and until when they could be used by others.
    bound: Mutex<HashMap<String, (PublicKey, Duration)>>,
    bound_limit: usize,
}

impl AccountGate {
    /// A gate to a lattice.
    pub fn new(platform: Arc<dyn Platform>, accounts: Vec<PublicKey>, lattice: &str) -> Self {
        Self { platform, accounts, lattice: lattice.to_owned(), bound: Mutex::default(), bound_limit: BOUND_TOKENS }
    }

    /// The same, remembering fewer join tokens.
    #[must_use]
    pub fn with_bound_tokens(self, limit: usize) -> Self {
        Self { bound_limit: limit, ..self }
    }

    /// Gives a join token to the first who brings it.
    fn bind(&self, claims: &UserClaims, key: PublicKey) -> Result<(), Refusal> {
        let expires = claims.expires().ok_or(Refusal::Endless)?;
        let mut bound = self.bound.lock().expect("nothing panics under this lock");
        match bound.get(&claims.id) {
            Some((owner, _)) if *owner == key => return Ok(()),
            Some(_) => return Err(Refusal::Replayed),
            None => {}
        }
        if bound.len() >= self.bound_limit {
            let now = self.platform.unix_time();
            bound.retain(|_, (_, expires)| *expires > now);
        }
        if bound.len() >= self.bound_limit {
            return Err(Refusal::TooMany);
        }
        bound.insert(claims.id.clone(), (key, expires));
        Ok(())
    }

    fn permissions(
        &self,
        claims: &UserClaims,
        key: PublicKey,
        providers: &[PublicKey],
    ) -> Result<Permissions, Refusal> {
        match &claims.wisteria {
            None => claims.nats_permissions(),
            Some(grant) if grant.lattice == self.lattice => Ok(grant.permissions(key, providers)),
            Some(grant) => Err(Refusal::OtherLattice(grant.lattice.clone())),
        }
    }
}

impl Gatekeeper for AccountGate {
    fn admit(&self, options: &ConnectOptions, nonce: &str) -> Result<Admission, Refusal> {
        let auth = &options.auth;
        let token = auth.jwt.as_deref().filter(|token| !token.is_empty()).ok_or(Refusal::NoCredentials)?;
        let claims = UserClaims::verify(token, &self.accounts, self.platform.unix_time())?;
        let key = match claims.is_bearer() {
            true => own_key(auth)?,
            false => claims.subject,
        };
        let signature = auth.sig.as_deref().unwrap_or_default();
        if !has_signed(key, nonce, signature) {
            return Err(Refusal::Nonce(key));
        }
        let providers = proven_providers(auth, nonce)?;
        let permissions = self.permissions(&claims, key, &providers)?;
        if claims.is_bearer() {
            self.bind(&claims, key)?;
        }
        let expires = claims.expires();
        // The subject of a join token stands for nobody.
        let keys = [claims.issuer, key].map(|key| key.to_string().into());
        let names = keys.into_iter().chain([claims.id.as_str().into()]).collect();
        let role = claims.wisteria.map(|grant| grant.role);
        Ok(Admission { permissions, key: Some(key), issuer: Some(claims.issuer), role, expires, names })
    }
}

/// The key that whoever brings a join token names as its own.
fn own_key(auth: &Auth) -> Result<PublicKey, Refusal> {
    let key = auth.nkey.as_deref().and_then(|key| key.parse::<PublicKey>().ok());
    key.filter(|key| matches!(key.kind(), KeyKind::Host | KeyKind::User)).ok_or(Refusal::NoKey)
}

/// The providers whose keys the client has.
fn proven_providers(auth: &Auth, nonce: &str) -> Result<Vec<PublicKey>, Refusal> {
    if auth.providers.len() > MOST_PROVIDERS {
        return Err(Refusal::Provider(format!("of more than {MOST_PROVIDERS}")));
    }
    let proven = auth.providers.iter().map(|(text, signature)| {
        let key = text.parse::<PublicKey>().ok().filter(|key| key.kind() == KeyKind::Provider);
        key.filter(|key| has_signed(*key, nonce, signature)).ok_or_else(|| Refusal::Provider(text.clone()))
    });
    proven.collect()
}

fn has_signed(key: PublicKey, nonce: &str, signature: &str) -> bool {
    // Some clients write it in the alphabet for URLs and some do not; NATS servers take both.
    let signature = signature.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let signature = BASE64_URL.decode(signature.as_bytes());
    signature.is_ok_and(|signature| key.verify(nonce.as_bytes(), &signature).is_ok())
}
