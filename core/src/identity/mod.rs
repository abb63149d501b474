//! Who is who: keys of hosts, modules and providers, and the claims inside a module.
//!
//! Keys are NATS nkeys (Ed25519); claims are the JWTs that wasmCloud's `wascap` 0.13 embeds in modules.

mod claims;
mod key;
mod module;

pub use claims::{ActorClaims, ClaimsError, inspect};
pub use key::{KeyError, KeyKind, KeyPair, PublicKey};
pub use module::{module_hash, module_key_of_hash, sign_module};
