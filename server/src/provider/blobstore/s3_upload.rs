//! An object on its way to S3: whole where it is small, in parts where it is not. S3 shows it once it is complete.

use bytes::{Bytes, BytesMut};
use object_store::{
    Attribute, Attributes, MultipartUpload, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, path::Path,
};

use super::{
    s3_store::S3Store,
    store::{ContentKind, Outcome, Upload},
};

/// How large a part is; S3 takes no smaller ones, but for the last, and 10,000 of them.
const PART: usize = 8 << 20;

/// What is not in S3 yet, and the upload that has the rest.
pub(super) struct S3Upload {
    store: S3Store,
    path: Path,
    attributes: Attributes,
    rest: BytesMut,
    parts: Option<Box<dyn MultipartUpload>>,
}

impl S3Upload {
    pub(super) fn new(store: S3Store, path: Path, content: ContentKind) -> Self {
        let kind = content.content_type.map(|kind| (Attribute::ContentType, kind));
        let encoding = content.content_encoding.map(|encoding| (Attribute::ContentEncoding, encoding));
        let attributes = kind.into_iter().chain(encoding).collect();
        Self { store, path, attributes, rest: BytesMut::new(), parts: None }
    }

    /// Sends what has come together as the next part.
    async fn send(&mut self) -> Outcome<()> {
        if self.parts.is_none() {
            let options = PutMultipartOptions { attributes: self.attributes.clone(), ..PutMultipartOptions::default() };
            let s3 = self.store.s3();
            let begun = self.store.ask(s3.put_multipart_opts(&self.path, options)).await?;
            self.parts = Some(begun.ok_or_else(|| self.store.gone())?);
        }
        let parts = self.parts.as_mut().expect("it has begun");
        let part = parts.put_part(PutPayload::from(self.rest.split().freeze()));
        self.store.ask(part).await?.ok_or_else(|| self.store.gone())
    }
}

impl Upload for S3Upload {
    async fn write(&mut self, bytes: Bytes) -> Outcome<()> {
        self.rest.extend_from_slice(&bytes);
        match self.rest.len() >= PART {
            true => self.send().await,
            false => Ok(()),
        }
    }

    async fn finish(mut self) -> Outcome<()> {
        if self.parts.is_none() {
            let options = PutOptions { attributes: self.attributes, ..PutOptions::default() };
            let (s3, whole) = (self.store.s3(), PutPayload::from(self.rest.freeze()));
            self.store.ask(s3.put_opts(&self.path, whole, options)).await?.ok_or_else(|| self.store.gone())?;
            return Ok(());
        }
        let mut sent = Ok(());
        if !self.rest.is_empty() {
            sent = self.send().await;
        }
        let mut parts = self.parts.take().expect("it has begun");
        let completed = match sent {
            Ok(()) => self.store.ask(parts.complete()).await,
            Err(error) => Err(error),
        };
        match completed {
            Ok(Some(_)) => Ok(()),
            other => {
                drop(parts.abort().await);
                Err(other.err().unwrap_or_else(|| self.store.gone()))
            }
        }
    }

    async fn abort(mut self) {
        if let Some(mut parts) = self.parts.take()
            && let Err(error) = parts.abort().await
        {
            tracing::warn!(%error, "an object that was given up may still take room in S3, until its rules end it");
        }
    }
}
