//! Where things lie in the repository.

use std::path::{Path, PathBuf};

/// The folder of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the repository")
}

/// A path given from the folder of the repository.
pub(crate) fn at(path: impl AsRef<Path>) -> PathBuf {
    root().join(path)
}
