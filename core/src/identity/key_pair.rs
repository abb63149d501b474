//! Secret keys: what signs.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};

use super::{
    key::{KeyError, KeyKind, PublicKey},
    nkey,
};

/// The upper five bits of a seed's first byte; base32 makes them an `S`.
const SEED_PREFIX: u8 = 18 << 3;

/// Sets derived keys apart from all other uses of SHA-256 over a secret. Part of stored identities: never changes.
const DERIVATION_DOMAIN: &[u8] = b"wisteria derived key, version 1\0";

/// A secret Ed25519 key with its public one. Debug shows the public one only.
#[derive(Clone)]
pub struct KeyPair {
    kind: KeyKind,
    secret: SigningKey,
}

impl KeyPair {
    /// The key of 32 random bytes.
    pub fn from_raw(kind: KeyKind, secret: [u8; 32]) -> Self {
        Self { kind, secret: SigningKey::from_bytes(&secret) }
    }

    /// Reads the text of [`KeyPair::seed`].
    pub fn from_seed(text: &str) -> Result<Self, KeyError> {
        if !text.starts_with('S') {
            return Err(KeyError::NotASeed);
        }
        let [first, second, secret @ ..] = nkey::decode::<34>(text)?;
        if first & 0b1111_1000 != SEED_PREFIX {
            return Err(KeyError::NotASeed);
        }
        let kind = KeyKind::of_prefix(first << 5 | second >> 3)?;
        Ok(Self::from_raw(kind, secret))
    }

    /// The secret as an nkey of 58 characters, `S`, then the letter of its kind. Whoever has it is this key.
    pub fn seed(&self) -> String {
        let kind = self.kind.prefix();
        nkey::encode(&[SEED_PREFIX | kind >> 5, kind << 3], self.secret.as_bytes())
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        PublicKey::from_bytes(self.kind, self.secret.verifying_key().to_bytes())
    }

    /// The signature over `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.secret.sign(message).to_bytes()
    }

    /// Another key that whoever holds this one finds again by kind and name, and nobody else.
    pub fn derive(&self, kind: KeyKind, name: &str) -> Self {
        let secret = Sha256::new()
            .chain_update(DERIVATION_DOMAIN)
            .chain_update([kind.prefix()])
            .chain_update(self.secret.as_bytes())
            .chain_update(name)
            .finalize();
        Self::from_raw(kind, secret.into())
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("public_key", &self.public_key()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::SignatureError;

    fn key() -> KeyPair {
        KeyPair::from_raw(KeyKind::Account, [3; 32])
    }

    #[test]
    fn a_seed_survives_its_text_for_each_kind() {
        use KeyKind::{Account, Cluster, Host, Module, Operator, Provider, User};
        for kind in [Account, Cluster, Host, Module, Operator, Provider, User] {
            let key = KeyPair::from_raw(kind, [3; 32]);
            let seed = key.seed();
            assert_eq!(seed.len(), 58);
            assert!(seed.starts_with(&format!("S{}", kind.letter())), "{seed}");
            assert_eq!(KeyPair::from_seed(&seed).unwrap().public_key(), key.public_key());
        }
    }

    #[test]
    fn a_public_key_is_no_seed() {
        let public = key().public_key().to_string();
        assert_eq!(KeyPair::from_seed(&public).unwrap_err(), KeyError::NotASeed);
    }

    #[test]
    fn the_key_of_rfc_8032_test_2_is_derived_and_signs_as_there() {
        let hex = |text: &str| crate::text::HEX_LOWER.decode(text.as_bytes()).unwrap();
        let secret = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let key = KeyPair::from_raw(KeyKind::User, secret.try_into().unwrap());
        let public = hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        assert_eq!(key.public_key().as_bytes()[..], public);
        let signature = hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
        assert_eq!(key.sign(&[0x72])[..], signature);
        assert_eq!(key.public_key().verify(&[0x72], &signature), Ok(()));
    }

    #[test]
    fn an_altered_message_or_signature_does_not_verify() {
        let public = key().public_key();
        let signature = key().sign(b"one");
        let mismatch = Err(SignatureError::Mismatch { key: public });
        assert_eq!(public.verify(b"two", &signature), mismatch);
        let mut altered = signature;
        altered[0] ^= 1;
        assert_eq!(public.verify(b"one", &altered), mismatch);
        assert_eq!(public.verify(b"one", &signature[1..]), Err(SignatureError::Length { found: 63 }));
    }

    #[test]
    fn derived_keys_differ_by_name_and_kind_and_are_found_again() {
        let provider = |name| key().derive(KeyKind::Provider, name).public_key();
        assert_eq!(provider("a"), provider("a"));
        assert_ne!(provider("a"), provider("b"));
        let module = key().derive(KeyKind::Module, "a").public_key();
        assert_ne!(provider("a").as_bytes(), module.as_bytes());
    }

    #[test]
    fn debug_hides_the_secret() {
        let text = format!("{:?}", key());
        assert!(text.contains(&key().public_key().to_string()));
        assert!(!text.contains(&key().seed()) && !text.contains("3, 3"), "{text}");
    }
}
