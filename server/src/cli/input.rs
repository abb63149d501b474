//! What a command reads beside its arguments: files and standard input.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};

use thiserror::Error;

/// Why input cannot be read.
#[derive(Debug, Error)]
pub(super) enum InputError {
    #[error("the file {} cannot be read: {cause}; check the path", path.display())]
    File { path: PathBuf, cause: io::Error },
    #[error("standard input cannot be read: {0}; give the input as an argument or as @FILE")]
    Stdin(io::Error),
}

/// The bytes of a file.
pub(super) fn file(path: &Path) -> Result<Vec<u8>, InputError> {
    std::fs::read(path).map_err(|cause| InputError::File { path: path.to_owned(), cause })
}

/// The bytes that an argument means: those of a file for `@FILE`, standard input for `-`, else its own.
pub(super) fn argument(text: &str) -> Result<Vec<u8>, InputError> {
    match (text, text.strip_prefix('@')) {
        ("-", _) => {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes).map_err(InputError::Stdin)?;
            Ok(bytes)
        }
        (_, Some(path)) => file(Path::new(path)),
        _ => Ok(text.as_bytes().to_vec()),
    }
}
