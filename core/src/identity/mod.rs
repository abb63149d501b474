//! Who is who: keys, and the claims that modules carry.

mod claims;
mod key;
mod key_pair;
mod module;
mod nkey;
mod token;

pub use claims::{ActorClaims, ClaimsError, Examined, examine, in_words, inspect, sign_module, sign_token};
pub use key::{KeyError, KeyKind, PublicKey, SignatureError};
pub use key_pair::KeyPair;
pub use module::{ModuleReadError, module_hash, module_key_of_hash};
pub use token::TokenError;
