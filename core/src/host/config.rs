//! What a host is told when it starts.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use super::{modules::ModuleSource, payloads::PayloadStore, secrets::SecretSource, trust::Trust};
use crate::{
    bus::Bus,
    engine::{Engine, ModuleLimits},
    identity::KeyPair,
    lattice::control::ActorLimits,
    platform::Platform,
    policy::{Policy, Service},
    provider::LogSink,
};

/// How a host behaves.
#[derive(Debug, Clone)]
pub struct HostConfig {
    /// The name of the lattice it joins.
    pub lattice: String,
    /// Labels such as `kind=server`, by which others choose it.
    pub labels: BTreeMap<String, String>,
    /// What people call it.
    pub friendly_name: String,
    /// Whether modules without claims may run. Their key is then derived from their hash, and they may use
    /// whatever they are linked to.
    pub allow_unsigned: bool,
    /// Whose signed modules may run.
    pub trust: Trust,
    /// Its bounds.
    pub limits: HostLimits,
    /// What may be done here of all that could be.
    pub policy: HostPolicy,
}

/// What may be done on a host; everything by default.
#[derive(Debug, Clone, Default)]
pub struct HostPolicy {
    /// The rules.
    pub rules: Policy,
    /// Who is asked about what they allow.
    pub service: Option<Service>,
}

/// The bounds of a host, and of its actors where their starters ask for no others. Each is tested where it is enforced.
#[derive(Debug, Clone)]
pub struct HostLimits {
    /// Instances alive at once over all actors; idle ones of other actors make room, least recently used first.
    /// As an instance handles one call at a time, this also bounds the calls in flight.
    pub instances: usize,
    /// Instances per actor where the start names no number.
    pub default_max_instances: usize,
    /// Calls that may wait for one actor; the next is answered `overloaded`.
    pub mailbox: usize,
    /// Fuel per call, in the units of [`crate::engine::prepare`].
    pub fuel: u64,
    /// Deadline of a call that brings none.
    pub deadline: Duration,
    /// Longest chain of calls.
    pub depth: usize,
    /// Largest payload in bytes that an actor may send with a host call, or get from one.
    pub payload_bytes: usize,
    /// Largest module in bytes.
    pub module_bytes: usize,
    /// What a module may claim of memory and tables.
    pub module: ModuleLimits,
    /// What a starter may ask for at most. Where nothing is named it is the bound above; where less is named, that holds
    /// for actors that are started without limits, too.
    pub most: ActorLimits,
}

impl Default for HostLimits {
    fn default() -> Self {
        Self {
            instances: 512,
            default_max_instances: 64,
            mailbox: 1024,
            fuel: 1_000_000_000,
            deadline: DEFAULT_DEADLINE,
            depth: 32,
            payload_bytes: 16 << 20,
            module_bytes: 32 << 20,
            module: ModuleLimits::default(),
            most: ActorLimits::default(),
        }
    }
}

/// Deadline of a call that brings none.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(2);

/// What a host stands on.
#[derive(Debug)]
pub struct HostParts {
    /// Time, randomness and tasks.
    pub platform: Arc<dyn Platform>,
    /// What runs the modules.
    pub engine: Arc<dyn Engine>,
    /// The way to the rest of the lattice.
    pub bus: Arc<dyn Bus>,
    /// Where the log lines of its actors go.
    pub log: Arc<dyn LogSink>,
    /// Where modules come from beside the lattice.
    pub modules: Arc<dyn ModuleSource>,
    /// Where payloads go that are too large for a message, if the lattice has such a place.
    pub payloads: Option<Arc<dyn PayloadStore>>,
    /// Where link values of the form `secret:NAME` are looked up for its providers; a tab has no such place.
    pub secrets: Option<Arc<dyn SecretSource>>,
    /// Where its providers keep what must outlive it; a tab has no such folder.
    pub data_dir: Option<PathBuf>,
    /// The file of authorities that TLS of its providers trusts beside the system's, in PEM; a tab has no such file.
    pub authorities: Option<PathBuf>,
    /// The host's own key, from which its providers' keys are derived.
    pub key: KeyPair,
}
