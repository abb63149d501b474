//! Who is let in.

use std::{fmt::Debug, sync::Arc, time::Duration};

use wisteria_core::{
    identity::PublicKey,
    platform::{MaybeSend, MaybeSync},
};

use super::Permissions;
use crate::{
    auth::{Refusal, Role},
    protocol::ConnectOptions,
};

/// Decides about each connection once, when it says `CONNECT`.
pub trait Gatekeeper: Debug + MaybeSend + MaybeSync + 'static {
    /// How the connection is let in. `nonce` is what a client with a key has signed.
    ///
    /// # Errors
    /// Why it is not.
    fn admit(&self, options: &ConnectOptions, nonce: &str) -> Result<Admission, Refusal>;

    /// Whether clients without credentials are refused.
    fn asks_for_credentials(&self) -> bool {
        true
    }
}

/// Under what conditions a connection is let in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Admission {
    /// What it may do.
    pub permissions: Permissions,
    /// The key by which it proved who it is.
    pub key: Option<PublicKey>,
    /// The account that vouches for it.
    pub issuer: Option<PublicKey>,
    /// As what it joins, where it is let in by a role.
    pub role: Option<Role>,
    /// Until when, since the Unix epoch.
    pub expires: Option<Duration>,
    /// By what it can be revoked: the id of its claims, and the keys of who signed them, of whom they are for, and of its own.
    pub names: Vec<Arc<str>>,
}

/// Lets everyone do everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenGate;

impl Gatekeeper for OpenGate {
    fn admit(&self, _: &ConnectOptions, _: &str) -> Result<Admission, Refusal> {
        Ok(Admission::default())
    }

    fn asks_for_credentials(&self) -> bool {
        false
    }
}
