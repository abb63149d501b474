//! The manifest of what a lattice runs.

use std::collections::BTreeMap;

use super::{
    application::{Annotations, Application, Capability, Component, ComponentKind, LinkTrait, Scaling, Share},
    plan::Running,
};
use crate::lattice::{
    control::{ActorSummary, Inventory, LinkDefinition, ProviderSummary},
    module_transfer::REFERENCE_PREFIX,
};

impl Application {
    /// What runs, and the links between what runs, on servers or in tabs as now. Modules are named by the keys of their
    /// actors, where hosts do not know where they came from; a lattice that has none of them asks for a better place.
    pub fn of(name: &str, running: &Running) -> Self {
        let mut names = Names::default();
        let mut components = Vec::new();
        let kinds = Kinds::of(&running.hosts);
        let mut capabilities = BTreeMap::new();
        let providers = || running.hosts.iter().flat_map(|host| &host.providers);
        let linked = |link: &&LinkDefinition| running.actor_of(link).is_some();
        for link in running.links.iter().filter(linked) {
            let place = (link.provider_id.as_str(), link.link_name.as_str());
            let Some(provider) = providers().find(|provider| provider.id == link.provider_id) else {
                continue;
            };
            capabilities.entry(place).or_insert_with(|| {
                let runs = |host: &Inventory| u32::from(host.providers.iter().any(|one| one.id == provider.id));
                let component = capability(provider, link, kinds.scaling(runs), &mut names);
                let name = component.name.clone();
                components.push(component);
                name
            });
        }
        // Collecting would sort first, which takes kilobytes of a page.
        let mut actors: BTreeMap<&str, &ActorSummary> = BTreeMap::new();
        actors.extend(running.hosts.iter().flat_map(|host| &host.actors).rev().map(|actor| (actor.id.as_str(), actor)));
        for (key, actor) in actors {
            let links = running.links.iter().filter(|link| link.actor_id == key).filter_map(|link| {
                let target = capabilities.get(&(link.provider_id.as_str(), link.link_name.as_str()))?;
                Some(LinkTrait { target: target.clone(), values: link.values.clone() })
            });
            let kind = ComponentKind::Actor {
                image: actor.image_ref.clone().filter(|image| is_place(image)).unwrap_or_else(|| key.to_owned()),
                links: links.collect(),
            };
            let instances = |host: &Inventory| {
                let runs = host.actors.iter().filter(|one| one.id == key).flat_map(|one| &one.instances);
                runs.map(|run| run.max_instances).sum()
            };
            let scaling = kinds.scaling(instances);
            components.push(Component { name: names.take(actor.name.as_deref().unwrap_or("actor")), kind, scaling });
        }
        Self { name: name.to_owned(), annotations: Annotations::new(), components }
    }
}

/// Whether hosts get a module from there. What a client sent them is named by its hash, which leads nowhere.
fn is_place(image: &str) -> bool {
    image.contains("://") && !image.starts_with(REFERENCE_PREFIX)
}

impl Running {
    fn actor_of(&self, link: &LinkDefinition) -> Option<&ActorSummary> {
        self.hosts.iter().flat_map(|host| &host.actors).find(|actor| actor.id == link.actor_id)
    }
}

/// The label by which servers and tabs are told apart.
const KIND: &str = "kind";

/// The hosts of a lattice by their kind.
struct Kinds<'a>(BTreeMap<&'a str, Vec<&'a Inventory>>);

impl<'a> Kinds<'a> {
    fn of(hosts: &'a [Inventory]) -> Self {
        let mut kinds: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for host in hosts {
            kinds.entry(host.labels.get(KIND).map_or("", String::as_str)).or_default().push(host);
        }
        Self(kinds)
    }

    /// So much as each host runs. Which kind of host runs how much is said where there are several kinds.
    fn scaling(&self, runs: impl Fn(&Inventory) -> u32) -> Scaling {
        let counts = self.0.iter().map(|(kind, hosts)| (kind, hosts.iter().map(|host| runs(host)).sum::<u32>()));
        let counts: Vec<_> = counts.filter(|(_, count)| *count > 0).collect();
        let replicas = counts.iter().map(|(_, count)| count).sum();
        let is_told = self.0.len() > 1 && counts.iter().all(|(kind, _)| !kind.is_empty());
        let shares = counts.into_iter().filter(|_| is_told).map(|(kind, weight)| Share {
            requirements: BTreeMap::from([(KIND.to_owned(), (*kind).to_owned())]),
            weight,
            ..Share::default()
        });
        Scaling::Spread { replicas, shares: shares.collect() }
    }
}

fn capability(provider: &ProviderSummary, link: &LinkDefinition, scaling: Scaling, names: &mut Names) -> Component {
    let image = provider.image_ref.as_ref().or(provider.name.as_ref()).unwrap_or(&provider.id);
    let kind = ComponentKind::Capability(Capability {
        image: image.clone(),
        contract: provider.contract_id.clone(),
        link_name: link.link_name.clone(),
    });
    Component { name: names.take(provider.name.as_deref().unwrap_or("provider")), kind, scaling }
}

/// Names of components, each once: lower-case letters, digits and `-`.
#[derive(Default)]
struct Names(BTreeMap<String, u32>);

impl Names {
    fn take(&mut self, wanted: &str) -> String {
        let plain: String =
            wanted.to_lowercase().chars().map(|each| if each.is_ascii_alphanumeric() { each } else { '-' }).collect();
        let plain = plain.trim_matches('-');
        let plain = if plain.is_empty() { "component" } else { plain };
        let taken = self.0.entry(plain.to_owned()).or_default();
        *taken += 1;
        match *taken {
            1 => plain.to_owned(),
            number => format!("{plain}-{number}"),
        }
    }
}
