//! `wasmcloud:keyvalue`.

mod backends;
mod loss;

use self::backends::{Files, Memory, Redis};
use crate::conformance::run_all;

#[tokio::test]
async fn the_provider_in_memory_does_as_all_others() {
    run_all("keyvalue", &Memory::new()).await;
}

#[tokio::test]
async fn the_provider_on_redb_does_as_all_others() {
    run_all("keyvalue", &Files::new()).await;
}

#[tokio::test]
async fn the_provider_on_redis_does_as_all_others() {
    run_all("keyvalue", &Redis::start().await).await;
}
