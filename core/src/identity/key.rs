//! Public keys: who hosts, actors, providers and issuers are.

use std::{
    fmt::{self, Debug, Display},
    str::FromStr,
};

use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use super::nkey;

/// What a key stands for. The first letter of its text says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// `A…`: issues actors' claims.
    Account,
    /// `C…`: issues invocations.
    Cluster,
    /// `M…`: an actor's module.
    Module,
    /// `N…`: a host.
    Host,
    /// `O…`: issues accounts.
    Operator,
    /// `V…`: a provider.
    Provider,
    /// `U…`: a person or program that joins the lattice.
    User,
}

impl KeyKind {
    const ALL: [Self; 7] =
        [Self::Account, Self::Cluster, Self::Module, Self::Host, Self::Operator, Self::Provider, Self::User];

    /// The letter its keys begin with.
    pub fn letter(self) -> char {
        char::from(b'A' + (self.prefix() >> 3))
    }

    /// The byte before the key: five bits of base32, then three zero bits.
    pub(super) fn prefix(self) -> u8 {
        let letter = match self {
            Self::Account => 0,
            Self::Cluster => 2,
            Self::Module => 12,
            Self::Host => 13,
            Self::Operator => 14,
            Self::User => 20,
            Self::Provider => 21,
        };
        letter << 3
    }

    pub(super) fn of_prefix(prefix: u8) -> Result<Self, KeyError> {
        Self::ALL.into_iter().find(|kind| kind.prefix() == prefix).ok_or(KeyError::Kind)
    }
}

impl Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account => "account",
            Self::Cluster => "cluster",
            Self::Module => "module",
            Self::Host => "host",
            Self::Operator => "operator",
            Self::Provider => "provider",
            Self::User => "user",
        })
    }
}

/// An Ed25519 public key and what it stands for. Its text is an nkey of 56 characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey {
    kind: KeyKind,
    bytes: [u8; 32],
}

impl PublicKey {
    /// A key of known bytes. They need not be a point of the curve; nothing verifies with such a key then.
    pub fn from_bytes(kind: KeyKind, bytes: [u8; 32]) -> Self {
        Self { kind, bytes }
    }

    /// What it stands for.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The key itself.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// The key, if it stands for `kind`.
    pub fn expect_kind(self, kind: KeyKind) -> Result<Self, KeyError> {
        match self.kind == kind {
            true => Ok(self),
            false => Err(KeyError::WrongKind { expected: kind, found: self.kind }),
        }
    }

    /// Checks that `signature`, 64 bytes, is this key's over `message`. Weak keys and signatures that could have been
    /// altered without the secret are refused.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        let signature =
            Signature::from_slice(signature).map_err(|_| SignatureError::Length { found: signature.len() })?;
        VerifyingKey::from_bytes(&self.bytes)
            .map_err(|_| SignatureError::NotAPoint { key: *self })?
            .verify_strict(message, &signature)
            .map_err(|_| SignatureError::Mismatch { key: *self })
    }
}

impl Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&nkey::encode(&[self.kind.prefix()], &self.bytes))
    }
}

impl Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text.starts_with('S') {
            return Err(KeyError::Secret);
        }
        let [prefix, bytes @ ..] = nkey::decode::<33>(text)?;
        Ok(Self { kind: KeyKind::of_prefix(prefix)?, bytes })
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = PublicKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a public key of 56 characters")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<PublicKey, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}

/// Why a text is not the key that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It is too long or too short.
    #[error("a key like this has {expected} characters, not {found}; copy it whole")]
    Length {
        /// How long it should be.
        expected: usize,
        /// How long it is.
        found: usize,
    },
    /// It holds something that no key has.
    #[error("{character:?} at position {position} belongs to no key; a key has the characters A to Z and 2 to 7 only")]
    Character {
        /// The character.
        character: char,
        /// Where it is, counted from 1.
        position: usize,
    },
    /// It was mistyped.
    #[error("the key's checksum does not match: a character is wrong or two are swapped; copy it again")]
    Checksum,
    /// Its first letter is none that is known.
    #[error("the key's first letter stands for no kind of key that is known here (A, C, M, N, O, U, V)")]
    Kind,
    /// It stands for something else.
    #[error("this is the key of a {found}, where that of a {expected} ({}…) is needed", expected.letter())]
    WrongKind {
        /// What was needed.
        expected: KeyKind,
        /// What it stands for.
        found: KeyKind,
    },
    /// It is a seed.
    #[error(
        "this is a seed, which is secret, where a public key is needed; keep it to yourself and give the public key"
    )]
    Secret,
    /// It is a public key.
    #[error("this is no seed, where one (S…) is needed to sign")]
    NotASeed,
}

/// Why a signature does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// It has the wrong size.
    #[error("a signature has 64 bytes, not {found}")]
    Length {
        /// Its size in bytes.
        found: usize,
    },
    /// The key cannot verify anything.
    #[error("{key} is no Ed25519 key, so nothing can be signed by it")]
    NotAPoint {
        /// The key.
        key: PublicKey,
    },
    /// The message was altered, or another key signed it.
    #[error("{key} did not sign this: it was altered, or signed with another key")]
    Mismatch {
        /// The key.
        key: PublicKey,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The module key of a published actor, the echo of wascap's fixtures.
    const ECHO: &str = "MDJ5BWS6JXSWOZL2ZENW2D4FBSHQ5ZMFGEGJB33TLKYKMXTLLAXINU36";

    fn check_error(text: &str, error: &KeyError) {
        assert_eq!(text.parse::<PublicKey>().as_ref(), Err(error), "{text}");
    }

    #[test]
    fn each_kind_begins_with_its_letter_and_survives_its_text() {
        for kind in KeyKind::ALL {
            let key = PublicKey::from_bytes(kind, [7; 32]);
            let text = key.to_string();
            assert_eq!((text.len(), text.chars().next()), (56, Some(kind.letter())));
            assert_eq!(text.parse(), Ok(key));
        }
    }

    #[test]
    fn an_error_names_what_is_wrong() {
        let key = PublicKey::from_bytes(KeyKind::Module, [7; 32]).to_string();
        check_error(&key[1..], &KeyError::Length { expected: 56, found: 55 });
        check_error(&key.replacen('M', "m", 1), &KeyError::Character { character: 'm', position: 1 });
        check_error(&key.replacen('M', "N", 1), &KeyError::Checksum);
        check_error("SAAB", &KeyError::Secret);
        check_error(&nkey::encode(&[1 << 3], &[7; 32]), &KeyError::Kind);
    }

    #[test]
    fn a_character_beyond_ascii_is_an_error() {
        check_error(&"é".repeat(28), &KeyError::Character { character: 'é', position: 1 });
    }

    #[test]
    fn a_key_is_a_string_to_serde() {
        let key = PublicKey::from_bytes(KeyKind::Host, [9; 32]);
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(json, format!("\"{key}\""));
        assert_eq!(serde_json::from_str::<PublicKey>(&json).unwrap(), key);
        assert!(serde_json::from_str::<PublicKey>("\"N\"").is_err());
    }

    #[test]
    fn a_published_key_is_read() {
        assert_eq!(ECHO.parse::<PublicKey>().unwrap().kind(), KeyKind::Module);
    }
}
