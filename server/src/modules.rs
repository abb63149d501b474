//! Where a server gets modules from beside the lattice: files, where its owner allows it.

use std::path::Path;

use bytes::Bytes;
use tokio::io::AsyncReadExt;
use wisteria_core::{
    host::{ModuleSource, RegistryCredential},
    platform::BoxFuture,
};

/// Reads `file:///…`.
#[derive(Debug, Clone, Copy)]
pub struct ServerModules {
    /// Whether whoever may give this host commands may have it read files.
    pub allow_file_load: bool,
}

impl ModuleSource for ServerModules {
    fn fetch(
        &self,
        reference: String,
        _: Option<RegistryCredential>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Bytes, String>> {
        Box::pin(async move {
            match reference.strip_prefix("file://") {
                Some(path) if self.allow_file_load => read(Path::new(path), limit).await,
                Some(_) => Err(format!(
                    "this host does not load \"{reference}\"; start it with --allow-file-load, or give the file to the \
                     lattice with: wisteria start actor FILE"
                )),
                None => Err(format!(
                    "this host cannot load \"{reference}\"; give the file to the lattice with `wisteria start actor \
                     FILE`, or name an actor that runs on another host by its key M…"
                )),
            }
        })
    }
}

async fn read(path: &Path, limit: usize) -> Result<Bytes, String> {
    let failed = |cause| format!("{} cannot be read: {cause}; see that the host can open it", path.display());
    let file = tokio::fs::File::open(path).await.map_err(failed)?;
    let mut bytes = Vec::new();
    // A byte above the limit is enough to be refused for it.
    file.take(limit as u64 + 1).read_to_end(&mut bytes).await.map_err(failed)?;
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fetch(allow_file_load: bool, reference: String, limit: usize) -> Result<Bytes, String> {
        ServerModules { allow_file_load }.fetch(reference, None, limit).await
    }

    #[tokio::test]
    async fn files_are_read_where_the_owner_allows_it_and_up_to_the_limit() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("a.wasm");
        std::fs::write(&path, b"module").expect("written");
        let reference = format!("file://{}", path.display());
        assert_eq!(fetch(true, reference.clone(), 10).await.as_deref(), Ok(&b"module"[..]));
        assert_eq!(fetch(true, reference.clone(), 3).await.map(|bytes| bytes.len()), Ok(4));
        let error = fetch(false, reference, 10).await.expect_err("not allowed");
        assert!(error.contains("--allow-file-load"), "{error}");
        let error = fetch(true, "file:///no/such/file".to_owned(), 10).await.expect_err("missing");
        assert!(error.contains("/no/such/file cannot be read"), "{error}");
        let error = fetch(true, "registry.example/actor:1.0".to_owned(), 10).await.expect_err("no registry");
        assert!(error.contains("wisteria start actor"), "{error}");
    }
}
