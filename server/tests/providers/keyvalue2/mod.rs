//! `wisteria:keyvalue2`.

mod concurrent;
mod jetstream;
mod loss;

use wisteria_core::provider::MemoryKeyValue2;
use wisteria_server::provider::{FileKeyValue2, JetStreamKeyValue2, RedisKeyValue2};

use crate::{
    conformance::run_all,
    key_value::{Buckets, Files, Memory, Redis},
};

#[tokio::test]
async fn the_provider_in_memory_does_as_all_others() {
    run_all("keyvalue2", &Memory::new(MemoryKeyValue2::new)).await;
}

#[tokio::test]
async fn the_provider_on_redb_does_as_all_others() {
    run_all("keyvalue2", &Files::new(FileKeyValue2::new)).await;
}

#[tokio::test]
async fn the_provider_on_redis_does_as_all_others() {
    run_all("keyvalue2", &Redis::start(RedisKeyValue2::new).await).await;
}

#[tokio::test]
async fn the_provider_on_jetstream_does_as_all_others() {
    run_all("keyvalue2", &Buckets::start(JetStreamKeyValue2::new)).await;
}
