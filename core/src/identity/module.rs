//! The bytes of a module as claims see them: its hash, and the section that holds its token.

use std::borrow::Cow;

use data_encoding::{BASE64URL_NOPAD, HEXUPPER};
use sha2::{Digest, Sha256};
use wasm_encoder::{CustomSection, Encode, Section};
use wasmparser::{Parser, Payload};

use super::{
    claims::{ActorClaims, ClaimsError, HEADER, TokenClaims},
    key::{KeyKind, KeyPair, PublicKey},
};

/// The sections that may hold a token, the current name first.
const TOKEN_SECTIONS: [&str; 2] = ["wasmcloud_jwt", "jwt"];

/// The magic number and version of a core module.
const PREAMBLE: [u8; 8] = *b"\0asm\x01\0\0\0";

/// The token embedded in a module, if there is one.
pub(super) fn embedded_token(module: &[u8]) -> Result<Option<String>, ClaimsError> {
    let mut token = None;
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CustomSection(section) = payload.map_err(unreadable)?
            && TOKEN_SECTIONS.contains(&section.name())
        {
            let text = std::str::from_utf8(section.data()).map_err(|_| ClaimsError::Malformed("it is not text".to_owned()))?;
            token = Some(text.to_owned());
        }
    }
    Ok(token)
}

/// The module without its token: every section but those that hold one, re-encoded in order.
fn without_token(module: &[u8]) -> Result<Vec<u8>, ClaimsError> {
    let mut stripped = PREAMBLE.to_vec();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(unreadable)?;
        if let Payload::CustomSection(section) = &payload {
            if TOKEN_SECTIONS.contains(&section.name()) {
                continue;
            }
        }
        if let Some((id, range)) = payload.as_section() {
            stripped.push(id);
            module[range].encode(&mut stripped);
        }
    }
    Ok(stripped)
}

/// The hash that claims state: SHA-256 in upper-case hex of the module without its token.
///
/// # Errors
/// The bytes are not a module.
pub fn module_hash(module: &[u8]) -> Result<String, ClaimsError> {
    Ok(HEXUPPER.encode(&Sha256::digest(without_token(module)?)))
}

/// The key of an unsigned module: the same bytes have the same key on every host.
pub fn module_key_of_hash(module: &[u8]) -> PublicKey {
    PublicKey::from_bytes(KeyKind::Module, Sha256::digest(module).into())
}

/// Embeds claims, signed by their issuer. The hash is filled in; a token that is there already is replaced.
///
/// # Errors
/// The bytes are not a module, or the claims name another issuer than `issuer`.
pub fn sign_module(module: &[u8], claims: &ActorClaims, issuer: &KeyPair) -> Result<Vec<u8>, ClaimsError> {
    if claims.issuer != issuer.public_key() {
        return Err(ClaimsError::Malformed("the claims name another issuer than the key that signs".to_owned()));
    }
    let mut signed = without_token(module)?;
    let claims = TokenClaims::from(ActorClaims {
        hash: HEXUPPER.encode(&Sha256::digest(&signed)),
        ..claims.clone()
    });
    let json = serde_json::to_vec(&claims).expect("claims have string keys and serialise");
    let signed_text = format!("{}.{}", BASE64URL_NOPAD.encode(HEADER.as_bytes()), BASE64URL_NOPAD.encode(&json));
    let signature = BASE64URL_NOPAD.encode(&issuer.sign(signed_text.as_bytes()));
    let section = CustomSection {
        name: TOKEN_SECTIONS[0].into(),
        data: Cow::Owned(format!("{signed_text}.{signature}").into_bytes()),
    };
    section.append_to(&mut signed);
    Ok(signed)
}

fn unreadable(error: wasmparser::BinaryReaderError) -> ClaimsError {
    ClaimsError::Module(error.to_string())
}
