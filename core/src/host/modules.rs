//! Fetches the bytes of modules: from whoever offers or runs them on the lattice, or from elsewhere.

use std::fmt::Debug;

use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};

use super::{dispatch::bus_failed, exceeded::Bound, state::HostState};
use crate::{
    bus::message,
    error::{ErrorCode, LatticeError},
    identity::{KeyKind, PublicKey},
    lattice::module_transfer::{OFFSET, REFERENCE_PREFIX, TOTAL, hash},
    platform::{BoxFuture, MaybeSend, MaybeSync},
    secret::{Secret, exposed_if_any},
};

/// Where modules come from beside the lattice.
pub trait ModuleSource: Debug + MaybeSend + MaybeSync + 'static {
    /// The bytes of the module behind a reference, `registry.example/actor:1.0` or `file:///actor.wasm`. `credentials`
    /// are those that the lattice was given for the reference's registry. A module above `limit` bytes need not be
    /// read to its end.
    ///
    /// # Errors
    /// The cause and the remedy, for people.
    fn fetch(
        &self,
        reference: String,
        credentials: Option<RegistryCredential>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Bytes, String>>;
}

/// A host that runs only modules which the lattice offers.
#[derive(Debug, Clone, Copy, Default)]
pub struct LatticeModules;

impl ModuleSource for LatticeModules {
    fn fetch(
        &self,
        reference: String,
        _: Option<RegistryCredential>,
        _: usize,
    ) -> BoxFuture<'_, Result<Bytes, String>> {
        Box::pin(async move {
            Err(format!(
                "this host cannot load \"{reference}\"; it loads modules that a client offers, as `wisteria start actor \
                 FILE` does, and those that run on another host, by their key M…"
            ))
        })
    }
}

/// What a registry asks for, as `registries.put` carries it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryCredential {
    /// The user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The user's password.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "exposed_if_any")]
    pub password: Option<Secret>,
    /// A token in place of a password.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "exposed_if_any")]
    pub token: Option<Secret>,
    /// `oci`.
    #[serde(rename = "registryType", default = "oci")]
    pub registry_type: String,
}

fn oci() -> String {
    "oci".to_owned()
}

impl Debug for RegistryCredential {
    /// Says nothing of what must not stand in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegistryCredential").field("registry_type", &self.registry_type).finish_non_exhaustive()
    }
}

impl HostState {
    /// The module behind a reference: `wisteria://module/{SHA-256 in hex}`, the key of an actor that runs somewhere,
    /// or whatever the host's source of modules knows.
    pub(super) async fn fetch_module(&self, reference: &str) -> Result<Bytes, LatticeError> {
        if let Some(wanted) = reference.strip_prefix(REFERENCE_PREFIX).filter(|hash| is_sha256(hash)) {
            let module = self.fetch_in_chunks(wanted, &format!("the client that offers module {wanted}")).await?;
            return match hash(&module) == wanted {
                true => Ok(module),
                false => Err(LatticeError::new(
                    ErrorCode::InvalidModule,
                    format!("the bytes offered as module {wanted} have another hash; offer the file again"),
                )),
            };
        }
        if let Ok(actor) = reference.parse::<PublicKey>()
            && actor.kind() == KeyKind::Module
        {
            return self.fetch_in_chunks(reference, &format!("actor {actor}")).await;
        }
        let limit = self.config.limits.module_bytes;
        let fetched = self.modules.fetch(reference.to_owned(), self.credentials(reference), limit).await;
        fetched.map_err(|cause| LatticeError::new(ErrorCode::BadRequest, cause))
    }

    async fn fetch_in_chunks(&self, name: &str, from: &str) -> Result<Bytes, LatticeError> {
        let mut module = BytesMut::new();
        loop {
            let mut request = message(self.subjects.module(name), Bytes::new());
            request.headers.insert(OFFSET, module.len().to_string());
            let reply = self
                .bus
                .request(request, self.config.limits.deadline)
                .await
                .map_err(|error| bus_failed(&error, from))?;
            let total: usize = reply.headers.get(TOTAL).and_then(|total| total.parse().ok()).unwrap_or(0);
            self.check_module_size(total)?;
            module.extend_from_slice(&reply.payload);
            if reply.payload.is_empty() || module.len() >= total {
                return Ok(module.freeze());
            }
        }
    }

    /// Refuses a module above the limit.
    pub(super) fn check_module_size(&self, bytes: usize) -> Result<(), LatticeError> {
        let limit = self.config.limits.module_bytes;
        if bytes <= limit {
            return Ok(());
        }
        self.tell_exceeded(None, Bound::ModuleBytes, limit as u64);
        Err(LatticeError::new(
            ErrorCode::ModuleLimit,
            format!("a module of {bytes} bytes is above the limit of {limit}; strip it or optimise it for size"),
        ))
    }

    /// What the lattice was given for the registry of a reference, `registry.example:5000/actor:1.0`.
    fn credentials(&self, reference: &str) -> Option<RegistryCredential> {
        let registry = reference.strip_prefix("oci://").unwrap_or(reference).split('/').next()?;
        self.registries.read().expect("nothing panics under this lock").get(registry).cloned()
    }
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registrys_credentials_travel_whole_and_debug_shows_no_secret() {
        let text = r#"{"username":"ada","password":"lovelace","token":"lovelace-too","registryType":"oci"}"#;
        let credential: RegistryCredential = serde_json::from_str(text).expect("credentials");
        assert_eq!(credential.password.as_ref().map(Secret::expose), Some("lovelace"));
        assert_eq!(serde_json::to_string(&credential).expect("written"), text);
        let shown = format!("{credential:?} {:?} {:?}", credential.password, credential.token);
        assert!(!shown.contains("lovelace"), "{shown}");
    }
}
