//! The providers, each linked to an actor and ready to be called.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;
use wisteria_core::{
    call::CallContext,
    identity::{KeyKind, PublicKey},
    platform::{BoxFuture, Platform},
    provider::{LinkRefused, LinkValues, MemoryKeyValue, Provider, ProviderCall, ProviderLink},
};
use wisteria_server::{
    platform::NativePlatform,
    provider::{FileKeyValue, RedisKeyValue},
};

use crate::redis_server::RedisServer;

/// What the cases run against.
pub(crate) trait Backend {
    /// The reply, or the code and the words of the error.
    async fn call(&self, operation: &str, argument: &Value) -> Result<Value, String>;

    /// Forgets everything.
    async fn clear(&self);

    /// Lets time pass, so that something may expire.
    async fn pass_time(&self);
}

const LINK_NAME: &str = "default";

fn actor() -> PublicKey {
    PublicKey::from_bytes(KeyKind::Module, [1; 32])
}

/// Links the actor to a provider by these values.
pub(crate) async fn link(provider: &dyn Provider, values: &[(&str, &str)], is_new: bool) -> Result<(), LinkRefused> {
    let values: BTreeMap<_, _> = values.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let values = LinkValues::new(provider.describe().values, values)?;
    provider.link(ProviderLink { actor: actor(), link_name: LINK_NAME.into(), values, is_new }).await
}

/// Calls a provider as the actor.
pub(crate) async fn call(provider: &dyn Provider, operation: &str, argument: &Value) -> Result<Value, String> {
    let call = ProviderCall {
        actor: actor(),
        link_name: LINK_NAME.into(),
        operation: operation.into(),
        payload: rmp_serde::to_vec_named(argument).expect("JSON is MessagePack, too").into(),
        context: CallContext::root(Duration::from_secs(5)),
    };
    let reply = provider.invoke(call).await.map_err(|error| format!("{}: {error}", error.code()))?;
    match reply.is_empty() {
        true => Ok(Value::Null),
        false => Ok(rmp_serde::from_slice(&reply).expect("a reply is MessagePack")),
    }
}

/// Time that passes when it is told to.
#[derive(Debug)]
struct SetTime {
    native: NativePlatform,
    milliseconds: AtomicU64,
}

impl SetTime {
    fn new() -> Arc<Self> {
        Arc::new(Self { native: NativePlatform::current(), milliseconds: AtomicU64::new(1_700_000_000_000) })
    }

    fn pass(&self) {
        self.milliseconds.fetch_add(200, Ordering::Relaxed);
    }
}

impl Platform for SetTime {
    fn now(&self) -> Duration {
        Duration::from_millis(self.milliseconds.load(Ordering::Relaxed))
    }

    fn unix_time(&self) -> Duration {
        self.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.native.sleep(duration)
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.native.spawn(task);
    }

    fn random(&self, buffer: &mut [u8]) {
        self.native.random(buffer);
    }
}

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
