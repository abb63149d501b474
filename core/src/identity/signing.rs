//! Signing: in one step where the key is at hand, in two where it is kept elsewhere and gives signatures only.

use super::{
    claims::{ActorClaims, ClaimsError},
    key_pair::KeyPair,
    module,
    token::{self, TokenError},
};

/// The token of these claims and their hash, signed by their issuer.
pub fn sign_token(claims: &ActorClaims, issuer: &KeyPair) -> Result<String, ClaimsError> {
    check_issuer(claims, issuer)?;
    Ok(token::sign(&claims.to_token(claims.hash.clone()), issuer))
}

/// The module with these claims in place of those it had, signed by their issuer. Their hash is that of the module,
/// whatever they say; the revision of the format is the current one.
pub fn sign_module(module: &[u8], claims: &ActorClaims, issuer: &KeyPair) -> Result<Vec<u8>, ClaimsError> {
    check_issuer(claims, issuer)?;
    let signed = claims_to_sign(module, claims)?;
    Ok(module::embed(module, &token::complete(&signed, &issuer.sign(signed.as_bytes())))?)
}

/// The first of two steps: the text whose bytes the issuer of these claims signs, for this module, as by
/// [`sign_module`].
pub fn claims_to_sign(module: &[u8], claims: &ActorClaims) -> Result<String, ClaimsError> {
    Ok(token::to_sign(&claims.to_token(module::read(module)?.hash)))
}

/// The second: the module with the claims of [`claims_to_sign`] in place of those it had. Refused where `signature` is
/// not their issuer's, or they are for another module.
pub fn embed_signature(module: &[u8], signed: &str, signature: &[u8]) -> Result<Vec<u8>, ClaimsError> {
    let token = token::complete(signed, signature);
    let read = token::read(token.as_bytes())?;
    read.signature.map_err(TokenError::from)?;
    let (claimed, actual) = (read.claims.actor.hash, module::read(module)?.hash);
    match claimed == actual {
        true => Ok(module::embed(module, &token)?),
        false => Err(ClaimsError::Hash { claimed, actual }),
    }
}

fn check_issuer(claims: &ActorClaims, issuer: &KeyPair) -> Result<(), ClaimsError> {
    let signing = issuer.public_key();
    match signing == claims.issuer {
        true => Ok(()),
        false => Err(ClaimsError::Issuer { named: claims.issuer, signing }),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::identity::{KeyKind, SignatureError, inspect, module_hash};

    const NOW: Duration = Duration::from_secs(1_800_000_000);

    fn account() -> KeyPair {
        KeyPair::from_raw(KeyKind::Account, [1; 32])
    }

    fn claims() -> ActorClaims {
        let actor = KeyPair::from_raw(KeyKind::Module, [2; 32]).public_key();
        ActorClaims {
            name: Some("counter".to_owned()),
            caps: vec!["wasmcloud:keyvalue".to_owned()],
            // A module may be signed long before it may run.
            not_before: Some(NOW + Duration::from_secs(60)),
            ..ActorClaims::new(account().public_key(), actor, "id".to_owned(), NOW)
        }
    }

    fn module(memory: u32) -> Vec<u8> {
        wat::parse_str(format!("(module (memory {memory}))")).unwrap()
    }

    #[test]
    fn two_steps_make_the_module_that_one_makes() {
        let once = sign_module(&module(1), &claims(), &account()).unwrap();
        let signed = claims_to_sign(&module(1), &claims()).unwrap();
        let twice = embed_signature(&module(1), &signed, &account().sign(signed.as_bytes())).unwrap();
        assert_eq!(twice, once);
        let read = inspect(&twice, NOW + Duration::from_secs(60)).unwrap().unwrap();
        assert_eq!(read, ActorClaims { hash: module_hash(&module(1)).unwrap(), ..claims() });
    }

    #[test]
    fn the_token_of_a_signed_module_is_replaced_in_two_steps_too() {
        let once = sign_module(&module(1), &claims(), &account()).unwrap();
        let signed = claims_to_sign(&once, &claims()).unwrap();
        assert_eq!(embed_signature(&once, &signed, &account().sign(signed.as_bytes())), Ok(once));
    }

    #[test]
    fn a_signature_of_another_key_or_of_no_length_is_not_embedded() {
        let signed = claims_to_sign(&module(1), &claims()).unwrap();
        let refused = |signature: &[u8]| match embed_signature(&module(1), &signed, signature) {
            Err(ClaimsError::Token(TokenError::Signature(error))) => error,
            other => panic!("{other:?}"),
        };
        let other = KeyPair::from_raw(KeyKind::Account, [9; 32]).sign(signed.as_bytes());
        assert_eq!(refused(&other), SignatureError::Mismatch { key: account().public_key() });
        assert_eq!(refused(&other[..63]), SignatureError::Length { found: 63 });
    }

    #[test]
    fn claims_for_another_module_are_not_embedded() {
        let signed = claims_to_sign(&module(1), &claims()).unwrap();
        let refused = embed_signature(&module(2), &signed, &account().sign(signed.as_bytes()));
        assert!(matches!(refused, Err(ClaimsError::Hash { .. })), "{refused:?}");
    }
}
