//! Who is who: keys, and the claims that modules carry.

mod claims;
mod key;
mod key_pair;
mod module;
mod nkey;
mod signing;
mod token;
mod wanted;

pub use claims::{ActorClaims, ClaimsError, Examined, examine, in_words, inspect};
pub use key::{KeyError, KeyKind, PublicKey, SignatureError};
pub use key_pair::KeyPair;
pub use module::{ModuleReadError, module_hash, module_key_of_hash};
pub use signing::{claims_to_sign, embed_signature, sign_module, sign_token};
pub use token::TokenError;
pub use wanted::{WantedClaims, WantedClaimsError, is_contract};
