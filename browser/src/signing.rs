//! What a page's keys need of the core to sign modules: keys as text, the claims to sign, and where signatures go.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use wasm_bindgen::prelude::*;
use wisteria_browser_platform::BrowserPlatform;
use wisteria_core::{
    encoding,
    error::{ErrorCode, LatticeError},
    identity::{self, ActorClaims, ClaimsError, KeyKind, KeyPair, PublicKey, WantedClaims},
};

use crate::{
    error::{bad_request, to_js},
    host::{plain_of_js, read_key},
};

/// The text `A…` of an account's public key, 32 bytes.
#[wasm_bindgen(js_name = accountKey)]
pub fn account_key(public: &[u8]) -> Result<String, JsValue> {
    Ok(PublicKey::from_bytes(KeyKind::Account, bytes(public)?).to_string())
}

/// The text of the public key of 32 secret bytes: an account's, or a module's.
#[wasm_bindgen(js_name = keyOfSeed)]
pub fn key_of_seed(is_module: bool, seed: &[u8]) -> Result<String, JsValue> {
    let kind = if is_module { KeyKind::Module } else { KeyKind::Account };
    Ok(KeyPair::from_raw(kind, bytes(seed)?).public_key().to_string())
}

/// The signature of an account of 32 secret bytes over a text.
#[wasm_bindgen(js_name = signBySeed)]
pub fn sign_by_seed(seed: &[u8], text: &str) -> Result<Vec<u8>, JsValue> {
    Ok(KeyPair::from_raw(KeyKind::Account, bytes(seed)?).sign(text.as_bytes()).to_vec())
}

/// The text that `account` signs for `module` to have these claims.
#[wasm_bindgen(js_name = claimsToSign)]
pub fn claims_to_sign(module: &[u8], claims: &JsValue, account: &str, actor: &str) -> Result<String, JsValue> {
    read_claims(claims, account, actor)
        .and_then(|claims| identity::claims_to_sign(module, &claims).map_err(|error| not_signed(&error)))
        .map_err(|error| to_js(&error))
}

/// The module with such a text and its signature, which is checked.
#[wasm_bindgen(js_name = embedSignature)]
pub fn embed_signature(module: &[u8], text: &str, signature: &[u8]) -> Result<Vec<u8>, JsValue> {
    identity::embed_signature(module, text, signature).map_err(|error| to_js(&not_signed(&error)))
}

fn read_claims(claims: &JsValue, account: &str, actor: &str) -> Result<ActorClaims, LatticeError> {
    let Value::Object(said) = plain_of_js("claims", claims)? else {
        return Err(bad_request("the claims are no object"));
    };
    let mut wanted = WantedClaims::default();
    for (claim, value) in said {
        match claim.as_str() {
            "name" => wanted.name = Some(read(&claim, value)?),
            "capabilities" => wanted.caps = read(&claim, value)?,
            "tags" => wanted.tags = read(&claim, value)?,
            "alias" => wanted.call_alias = Some(read(&claim, value)?),
            "version" => wanted.version = Some(read(&claim, value)?),
            "revision" => wanted.revision = Some(read(&claim, value)?),
            "expiresIn" => wanted.expires_in = Some(span(read(&claim, value)?)),
            "notBeforeIn" => wanted.not_before_in = Some(span(read(&claim, value)?)),
            _ => {
                return Err(bad_request(format!(
                    "there is no claim \"{claim}\"; there are name, capabilities, tags, alias, version, revision, \
                     expiresIn, notBeforeIn"
                )));
            }
        }
    }
    let (account, actor) = (read_key(account)?, read_key(actor)?);
    wanted.into_claims(account, actor, &BrowserPlatform).map_err(|error| bad_request(error.to_string()))
}

/// What is said must be of its kind: JSON makes `null` of `NaN`, which is not to mean "for ever".
fn read<T: DeserializeOwned>(claim: &str, value: Value) -> Result<T, LatticeError> {
    encoding::from_value(value).map_err(|error| bad_request(format!("the claim {claim} cannot be read: {error}")))
}

/// Claims count in seconds; less than one would be none.
fn span(millis: u64) -> Duration {
    Duration::from_secs(millis.div_ceil(1_000))
}

fn not_signed(error: &ClaimsError) -> LatticeError {
    let code = match error {
        ClaimsError::Module(_) => ErrorCode::InvalidModule,
        _ => ErrorCode::InvalidClaims,
    };
    LatticeError::new(code, error.to_string())
}

fn bytes(key: &[u8]) -> Result<[u8; 32], JsValue> {
    key.try_into().map_err(|_| to_js(&bad_request("a key has 32 bytes")))
}
