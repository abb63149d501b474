//! What no longer counts: modules, accounts, and those whom the lattice let in.

use serde::Serialize;

use super::Stamp;
use crate::{
    encoding::by_name::read_by_name,
    error::{ErrorCode, LatticeError},
    identity::PublicKey,
};

/// That something no longer counts, or that it counts again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Revocation {
    /// What it is about: the key of a module, an account, a user or a host, or the id of a token.
    pub subject: String,
    /// False where it counts again.
    pub revoked: bool,
    /// Why, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When; set by the keeper that takes it in.
    pub stamp: Stamp,
}

read_by_name!(Revocation {
    subject: needed["subject"],
    revoked: needed["revoked"],
    reason: optional["reason"],
    stamp: optional["stamp"],
});

/// The longest id of a token, and the longest reason.
const ID_BYTES: usize = 64;
const REASON_BYTES: usize = 1024;

impl Revocation {
    /// Refuses what names nothing that could be revoked.
    pub(super) fn check(&self) -> Result<(), LatticeError> {
        let refused = |text: String| Err(LatticeError::new(ErrorCode::BadRequest, text));
        let subject = self.subject.as_str();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_id = (1..=ID_BYTES).contains(&subject.len()) && subject.bytes().all(is_plain);
        // A mistyped key would be taken for the id of a token otherwise, and revoke nothing.
        let is_like_a_key = subject.len() == 56
            && subject.bytes().all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte));
        match subject.parse::<PublicKey>() {
            Err(error) if is_like_a_key => {
                return refused(format!("\"{subject}\" looks like a key and is none ({error}); copy it again"));
            }
            Err(_) if !is_id => {
                return refused(format!(
                    "\"{subject}\" is neither a key (M…, A…, U… or N…) nor the id of a token; see: wisteria get claims"
                ));
            }
            _ => {}
        }
        match &self.reason {
            Some(reason) if reason.len() > REASON_BYTES => {
                refused(format!("a reason has at most {REASON_BYTES} bytes; say it shorter"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::KeyKind;

    #[test]
    fn keys_and_ids_can_be_revoked_and_mistyped_keys_cannot() {
        let check = |subject: &str| {
            Revocation { subject: subject.to_owned(), revoked: true, reason: None, stamp: Stamp::default() }.check()
        };
        let key = PublicKey::from_bytes(KeyKind::Module, [1; 32]).to_string();
        assert_eq!(check(&key), Ok(()));
        assert_eq!(check("1bbd1fd3-e1b8-4bae-829f-e5da85a22652"), Ok(()));
        let mistyped = key.replacen(&key[20..21], if &key[20..21] == "A" { "B" } else { "A" }, 1);
        for wrong in [mistyped.as_str(), "", "two words", "a.b", &"x".repeat(65)] {
            assert_eq!(check(wrong).expect_err("refused").code, ErrorCode::BadRequest, "{wrong}");
        }
    }
}
