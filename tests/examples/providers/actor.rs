//! An actor on a host as servers have it, linked to one of their providers.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use wisteria_contracts::{blobstore, codec};
use wisteria_core::{
    bus::{LocalBus, Router},
    call::Target,
    error::LatticeError,
    host::{DEFAULT_DEADLINE, Host, HostConfig, HostLimits, HostParts, HostPolicy, LatticeModules, Trust},
    identity::{KeyKind, KeyPair, PublicKey},
    lattice::{Client, control::LinkDefinition},
    metadata::MemoryStore,
    platform::Platform,
    provider::{LogLine, LogSink},
};
use wisteria_server::{engine::WasmtimeEngine, platform::NativePlatform, provider::KINDS};

use super::{Failure, load::Caller};

/// The container that objects are in.
pub(crate) const CONTAINER: &str = "c";

/// Does the operation that its call names, with the argument after the first four bytes, as often as those say. The contract
/// stands where `CONTRACT` does.
const ASKS: &str = r#"(module
    (import "wapc" "__guest_request" (func $request (param i32 i32)))
    (import "wapc" "__guest_error" (func $error (param i32 i32)))
    (import "wapc" "__host_call" (func $host_call (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "wapc" "__host_error_len" (func $host_error_len (result i32)))
    (import "wapc" "__host_error" (func $host_error (param i32)))
    (memory (export "memory") 4)
    (data (i32.const 0) "default")
    (data (i32.const 16) "CONTRACT")
    (func (export "__guest_call") (param $op_len i32) (param $len i32) (result i32) (local $left i32)
        (call $request (i32.const 512) (i32.const 1024))
        (local.set $left (i32.load (i32.const 1024)))
        (loop $next
            (if (i32.eqz (local.get $left)) (then (return (i32.const 1))))
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br_if $next (call $host_call (i32.const 0) (i32.const 7) (i32.const 16) (i32.const LENGTH)
                (i32.const 512) (local.get $op_len) (i32.const 1028) (i32.sub (local.get $len) (i32.const 4)))))
        (call $host_error (i32.const 1024))
        (call $error (i32.const 1024) (call $host_error_len))
        (i32.const 0)))"#;

/// A host with an actor that is linked.
pub(crate) struct Linked {
    host: Arc<Host>,
    actor: PublicKey,
}

impl Linked {
    /// Starts a host and an actor, and links that to a provider of the server's.
    pub(crate) async fn start(
        provider: &str,
        contract: &str,
        values: &[(&'static str, String)],
        folder: &Path,
    ) -> Result<Self, Failure> {
        let module = ASKS.replace("CONTRACT", contract).replace("LENGTH", &contract.len().to_string());
        let linked = Self::with(&module, provider, contract, values, folder).await?;
        if contract == blobstore::CONTRACT {
            linked.asking(blobstore::operation::CREATE_CONTAINER, &codec::encode(&CONTAINER), 1).call().await?;
        }
        Ok(linked)
    }

    /// The same with a module of the caller's, in text.
    pub(crate) async fn with(
        module: &str,
        provider: &str,
        contract: &str,
        values: &[(&'static str, String)],
        folder: &Path,
    ) -> Result<Self, Failure> {
        let platform: Arc<dyn Platform> = Arc::new(NativePlatform::current());
        let bus = Arc::new(LocalBus::new(Arc::new(Router::new()), platform.clone()));
        let limits = HostLimits::default();
        let key = KeyPair::from_raw(KeyKind::Host, [1; 32]);
        let client = Client::new(bus.clone(), platform.clone(), "default", key.public_key(), DEFAULT_DEADLINE)?;
        let parts = HostParts {
            platform,
            engine: Arc::new(WasmtimeEngine::new(128, &limits.module)?),
            bus,
            log: Arc::new(NoLog),
            modules: Arc::new(LatticeModules),
            payloads: None,
            secrets: None,
            authorities: None,
            data_dir: Some(folder.to_owned()),
            key,
        };
        let config = HostConfig {
            lattice: "default".to_owned(),
            labels: BTreeMap::new(),
            friendly_name: "bench".to_owned(),
            allow_unsigned: true,
            trust: Trust::Anyone,
            limits,
            policy: HostPolicy::default(),
        };
        let host = Host::start_as_keeper(parts, config, KINDS.to_vec(), Arc::new(MemoryStore::default())).await?;
        let actor = host.start_actor(wat::parse_str(module)?.into(), Some(128)).await?;
        let inventory = host.inventory();
        let provider = inventory.providers.iter().find(|one| one.image_ref.as_deref() == Some(provider));
        let link = LinkDefinition {
            actor_id: actor.to_string(),
            provider_id: provider.ok_or("the server has no such provider")?.id.clone(),
            contract_id: contract.to_owned(),
            link_name: "default".to_owned(),
            values: values.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect(),
            stamp: None,
            status: None,
        };
        client.put_link(&link).await?;
        Ok(Self { host: Arc::new(host), actor })
    }

    /// One that has the actor do an operation `times` over in each call.
    pub(crate) fn asking(&self, operation: &'static str, argument: &[u8], times: u32) -> Asking {
        let payload = [&times.to_le_bytes()[..], argument].concat().into();
        Asking { host: self.host.clone(), actor: self.actor, operation, payload }
    }

    /// Ends the host.
    pub(crate) async fn stop(self) {
        self.host.stop().await;
    }
}

/// Calls the actor.
#[derive(Clone)]
pub(crate) struct Asking {
    host: Arc<Host>,
    actor: PublicKey,
    operation: &'static str,
    payload: Bytes,
}

impl Caller for Asking {
    async fn call(&mut self) -> Result<(), Failure> {
        let target = Target::Actor(self.actor);
        let answered =
            self.host.call(target, self.operation, self.payload.clone(), Some(Duration::from_secs(10))).await;
        answered.map(drop).map_err(|error: LatticeError| error.into())
    }
}

#[derive(Debug)]
struct NoLog;

impl LogSink for NoLog {
    fn line(&self, _line: LogLine) {}
}
