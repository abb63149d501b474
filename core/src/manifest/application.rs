//! What an application consists of.

use std::collections::BTreeMap;

/// Words about an application, by their names.
pub type Annotations = BTreeMap<String, String>;

/// What a link says to its provider.
pub type Values = BTreeMap<String, String>;

/// Actors and providers, how many of each run where, and the links between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Application {
    /// What people call it.
    pub name: String,
    /// Words about it; `version` and `description` are those that people look for.
    pub annotations: Annotations,
    /// What it consists of, each under a name of its own.
    pub components: Vec<Component>,
}

/// An actor or a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// By this the manifest's links find it.
    pub name: String,
    /// What it is.
    pub kind: ComponentKind,
    /// How many run, and where.
    pub scaling: Scaling,
}

/// What a component is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComponentKind {
    /// An actor.
    Actor {
        /// Where its module is: a file's path or URL, or a key `M…`.
        image: String,
        /// The providers that it may call.
        links: Vec<LinkTrait>,
    },
    /// A provider.
    Capability(Capability),
}

/// A provider that is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability {
    /// Its name on hosts; for manifests that were written for wasmCloud, the image of a provider of the same contract.
    pub image: String,
    /// What it provides.
    pub contract: String,
    /// What tells several links of one contract apart.
    pub link_name: String,
}

/// A link of an actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkTrait {
    /// The capability, by its component's name.
    pub target: String,
    /// What the link says.
    pub values: Values,
}

/// How many of a component run, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scaling {
    /// So many in all, divided among shares.
    Spread {
        /// Of an actor, the calls that it handles at once on all hosts together; of a provider, the hosts that run it.
        replicas: u32,
        /// Who gets how much of them; without any, all hosts are one share.
        shares: Vec<Share>,
    },
    /// So many on each host that fits any of the shares, or on all hosts where there are none.
    Daemon {
        /// Of an actor, the calls that it handles at once on each host.
        replicas: u32,
        /// Which hosts.
        shares: Vec<Share>,
    },
}

impl Default for Scaling {
    fn default() -> Self {
        Self::Spread { replicas: 1, shares: Vec::new() }
    }
}

/// Some hosts, and their part of what runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// What people call it.
    pub name: String,
    /// Labels that its hosts have.
    pub requirements: BTreeMap<String, String>,
    /// Its part: its weight by the sum of all weights.
    pub weight: u32,
}

/// The weight of a share that says nothing.
pub(super) const DEFAULT_WEIGHT: u32 = 100;

impl Default for Share {
    fn default() -> Self {
        Self { name: String::new(), requirements: BTreeMap::new(), weight: DEFAULT_WEIGHT }
    }
}

impl Application {
    /// The component of that name.
    pub fn component(&self, name: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.name == name)
    }
}
