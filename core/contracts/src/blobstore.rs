//! `wasmcloud:blobstore`: objects of any size in containers, written and read in chunks.

use serde::{Deserialize, Serialize};

/// The contract.
pub const CONTRACT: &str = "wasmcloud:blobstore";

/// Operations. Single values go in bare.
pub mod operation {
    /// Container → whether it exists; called by the actor, as are all but the last.
    pub const CONTAINER_EXISTS: &str = "Blobstore.ContainerExists";
    /// Container → nothing.
    pub const CREATE_CONTAINER: &str = "Blobstore.CreateContainer";
    /// Container → [`ContainerMetadata`](super::ContainerMetadata).
    pub const GET_CONTAINER_INFO: &str = "Blobstore.GetContainerInfo";
    /// Nothing → [`ContainerMetadata`](super::ContainerMetadata) of each.
    pub const LIST_CONTAINERS: &str = "Blobstore.ListContainers";
    /// Containers → [`ItemResult`](super::ItemResult) of each that could not be removed.
    pub const REMOVE_CONTAINERS: &str = "Blobstore.RemoveContainers";
    /// [`ContainerObject`](super::ContainerObject) → whether it exists.
    pub const OBJECT_EXISTS: &str = "Blobstore.ObjectExists";
    /// [`ContainerObject`](super::ContainerObject) → [`ObjectMetadata`](super::ObjectMetadata).
    pub const GET_OBJECT_INFO: &str = "Blobstore.GetObjectInfo";
    /// [`ListObjectsRequest`](super::ListObjectsRequest) → [`ListObjectsResponse`](super::ListObjectsResponse).
    pub const LIST_OBJECTS: &str = "Blobstore.ListObjects";
    /// [`RemoveObjectsRequest`](super::RemoveObjectsRequest) → [`ItemResult`](super::ItemResult) of each that could not
    /// be removed.
    pub const REMOVE_OBJECTS: &str = "Blobstore.RemoveObjects";
    /// [`PutObjectRequest`](super::PutObjectRequest) → [`PutObjectResponse`](super::PutObjectResponse).
    pub const PUT_OBJECT: &str = "Blobstore.PutObject";
    /// [`PutChunkRequest`](super::PutChunkRequest) → nothing.
    pub const PUT_CHUNK: &str = "Blobstore.PutChunk";
    /// [`GetObjectRequest`](super::GetObjectRequest) → [`GetObjectResponse`](super::GetObjectResponse).
    pub const GET_OBJECT: &str = "Blobstore.GetObject";
    /// [`Chunk`](super::Chunk) → [`ChunkResponse`](super::ChunkResponse); called by the provider.
    pub const RECEIVE_CHUNK: &str = "ChunkReceiver.ReceiveChunk";
}

/// Part of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Chunk {
    /// The object.
    pub object_id: String,
    /// Its container.
    pub container_id: String,
    /// The part.
    #[serde(with = "serde_bytes", default)]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
    pub bytes: Vec<u8>,
    /// Where in the object it starts.
    #[serde(default)]
    pub offset: u64,
    /// Whether it is the last.
    #[serde(default)]
    pub is_last: bool,
}

/// The answer to a chunk that an actor received.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChunkResponse {
    /// Whether no more chunks are wanted.
    #[serde(default)]
    pub cancel_download: bool,
}

/// A time, in UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Timestamp {
    /// Seconds since 1970.
    pub sec: i64,
    /// Nanoseconds since that second.
    pub nsec: u32,
}

/// A container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ContainerMetadata {
    /// Its name.
    pub container_id: String,
    /// When it was made, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
}

/// Names an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ContainerObject {
    /// The container.
    pub container_id: String,
    /// The object in it.
    pub object_id: String,
}

/// An object without its content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ObjectMetadata {
    /// The object.
    pub object_id: String,
    /// Its container.
    pub container_id: String,
    /// Its size in bytes.
    #[serde(default)]
    pub content_length: u64,
    /// When it was last written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<Timestamp>,
    /// Its MIME type; a listing may leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// How its content is encoded, `gzip`; a listing may leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
}

/// Lists the objects of a container by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListObjectsRequest {
    /// The container.
    #[serde(default)]
    pub container_id: String,
    /// What their names start with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_with: Option<String>,
    /// Goes on where a `ListObjectsResponse` ended; `start_with` then means nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continuation: Option<String>,
    /// The last name wanted, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_with: Option<String>,
    /// The first name not wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_before: Option<String>,
    /// How many at most; 1,000 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u32>,
}

/// Objects of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListObjectsResponse {
    /// The objects.
    pub objects: Vec<ObjectMetadata>,
    /// Whether there are no more.
    #[serde(default)]
    pub is_last: bool,
    /// For the next `ListObjectsRequest`, where there are more. It means nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continuation: Option<String>,
}

/// Removes objects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RemoveObjectsRequest {
    /// The container.
    pub container_id: String,
    /// The objects.
    pub objects: Vec<String>,
}

/// What became of one of several.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ItemResult {
    /// Its name.
    #[serde(default)]
    pub key: String,
    /// Whether it succeeded.
    #[serde(default)]
    pub success: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Begins an object, or writes all of it where its chunk is the last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PutObjectRequest {
    /// The object and its first part.
    pub chunk: Chunk,
    /// Its MIME type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// How its content is encoded, `gzip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
}

/// How to go on with an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PutObjectResponse {
    /// For each `PutChunkRequest` that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_id: Option<String>,
}

/// Goes on with an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PutChunkRequest {
    /// The next part. The object is there after the last.
    pub chunk: Chunk,
    /// From the `PutObjectResponse`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_id: Option<String>,
    /// Whether to give up, and forget what was written.
    #[serde(default)]
    pub cancel_and_remove: bool,
}

/// Reads an object or part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetObjectRequest {
    /// The object.
    pub object_id: String,
    /// Its container.
    pub container_id: String,
    /// The first byte wanted, from 0. Beyond the end, an empty last chunk is the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_start: Option<u64>,
    /// The last byte wanted, included; may lie beyond the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_end: Option<u64>,
}

/// An object that is read. Where the first chunk is not the last, the others reach the actor by
/// [`RECEIVE_CHUNK`](operation::RECEIVE_CHUNK).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetObjectResponse {
    /// Whether it is there.
    #[serde(default)]
    pub success: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The first part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_chunk: Option<Chunk>,
    /// How many bytes there are in all parts.
    #[serde(default)]
    pub content_length: u64,
    /// Its MIME type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// How its content is encoded, `gzip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
}

/// The contract in its own words.
#[cfg(feature = "schema")]
pub fn describe() -> crate::schema::Contract {
    crate::schema::Contract::new(CONTRACT, "Objects of any size in containers")
        .by_actor::<String, bool>(operation::CONTAINER_EXISTS, "Whether a container exists.")
        .by_actor::<String, ()>(operation::CREATE_CONTAINER, "Makes a container.")
        .by_actor::<String, ContainerMetadata>(operation::GET_CONTAINER_INFO, "What is known of a container.")
        .by_actor::<(), Vec<ContainerMetadata>>(operation::LIST_CONTAINERS, "All containers.")
        .by_actor::<Vec<String>, Vec<ItemResult>>(
            operation::REMOVE_CONTAINERS,
            "Removes containers with what is in them; answers those it could not.",
        )
        .by_actor::<ContainerObject, bool>(operation::OBJECT_EXISTS, "Whether an object exists.")
        .by_actor::<ContainerObject, ObjectMetadata>(operation::GET_OBJECT_INFO, "What is known of an object.")
        .by_actor::<ListObjectsRequest, ListObjectsResponse>(operation::LIST_OBJECTS, "The objects of a container.")
        .by_actor::<RemoveObjectsRequest, Vec<ItemResult>>(
            operation::REMOVE_OBJECTS,
            "Removes objects; answers those it could not.",
        )
        .by_actor::<PutObjectRequest, PutObjectResponse>(operation::PUT_OBJECT, "Writes an object, or its first chunk.")
        .by_actor::<PutChunkRequest, ()>(operation::PUT_CHUNK, "Writes a further chunk of an object.")
        .by_actor::<GetObjectRequest, GetObjectResponse>(
            operation::GET_OBJECT,
            "Reads an object, or begins to have its chunks sent.",
        )
        .by_provider::<Chunk, ChunkResponse>(operation::RECEIVE_CHUNK, "A chunk of an object that the actor reads.")
}
