//! One call: who asks whom for what, until when, and through which chain.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;

use crate::identity::{KeyKind, PublicKey};

/// One request to an actor or a provider.
#[derive(Debug, Clone)]
pub struct Call {
    /// Who asks.
    pub origin: PublicKey,
    /// Who is asked.
    pub target: Target,
    /// The operation, `Service.Method`.
    pub operation: Arc<str>,
    /// The encoded argument.
    pub payload: Bytes,
    /// Deadline, chain and trace.
    pub context: CallContext,
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An actor by its module key.
    Actor(PublicKey),
    /// An actor by its call alias.
    Alias(Arc<str>),
    /// Whatever provider the caller is linked to.
    Provider {
        /// The contract.
        contract: Arc<str>,
        /// The name that tells several links of one contract apart.
        link_name: Arc<str>,
    },
}

impl Target {
    /// Reads what a guest put into `__host_call`: a module key, a contract (which contains a colon) or a call alias.
    /// An empty link name means `default`.
    pub fn of_guest(binding: &str, namespace: &str) -> Self {
        match (namespace.parse::<PublicKey>(), namespace.contains(':')) {
            (Ok(key), _) if key.kind() == KeyKind::Module => Self::Actor(key),
            (_, true) => Self::Provider {
                contract: namespace.into(),
                link_name: match binding.is_empty() {
                    true => DEFAULT_LINK_NAME.into(),
                    false => binding.into(),
                },
            },
            _ => Self::Alias(namespace.into()),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Actor(key) => write!(f, "actor {key}"),
            Self::Alias(alias) => write!(f, "actor \"{alias}\""),
            Self::Provider { contract, .. } => write!(f, "the provider of {contract}"),
        }
    }
}

/// The link name where none is given.
pub const DEFAULT_LINK_NAME: &str = "default";

/// What a call carries along from hop to hop.
#[derive(Debug, Clone)]
pub struct CallContext {
    /// When it must be answered, in the time of [`crate::platform::Platform::now`].
    pub deadline: Duration,
    /// The actors it came through, innermost first.
    pub chain: Chain,
    /// The W3C `traceparent`, if the caller has one.
    pub trace: Option<Arc<str>>,
    /// Whether it came from another host, and its answer goes there.
    pub is_from_afar: bool,
}

impl CallContext {
    /// A call that starts here, to be answered by `deadline`.
    pub fn root(deadline: Duration) -> Self {
        Self { deadline, chain: Chain::default(), trace: None, is_from_afar: false }
    }

    /// The same call one actor of this host further in.
    pub fn through(&self, actor: PublicKey) -> Self {
        Self { chain: self.chain.through(actor), is_from_afar: false, ..self.clone() }
    }

    /// What is left until the deadline; zero when it has passed.
    pub fn remaining(&self, now: Duration) -> Duration {
        self.deadline.saturating_sub(now)
    }
}

/// The actors a call came through, shared between the calls that branch from it.
#[derive(Debug, Clone, Default)]
pub struct Chain(Option<Arc<Link>>);

#[derive(Debug)]
struct Link {
    actor: PublicKey,
    depth: usize,
    outer: Chain,
}

impl Chain {
    /// This chain with one more actor.
    pub fn through(&self, actor: PublicKey) -> Self {
        Self(Some(Arc::new(Link { actor, depth: self.depth() + 1, outer: self.clone() })))
    }

    /// How many actors it has.
    pub fn depth(&self) -> usize {
        self.0.as_ref().map_or(0, |link| link.depth)
    }

    /// Whether the call came through this actor.
    pub fn contains(&self, actor: PublicKey) -> bool {
        self.actors().any(|known| known == actor)
    }

    /// The actors, innermost first.
    pub fn actors(&self) -> impl Iterator<Item = PublicKey> + '_ {
        std::iter::successors(self.0.as_deref(), |link| link.outer.0.as_deref()).map(|link| link.actor)
    }
}
