//! Keys, seeds and signatures agree with the crate nkeys in both directions.

use nkeys::KeyPairType;
use wisteria_core::identity::{KeyKind, KeyPair, PublicKey};

const KINDS: [(KeyKind, KeyPairType); 7] = [
    (KeyKind::Account, KeyPairType::Account),
    (KeyKind::Cluster, KeyPairType::Cluster),
    (KeyKind::Module, KeyPairType::Module),
    (KeyKind::Host, KeyPairType::Server),
    (KeyKind::Operator, KeyPairType::Operator),
    (KeyKind::Provider, KeyPairType::Service),
    (KeyKind::User, KeyPairType::User),
];

#[test]
fn the_same_secret_has_the_same_texts() {
    for (kind, theirs) in KINDS {
        let ours = KeyPair::from_raw(kind, [42; 32]);
        let theirs = nkeys::KeyPair::new_from_raw(theirs, [42; 32]).unwrap();
        assert_eq!(ours.public_key().to_string(), theirs.public_key());
        assert_eq!(ours.seed(), theirs.seed().unwrap());
    }
}

#[test]
fn random_keys_of_theirs_are_read_and_verify_here() {
    for (kind, theirs) in KINDS {
        let theirs = nkeys::KeyPair::new(theirs);
        let ours = KeyPair::from_seed(&theirs.seed().unwrap()).unwrap();
        let public: PublicKey = theirs.public_key().parse().unwrap();
        assert_eq!((ours.public_key(), public.kind()), (public, kind));
        let signature = theirs.sign(b"message").unwrap();
        assert_eq!(public.verify(b"message", &signature), Ok(()));
    }
}

#[test]
fn keys_of_ours_are_read_and_verify_there() {
    for (kind, _) in KINDS {
        let ours = KeyPair::from_raw(kind, [7; 32]);
        let seed = nkeys::KeyPair::from_seed(&ours.seed()).unwrap();
        let public = nkeys::KeyPair::from_public_key(&ours.public_key().to_string()).unwrap();
        assert_eq!(seed.public_key(), public.public_key());
        public.verify(b"message", &ours.sign(b"message")).unwrap();
    }
}
