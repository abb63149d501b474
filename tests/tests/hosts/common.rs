//! Hosts on one bus, and guests in WebAssembly text.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::watch;
use wisteria_core::{
    bus::{Bus, LocalBus, Router, SubjectPattern},
    engine::WasmiEngine,
    error::LatticeError,
    host::{
        DEFAULT_DEADLINE, Host, HostConfig, HostLimits, HostParts, HostPolicy, LatticeModules, PayloadStore,
        ProviderKind, SecretSource, Trust,
    },
    identity::{ActorClaims, KeyKind, KeyPair, PublicKey, sign_module},
    lattice::Client,
    metadata::{MemoryStore, MetadataStore},
    platform::Platform,
    provider::{LogLine, LogSink, MemoryKeyValue},
};
use wisteria_server::{engine::WasmtimeEngine, platform::NativePlatform};

/// A bus for several hosts, and a gate that guests can wait at.
pub(crate) struct Lattice {
    bus: Arc<LocalBus>,
    platform: Arc<dyn Platform>,
    next_seed: AtomicU8,
    /// Where [`WAITS`] waits.
    pub(crate) gate: Gate,
}

impl Lattice {
    /// An empty lattice. Must be called in a runtime.
    pub(crate) fn new() -> Self {
        let platform: Arc<dyn Platform> = Arc::new(NativePlatform::current());
        let bus = Arc::new(LocalBus::new(Arc::new(Router::new()), platform.clone()));
        Self { gate: Gate::new(&bus), bus, platform, next_seed: AtomicU8::new(1) }
    }

    /// A host that keeps links and claims, as a server does.
    pub(crate) async fn keeper(&self) -> Host {
        self.keeper_with(|_| {}).await
    }

    /// The same on the server's engine.
    pub(crate) async fn server_with(&self, change: impl FnOnce(&mut HostConfig)) -> Host {
        let (parts, config) = self.parts(change);
        let engine = WasmtimeEngine::new(16, &config.limits.module).expect("wasmtime can be set up");
        let parts = HostParts { engine: Arc::new(engine), ..parts };
        let store = Arc::new(MemoryStore::default());
        Host::start_as_keeper(parts, config, KINDS.to_vec(), store).await.expect("started")
    }

    /// The same as [`Lattice::keeper`] with another configuration.
    pub(crate) async fn keeper_with(&self, change: impl FnOnce(&mut HostConfig)) -> Host {
        let (parts, config) = self.parts(change);
        let store = Arc::new(MemoryStore::default());
        Host::start_as_keeper(parts, config, KINDS.to_vec(), store).await.expect("started")
    }

    /// A host with the key of `seed` that keeps links and claims in a store that outlives it, with providers of its own.
    pub(crate) async fn keeper_on(
        &self,
        store: Arc<dyn MetadataStore>,
        seed: u8,
        kinds: &[ProviderKind],
    ) -> Result<Host, LatticeError> {
        let (parts, config) = self.parts(|_| {});
        let parts = HostParts { key: KeyPair::from_raw(KeyKind::Host, [seed; 32]), ..parts };
        Host::start_as_keeper(parts, config, kinds.to_vec(), store).await
    }

    /// A host that keeps links and claims, on a platform of its own.
    pub(crate) async fn keeper_at(&self, platform: Arc<dyn Platform>) -> Host {
        let (parts, config) = self.parts(|_| {});
        let store = Arc::new(MemoryStore::default());
        let parts = HostParts { platform, ..parts };
        Host::start_as_keeper(parts, config, KINDS.to_vec(), store).await.expect("started")
    }

    /// A host that keeps neither, as a tab.
    pub(crate) async fn host(&self) -> Host {
        self.host_with(|_| {}).await
    }

    /// The same with another configuration.
    pub(crate) async fn host_with(&self, change: impl FnOnce(&mut HostConfig)) -> Host {
        let (parts, config) = self.parts(change);
        Host::start(parts, config, KINDS.to_vec()).await.expect("started")
    }

    /// A host with a place for payloads that are too large for a message.
    pub(crate) async fn host_with_payloads(&self, payloads: Arc<dyn PayloadStore>) -> Host {
        let (parts, config) = self.parts(|_| {});
        Host::start(HostParts { payloads: Some(payloads), ..parts }, config, KINDS.to_vec()).await.expect("started")
    }

    /// A host that may know secrets, with providers of its own.
    pub(crate) async fn host_with_secrets(
        &self,
        secrets: Option<Arc<dyn SecretSource>>,
        kinds: &[ProviderKind],
    ) -> Host {
        let (parts, config) = self.parts(|_| {});
        Host::start(HostParts { secrets, ..parts }, config, kinds.to_vec()).await.expect("started")
    }

    /// The bus itself.
    pub(crate) fn bus(&self) -> Arc<dyn Bus> {
        self.bus.clone()
    }

    /// A client.
    pub(crate) fn client(&self) -> Client {
        let origin = PublicKey::from_bytes(KeyKind::User, [1; 32]);
        Client::new(self.bus.clone(), self.platform.clone(), "default", origin, DEFAULT_DEADLINE).expect("a lattice")
    }

    fn parts(&self, change: impl FnOnce(&mut HostConfig)) -> (HostParts, HostConfig) {
        let seed = self.next_seed.fetch_add(1, Ordering::Relaxed);
        let parts = HostParts {
            platform: self.platform.clone(),
            engine: Arc::new(WasmiEngine::new()),
            bus: self.bus.clone(),
            log: Arc::new(NoLog),
            modules: Arc::new(LatticeModules),
            payloads: None,
            secrets: None,
            data_dir: None,
            authorities: None,
            key: KeyPair::from_raw(KeyKind::Host, [seed; 32]),
        };
        let mut config = HostConfig {
            lattice: "default".to_owned(),
            labels: BTreeMap::new(),
            friendly_name: "test".to_owned(),
            allow_unsigned: true,
            trust: Trust::Anyone,
            limits: HostLimits::default(),
            policy: HostPolicy::default(),
        };
        change(&mut config);
        (parts, config)
    }
}

const KINDS: [ProviderKind; 1] = [ProviderKind {
    description: MemoryKeyValue::DESCRIPTION,
    create: |context| Arc::new(MemoryKeyValue::new(context.platform)),
}];

/// Answers the calls of [`WAITS`], once it is open.
pub(crate) struct Gate {
    waiting: watch::Receiver<usize>,
    open: watch::Sender<bool>,
}

impl Gate {
    fn new(bus: &Arc<LocalBus>) -> Self {
        let (count, waiting) = watch::channel(0);
        let (open, is_open) = watch::channel(false);
        let pattern = SubjectPattern::new(format!("wasmbus.rpc.default.{}", gate_key())).expect("a pattern");
        let mut calls = bus.subscribe(pattern, None).expect("subscribed");
        let bus = bus.clone();
        tokio::spawn(async move {
            while let Some(call) = calls.next().await {
                count.send_modify(|count| *count += 1);
                let (bus, mut is_open) = (bus.clone(), is_open.clone());
                tokio::spawn(async move {
                    is_open.wait_for(|open| *open).await.expect("the gate stands");
                    let reply = call.reply.expect("a request");
                    // `{"msg": b"", "invocation_id": ""}` in MessagePack.
                    let body = Bytes::from_static(b"\x82\xa3msg\xc4\x00\xadinvocation_id\xa0");
                    bus.publish(wisteria_core::bus::message(reply, body)).expect("published");
                });
            }
        });
        Self { waiting, open }
    }

    /// Completes when so many calls wait.
    pub(crate) async fn waiting(&self, calls: usize) {
        let mut waiting = self.waiting.clone();
        let seen = tokio::time::timeout(Duration::from_secs(10), waiting.wait_for(|count| *count >= calls)).await;
        seen.expect("in time").expect("the gate stands");
    }

    /// Lets all calls through.
    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }
}

fn gate_key() -> PublicKey {
    PublicKey::from_bytes(KeyKind::Module, [0; 32])
}

#[derive(Debug)]
struct NoLog;

impl LogSink for NoLog {
    fn line(&self, _line: LogLine) {}
}

/// A module with claims of its own, signed.
pub(crate) fn signed(module: &[u8], caps: &[&str]) -> Vec<u8> {
    sign(module, caps, None)
}

/// Guest text as a signed module of one key, whatever its revision.
pub(crate) fn signed_with_revision(text: &str, revision: i32) -> Vec<u8> {
    sign(&wat::parse_str(text).expect("WAT"), &[], Some(revision))
}

fn sign(module: &[u8], caps: &[&str], revision: Option<i32>) -> Vec<u8> {
    let issuer = KeyPair::from_raw(KeyKind::Account, [1; 32]);
    let subject = KeyPair::from_raw(KeyKind::Module, [u8::try_from(caps.len()).expect("few") + 1; 32]);
    let claims = ActorClaims {
        issuer: issuer.public_key(),
        subject: subject.public_key(),
        id: "test".to_owned(),
        issued_at: Duration::ZERO,
        expires: None,
        not_before: None,
        name: Some("test".to_owned()),
        hash: String::new(),
        tags: Vec::new(),
        caps: caps.iter().map(ToString::to_string).collect(),
        revision,
        version: None,
        call_alias: None,
        wascap_revision: 3,
    };
    sign_module(module, &claims, &issuer).expect("signed")
}

/// Upper-cases ASCII letters; traps on a zero byte.
pub(crate) const UPPER: &str = r#"(module
    (import "wapc" "__guest_request" (func $request (param i32 i32)))
    (import "wapc" "__guest_response" (func $response (param i32 i32)))
    (memory (export "memory") 1)
    ;; here
    (func (export "__guest_call") (param $op_len i32) (param $len i32) (result i32) (local $at i32) (local $byte i32)
        (call $request (i32.const 0) (i32.const 1024))
        (local.set $at (i32.const 1024))
        (block $end (loop $next
            (br_if $end (i32.eq (local.get $at) (i32.add (i32.const 1024) (local.get $len))))
            (local.set $byte (i32.load8_u (local.get $at)))
            (if (i32.eqz (local.get $byte)) (then (unreachable)))
            (if (i32.ge_u (local.get $byte) (i32.const 97))
                (then (i32.store8 (local.get $at) (i32.sub (local.get $byte) (i32.const 32)))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next)))
        (call $response (i32.const 1024) (local.get $len))
        (i32.const 1)))"#;

/// Calls whoever its payload names up to the first blank, with the rest as the payload; answers with what comes, or
/// with the payload itself where it has no blank.
pub(crate) const RELAY: &str = r#"(module
    (import "wapc" "__guest_request" (func $request (param i32 i32)))
    (import "wapc" "__guest_response" (func $response (param i32 i32)))
    (import "wapc" "__guest_error" (func $error (param i32 i32)))
    (import "wapc" "__host_call" (func $host_call (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "wapc" "__host_response_len" (func $host_response_len (result i32)))
    (import "wapc" "__host_response" (func $host_response (param i32)))
    (import "wapc" "__host_error_len" (func $host_error_len (result i32)))
    (import "wapc" "__host_error" (func $host_error (param i32)))
    (memory (export "memory") 1)
    ;; here
    (func (export "__guest_call") (param $op_len i32) (param $len i32) (result i32) (local $at i32) (local $end i32)
        (call $request (i32.const 0) (i32.const 1024))
        (local.set $at (i32.const 1024))
        (local.set $end (i32.add (i32.const 1024) (local.get $len)))
        (loop $next
            (if (i32.eq (local.get $at) (local.get $end))
                (then (call $response (i32.const 1024) (local.get $len)) (return (i32.const 1))))
            (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 32))
                (then (local.set $at (i32.add (local.get $at) (i32.const 1))) (br $next))))
        (if (call $host_call (i32.const 0) (i32.const 0)
                (i32.const 1024) (i32.sub (local.get $at) (i32.const 1024))
                (i32.const 0) (local.get $op_len)
                (i32.add (local.get $at) (i32.const 1))
                (i32.sub (local.get $end) (i32.add (local.get $at) (i32.const 1))))
            (then
                (call $host_response (i32.const 8192))
                (call $response (i32.const 8192) (call $host_response_len))
                (return (i32.const 1))))
        (call $host_error (i32.const 8192))
        (call $error (i32.const 8192) (call $host_error_len))
        (i32.const 0)))"#;

/// Calls the gate, the module key of 32 zero bytes, and answers once that has answered.
pub(crate) const WAITS: &str = r#"(module
    (import "wapc" "__host_call" (func $host_call (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "MAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABEO2")
    (func (export "__guest_call") (param $op_len i32) (param $len i32) (result i32)
        (call $host_call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 56)
            (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0))))"#;
