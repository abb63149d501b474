//! Modules signed here verify with wascap, and modules signed by wascap, a published one among them, verify here.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use wascap::{
    jwt::{Actor, validate_token},
    wasm::{extract_claims, sign_buffer_with_claims},
};
use wisteria_core::identity::{ActorClaims, ClaimsError, KeyKind, KeyPair, inspect, module_hash, sign_module};

const NOW: Duration = Duration::from_secs(1_800_000_000);
const DAY: u64 = 86_400;

fn fixture(name: &str) -> Vec<u8> {
    let path = wascap_folder().join("fixtures").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Where cargo keeps the sources of wascap 0.13.
fn wascap_folder() -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let package = metadata["packages"]
        .as_array()
        .expect("a list of packages")
        .iter()
        .find(|package| package["name"] == "wascap" && package["version"] == "0.13.0")
        .expect("wascap 0.13.0 is a dependency");
    let manifest = PathBuf::from(package["manifest_path"].as_str().expect("a path"));
    manifest.parent().expect("a folder").to_owned()
}

fn module() -> Vec<u8> {
    wat::parse_str(
        r#"(module
            (import "wasmbus" "__host_call" (func (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (@custom "producers" (after code) "x")
            (func (export "__guest_call") (param i32 i32) (result i32) i32.const 1)
            (data (i32.const 0) "data"))"#,
    )
    .expect("the text is a module")
}

fn now() -> u64 {
    let since_epoch = std::time::SystemTime::UNIX_EPOCH.elapsed();
    since_epoch.expect("the clock is past 1970").as_secs()
}

#[test]
fn the_published_echo_verifies() {
    let claims = inspect(&fixture("echo_messaging_v0.9.0.wasm"), NOW).unwrap().unwrap();
    assert_eq!(claims.name.as_deref(), Some("Echo Messaging"));
    assert_eq!(claims.caps, ["wasmcloud:messaging", "wasmcloud:builtin:logging"]);
    assert_eq!((claims.version.as_deref(), claims.wascap_revision), (Some("0.1.5"), 2));
    let key = "MDJ5BWS6JXSWOZL2ZENW2D4FBSHQ5ZMFGEGJB33TLKYKMXTLLAXINU36";
    assert_eq!(claims.subject.to_string(), key);
}

#[test]
fn what_wascap_signs_verifies_here_and_reads_the_same() {
    let modules = [module(), fixture("echo_messaging_v0.9.0.wasm"), fixture("logger.wasm")];
    for (round, module) in modules.into_iter().enumerate() {
        let account = nkeys_03(KeyKind::Account, 1);
        let actor = nkeys_03(KeyKind::Module, 2);
        let with_more = round != 0;
        let signed = sign_buffer_with_claims(
            "Counter".to_owned(),
            &module,
            &actor,
            &account,
            with_more.then_some(30),
            with_more.then_some(0),
            vec!["wasmcloud:keyvalue".to_owned()],
            vec!["tag".to_owned(); round],
            false,
            with_more.then_some(-3),
            with_more.then(|| "1.2.3".to_owned()),
            with_more.then(|| "sample/counter".to_owned()),
        )
        .expect("wascap signs");
        let theirs = extract_claims(&signed).unwrap().unwrap().claims;
        let claims = inspect(&signed, Duration::from_secs(now() + DAY)).unwrap().unwrap();
        assert_eq!(claims.issuer.to_string(), theirs.issuer);
        assert_eq!(claims.subject.to_string(), theirs.subject);
        assert_eq!((claims.id, claims.issued_at.as_secs()), (theirs.id, theirs.issued_at));
        assert_eq!(claims.expires.map(|time| time.as_secs()), theirs.expires);
        assert_eq!(claims.not_before.map(|time| time.as_secs()), theirs.not_before);
        let metadata = theirs.metadata.expect("an actor");
        assert_eq!(claims.hash, module_hash(&module).unwrap());
        assert_eq!(claims.hash, metadata.module_hash);
        assert_eq!(claims.name, metadata.name);
        assert_eq!((Some(claims.caps), Some(claims.tags)), (metadata.caps, metadata.tags));
        assert_eq!((claims.revision, claims.version), (metadata.rev, metadata.ver));
        assert_eq!(claims.call_alias, metadata.call_alias);
        if with_more {
            let late = Duration::from_secs(now() + 31 * DAY);
            assert!(matches!(inspect(&signed, late), Err(ClaimsError::Expired { .. })));
        }
    }
}

#[test]
fn what_is_signed_here_verifies_with_wascap_and_reads_the_same() {
    let account = KeyPair::from_raw(KeyKind::Account, [1; 32]);
    let actor = KeyPair::from_raw(KeyKind::Module, [2; 32]);
    let bare = ActorClaims::new(account.public_key(), actor.public_key(), "id".to_owned(), Duration::from_secs(now()));
    let full = ActorClaims {
        expires: Some(Duration::from_secs(now() + DAY)),
        not_before: Some(Duration::from_secs(now() - DAY)),
        name: Some("Counter".to_owned()),
        tags: vec!["a".to_owned(), "b".to_owned()],
        caps: vec!["wasmcloud:keyvalue".to_owned()],
        revision: Some(7),
        version: Some("0.7.0".to_owned()),
        call_alias: Some("sample/counter".to_owned()),
        ..bare.clone()
    };
    for module in [module(), fixture("echo_messaging_v0.9.0.wasm")] {
        for ours in [&bare, &full] {
            let signed = sign_module(&module, ours, &account).unwrap();
            // Compares the hash, as the revision is 3.
            let token = extract_claims(&signed).unwrap().unwrap();
            let validation = validate_token::<Actor>(&token.jwt).unwrap();
            assert!(validation.signature_valid);
            assert!(!validation.expired && !validation.cannot_use_yet);
            let theirs = token.claims;
            assert_eq!(theirs.issuer, ours.issuer.to_string());
            assert_eq!(theirs.subject, ours.subject.to_string());
            assert_eq!(theirs.expires, ours.expires.map(|time| time.as_secs()));
            let metadata = theirs.metadata.expect("an actor");
            assert_eq!(metadata.name, ours.name);
            assert_eq!(metadata.caps.as_ref(), Some(&ours.caps));
            assert_eq!(metadata.tags.as_ref(), Some(&ours.tags));
            assert_eq!(metadata.call_alias, ours.call_alias);
            assert!(!metadata.provider);
        }
    }
}

#[test]
fn a_module_changed_after_signing_is_refused_by_both() {
    let signed = sign_module(
        &module(),
        &ActorClaims::new(
            KeyPair::from_raw(KeyKind::Account, [1; 32]).public_key(),
            KeyPair::from_raw(KeyKind::Module, [2; 32]).public_key(),
            "id".to_owned(),
            NOW,
        ),
        &KeyPair::from_raw(KeyKind::Account, [1; 32]),
    )
    .unwrap();
    let changed = [&signed[..], &[0, 2, 1, b'x']].concat();
    assert!(extract_claims(&changed).is_err());
    assert!(matches!(inspect(&changed, NOW), Err(ClaimsError::Hash { .. })));
}

/// A key pair of the older nkeys that wascap signs with.
fn nkeys_03(kind: KeyKind, byte: u8) -> nkeys_03::KeyPair {
    nkeys_03::KeyPair::from_seed(&KeyPair::from_raw(kind, [byte; 32]).seed()).expect("a seed of ours")
}
