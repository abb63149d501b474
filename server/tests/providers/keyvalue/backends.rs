//! The providers of `wasmcloud:keyvalue`, each linked to an actor and ready to be called.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use serde_json::Value;
use tempfile::TempDir;
use wisteria_core::provider::MemoryKeyValue;
use wisteria_server::{
    platform::NativePlatform,
    provider::{FileKeyValue, RedisKeyValue},
};

use crate::{
    conformance::Backend,
    linked::{SetTime, call, link},
    redis_server::RedisServer,
};

/// `keyvalue-memory`.
pub(crate) struct Memory {
    time: Arc<SetTime>,
    provider: tokio::sync::Mutex<MemoryKeyValue>,
}

impl Memory {
    pub(crate) fn new() -> Self {
        let time = SetTime::new();
        Self { provider: MemoryKeyValue::new(time.clone()).into(), time }
    }
}

impl Backend for Memory {
    async fn call(&self, operation: &str, argument: &Value) -> Result<Value, String> {
        call(&*self.provider.lock().await, operation, argument).await
    }

    async fn clear(&self) {
        *self.provider.lock().await = MemoryKeyValue::new(self.time.clone());
    }

    async fn pass_time(&self) {
        self.time.pass();
    }
}

/// `keyvalue-redb`, a new file for each case.
pub(crate) struct Files {
    time: Arc<SetTime>,
    provider: FileKeyValue,
    cases: AtomicU64,
    _data_dir: TempDir,
}

impl Files {
    pub(crate) fn new() -> Self {
        let (time, data_dir) = (SetTime::new(), TempDir::new().expect("a temporary directory"));
        let provider = FileKeyValue::new(time.clone(), Some(data_dir.path().to_owned()));
        Self { time, provider, cases: AtomicU64::new(0), _data_dir: data_dir }
    }
}

impl Backend for Files {
    async fn call(&self, operation: &str, argument: &Value) -> Result<Value, String> {
        call(&self.provider, operation, argument).await
    }

    async fn clear(&self) {
        let name = format!("case-{}", self.cases.fetch_add(1, Ordering::Relaxed));
        link(&self.provider, &[("FILE", &name)], true).await.expect("linked");
    }

    async fn pass_time(&self) {
        self.time.pass();
    }
}

/// `keyvalue-redis` on a server of its own.
pub(crate) struct Redis {
    server: RedisServer,
    provider: RedisKeyValue,
}

impl Redis {
    pub(crate) async fn start() -> Self {
        let server = RedisServer::start(&[]);
        let provider = RedisKeyValue::new(Arc::new(NativePlatform::current()));
        link(&provider, &[("URL", &server.url())], true).await.expect("linked");
        Self { server, provider }
    }

    /// Has the server do something on a connection of the test's own.
    async fn ask(&self, command: &mut redis::Cmd) {
        let client = redis::Client::open(self.server.url()).expect("a URL");
        let mut connection = client.get_multiplexed_async_connection().await.expect("it is ready");
        command.query_async::<redis::Value>(&mut connection).await.expect("it answers");
    }
}

impl Backend for Redis {
    async fn call(&self, operation: &str, argument: &Value) -> Result<Value, String> {
        call(&self.provider, operation, argument).await
    }

    async fn clear(&self) {
        self.ask(&mut redis::cmd("FLUSHALL")).await;
    }

    async fn pass_time(&self) {
        // Redis answers when it has waited in vain.
        self.ask(redis::cmd("BLPOP").arg("nothing").arg(0.2)).await;
    }
}
