//! A file that becomes an object.

use std::{fs::File, io::Write, sync::Arc};

use bytes::Bytes;
use tokio::task::spawn_blocking;
use wisteria_contracts::blobstore::ContainerObject;
use wisteria_core::provider::ProviderError;

use super::{
    folder_store::Inner,
    store::{ContentKind, Outcome, Upload},
};

/// A file that no object has yet.
pub(super) struct FolderUpload {
    inner: Arc<Inner>,
    place: ContainerObject,
    content: ContentKind,
    number: u64,
    file: Arc<File>,
    length: u64,
    is_finished: bool,
}

impl FolderUpload {
    pub(super) async fn begin(inner: Arc<Inner>, place: ContainerObject, content: ContentKind) -> Outcome<Self> {
        block(move || {
            let (number, file) = inner.new_file().map_err(|error| inner.failed(&error))?;
            let file = Arc::new(file);
            Ok(Self { inner, place, content, number, file, length: 0, is_finished: false })
        })
        .await
    }
}

impl Upload for FolderUpload {
    async fn write(&mut self, bytes: Bytes) -> Outcome<()> {
        self.length += bytes.len() as u64;
        let (inner, file) = (self.inner.clone(), self.file.clone());
        block(move || (&*file).write_all(&bytes).map_err(|error| inner.failed(&error))).await
    }

    async fn finish(mut self) -> Outcome<()> {
        block(move || {
            self.file.sync_all().map_err(|error| self.inner.failed(&error))?;
            // The index may name it from here on, whatever comes of it.
            self.is_finished = true;
            self.inner.put(&self.place, self.number, self.length, &self.content)
        })
        .await
    }

    async fn abort(self) {}
}

impl Drop for FolderUpload {
    fn drop(&mut self) {
        if !self.is_finished {
            self.inner.delete_file(self.number);
        }
    }
}

async fn block<T: Send + 'static>(work: impl FnOnce() -> Outcome<T> + Send + 'static) -> Outcome<T> {
    spawn_blocking(work).await.map_err(|error| ProviderError::Failed(error.to_string()))?
}
