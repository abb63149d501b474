//! Providers of key-value contracts, each linked to an actor and ready to be called.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;
use wisteria_core::{platform::Platform, provider::Provider};
use wisteria_server::platform::NativePlatform;

use crate::{
    conformance::Backend,
    linked::{SetTime, call, link},
    nats_server::NatsServer,
    redis_server::RedisServer,
};

/// How much time passes at once, where it is told to.
const STEP: Duration = Duration::from_millis(200);

/// One in memory, a new one for each case.
pub(crate) struct Memory<P> {
    time: Arc<SetTime>,
    make: fn(Arc<dyn Platform>) -> P,
    provider: tokio::sync::Mutex<P>,
}

impl<P: Provider> Memory<P> {
    pub(crate) fn new(make: fn(Arc<dyn Platform>) -> P) -> Self {
        let time = SetTime::new();
        Self { provider: make(time.clone()).into(), make, time }
    }
}

impl<P: Provider> Backend for Memory<P> {
    async fn call(&self, operation: &str, argument: &Value) -> Result<Value, String> {
        call(&*self.provider.lock().await, operation, argument).await
    }

    async fn clear(&self) {
        *self.provider.lock().await = (self.make)(self.time.clone());
    }

    async fn pass_time(&self) {
        self.time.pass(STEP);
    }
}

/// One on redb, with a new file for each case.
pub(crate) struct Files<P> {
    time: Arc<SetTime>,
    provider: P,
    cases: AtomicU64,
    _data_dir: TempDir,
}

impl<P: Provider> Files<P> {
    pub(crate) fn new(make: fn(Arc<dyn Platform>, Option<PathBuf>) -> P) -> Self {
        let (time, data_dir) = (SetTime::new(), TempDir::new().expect("a temporary directory"));
        let provider = make(time.clone(), Some(data_dir.path().to_owned()));
        Self { time, provider, cases: AtomicU64::new(0), _data_dir: data_dir }
    }
}

impl<P: Provider> Backend for Files<P> {
    async fn call(&self, operation: &str, argument: &Value) -> Result<Value, String> {
        call(&self.provider, operation, argument).await
    }

    async fn clear(&self) {
        let name = format!("case-{}", self.cases.fetch_add(1, Ordering::Relaxed));
        link(&self.provider, &[("FILE", &name)], true).await.expect("linked");
    }

    async fn pass_time(&self) {
        self.time.pass(STEP);
    }
}

/// One on a Redis of its own.
pub(crate) struct Redis<P> {
    server: RedisServer,
    provider: P,
}

impl<P: Provider> Redis<P> {
    pub(crate) async fn start(make: fn(Arc<dyn Platform>) -> P) -> Self {
        let server = RedisServer::start(&[]);
        let provider = make(Arc::new(NativePlatform::current()));
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

impl<P: Provider> Backend for Redis<P> {
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

/// One on a NATS of its own, with a new bucket for each case.
pub(crate) struct Buckets<P> {
    server: NatsServer,
    time: Arc<SetTime>,
    provider: P,
    cases: AtomicU64,
}

impl<P: Provider> Buckets<P> {
    pub(crate) fn start(make: fn(Arc<dyn Platform>) -> P) -> Self {
        let time = SetTime::new();
        Self { server: NatsServer::start(""), provider: make(time.clone()), time, cases: AtomicU64::new(0) }
    }
}

impl<P: Provider> Backend for Buckets<P> {
    async fn call(&self, operation: &str, argument: &Value) -> Result<Value, String> {
        call(&self.provider, operation, argument).await
    }

    async fn clear(&self) {
        let name = format!("case-{}", self.cases.fetch_add(1, Ordering::Relaxed));
        link(&self.provider, &[("URL", &self.server.url()), ("BUCKET", &name)], true).await.expect("linked");
    }

    async fn pass_time(&self) {
        self.time.pass(STEP);
    }
}
