//! `wisteria:keyvalue2`.

mod backends;
mod concurrent;
mod loss;

use self::backends::{Files, Memory, Redis};
use crate::conformance::run_all;

#[tokio::test]
async fn the_provider_in_memory_does_as_all_others() {
    run_all("keyvalue2", &Memory::new()).await;
}

#[tokio::test]
async fn the_provider_on_redb_does_as_all_others() {
    run_all("keyvalue2", &Files::new()).await;
}

#[tokio::test]
async fn the_provider_on_redis_does_as_all_others() {
    run_all("keyvalue2", &Redis::start().await).await;
}
