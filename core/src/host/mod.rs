//! A host: the actors and providers it runs, the calls between them, and its place on the lattice.
//!
//! A call is resolved local first. What is not here is asked over the bus, under the subjects of [`crate::lattice`].

mod actor;
mod audience;
mod caller;
mod config;
mod dispatch;
mod elsewhere;
mod exceeded;
mod faults;
mod guest;
mod health;
#[expect(clippy::module_inception, reason = "the public type of this room bears its name")]
mod host;
mod instances;
mod lifecycle;
mod limits;
mod links;
mod mailbox;
mod modules;
mod observing;
mod payloads;
mod permits;
mod provider;
mod reconcile;
mod revocations;
mod secrets;
mod serve;
mod state;
mod taken;
mod trust;

pub use caller::ActorCaller;
pub use config::{DEFAULT_DEADLINE, HostConfig, HostLimits, HostParts, HostPolicy};
pub(crate) use dispatch::bus_failed;
pub use host::Host;
pub(crate) use lifecycle::SILENCE;
pub(crate) use links::HOLD;
pub use links::{Link, LinkKey};
pub use modules::{LatticeModules, ModuleSource, RegistryCredential};
pub use payloads::{PayloadStore, PayloadStoreError};
pub use provider::{ProviderContext, ProviderKind, own_provider_keys};
pub(crate) use secrets::REFERENCE as SECRET_REFERENCE;
pub use secrets::{FoundSecret, SecretError, SecretSource, is_secret_name};
pub(crate) use serve::{acknowledge, reply, wants_outcome};
pub(crate) use state::HostState;
pub use trust::Trust;
