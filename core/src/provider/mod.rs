//! What the core asks of a capability provider.
//!
//! A provider's settings arrive with each link, so one provider serves many actors with different settings.

mod expiring;
pub mod keyvalue;
pub mod keyvalue2;
mod keyvalue2_memory;
mod keyvalue_memory;
mod links;
mod logging;
pub mod messaging;
mod numbergen;
mod values;

pub use keyvalue_memory::MemoryKeyValue;
pub use keyvalue2_memory::MemoryKeyValue2;
pub use links::Links;
pub use logging::{LogLevel, LogLine, LogSink, Logging};
pub use messaging::LatticeMessaging;
pub use numbergen::NumberGen;
pub use values::{LinkValue, LinkValues, ValueKind};

use std::{fmt::Debug, sync::Arc};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;
use wisteria_contracts::codec;

use crate::{
    call::CallContext,
    encoding::{self, by_name::read_by_name},
    error::{ErrorCode, LatticeError},
    identity::PublicKey,
    platform::{BoxFuture, MaybeSend, MaybeSync},
};

/// An implementation of a contract on this host.
pub trait Provider: Debug + MaybeSend + MaybeSync + 'static {
    /// What it is: name, contract, and the link values it understands.
    fn describe(&self) -> ProviderDescription;

    /// An actor was linked, or its link was put again with other values. Called before the first `invoke` of the
    /// link and after each restart of the provider; the link is active only after `Ok`.
    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>>;

    /// The link is gone from here, as it was deleted or the provider stops; frees what `link` acquired. This or `forget` is
    /// called at most once per successful `link`.
    fn unlink(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()>;

    /// The link was deleted, or leads to another provider now: as `unlink`, and what was kept in its name goes as well. Most
    /// keep nothing in the name of a link.
    fn forget(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        self.unlink(actor, link_name)
    }

    /// Carries out one operation for a linked actor. Called only for active links, concurrently.
    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>>;

    /// Whether it can do its work, or why not, apart from what its links say; what needs nothing but its host is always
    /// well.
    fn health(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }

    /// A part of what the store of a link holds, from the beginning or from where the part before said. Nothing changes
    /// there meanwhile through this link.
    fn export<'a>(
        &'a self,
        _link: &'a LinkedActor,
        _from: Option<String>,
    ) -> BoxFuture<'a, Result<Exported, ProviderError>> {
        let name = self.describe().name;
        Box::pin(async move {
            Err(ProviderError::Failed(format!("{name} cannot hand over what it keeps; swap the link without copying")))
        })
    }

    /// Takes over records that another provider exported. What is there of the same name is replaced.
    fn import<'a>(&'a self, _link: &'a LinkedActor, _records: Vec<String>) -> BoxFuture<'a, Result<(), ProviderError>> {
        let name = self.describe().name;
        Box::pin(async move {
            Err(ProviderError::Failed(format!(
                "{name} cannot take over what another provider kept; swap the link without copying"
            )))
        })
    }

    /// Whether it can do its work for one link, or why not. Asked with every heartbeat of its host, and again and again
    /// after a call that failed as [`ProviderError::Unavailable`], until it is well. By default a link is as its provider;
    /// where links lead to different products, each is as its own.
    fn link_health<'a>(&'a self, _link: &'a LinkedActor) -> BoxFuture<'a, Result<(), String>> {
        self.health()
    }
}

/// A part of what a provider keeps for a link, on its way to another provider of the contract.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// What both providers understand, each by itself.
    pub records: Vec<String>,
    /// Where the next part begins; none after the last.
    pub next: Option<String>,
}

read_by_name!(Exported { records: needed["records"], next: optional["next"] });

/// What a provider says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderDescription {
    /// Its name in the registry of the host, `keyvalue-memory`.
    pub name: &'static str,
    /// The contract it implements.
    pub contract: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Whether claims alone suffice and no link is needed.
    pub built_in: bool,
    /// The link values that it understands. A host refuses links that say others, or say these wrongly, before the
    /// provider hears of them.
    pub values: &'static [LinkValue],
}

/// What tells the links of one provider apart: the actor, and the name of the link.
pub type LinkedActor = (PublicKey, Arc<str>);

/// A link as its provider sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderLink {
    /// The actor that may call.
    pub actor: PublicKey,
    /// The name that tells several links of one contract apart.
    pub link_name: Arc<str>,
    /// The settings, which are what [`ProviderDescription::values`] says of them.
    pub values: LinkValues,
    /// Whether somebody waits for the verdict. Where not, the link was acknowledged before, so that a provider whose
    /// product cannot be reached takes it, and goes on trying.
    pub is_new: bool,
}

/// One operation for a linked actor.
#[derive(Debug, Clone)]
pub struct ProviderCall {
    /// The calling actor.
    pub actor: PublicKey,
    /// The link it calls through.
    pub link_name: Arc<str>,
    /// The operation, `Service.Method`.
    pub operation: Arc<str>,
    /// The encoded argument.
    pub payload: Bytes,
    /// How long there is for it, and the trace it belongs to.
    pub context: CallContext,
}

/// Why a provider does not take a link.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct LinkRefused(pub String);

/// Why a provider did not carry out an operation.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// The contract has no such operation, or this provider does not implement it.
    #[error("provider {provider} has no operation {operation}; it has: {known}")]
    UnknownOperation {
        /// The provider's name.
        provider: &'static str,
        /// What was asked for.
        operation: String,
        /// What there is.
        known: String,
    },
    /// The argument is not what the operation takes.
    #[error("the argument of {operation} cannot be read: {cause}")]
    BadArgument {
        /// The operation.
        operation: String,
        /// What the decoder says.
        cause: String,
    },
    /// The operation failed for a reason of its own.
    #[error("{0}")]
    Failed(String),
    /// What the provider stands on cannot be reached: the cause, and what helps.
    #[error("{0}")]
    Unavailable(String),
    /// A failure whose code the provider names itself.
    #[error(transparent)]
    Named(LatticeError),
}

impl ProviderError {
    /// The answer to an operation that is none of `known`.
    pub fn unknown(provider: &'static str, call: &ProviderCall, known: &[&str]) -> Self {
        Self::UnknownOperation { provider, operation: call.operation.to_string(), known: known.join(", ") }
    }

    /// The code under which callers hear of it.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownOperation { .. } | Self::BadArgument { .. } => ErrorCode::BadRequest,
            Self::Failed(_) => ErrorCode::ProviderFailed,
            Self::Unavailable(_) => ErrorCode::ProviderUnavailable,
            Self::Named(error) => error.code,
        }
    }
}

/// The decoded argument of a call. It may hold texts, numbers, lists and maps, but no bytes.
///
/// # Errors
/// It is not what the operation takes.
pub fn argument<T: DeserializeOwned>(call: &ProviderCall) -> Result<T, ProviderError> {
    encoding::from_messagepack(&call.payload)
        .map_err(|cause| ProviderError::BadArgument { operation: call.operation.to_string(), cause })
}

/// The decoded argument of a call, which may hold bytes.
///
/// # Errors
/// It is not what the operation takes.
pub fn argument_with_bytes<T: DeserializeOwned>(call: &ProviderCall) -> Result<T, ProviderError> {
    codec::decode(&call.payload)
        .map_err(|error| ProviderError::BadArgument { operation: call.operation.to_string(), cause: error.to_string() })
}
