//! The providers of `wisteria:keyvalue2`, each linked to an actor and ready to be called.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use serde_json::Value;
use tempfile::TempDir;
use wisteria_core::provider::MemoryKeyValue2;
use wisteria_server::{
    platform::NativePlatform,
    provider::{FileKeyValue2, RedisKeyValue2},
};

use crate::{
    conformance::Backend,
    linked::{SetTime, call, link},
    redis_server::RedisServer,
};

/// `keyvalue2-memory`.
pub(crate) struct Memory {
    time: Arc<SetTime>,
    provider: tokio::sync::Mutex<MemoryKeyValue2>,
}

impl Memory {
    pub(crate) fn new() -> Self {
        let time = SetTime::new();
        Self { provider: MemoryKeyValue2::new(time.clone()).into(), time }
    }
}

impl Backend for Memory {
    async fn call(&self, operation: &str, argument: &Value) -> Result<Value, String> {
        call(&*self.provider.lock().await, operation, argument).await
    }

    async fn clear(&self) {
        *self.provider.lock().await = MemoryKeyValue2::new(self.time.clone());
    }

    async fn pass_time(&self) {
        self.time.pass();
    }
}

/// `keyvalue2-redb`, a new file for each case.
pub(crate) struct Files {
    time: Arc<SetTime>,
    provider: FileKeyValue2,
    cases: AtomicU64,
    _data_dir: TempDir,
}

impl Files {
    pub(crate) fn new() -> Self {
        let (time, data_dir) = (SetTime::new(), TempDir::new().expect("a temporary directory"));
        let provider = FileKeyValue2::new(time.clone(), Some(data_dir.path().to_owned()));
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

/// `keyvalue2-redis` on a server of its own.
pub(crate) struct Redis {
    server: RedisServer,
    provider: RedisKeyValue2,
}

impl Redis {
    pub(crate) async fn start() -> Self {
        let server = RedisServer::start(&[]);
        let provider = RedisKeyValue2::new(Arc::new(NativePlatform::current()));
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
