//! What is to be done so that a lattice runs an application.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    application::{Application, Capability, Component, ComponentKind, Scaling, Values},
    place::{Unmet, may_run, places, precedence},
};
use crate::{
    encoding::by_name::read_by_name,
    lattice::control::{ActorSummary, Inventory, LinkDefinition},
};

/// What a lattice runs already, as a plan has to know it.
#[derive(Debug, Clone, Default)]
pub struct Running {
    /// What runs on the hosts that answer.
    pub hosts: Vec<Inventory>,
    /// The links.
    pub links: Vec<LinkDefinition>,
    /// The keys `M…` of the manifest's actors, by component.
    pub actors: BTreeMap<String, String>,
    /// The revisions that the modules of the manifest's actors claim, by component, where they are known.
    pub revisions: BTreeMap<String, i32>,
}

read_by_name!(Running {
    hosts: needed["hosts"],
    links: needed["links"],
    actors: optional["actors"],
    revisions: optional["revisions"],
});

/// Steps in the order in which they are to be taken: providers, actors, links.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The steps. Where there are none, the lattice runs the application.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// Start a provider.
    StartProvider {
        /// The component.
        component: String,
        /// The host's key, `N…`.
        host: String,
        /// The provider's name there.
        name: String,
        /// The link name that it serves.
        link_name: String,
        /// Whether it takes the key of the component's provider that runs already, to share its links and calls.
        is_shared: bool,
    },
    /// Run a later revision of an actor's module in its place.
    UpdateActor {
        /// The component.
        component: String,
        /// The keys `N…` of the hosts that run an earlier one.
        hosts: Vec<String>,
        /// The revision.
        revision: i32,
    },
    /// Start an actor, or change how many calls it handles at once where it runs.
    StartActor {
        /// The component.
        component: String,
        /// The host's key, `N…`.
        host: String,
        /// The calls that it handles at once there.
        max_instances: u32,
    },
    /// Put a link.
    PutLink {
        /// The actor's component.
        actor: String,
        /// The provider's component.
        provider: String,
        /// The contract.
        contract: String,
        /// The link's name.
        link_name: String,
        /// What it says.
        values: Values,
    },
}

/// Why a lattice cannot run an application as it is: every component that has no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .reasons.join("\n"))]
pub struct Impossible {
    /// A sentence for each.
    pub reasons: Vec<String>,
}

impl Plan {
    /// What is missing of an application.
    ///
    /// # Errors
    /// Where hosts that a component asks for are not there. Nothing is planned then.
    pub fn new(application: &Application, running: &Running) -> Result<Self, Impossible> {
        let mut planning = Planning { running, steps: Vec::new(), reasons: Vec::new() };
        for component in &application.components {
            if let ComponentKind::Capability(capability) = &component.kind {
                planning.provider(component, capability);
            }
        }
        for component in &application.components {
            if let ComponentKind::Actor { .. } = &component.kind {
                planning.actor(component);
            }
        }
        for component in &application.components {
            planning.links(application, component);
        }
        match planning.reasons.is_empty() {
            true => Ok(Self { steps: planning.steps }),
            false => Err(Impossible { reasons: planning.reasons }),
        }
    }
}

impl Running {
    /// The key of an actor that hosts got from there.
    pub fn actor_from(&self, image: &str) -> Option<&str> {
        let mut actors = self.hosts.iter().flat_map(|host| &host.actors);
        actors.find(|actor| actor.image_ref.as_deref() == Some(image)).map(|actor| actor.id.as_str())
    }

    /// The key of the provider that stands for a component: of the first host that runs it, those before others where its
    /// scaling has it run, then servers before tabs.
    pub fn provider(&self, scaling: &Scaling, capability: &Capability) -> Option<&str> {
        let running = self.hosts.iter().filter_map(|host| Some((host, provider_on(host, capability)?)));
        running.min_by_key(|(host, _)| (!may_run(scaling, host), precedence(host))).map(|(_, key)| key)
    }
}

struct Planning<'a> {
    running: &'a Running,
    steps: Vec<Step>,
    reasons: Vec<String>,
}

impl Planning<'_> {
    fn provider(&mut self, component: &Component, capability: &Capability) {
        let hosts = &self.running.hosts;
        let runs = |host: &Inventory| provider_on(host, capability).is_some();
        let placed = match places(&component.scaling, hosts, runs, false) {
            Ok(placed) => placed,
            Err(unmet) => return self.reasons.push(reason(component, &unmet)),
        };
        let mut is_shared = hosts.iter().any(runs);
        for host in placed.into_keys().map(|at| &hosts[at]).filter(|host| !runs(host)) {
            self.steps.push(Step::StartProvider {
                component: component.name.clone(),
                host: host.host_id.clone(),
                name: capability.provider_name().to_owned(),
                link_name: capability.link_name.clone(),
                is_shared,
            });
            is_shared = true;
        }
    }

    fn actor(&mut self, component: &Component) {
        let hosts = &self.running.hosts;
        let key = self.running.actors.get(&component.name);
        self.update(component, key);
        let instances = |host: &Inventory| {
            let actor = host.actors.iter().find(|actor| Some(&actor.id) == key)?;
            Some(actor.instances.iter().map(|run| run.max_instances).sum::<u32>())
        };
        let placed = match places(&component.scaling, hosts, |host| instances(host).is_some(), true) {
            Ok(placed) => placed,
            Err(unmet) => return self.reasons.push(reason(component, &unmet)),
        };
        for (at, max_instances) in placed {
            let host = &hosts[at];
            if instances(host) != Some(max_instances) {
                let (component, host) = (component.name.clone(), host.host_id.clone());
                self.steps.push(Step::StartActor { component, host, max_instances });
            }
        }
    }

    /// The module of a manifest replaces those of earlier revisions; hosts that the component does not ask for run no other.
    fn update(&mut self, component: &Component, key: Option<&String>) {
        let Some(&revision) = self.running.revisions.get(&component.name) else {
            return;
        };
        let is_earlier =
            |actor: &ActorSummary| Some(&actor.id) == key && actor.instances.iter().any(|run| run.revision < revision);
        let hosts = self.running.hosts.iter().filter(|host| host.actors.iter().any(is_earlier));
        let hosts: Vec<_> = hosts.map(|host| host.host_id.clone()).collect();
        if !hosts.is_empty() {
            self.steps.push(Step::UpdateActor { component: component.name.clone(), hosts, revision });
        }
    }

    fn links(&mut self, application: &Application, component: &Component) {
        let ComponentKind::Actor { links, .. } = &component.kind else {
            return;
        };
        for link in links {
            let Some(Component { kind: ComponentKind::Capability(capability), scaling, .. }) =
                application.component(&link.target)
            else {
                continue;
            };
            let actor = self.running.actors.get(&component.name);
            let provider = self.running.provider(scaling, capability);
            let is_put = |put: &LinkDefinition| {
                Some(&put.actor_id) == actor
                    && Some(put.provider_id.as_str()) == provider
                    && put.contract_id == capability.contract
                    && put.link_name == capability.link_name
                    && put.values == link.values
            };
            if !self.running.links.iter().any(is_put) {
                self.steps.push(Step::PutLink {
                    actor: component.name.clone(),
                    provider: link.target.clone(),
                    contract: capability.contract.clone(),
                    link_name: capability.link_name.clone(),
                    values: link.values.clone(),
                });
            }
        }
    }
}

fn provider_on<'a>(host: &'a Inventory, capability: &Capability) -> Option<&'a str> {
    let is_it = |name: &Option<String>| name.as_deref() == Some(capability.provider_name());
    let mut named = host.providers.iter().filter(|provider| provider.contract_id == capability.contract);
    named.find(|provider| is_it(&provider.name) || is_it(&provider.image_ref)).map(|provider| provider.id.as_str())
}

fn reason(component: &Component, unmet: &Unmet) -> String {
    let Unmet { requirements, needed, found } = unmet;
    let asked: Vec<_> = requirements.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let asked = if asked.is_empty() { String::new() } else { format!(" with {}", asked.join(", ")) };
    format!(
        "{} needs {needed} {}{asked}, and {found} fit; start or label hosts, or ask for less",
        component.name,
        if *needed == 1 { "host" } else { "hosts" }
    )
}
