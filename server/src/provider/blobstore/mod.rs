//! `wasmcloud:blobstore` on products that only a server reaches.

mod blobs;
mod downloads;
mod folder;
mod folder_store;
mod folder_upload;
mod names;
mod s3;
mod s3_failure;
mod s3_store;
mod s3_upload;
mod store;
mod uploads;

pub use folder::FolderBlobs;
pub use s3::S3Blobs;
