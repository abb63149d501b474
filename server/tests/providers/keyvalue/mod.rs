//! `wasmcloud:keyvalue`.

mod jetstream;
mod loss;

use wisteria_core::provider::MemoryKeyValue;
use wisteria_server::provider::{FileKeyValue, JetStreamKeyValue, RedisKeyValue};

use crate::{
    conformance::run_all,
    key_value::{Buckets, Files, Memory, Redis},
};

#[tokio::test]
async fn the_provider_in_memory_does_as_all_others() {
    run_all("keyvalue", &Memory::new(MemoryKeyValue::new)).await;
}

#[tokio::test]
async fn the_provider_on_redb_does_as_all_others() {
    run_all("keyvalue", &Files::new(FileKeyValue::new)).await;
}

#[tokio::test]
async fn the_provider_on_redis_does_as_all_others() {
    run_all("keyvalue", &Redis::start(RedisKeyValue::new).await).await;
}

#[tokio::test]
async fn the_provider_on_jetstream_does_as_all_others() {
    run_all("keyvalue", &Buckets::start(JetStreamKeyValue::new)).await;
}
