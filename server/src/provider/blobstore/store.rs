//! What keeps containers and objects. Names have been checked before.

use std::{fmt::Debug, future::Future};

use bytes::Bytes;
use futures::stream::BoxStream;
use wisteria_contracts::blobstore::{ContainerMetadata, ContainerObject, ObjectMetadata};
use wisteria_core::provider::ProviderError;

/// How many bytes an actor gets at once.
pub(super) const CHUNK: usize = 256 << 10;

/// What comes of asking a store.
pub(super) type Outcome<T> = Result<T, ProviderError>;

/// Keeps containers and objects.
pub(super) trait Store: Debug + Send + Sync + 'static {
    /// An object that is being written.
    type Upload: Upload;

    /// Makes a container; one that is there stays as it is.
    fn create(&self, container: &str) -> impl Future<Output = Outcome<()>> + Send;

    /// What is known of a container, if there is one.
    fn container(&self, container: &str) -> impl Future<Output = Outcome<Option<ContainerMetadata>>> + Send;

    /// All containers, in the order of their names.
    fn containers(&self) -> impl Future<Output = Outcome<Vec<ContainerMetadata>>> + Send;

    /// Removes a container with what is in it; one that is not there is removed already.
    fn remove_container(&self, container: &str) -> impl Future<Output = Outcome<()>> + Send;

    /// What is known of an object, if there is one.
    fn object(&self, place: &ContainerObject) -> impl Future<Output = Outcome<Option<ObjectMetadata>>> + Send;

    /// Objects of a container in the order of the bytes of their names, and whether there may be more of them.
    fn list(
        &self,
        container: &str,
        wanted: &Wanted,
    ) -> impl Future<Output = Outcome<(Vec<ObjectMetadata>, bool)>> + Send;

    /// Removes an object; one that is not there is removed already.
    fn remove(&self, place: &ContainerObject) -> impl Future<Output = Outcome<()>> + Send;

    /// Begins to write an object, which nobody sees before it is finished.
    fn upload(
        &self,
        place: &ContainerObject,
        content: ContentKind,
    ) -> impl Future<Output = Outcome<Self::Upload>> + Send;

    /// Reads an object from a position on, to another that is included. `None` where there is no such object.
    fn read(
        &self,
        place: &ContainerObject,
        from: u64,
        to: Option<u64>,
    ) -> impl Future<Output = Outcome<Option<Reading>>> + Send;

    /// Whether the store can be asked now.
    fn health(&self) -> impl Future<Output = Result<(), String>> + Send;
}

/// An object that is being written. Where it is dropped unfinished, it never was.
pub(super) trait Upload: Send + 'static {
    /// Adds to its end.
    fn write(&mut self, bytes: Bytes) -> impl Future<Output = Outcome<()>> + Send;

    /// Puts it in its place, at once and for good.
    fn finish(self) -> impl Future<Output = Outcome<()>> + Send;

    /// Gives up, and forgets what was written.
    fn abort(self) -> impl Future<Output = ()> + Send;
}

/// What is to be listed.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// What names start with.
    pub(super) prefix: String,
    /// The name after which they come.
    pub(super) after: Option<String>,
    /// How many at most.
    pub(super) limit: usize,
}

/// What the content of an object is.
#[derive(Debug, Default)]
pub(super) struct ContentKind {
    pub(super) content_type: Option<String>,
    pub(super) content_encoding: Option<String>,
}

/// An object that is being read.
pub(super) struct Reading {
    pub(super) info: ObjectMetadata,
    /// How many bytes come.
    pub(super) length: u64,
    /// These, in pieces of any size.
    pub(super) content: BoxStream<'static, Outcome<Bytes>>,
}

/// How many bytes of an object of that size a range has.
pub(super) fn length_of_range(size: u64, from: u64, to: Option<u64>) -> u64 {
    let end = to.map_or(size, |to| to.saturating_add(1).min(size));
    end.saturating_sub(from)
}
