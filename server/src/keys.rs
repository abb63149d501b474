//! The directory in which a person's keys are kept: one seed per file, which its owner alone may read.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use thiserror::Error;
use wisteria_core::{
    identity::{KeyKind, KeyPair, PublicKey},
    platform::{Platform, random_uuid},
};

/// The account that signs where no other is named, and that a server on loopback trusts.
pub const DEVELOPMENT: &str = "development";

/// What follows a key's name in the name of its file.
const EXTENSION: &str = ".seed";

/// The longest name of a key, so that no file system refuses the file's.
const LONGEST_NAME: usize = 100;

/// A directory of keys. Nothing is made before a key is kept.
#[derive(Debug, Clone)]
pub struct KeyStore {
    path: PathBuf,
}

/// Why a key cannot be had or kept.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyStoreError {
    /// Neither an option nor the environment names a directory.
    #[error("no directory of keys is known, as HOME is not set; name one with --keys or WISTERIA_KEYS")]
    Unknown,
    /// The directory or a file in it cannot be used.
    #[error("{} cannot be used: {cause}; name another directory of keys with --keys", path.display())]
    Io {
        /// The directory or file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// The name could mean another file.
    #[error(
        "{0:?} cannot be the name of a key; use up to {LONGEST_NAME} letters, digits, '-', '_' and '.', the first of \
         them no '.'"
    )]
    Name(String),
    /// There is one already.
    #[error("there is a key named \"{name}\" already, {key}; it was left as it is: choose another name, or delete {}", path.display())]
    Taken {
        /// The name.
        name: String,
        /// The key that has it.
        key: PublicKey,
        /// Its file.
        path: PathBuf,
    },
    /// There is none.
    #[error("there is no key named \"{name}\" in {}; make it with: wisteria keys gen {kind} --name {name}", path.display())]
    Missing {
        /// The name.
        name: String,
        /// What it is to stand for.
        kind: KeyKind,
        /// The directory.
        path: PathBuf,
    },
    /// A file holds no seed.
    #[error("{} does not hold a seed: {cause}; restore it, or delete it", path.display())]
    Seed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
}

/// A key of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedKey {
    /// Its name.
    pub name: String,
    /// Its public key.
    pub key: PublicKey,
}

impl KeyStore {
    /// The keys in a directory; without one, in `~/.wisteria/keys`.
    ///
    /// # Errors
    /// No directory is named, and there is no home.
    pub fn open(path: Option<PathBuf>) -> Result<Self, KeyStoreError> {
        let home = || std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        let path = path.or_else(|| home().map(|home| home.join(".wisteria/keys"))).ok_or(KeyStoreError::Unknown)?;
        Ok(Self { path })
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key of a name, which must stand for `kind`.
    ///
    /// # Errors
    /// There is none, it is of another kind, or it cannot be read.
    pub fn read(&self, name: &str, kind: KeyKind) -> Result<KeyPair, KeyStoreError> {
        match read_seed(&self.file(name)?, kind) {
            Err(KeyStoreError::Io { cause, .. }) if cause.kind() == ErrorKind::NotFound => {
                Err(KeyStoreError::Missing { name: name.to_owned(), kind, path: self.path.clone() })
            }
            outcome => outcome,
        }
    }

    /// Keeps a key under a name that is free.
    ///
    /// # Errors
    /// The name is taken or none, or the directory cannot be written.
    pub fn keep(&self, name: &str, key: &KeyPair, platform: &dyn Platform) -> Result<PathBuf, KeyStoreError> {
        let path = self.file(name)?;
        self.make_directory()?;
        // Written aside and linked as a whole: whoever sees the name sees the seed, and of two at once one is told.
        let aside = self.path.join(format!(".{}", random_uuid(platform)));
        let written = write_private(&aside, &key.seed()).and_then(|()| fs::hard_link(&aside, &path));
        // What is left over hinders nobody.
        drop(fs::remove_file(&aside));
        match written {
            Ok(()) => Ok(path),
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {
                let key = seed_in(&path)?.public_key();
                Err(KeyStoreError::Taken { name: name.to_owned(), key, path })
            }
            Err(cause) => Err(KeyStoreError::Io { path, cause }),
        }
    }

    /// The key of a name, made where it is missing. Whoever asks at the same time gets the same.
    ///
    /// # Errors
    /// Those of reading and keeping it.
    pub fn read_or_make(&self, name: &str, kind: KeyKind, platform: &dyn Platform) -> Result<KeyPair, KeyStoreError> {
        match self.read(name, kind) {
            Err(KeyStoreError::Missing { .. }) => {}
            outcome => return outcome,
        }
        let key = new_key(kind, platform);
        match self.keep(name, &key, platform) {
            Ok(_) => Ok(key),
            Err(KeyStoreError::Taken { .. }) => self.read(name, kind),
            Err(error) => Err(error),
        }
    }

    /// All keys, ordered by name; none where there is no directory.
    ///
    /// # Errors
    /// The directory or a seed in it cannot be read.
    pub fn list(&self) -> Result<Vec<NamedKey>, KeyStoreError> {
        let io = |cause| KeyStoreError::Io { path: self.path.clone(), cause };
        let entries = match fs::read_dir(&self.path) {
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(io)?,
        };
        let mut keys = Vec::new();
        for entry in entries {
            let path = entry.map_err(io)?.path();
            let file = path.file_name().and_then(|name| name.to_str());
            let name = file.and_then(|file| file.strip_suffix(EXTENSION)).filter(|name| is_name(name));
            if let Some(name) = name {
                keys.push(NamedKey { name: name.to_owned(), key: seed_in(&path)?.public_key() });
            }
        }
        keys.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(keys)
    }

    fn file(&self, name: &str) -> Result<PathBuf, KeyStoreError> {
        match is_name(name) {
            true => Ok(self.path.join(format!("{name}{EXTENSION}"))),
            false => Err(KeyStoreError::Name(name.to_owned())),
        }
    }

    fn make_directory(&self) -> Result<(), KeyStoreError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.path).map_err(|cause| KeyStoreError::Io { path: self.path.clone(), cause })
    }
}

/// Whether a text names one file in a directory, and no hidden one.
fn is_name(text: &str) -> bool {
    let fits = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    !text.is_empty() && text.len() <= LONGEST_NAME && !text.starts_with('.') && text.chars().all(fits)
}

/// A key of the platform's randomness.
pub fn new_key(kind: KeyKind, platform: &dyn Platform) -> KeyPair {
    let mut secret = [0; 32];
    platform.random(&mut secret);
    KeyPair::from_raw(kind, secret)
}

/// The key whose seed a file holds, which must stand for `kind`.
///
/// # Errors
/// The file cannot be read, or holds no such seed.
pub fn read_seed(path: &Path, kind: KeyKind) -> Result<KeyPair, KeyStoreError> {
    let key = seed_in(path)?;
    let of_kind = key.public_key().expect_kind(kind);
    of_kind.map_err(|error| KeyStoreError::Seed { path: path.to_owned(), cause: error.to_string() })?;
    Ok(key)
}

fn seed_in(path: &Path) -> Result<KeyPair, KeyStoreError> {
    let text = fs::read_to_string(path).map_err(|cause| KeyStoreError::Io { path: path.to_owned(), cause })?;
    let key = KeyPair::from_seed(text.trim());
    key.map_err(|error| KeyStoreError::Seed { path: path.to_owned(), cause: error.to_string() })
}

fn write_private(path: &Path, seed: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file: File = options.open(path)?;
    writeln!(file, "{seed}")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::NativePlatform;

    fn store() -> (tempfile::TempDir, KeyStore) {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let store = KeyStore::open(Some(folder.path().join("deep/keys"))).expect("named");
        (folder, store)
    }

    #[tokio::test]
    async fn all_who_ask_for_a_key_at_once_get_the_same() {
        let (_folder, store) = store();
        let platform = NativePlatform::current();
        let ask = || store.read_or_make(DEVELOPMENT, KeyKind::Account, &platform).expect("a key").public_key();
        let keys: Vec<PublicKey> = std::thread::scope(|scope| {
            let asking: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            asking.into_iter().map(|asked| asked.join().expect("it ends")).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
        assert_eq!(store.list().expect("listed"), [NamedKey { name: DEVELOPMENT.to_owned(), key: keys[0] }]);
        assert_eq!(fs::read_dir(store.path()).expect("read").count(), 1, "nothing is left over");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_seed_is_for_its_owner_alone_and_never_written_over() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, store) = store();
        let platform = NativePlatform::current();
        let file = store.keep("a.b", &KeyPair::from_raw(KeyKind::Module, [1; 32]), &platform).expect("kept");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(store.path()), mode(&file)), (0o700, 0o600));
        let again = store.keep("a.b", &KeyPair::from_raw(KeyKind::Module, [2; 32]), &platform);
        assert!(matches!(again, Err(KeyStoreError::Taken { .. })), "{again:?}");
        let kept = store.read("a.b", KeyKind::Module).expect("read").public_key();
        assert_eq!(kept, KeyPair::from_raw(KeyKind::Module, [1; 32]).public_key());
        assert!(matches!(store.read("a.b", KeyKind::Account), Err(KeyStoreError::Seed { .. })));
    }

    #[test]
    fn a_name_is_one_file_of_the_directory() {
        let (_folder, store) = store();
        for name in ["", ".", "..", ".hidden", "../up", "a/b", "/root", "a\\b", "a b", "ä", "a\0", &"x".repeat(101)] {
            let refused = store.read(name, KeyKind::Account);
            assert!(matches!(refused, Err(KeyStoreError::Name(_))), "{name:?}: {refused:?}");
        }
    }
}
