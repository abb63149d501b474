//! The secrets of a server: its environment, and a directory with a file for each.

use std::{env, io, path::PathBuf};

use tokio::io::AsyncReadExt;
use wisteria_core::{host::SecretSource, platform::BoxFuture, secret::Secret};

/// Precedes a secret's name in the environment.
const VARIABLE: &str = "WISTERIA_SECRET_";

/// Largest secret, in bytes.
const MAX_SECRET: u64 = 64 << 10;

/// Looks a secret up in the environment first, then in the directory.
#[derive(Debug)]
pub struct ServerSecrets {
    /// Holds a file for each secret, under the secret's name.
    pub dir: Option<PathBuf>,
}

impl SecretSource for ServerSecrets {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Secret, String>> {
        Box::pin(async move {
            if let Some(text) = env::var_os(format!("{VARIABLE}{name}")) {
                return text.into_string().map(Secret::new).map_err(|_| format!("{VARIABLE}{name} is not UTF-8"));
            }
            let Some(dir) = &self.dir else {
                return Err(format!(
                    "set {VARIABLE}{name} where it runs, or start it with --secrets-dir DIR and put a file {name} there"
                ));
            };
            let path = dir.join(name);
            read(&path).await.map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => {
                    format!("set {VARIABLE}{name} where it runs, or put a file {} there", path.display())
                }
                _ => format!("{} cannot be read: {error}", path.display()),
            })
        })
    }
}

/// The text of a file, without the line break at its end.
async fn read(path: &std::path::Path) -> io::Result<Secret> {
    let mut text = String::new();
    let file = tokio::fs::File::open(path).await?;
    file.take(MAX_SECRET + 1).read_to_string(&mut text).await?;
    if text.len() as u64 > MAX_SECRET {
        return Err(io::Error::other(format!("it has more than {MAX_SECRET} bytes")));
    }
    if text.ends_with('\n') {
        text.truncate(text.len() - 1 - usize::from(text.ends_with("\r\n")));
    }
    Ok(Secret::new(text))
}
