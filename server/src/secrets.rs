//! The secrets of a server: its environment, a directory with a file for each, and a Vault.

mod address;
mod answer;
mod vault;

pub use address::{VaultAddress, VaultPath};
pub use vault::{Vault, VaultOptions};

use std::{
    env, io,
    path::{Path, PathBuf},
};

use tokio::io::AsyncReadExt;
use wisteria_core::{
    host::{FoundSecret, SecretError, SecretSource},
    platform::BoxFuture,
    secret::Secret,
};

/// Precedes a secret's name in the environment.
const VARIABLE: &str = "WISTERIA_SECRET_";

/// Largest secret, in bytes.
const MAX_SECRET: usize = 64 << 10;

/// Looks a secret up in the environment first, then in the directory, then in the Vault.
#[derive(Debug)]
pub struct ServerSecrets {
    /// Holds a file for each secret, under the secret's name.
    pub dir: Option<PathBuf>,
    /// The store, where there is one; or why that of the environment cannot be used. Nobody asks it before a link names a
    /// secret that is found nowhere else.
    pub vault: Result<Option<Vault>, String>,
}

impl SecretSource for ServerSecrets {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<FoundSecret, SecretError>> {
        Box::pin(async move {
            if let Some(text) = env::var_os(format!("{VARIABLE}{name}")) {
                let text = text.into_string();
                let text = text.map_err(|_| SecretError::Unusable(format!("{VARIABLE}{name} is not UTF-8")))?;
                return Ok(Secret::new(text).into());
            }
            if let Some(path) = self.dir.as_ref().map(|dir| dir.join(name)) {
                let unreadable = |error: &io::Error| format!("{} cannot be read: {error}", path.display());
                match read(&path).await {
                    Ok(secret) => return Ok(secret.into()),
                    Err(error) => match error.kind() {
                        io::ErrorKind::NotFound => {}
                        io::ErrorKind::InvalidData | io::ErrorKind::FileTooLarge => {
                            return Err(SecretError::Unusable(unreadable(&error)));
                        }
                        _ => return Err(SecretError::Unavailable(unreadable(&error))),
                    },
                }
            }
            let unknown = || SecretError::Unknown(self.remedy(name));
            match &self.vault {
                Ok(Some(vault)) => vault.resolve(name).await?.ok_or_else(unknown),
                Ok(None) => Err(unknown()),
                Err(why) => {
                    Err(SecretError::Unavailable(format!("{}; the Vault was not asked: {why}", self.remedy(name))))
                }
            }
        })
    }
}

impl ServerSecrets {
    /// How a secret gets where this looks for it.
    fn remedy(&self, name: &str) -> String {
        let vault = self.vault.as_ref().ok().and_then(Option::as_ref);
        let file = match (&self.dir, vault) {
            (Some(dir), _) => format!(", or put a file {} there", dir.join(name).display()),
            (None, Some(_)) => String::new(),
            (None, None) => format!(", or start it with --secrets-dir DIR and put a file {name} there"),
        };
        let vault = vault.map_or_else(String::new, |vault| format!(", or {}", vault.remedy(name)));
        format!("set {VARIABLE}{name} where it runs{file}{vault}")
    }
}

/// The text of a file, without the line break at its end.
async fn read(path: &Path) -> io::Result<Secret> {
    let mut text = String::new();
    let file = tokio::fs::File::open(path).await?;
    file.take(MAX_SECRET as u64 + 1).read_to_string(&mut text).await?;
    if text.len() > MAX_SECRET {
        let why = format!("it has more than {MAX_SECRET} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    if text.ends_with('\n') {
        text.truncate(text.len() - 1 - usize::from(text.ends_with("\r\n")));
    }
    Ok(Secret::new(text))
}
