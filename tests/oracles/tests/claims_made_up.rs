//! Claims of chance, both ways: wascap verifies what is signed here, and what it signs verifies here; a byte that was
//! changed afterwards is noticed by either.

use std::time::{Duration, SystemTime};

use wascap::{
    jwt::{Actor, Claims, validate_token},
    wasm::{embed_claims, extract_claims},
};
use wisteria_core::identity::{ActorClaims, ClaimsError, KeyKind, KeyPair, inspect, module_hash, sign_module};

/// Signed modules in either direction.
const CASES: u64 = 300;

/// SplitMix64: the same values in each run.
struct Chance(u64);

impl Chance {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound
    }

    fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(3) != 0).then(|| value(self))
    }

    /// Text of up to 19 characters that JSON writes in several ways.
    fn text(&mut self) -> String {
        const CHARACTERS: [char; 20] = [
            'a', 'Z', '0', ' ', ':', '/', '-', '"', '\\', '\n', '\t', '\0', '\u{7f}', 'ä', 'ß', '→', '漢', '\u{2028}',
            '😀', '<',
        ];
        (0..self.below(20)).map(|_| CHARACTERS[self.below(20) as usize]).collect()
    }

    fn texts(&mut self) -> Vec<String> {
        (0..self.below(5)).map(|_| self.text()).collect()
    }

    fn key(&mut self, kind: KeyKind) -> KeyPair {
        let mut bytes = [0; 32];
        bytes.fill_with(|| self.number() as u8);
        KeyPair::from_raw(kind, bytes)
    }

    /// A second within a month of now, but not within an hour of it.
    fn second(&mut self, now: u64) -> u64 {
        let distance = 3_600 + self.below(30 * 86_400);
        if self.below(2) == 0 { now - distance } else { now + distance }
    }

    /// A module with some data, and custom sections before and after its code.
    fn module(&mut self) -> Vec<u8> {
        let mut bytes =
            |count: u64| -> String { (0..count).map(|_| format!("\\{:02x}", self.number() as u8)).collect() };
        let (data, before, after) = (bytes(40), bytes(9), bytes(150));
        wat::parse_str(format!(
            r#"(module (@custom "before" (before first) "{before}") (memory (export "memory") 1)
                (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1))
                (data (i32.const 0) "{data}") (@custom "after" (after last) "{after}"))"#
        ))
        .expect("the text is a module")
    }

    fn claims(&mut self, issuer: &KeyPair, subject: &KeyPair, now: u64) -> ActorClaims {
        let mut claims =
            ActorClaims::new(issuer.public_key(), subject.public_key(), self.text(), Duration::from_secs(now));
        claims.expires = self.maybe(|chance| Duration::from_secs(chance.second(now)));
        claims.not_before = self.maybe(|chance| Duration::from_secs(chance.second(now)));
        claims.name = self.maybe(Self::text);
        claims.tags = self.texts();
        claims.caps = self.texts();
        claims.revision = self.maybe(|chance| chance.number() as i32);
        claims.version = self.maybe(Self::text);
        claims.call_alias = self.maybe(Self::text);
        claims
    }
}

fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().expect("the clock is past 1970").as_secs()
}

#[test]
fn wascap_verifies_whatever_is_signed_here_and_reads_the_same() {
    for case in 0..CASES {
        let (mut chance, now) = (Chance(case), now());
        let (issuer, subject) = (chance.key(KeyKind::Account), chance.key(KeyKind::Module));
        let (module, ours) = (chance.module(), chance.claims(&issuer, &subject, now));
        let signed = sign_module(&module, &ours, &issuer).unwrap();
        // Compares the hash, as the revision is 3.
        let token = extract_claims(&signed).unwrap().unwrap();
        let validation = validate_token::<Actor>(&token.jwt).unwrap();
        assert!(validation.signature_valid, "{case}");
        assert_eq!(validation.expired, ours.expires.is_some_and(|time| time.as_secs() < now), "{case}");
        assert_eq!(validation.cannot_use_yet, ours.not_before.is_some_and(|time| time.as_secs() > now), "{case}");
        let theirs = token.claims;
        let metadata = theirs.metadata.expect("an actor");
        assert!(!metadata.provider, "{case}");
        let read = ActorClaims {
            issuer: ours.issuer,
            subject: ours.subject,
            id: theirs.id,
            issued_at: Duration::from_secs(theirs.issued_at),
            expires: theirs.expires.map(Duration::from_secs),
            not_before: theirs.not_before.map(Duration::from_secs),
            name: metadata.name,
            hash: String::new(),
            tags: metadata.tags.expect("a list"),
            caps: metadata.caps.expect("a list"),
            revision: metadata.rev,
            version: metadata.ver,
            call_alias: metadata.call_alias,
            // Private there; without it the hash would not have been compared.
            wascap_revision: ours.wascap_revision,
        };
        assert_eq!(read, ours, "{case}");
        assert_eq!((theirs.issuer, theirs.subject), (ours.issuer.to_string(), ours.subject.to_string()), "{case}");
        assert_eq!(metadata.module_hash, module_hash(&module).unwrap(), "{case}");
    }
}

#[test]
fn whatever_wascap_signs_verifies_here_and_reads_the_same() {
    for case in 0..CASES {
        let (mut chance, now) = (Chance(1_000 + case), now());
        let (issuer, subject) = (chance.key(KeyKind::Account), chance.key(KeyKind::Module));
        let module = chance.module();
        let wanted = chance.claims(&issuer, &subject, now);
        let is_provider = chance.below(5) == 0;
        let name = wanted.name.clone().unwrap_or_default();
        let mut theirs = Claims::<Actor>::with_dates(
            name,
            issuer.public_key().to_string(),
            subject.public_key().to_string(),
            chance.maybe(|_| wanted.caps.clone()),
            chance.maybe(|_| wanted.tags.clone()),
            wanted.not_before.map(|time| time.as_secs()),
            wanted.expires.map(|time| time.as_secs()),
            is_provider,
            wanted.revision,
            wanted.version.clone(),
            wanted.call_alias.clone(),
        );
        if let Some(metadata) = &mut theirs.metadata {
            metadata.name.clone_from(&wanted.name);
        }
        let signed = embed_claims(&module, &theirs, &nkeys_03(&issuer)).expect("wascap signs");
        let inspected = inspect(&signed, Duration::from_secs(now));
        let late = wanted.expires.is_some_and(|time| time.as_secs() < now);
        let early = wanted.not_before.is_some_and(|time| time.as_secs() > now);
        match inspected {
            Err(ClaimsError::Provider { subject: named }) => assert!(is_provider && named == wanted.subject, "{case}"),
            Err(ClaimsError::NotYetValid { .. }) => assert!(early && !is_provider, "{case}"),
            Err(ClaimsError::Expired { .. }) => assert!(late && !early && !is_provider, "{case}"),
            Ok(Some(read)) => {
                assert!(!is_provider && !late && !early, "{case}");
                let metadata = theirs.metadata.expect("an actor");
                let expected = ActorClaims {
                    id: theirs.id,
                    issued_at: Duration::from_secs(theirs.issued_at),
                    hash: module_hash(&module).unwrap(),
                    caps: metadata.caps.unwrap_or_default(),
                    tags: metadata.tags.unwrap_or_default(),
                    // It keeps fewer characters of an alias than it is given.
                    call_alias: metadata.call_alias,
                    ..wanted
                };
                assert_eq!(read, expected, "{case}");
            }
            other => panic!("{case}: {other:?}"),
        }
    }
}

#[test]
fn a_signed_module_with_any_byte_changed_is_not_taken_for_what_was_signed() {
    for case in 0..4 {
        let mut chance = Chance(2_000 + case);
        let (issuer, subject) = (chance.key(KeyKind::Account), chance.key(KeyKind::Module));
        let module = chance.module();
        let mut claims = chance.claims(&issuer, &subject, now());
        (claims.expires, claims.not_before) = (None, None);
        let now = Duration::from_secs(now());
        let signed = match case % 2 {
            0 => sign_module(&module, &claims, &issuer).unwrap(),
            _ => {
                let whole = sign_module(&module, &claims, &issuer).unwrap();
                let theirs = extract_claims(&whole).unwrap().unwrap().claims;
                embed_claims(&module, &theirs, &nkeys_03(&issuer)).expect("wascap signs")
            }
        };
        assert!(inspect(&signed, now).unwrap().is_some());
        for place in 0..signed.len() {
            for change in [0x01, 0x20, 0x80, 0xff, chance.below(255) as u8 + 1] {
                let mut changed = signed.clone();
                changed[place] ^= change;
                // Where the name of the token's section is another, the module is an unsigned one.
                let taken = inspect(&changed, now).is_ok_and(|claims| claims.is_some());
                assert!(!taken, "{case}: byte {place} of {}, changed by {change:#x}", signed.len());
            }
        }
    }
}

/// The same key pair in the older nkeys that wascap signs with.
fn nkeys_03(pair: &KeyPair) -> nkeys_03::KeyPair {
    nkeys_03::KeyPair::from_seed(&pair.seed()).expect("a seed of ours")
}
