//! Ed25519 keys in the form of NATS nkeys.
//!
//! A public key is the base32 of a prefix byte, 32 bytes and their CRC-16/XMODEM; a seed has a second prefix byte.

use std::{fmt, str::FromStr};

use data_encoding::BASE32_NOPAD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// What a key is for; its first letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// `A`, an issuer of claims.
    Account,
    /// `C`, a cluster of hosts.
    Cluster,
    /// `M`, a module.
    Module,
    /// `N`, a host.
    Host,
    /// `O`, an operator.
    Operator,
    /// `U`, a user.
    User,
    /// `V`, a provider.
    Provider,
}

const KINDS: [(KeyKind, u8); 7] = [
    (KeyKind::Account, 0),
    (KeyKind::Cluster, 2 << 3),
    (KeyKind::Module, 12 << 3),
    (KeyKind::Host, 13 << 3),
    (KeyKind::Operator, 14 << 3),
    (KeyKind::User, 20 << 3),
    (KeyKind::Provider, 21 << 3),
];

/// The prefix byte of a seed, before that of its kind.
const SEED_PREFIX: u8 = 18 << 3;

impl KeyKind {
    fn prefix(self) -> u8 {
        let found = KINDS.iter().find(|(kind, _)| *kind == self);
        found.expect("every kind has a prefix").1
    }

    fn of_prefix(prefix: u8) -> Option<Self> {
        KINDS.iter().find(|(_, known)| *known == prefix).map(|(kind, _)| *kind)
    }
}

/// A public key. Names a host, module or provider; need not be a point on the curve unless it is to verify.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey {
    kind: KeyKind,
    bytes: [u8; 32],
}

/// Why a text is not a key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It has another length.
    #[error("a key has {expected} characters, this has {found}")]
    Length {
        /// What it should have.
        expected: usize,
        /// What it has.
        found: usize,
    },
    /// It is not base32.
    #[error("a key consists of the letters A–Z and the digits 2–7")]
    Alphabet,
    /// A character was mistyped or lost.
    #[error("the key's checksum does not match; a character is wrong")]
    Checksum,
    /// The first letter names no kind of key.
    #[error("the key's first letters name no kind that is known here")]
    Kind,
    /// The signature is not of this key over these bytes.
    #[error("the signature does not match")]
    Signature,
}

impl PublicKey {
    /// The key of these bytes.
    pub fn from_bytes(kind: KeyKind, bytes: [u8; 32]) -> Self {
        Self { kind, bytes }
    }

    /// What it is for.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Whether `signature` (64 bytes) is this key's over `message`.
    ///
    /// # Errors
    /// [`KeyError::Signature`] when not.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        let signature = Signature::from_slice(signature).map_err(|_| KeyError::Signature)?;
        VerifyingKey::from_bytes(&self.bytes)
            .and_then(|key| key.verify_strict(message, &signature))
            .map_err(|_| KeyError::Signature)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut raw = [0; 33];
        raw[0] = self.kind.prefix();
        raw[1..].copy_from_slice(&self.bytes);
        f.write_str(&with_checksum(&raw))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let raw: [u8; 33] = without_checksum(text, 56)?;
        let (prefix, bytes) = raw.split_first().expect("33 bytes have a first");
        Ok(Self {
            kind: KeyKind::of_prefix(*prefix).ok_or(KeyError::Kind)?,
            bytes: bytes.try_into().expect("32 bytes remain"),
        })
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// A key that can sign. Its secret is not shown by `Debug`.
#[derive(Clone)]
pub struct KeyPair {
    kind: KeyKind,
    key: SigningKey,
}

impl KeyPair {
    /// The key of a 32-byte seed, which must come from good randomness.
    pub fn from_raw(kind: KeyKind, seed: [u8; 32]) -> Self {
        Self {
            kind,
            key: SigningKey::from_bytes(&seed),
        }
    }

    /// Reads a seed, `S…`, 58 characters.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn from_seed(text: &str) -> Result<Self, KeyError> {
        let raw: [u8; 34] = without_checksum(text, 58)?;
        let prefix = (raw[0] & 7) << 5 | raw[1] >> 3;
        match (raw[0] & !7, KeyKind::of_prefix(prefix)) {
            (SEED_PREFIX, Some(kind)) => {
                let seed = raw[2..].try_into().expect("32 bytes remain");
                Ok(Self::from_raw(kind, seed))
            }
            _ => Err(KeyError::Kind),
        }
    }

    /// The seed, from which [`KeyPair::from_seed`] makes the same key. Keep it secret.
    pub fn seed(&self) -> String {
        let prefix = self.kind.prefix();
        let mut raw = [0; 34];
        raw[0] = SEED_PREFIX | prefix >> 5;
        raw[1] = (prefix & 31) << 3;
        raw[2..].copy_from_slice(self.key.as_bytes());
        with_checksum(&raw)
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        PublicKey::from_bytes(self.kind, self.key.verifying_key().to_bytes())
    }

    /// The 64-byte signature over `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// Another key that follows from this one and a name, always the same.
    pub fn derive(&self, kind: KeyKind, name: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"wisteria key derivation 1\0");
        hash.update([kind.prefix()]);
        hash.update(self.key.as_bytes());
        hash.update(name.as_bytes());
        Self::from_raw(kind, hash.finalize().into())
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyPair").field(&self.public_key()).finish()
    }
}

fn with_checksum(raw: &[u8]) -> String {
    let mut bytes = raw.to_vec();
    bytes.extend_from_slice(&crc16(raw).to_le_bytes());
    BASE32_NOPAD.encode(&bytes)
}

fn without_checksum<const N: usize>(text: &str, expected: usize) -> Result<[u8; N], KeyError> {
    if text.len() != expected {
        return Err(KeyError::Length {
            expected,
            found: text.chars().count(),
        });
    }
    let bytes = BASE32_NOPAD.decode(text.as_bytes()).map_err(|_| KeyError::Alphabet)?;
    let (raw, checksum) = bytes.split_last_chunk::<2>().ok_or(KeyError::Checksum)?;
    match raw.try_into() {
        Ok(raw_array) if crc16(raw) == u16::from_le_bytes(*checksum) => Ok(raw_array),
        _ => Err(KeyError::Checksum),
    }
}

/// CRC-16/XMODEM: polynomial 0x1021, nothing reflected, starting at 0.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| match crc & 0x8000 {
            0 => crc << 1,
            _ => crc << 1 ^ 0x1021,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_catalogue() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
    }

    #[test]
    fn a_key_and_its_seed_survive_as_text() {
        for (kind, _) in KINDS {
            let pair = KeyPair::from_raw(kind, [7; 32]);
            assert_eq!(pair.public_key().to_string().parse(), Ok(pair.public_key()));
            let again = KeyPair::from_seed(&pair.seed()).expect("a seed");
            assert_eq!(again.public_key(), pair.public_key());
        }
    }

    #[test]
    fn the_first_letter_names_the_kind() {
        let letters = KINDS.map(|(kind, _)| PublicKey::from_bytes(kind, [0; 32]).to_string().remove(0));
        assert_eq!(letters, ['A', 'C', 'M', 'N', 'O', 'U', 'V']);
        assert!(KeyPair::from_raw(KeyKind::Host, [1; 32]).seed().starts_with("SN"));
    }

    #[test]
    fn what_is_wrong_with_a_key_is_named() {
        let key = PublicKey::from_bytes(KeyKind::Module, [3; 32]).to_string();
        let check = |text: &str, expected| assert_eq!(text.parse::<PublicKey>(), Err(expected), "{text}");
        check("MB", KeyError::Length { expected: 56, found: 2 });
        check(&key.to_lowercase(), KeyError::Alphabet);
        let mistyped = match key.ends_with('A') {
            true => format!("{}B", &key[..55]),
            false => format!("{}A", &key[..55]),
        };
        assert!(mistyped.parse::<PublicKey>().is_err());
    }

    #[test]
    fn only_the_right_signature_verifies() {
        let pair = KeyPair::from_raw(KeyKind::Account, [9; 32]);
        let signature = pair.sign(b"message");
        assert_eq!(pair.public_key().verify(b"message", &signature), Ok(()));
        assert_eq!(pair.public_key().verify(b"massage", &signature), Err(KeyError::Signature));
        assert_eq!(pair.public_key().verify(b"message", b"short"), Err(KeyError::Signature));
    }

    #[test]
    fn derived_keys_differ_by_name_and_kind() {
        let host = KeyPair::from_raw(KeyKind::Host, [1; 32]);
        let key = |name| host.derive(KeyKind::Provider, name).public_key();
        assert_eq!(key("a"), key("a"));
        assert_ne!(key("a"), key("b"));
    }
}
