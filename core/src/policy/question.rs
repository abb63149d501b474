//! What a policy is asked.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// A host starts an actor, or replaces its module.
    StartActor,
    /// A host starts a provider.
    StartProvider,
    /// An actor or provider is called.
    Invoke,
    /// An actor is linked to a provider.
    Link,
    /// A connection joins the lattice.
    Join,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::StartActor, Self::StartProvider, Self::Invoke, Self::Link, Self::Join];

    /// Its name in rules.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StartActor => "start-actor",
            Self::StartProvider => "start-provider",
            Self::Invoke => "invoke",
            Self::Link => "link",
            Self::Join => "join",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// May this be done? What is not known is left out, and no condition on it is met.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What.
    pub action: Action,
    /// Who does it, or with whom it is done: what starts, the actor of a link, who calls or joins.
    #[serde(default)]
    pub subject: String,
    /// To whom: the host where something starts, who is called, the provider of a link, the lattice that is joined.
    #[serde(default)]
    pub target: String,
    /// The account that vouches for the subject, an actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The tags that the subject claims.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The account that vouches for the target, an actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_issuer: Option<String>,
    /// The tags that the target claims.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub target_tags: Vec<String>,
    /// The name of the provider's kind, where one starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The contract of the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// The link name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The operation that is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The labels of the host that asks.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The contracts that the subject claims; services are told, rules have no condition on it.
    #[serde(skip)]
    pub capabilities: Vec<String>,
}

impl Question {
    /// What rules may have conditions on beside labels, in the order of [`Question::facts`].
    pub(super) const NAMES: [&str; 10] = [
        "subject",
        "target",
        "issuer",
        "tags",
        "target_issuer",
        "target_tags",
        "provider",
        "contract",
        "link",
        "operation",
    ];

    /// What is known of each of [`Question::NAMES`].
    pub(super) fn facts(&self) -> [&[String]; 10] {
        [
            std::slice::from_ref(&self.subject),
            std::slice::from_ref(&self.target),
            self.issuer.as_slice(),
            &self.tags,
            self.target_issuer.as_slice(),
            &self.target_tags,
            self.provider.as_slice(),
            self.contract.as_slice(),
            self.link.as_slice(),
            self.operation.as_slice(),
        ]
    }

    /// A question of which no more is known.
    pub fn new(action: Action, subject: impl Into<String>, target: impl Into<String>) -> Self {
        Self {
            action,
            subject: subject.into(),
            target: target.into(),
            issuer: None,
            tags: Vec::new(),
            target_issuer: None,
            target_tags: Vec::new(),
            provider: None,
            contract: None,
            link: None,
            operation: None,
            labels: BTreeMap::new(),
            capabilities: Vec::new(),
        }
    }
}
