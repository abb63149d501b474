//! A provider on a host of its own. The actor that is linked to it is the test itself, which takes what the provider
//! calls as one on another host would.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tempfile::TempDir;
use wisteria_contracts::codec;
use wisteria_core::{
    bus::{self, Bus, LocalBus, Message, Router, SubjectPattern, Subscription},
    host::{Host, HostConfig, HostLimits, HostParts, HostPolicy, LatticeModules, ProviderContext, ProviderKind, Trust},
    identity::{KeyKind, KeyPair, PublicKey},
    platform::Platform,
    provider::{LogLine, LogSink, Provider},
};
use wisteria_server::{engine::WasmtimeEngine, provider::KINDS};

use crate::linked::actor;

type Create = fn(ProviderContext) -> Arc<dyn Provider>;

thread_local! {
    static CREATE: Cell<Option<Create>> = const { Cell::new(None) };
    /// The provider that this test's host made.
    static MADE: RefCell<Option<Arc<dyn Provider>>> = const { RefCell::new(None) };
}

/// A provider, the bus over which it calls actors, and the folder of its host.
pub(crate) struct Hosted {
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) bus: Arc<LocalBus>,
    data_dir: TempDir,
    _host: Host,
}

/// Starts a host whose only provider is of that kind, and returns the bus over which it calls actors.
pub(crate) async fn host(
    kind: ProviderKind,
    platform: Arc<dyn Platform>,
    data_dir: Option<PathBuf>,
    deadline: Duration,
) -> (Arc<LocalBus>, Host) {
    let bus = Arc::new(LocalBus::new(Arc::new(Router::new()), platform.clone()));
    let limits = HostLimits { deadline, instances: 1, ..HostLimits::default() };
    let parts = HostParts {
        platform,
        engine: Arc::new(WasmtimeEngine::new(1, &limits.module).expect("an engine")),
        bus: bus.clone(),
        log: Arc::new(NoLog),
        modules: Arc::new(LatticeModules),
        payloads: None,
        secrets: None,
        authorities: None,
        data_dir,
        key: KeyPair::from_raw(KeyKind::Host, [1; 32]),
    };
    let config = HostConfig {
        lattice: "default".to_owned(),
        labels: BTreeMap::new(),
        friendly_name: "test".to_owned(),
        allow_unsigned: false,
        trust: Trust::Anyone,
        limits,
        policy: HostPolicy::default(),
    };
    let host = Host::start(parts, config, vec![kind]).await.expect("started");
    (bus, host)
}

/// The calls that reach an actor from now on.
pub(crate) fn calls(bus: &Arc<LocalBus>, actor: PublicKey) -> Calls {
    let pattern = SubjectPattern::new(format!("wasmbus.rpc.default.{actor}")).expect("a pattern");
    Calls { calls: bus.subscribe(pattern, None).expect("subscribed"), bus: bus.clone() }
}

impl Hosted {
    /// Starts the server's provider of that name.
    pub(crate) async fn start(name: &str, platform: Arc<dyn Platform>) -> Self {
        let data_dir = TempDir::new().expect("a temporary directory");
        let kind = KINDS.iter().find(|kind| kind.description.name == name).expect("a server has it");
        CREATE.set(Some(kind.create));
        let create: Create = |context| {
            let provider = CREATE.get().expect("it was set just now")(context);
            MADE.set(Some(provider.clone()));
            provider
        };
        let kind = ProviderKind { create, ..*kind };
        let (bus, host) = host(kind, platform, Some(data_dir.path().to_owned()), Duration::from_secs(2)).await;
        Self { provider: MADE.take().expect("the host made one"), bus, data_dir, _host: host }
    }

    /// Where the host keeps its state.
    pub(crate) fn data_dir(&self) -> &Path {
        self.data_dir.path()
    }

    /// The calls that reach the actor from now on.
    pub(crate) fn calls(&self) -> Calls {
        calls(&self.bus, actor())
    }
}

/// What providers ask of the actor.
pub(crate) struct Calls {
    calls: Subscription,
    bus: Arc<LocalBus>,
}

#[derive(Deserialize)]
struct Invocation {
    operation: String,
    msg: Bytes,
}

#[derive(Serialize)]
struct InvocationResponse {
    msg: Bytes,
    invocation_id: &'static str,
    error: Option<&'static str>,
}

impl Calls {
    /// The next call: its operation, its argument, and what it takes to answer it.
    pub(crate) async fn next(&mut self) -> (String, Bytes, Message) {
        let call = self.calls.next().await.expect("a call");
        let Invocation { operation, msg } = rmp_serde::from_slice(&call.payload).expect("an invocation");
        (operation, msg, call)
    }

    /// Whether no call has come.
    pub(crate) fn is_silent(&mut self) -> bool {
        use futures::FutureExt;
        self.calls.next().now_or_never().is_none()
    }

    /// Answers a call with these bytes, or fails with that code.
    pub(crate) fn reply(&self, call: Message, msg: Bytes, code: Option<&'static str>) {
        let body = InvocationResponse { msg, invocation_id: "", error: code.map(|_| "the actor's own words") };
        let body = rmp_serde::to_vec_named(&body).expect("it serialises");
        let mut message = bus::message(call.reply.expect("a request"), body);
        if let Some(code) = code {
            message.headers.insert("Wisteria-Error", code);
        }
        self.bus.publish(message).expect("published");
    }

    /// Waits for the next call, which is of that operation, and answers it.
    pub(crate) async fn answer<T: DeserializeOwned>(&mut self, operation: &str, reply: &impl Serialize) -> T {
        let (called, argument, call) = self.next().await;
        assert_eq!(called, operation);
        self.reply(call, codec::encode(reply).into(), None);
        codec::decode(&argument).expect("an argument")
    }
}

#[derive(Debug)]
struct NoLog;

impl LogSink for NoLog {
    fn line(&self, _line: LogLine) {}
}
