//! Which keys a command uses: names in the directory of keys, or files.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use wisteria_core::identity::{KeyKind, KeyPair};

use crate::{
    keys::{KeyStore, KeyStoreError, read_seed},
    platform::NativePlatform,
};

/// Where keys are kept.
#[derive(Debug, Clone, Args)]
pub(super) struct KeysDir {
    /// Where keys are kept [default: ~/.wisteria/keys]
    #[arg(long, value_name = "DIR", env = "WISTERIA_KEYS")]
    pub(super) keys: Option<PathBuf>,
}

impl KeysDir {
    pub(super) fn open(self) -> Result<KeyStore, KeyStoreError> {
        KeyStore::open(self.keys)
    }
}

/// What a key stands for, on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// A…: vouches for actors
    Account,
    /// M…: an actor
    Module,
    /// U…: a person or program that joins
    User,
    /// N…: a host
    Host,
    /// C…: a cluster
    Cluster,
    /// O…: vouches for accounts
    Operator,
    /// V…: a provider
    Provider,
}

impl From<Kind> for KeyKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Account => Self::Account,
            Kind::Module => Self::Module,
            Kind::User => Self::User,
            Kind::Host => Self::Host,
            Kind::Cluster => Self::Cluster,
            Kind::Operator => Self::Operator,
            Kind::Provider => Self::Provider,
        }
    }
}

/// The key that an argument means: that of a file where it is a path (`./my.seed`), else that of a name.
pub(super) fn named(store: &KeyStore, text: &str, kind: KeyKind) -> Result<KeyPair, KeyStoreError> {
    match text.contains(std::path::is_separator) {
        true => read_seed(Path::new(text), kind),
        false => store.read(text, kind),
    }
}

/// The key of a name, made where it is missing.
pub(super) fn made(store: &KeyStore, name: &str, kind: KeyKind) -> Result<KeyPair, KeyStoreError> {
    store.read_or_make(name, kind, &NativePlatform::current())
}
