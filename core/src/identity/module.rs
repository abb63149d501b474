//! The sections of a module that identity is about: which carry a token, and the hash of all others.

use sha2::{Digest, Sha256};
use thiserror::Error;
use wasm_encoder::{CustomSection, Encode, Module, RawSection, Section};
use wasmparser::{Encoding, Parser, Payload};

use super::key::{KeyKind, PublicKey};
use crate::text::HEX_UPPER;

/// The custom section that carries the token.
const TOKEN_SECTION: &str = "wasmcloud_jwt";

/// Its name in modules signed before wascap 0.9.
const OLD_TOKEN_SECTION: &str = "jwt";

/// Why the sections of a module cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ModuleReadError {
    /// The bytes are no complete WebAssembly binary.
    #[error("this is no complete WebAssembly module: {cause}; build it for wasm32-unknown-unknown")]
    Malformed {
        /// What the parser met.
        cause: String,
    },
    /// It is a component.
    #[error("this is a WebAssembly component, not a core module; build the actor for wasm32-unknown-unknown")]
    Component,
}

/// The hash that claims carry: SHA-256, in uppercase hex, over the module without its tokens.
/// Every other section counts, in its order.
pub fn module_hash(module: &[u8]) -> Result<String, ModuleReadError> {
    Ok(read(module)?.hash)
}

/// The key of a module without claims: the SHA-256 of the file, so that every host finds the same. Nothing can be
/// signed by it.
pub fn module_key_of_hash(module: &[u8]) -> PublicKey {
    PublicKey::from_bytes(KeyKind::Module, Sha256::digest(module).into())
}

/// What a module says of itself.
pub(super) struct SignedSections<'a> {
    /// As [`module_hash`].
    pub(super) hash: String,
    /// The content of each section that is meant for a token.
    pub(super) tokens: Vec<&'a [u8]>,
}

pub(super) fn read(module: &[u8]) -> Result<SignedSections<'_>, ModuleReadError> {
    let mut hash = Sha256::new_with_prefix(Module::HEADER);
    let mut tokens = Vec::new();
    for section in sections(module)? {
        match section {
            PlainSection::Token(token) => tokens.push(token),
            PlainSection::Other { id, data } => {
                let mut head = vec![id];
                data.len().encode(&mut head);
                hash.update(head);
                hash.update(data);
            }
        }
    }
    Ok(SignedSections { hash: HEX_UPPER.encode(&hash.finalize()), tokens })
}

/// The module with `token` in place of those it had.
pub(super) fn embed(module: &[u8], token: &str) -> Result<Vec<u8>, ModuleReadError> {
    let mut signed = Module::HEADER.to_vec();
    for section in sections(module)? {
        if let PlainSection::Other { id, data } = section {
            RawSection { id, data }.append_to(&mut signed);
        }
    }
    CustomSection { name: TOKEN_SECTION.into(), data: token.as_bytes().into() }.append_to(&mut signed);
    Ok(signed)
}

enum PlainSection<'a> {
    Token(&'a [u8]),
    Other { id: u8, data: &'a [u8] },
}

fn sections(module: &[u8]) -> Result<Vec<PlainSection<'_>>, ModuleReadError> {
    let malformed = |cause: String| ModuleReadError::Malformed { cause };
    let mut sections = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(|error| malformed(error.to_string()))?;
        match &payload {
            Payload::Version { encoding: Encoding::Component, .. } => return Err(ModuleReadError::Component),
            Payload::CustomSection(custom) if [TOKEN_SECTION, OLD_TOKEN_SECTION].contains(&custom.name()) => {
                sections.push(PlainSection::Token(custom.data()));
            }
            payload => {
                if let Some((id, range)) = payload.as_section() {
                    let data = usize::try_from(range.start)
                        .ok()
                        .zip(usize::try_from(range.end).ok())
                        .and_then(|(start, end)| module.get(start..end))
                        .ok_or_else(|| malformed("a section ends after the file".to_owned()))?;
                    sections.push(PlainSection::Other { id, data });
                }
            }
        }
    }
    Ok(sections)
}
