//! Tests of claims: what is signed is read again, and whatever was altered is refused.

use super::*;
use crate::identity::{KeyError, KeyKind, KeyPair, SignatureError, module_hash, module_key_of_hash, sign_module};

const NOW: Duration = Duration::from_secs(1_800_000_000);

fn account() -> KeyPair {
    KeyPair::from_raw(KeyKind::Account, [1; 32])
}

fn actor() -> PublicKey {
    KeyPair::from_raw(KeyKind::Module, [2; 32]).public_key()
}

fn claims() -> ActorClaims {
    ActorClaims {
        name: Some("counter".to_owned()),
        tags: vec!["sample".to_owned()],
        caps: vec!["wasmcloud:keyvalue".to_owned()],
        revision: Some(4),
        version: Some("0.4.0".to_owned()),
        call_alias: Some("sample/counter".to_owned()),
        ..ActorClaims::new(account().public_key(), actor(), "id".to_owned(), NOW)
    }
}

fn module() -> Vec<u8> {
    wat::parse_str(r#"(module (memory (export "memory") 1) (@custom "note" "kept") (func))"#).unwrap()
}

fn signed(claims: &ActorClaims) -> Vec<u8> {
    sign_module(&module(), claims, &account()).unwrap()
}

/// The module with a token of these claims, signed by `key` without any check.
fn forged(claims: &ActorClaims, hash: &str, key: &KeyPair) -> Vec<u8> {
    module::embed(&module(), &token::sign(&claims.to_token(hash.to_owned()), key)).unwrap()
}

#[test]
fn what_was_signed_is_read_again() {
    let read = inspect(&signed(&claims()), NOW).unwrap().unwrap();
    let hash = module_hash(&module()).unwrap();
    assert_eq!(read, ActorClaims { hash, ..claims() });
}

#[test]
fn a_module_without_token_is_unsigned_and_known_by_its_bytes() {
    assert_eq!(inspect(&module(), NOW), Ok(None));
    // SHA-256 of nothing, from FIPS 180-2's test values.
    assert_eq!(
        crate::text::HEX_LOWER.encode(module_key_of_hash(b"").as_bytes()),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}

#[test]
fn signing_again_replaces_the_token() {
    let twice = sign_module(&signed(&claims()), &claims(), &account()).unwrap();
    assert_eq!(twice, signed(&claims()));
}

#[test]
fn a_token_of_another_module_is_refused() {
    let mut other = module();
    other.extend_from_slice(&[0, 2, 1, b'x']);
    let other = module::embed(&other, &token::sign(&claims().to_token("AA".to_owned()), &account())).unwrap();
    let error = inspect(&other, NOW).unwrap_err();
    assert!(matches!(&error, ClaimsError::Hash { claimed, .. } if claimed == "AA"), "{error}");
}

#[test]
fn every_altered_byte_of_a_signed_module_is_noticed() {
    let module = signed(&claims());
    let whole = inspect(&module, NOW).unwrap();
    for position in 0..module.len() {
        let mut altered = module.clone();
        altered[position] ^= 1;
        let seen = inspect(&altered, NOW);
        assert_ne!(seen, Ok(whole.clone()), "byte {position}");
        assert!(matches!(seen, Err(_) | Ok(None)), "byte {position}");
    }
}

#[test]
fn a_signature_of_another_account_is_refused() {
    let other = KeyPair::from_raw(KeyKind::Account, [9; 32]);
    let hash = module_hash(&module()).unwrap();
    let mismatch = SignatureError::Mismatch { key: account().public_key() };
    assert_eq!(
        inspect(&forged(&claims(), &hash, &other), NOW),
        Err(ClaimsError::Token(TokenError::Signature(mismatch)))
    );
    assert!(matches!(sign_module(&module(), &claims(), &other), Err(ClaimsError::Issuer { .. })));
}

#[test]
fn issuer_and_subject_are_of_their_kinds() {
    let user = KeyPair::from_raw(KeyKind::User, [1; 32]);
    let check = |claims: &ActorClaims, key: &KeyPair, claim: &str, kinds: (KeyKind, KeyKind)| {
        let ClaimsError::Token(TokenError::Key { claim: found, source, .. }) =
            inspect(&forged(claims, "", key), NOW).unwrap_err()
        else {
            panic!("another error");
        };
        assert_eq!(found, claim);
        assert_eq!(source, KeyError::WrongKind { expected: kinds.0, found: kinds.1 });
    };
    let by_user = ActorClaims { issuer: user.public_key(), ..claims() };
    check(&by_user, &user, "iss", (KeyKind::Account, KeyKind::User));
    let of_user = ActorClaims { subject: user.public_key(), ..claims() };
    check(&of_user, &account(), "sub", (KeyKind::Module, KeyKind::User));
}

#[test]
fn claims_count_from_their_start_until_their_end() {
    let start = NOW;
    let end = NOW + Duration::from_secs(7_200);
    let limited = signed(&ActorClaims { not_before: Some(start), expires: Some(end), ..claims() });
    let check = |now, error: Option<ClaimsError>| assert_eq!(inspect(&limited, now).err(), error);
    let second = Duration::from_secs(1);
    check(start - second, Some(ClaimsError::NotYetValid { subject: actor(), until: second }));
    check(start, None);
    check(end - second, None);
    check(end, Some(ClaimsError::Expired { subject: actor(), since: Duration::ZERO }));
    let text = inspect(&limited, end + Duration::from_secs(7_300)).unwrap_err().to_string();
    assert!(text.contains("expired 2 hours ago"), "{text}");
}

#[test]
fn a_token_with_another_header_or_form_is_refused() {
    let embed = |token: &str| inspect(&module::embed(&module(), token).unwrap(), NOW).unwrap_err();
    let token = token::sign(&claims().to_token(String::new()), &account());
    let (_, rest) = token.split_once('.').unwrap();
    let none = crate::text::BASE64_URL.encode(br#"{"typ":"jwt","alg":"none"}"#);
    assert_eq!(embed(&format!("{none}.{rest}")), ClaimsError::Token(TokenError::Header));
    assert_eq!(embed("a.b"), ClaimsError::Token(TokenError::Parts { found: 2 }));
}

#[test]
fn two_tokens_in_one_module_are_refused() {
    let mut twice = signed(&claims());
    let token = twice[twice.len() - 400..].to_vec();
    let mut section = vec![3];
    section.extend_from_slice(b"jwt");
    section.extend_from_slice(&token);
    twice.push(0);
    wasm_encoder::Encode::encode(&section[..], &mut twice);
    assert_eq!(inspect(&twice, NOW), Err(ClaimsError::SeveralTokens { found: 2 }));
}

#[test]
fn bytes_that_are_no_core_module_are_named() {
    let truncated = &signed(&claims())[..60];
    assert!(matches!(inspect(truncated, NOW), Err(ClaimsError::Module(ModuleReadError::Malformed { .. }))));
    assert_eq!(inspect(b"\0asm\x0d\0\x01\0", NOW), Err(ClaimsError::Module(ModuleReadError::Component)));
}

#[test]
fn a_provider_is_not_taken_for_an_actor() {
    let mut token = claims().to_token(module_hash(&module()).unwrap());
    token.actor.is_provider = true;
    let module = module::embed(&module(), &token::sign(&token, &account())).unwrap();
    assert_eq!(inspect(&module, NOW), Err(ClaimsError::Provider { subject: actor() }));
}
