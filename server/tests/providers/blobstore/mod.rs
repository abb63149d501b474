//! `wasmcloud:blobstore`.

mod backends;
mod bounds;
mod chunks;
mod loss;

use self::backends::{Folder, S3};
use crate::conformance::run_all;

#[tokio::test]
async fn the_provider_on_a_folder_does_as_all_others() {
    let folder = Folder::start().await;
    run_all("blobstore", &folder).await;
    chunks::check_all(&folder.hosted, "folder").await;
}

#[tokio::test]
async fn the_provider_on_s3_does_as_all_others() {
    let s3 = S3::start().await;
    run_all("blobstore", &s3).await;
    chunks::check_all(&s3.hosted, "s3").await;
}
