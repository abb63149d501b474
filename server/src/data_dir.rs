//! The directory in which a server keeps what must survive a restart: the host's key, links and claims.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use thiserror::Error;
use wisteria_core::{
    identity::{KeyKind, KeyPair},
    platform::Platform,
};

/// A data directory, locked for this process while it lives.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _locked: File,
    host_key: KeyPair,
}

/// Why a data directory cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataDirError {
    /// Neither an option nor the environment names one.
    #[error("no data directory is known, as HOME is not set; name one with --data-dir")]
    Unknown,
    /// Another process uses it.
    #[error("the data directory {} is in use by another host; give this one its own with --data-dir", .0.display())]
    InUse(PathBuf),
    /// It cannot be read or written.
    #[error("the data directory {} cannot be used: {cause}; name another with --data-dir", path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// The seed in it is damaged.
    #[error("{} does not hold a host's seed: {cause}; restore it, or delete it to become a new host", path.display())]
    Seed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// The account's seed in it is damaged.
    #[error(
        "{} does not hold an account's seed: {cause}; restore it, or delete it to have another account, which knows \
         none of the credentials and tokens given out before",
        path.display()
    )]
    AccountSeed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
}

const SEED_FILE: &str = "host.seed";
const ACCOUNT_FILE: &str = "account.seed";
const METADATA_FILE: &str = "metadata.redb";

impl DataDir {
    /// Opens a directory, making it and the host's key where they are missing. Without `path`, it is
    /// `$XDG_DATA_HOME/wisteria` or `~/.local/share/wisteria`.
    pub fn open(path: Option<PathBuf>, platform: &dyn Platform) -> Result<Self, DataDirError> {
        let path = path.or_else(default_path).ok_or(DataDirError::Unknown)?;
        let io = |cause| DataDirError::Io { path: path.clone(), cause };
        make_private(&path).map_err(io)?;
        let seed_path = path.join(SEED_FILE);
        let mut file = open_private(&seed_path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DataDirError::InUse(path)),
            Err(TryLockError::Error(cause)) => return Err(io(cause)),
        }
        let mut seed = String::new();
        file.read_to_string(&mut seed).map_err(io)?;
        let host_key = match seed.trim() {
            "" => {
                let key = new_key(platform, KeyKind::Host);
                file.rewind().map_err(io)?;
                writeln!(file, "{}", key.seed()).map_err(io)?;
                file.sync_all().map_err(io)?;
                key
            }
            seed => read_seed(seed, KeyKind::Host).map_err(|cause| DataDirError::Seed { path: seed_path, cause })?,
        };
        // Links may have values that are nobody else's business.
        open_private(&path.join(METADATA_FILE)).map_err(io)?;
        Ok(Self { path, _locked: file, host_key })
    }

    /// Where links and claims are kept.
    pub fn metadata_path(&self) -> PathBuf {
        self.path.join(METADATA_FILE)
    }

    /// The directory.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The key of the account that signs what lets clients in; made at its first use.
    pub(crate) fn account_key(&self, platform: &dyn Platform) -> Result<KeyPair, DataDirError> {
        let path = self.path.join(ACCOUNT_FILE);
        let io = |cause| DataDirError::Io { path: self.path.clone(), cause };
        match fs::read_to_string(&path) {
            Ok(seed) => {
                read_seed(seed.trim(), KeyKind::Account).map_err(|cause| DataDirError::AccountSeed { path, cause })
            }
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                let key = new_key(platform, KeyKind::Account);
                write_private(&path, &format!("{}\n", key.seed())).map_err(io)?;
                Ok(key)
            }
            Err(cause) => Err(io(cause)),
        }
    }

    /// The host's key.
    pub fn host_key(&self) -> &KeyPair {
        &self.host_key
    }
}

/// The data directory where none is named.
pub(crate) fn default_path() -> Option<PathBuf> {
    let of = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    of("XDG_DATA_HOME").or_else(|| of("HOME").map(|home| home.join(".local/share"))).map(|base| base.join("wisteria"))
}

fn new_key(platform: &dyn Platform, kind: KeyKind) -> KeyPair {
    let mut seed = [0; 32];
    platform.random(&mut seed);
    KeyPair::from_raw(kind, seed)
}

fn read_seed(seed: &str, kind: KeyKind) -> Result<KeyPair, String> {
    let key = KeyPair::from_seed(seed).map_err(|error| error.to_string())?;
    match key.public_key().kind() {
        found if found == kind => Ok(key),
        other => Err(format!("it is the seed of another kind of key ({other:?})")),
    }
}

/// Writes a file that only its owner may read, whole or not at all.
pub(crate) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    // One left over from a crash may have other permissions.
    drop(fs::remove_file(&new));
    let mut file = open_private(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

/// Makes a directory that only its owner may enter, where there is none.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes a file that only its owner may read, where there is none. One that is there is not even opened: closing it would
/// end the locks that this process has on it elsewhere.
pub(crate) fn make_private_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Opens a file that only its owner may read.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::NativePlatform;

    #[tokio::test]
    async fn a_host_keeps_its_key_and_its_directory_to_itself() {
        let platform = NativePlatform::current();
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = Some(dir.path().join("data"));
        let first = DataDir::open(path.clone(), &platform).expect("opens");
        assert!(matches!(DataDir::open(path.clone(), &platform), Err(DataDirError::InUse(_))));
        let key = first.host_key().public_key();
        drop(first);
        let second = DataDir::open(path, &platform).expect("opens again");
        assert_eq!(second.host_key().public_key(), key);
    }

    #[tokio::test]
    async fn a_damaged_seed_is_named_and_kept() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join(SEED_FILE);
        fs::write(&file, "SNAWRONG").expect("written");
        let error = DataDir::open(Some(dir.path().to_owned()), &NativePlatform::current()).expect_err("damaged");
        assert!(matches!(error, DataDirError::Seed { .. }), "{error}");
        assert_eq!(fs::read_to_string(file).expect("still there"), "SNAWRONG");
    }
}
