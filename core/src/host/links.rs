//! The links that a host knows: actor + contract + link name → provider + values.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, RwLock},
};

use crate::identity::PublicKey;

/// A link, well-formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The actor that may call.
    pub actor: PublicKey,
    /// The contract.
    pub contract: Arc<str>,
    /// Tells several links of one contract apart.
    pub link_name: Arc<str>,
    /// The provider that serves.
    pub provider: PublicKey,
    /// The provider's settings for this link.
    pub values: BTreeMap<String, String>,
}

/// All links of the lattice, as far as they are known here.
#[derive(Debug, Default)]
pub(crate) struct LinkTable {
    links: RwLock<HashMap<PublicKey, Vec<Link>>>,
}

impl LinkTable {
    /// The link of an actor under a contract and link name.
    pub(crate) fn find(&self, actor: PublicKey, contract: &str, link_name: &str) -> Option<Link> {
        let links = self.links.read().expect("nothing panics under this lock");
        let of_actor = links.get(&actor)?;
        of_actor.iter().find(|link| &*link.contract == contract && &*link.link_name == link_name).cloned()
    }

    /// The provider that serves an actor's contract under a link name.
    pub(crate) fn provider_of(&self, actor: PublicKey, contract: &str, link_name: &str) -> Option<PublicKey> {
        let links = self.links.read().expect("nothing panics under this lock");
        let of_actor = links.get(&actor)?;
        of_actor
            .iter()
            .find(|link| &*link.contract == contract && &*link.link_name == link_name)
            .map(|link| link.provider)
    }

    /// Adds a link or replaces the one of the same actor, contract and link name, which is returned.
    pub(crate) fn put(&self, link: Link) -> Option<Link> {
        let mut links = self.links.write().expect("nothing panics under this lock");
        let of_actor = links.entry(link.actor).or_default();
        let same = |known: &&mut Link| known.contract == link.contract && known.link_name == link.link_name;
        match of_actor.iter_mut().find(same) {
            Some(known) => Some(std::mem::replace(known, link)),
            None => {
                of_actor.push(link);
                None
            }
        }
    }

    /// Removes a link and returns it.
    pub(crate) fn remove(&self, actor: PublicKey, contract: &str, link_name: &str) -> Option<Link> {
        let mut links = self.links.write().expect("nothing panics under this lock");
        let of_actor = links.get_mut(&actor)?;
        let at = of_actor.iter().position(|link| &*link.contract == contract && &*link.link_name == link_name)?;
        let removed = of_actor.remove(at);
        if of_actor.is_empty() {
            links.remove(&actor);
        }
        Some(removed)
    }

    /// Replaces all links by those of the lattice.
    pub(crate) fn replace_all(&self, all: impl IntoIterator<Item = Link>) {
        let mut fresh: HashMap<PublicKey, Vec<Link>> = HashMap::new();
        for link in all {
            fresh.entry(link.actor).or_default().push(link);
        }
        *self.links.write().expect("nothing panics under this lock") = fresh;
    }

    /// All links, ordered by actor, contract and link name.
    pub(crate) fn all(&self) -> Vec<Link> {
        let links = self.links.read().expect("nothing panics under this lock");
        let mut all: Vec<Link> = links.values().flatten().cloned().collect();
        all.sort_unstable_by(|a, b| (a.actor, &a.contract, &a.link_name).cmp(&(b.actor, &b.contract, &b.link_name)));
        all
    }

    /// The links that a provider serves.
    pub(crate) fn of_provider(&self, provider: PublicKey) -> Vec<Link> {
        self.all().into_iter().filter(|link| link.provider == provider).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::KeyKind;

    fn link(actor: u8, link_name: &str, provider: u8) -> Link {
        Link {
            actor: PublicKey::from_bytes(KeyKind::Module, [actor; 32]),
            contract: "wasmcloud:keyvalue".into(),
            link_name: link_name.into(),
            provider: PublicKey::from_bytes(KeyKind::Provider, [provider; 32]),
            values: BTreeMap::new(),
        }
    }

    #[test]
    fn a_link_is_unique_by_actor_contract_and_name() {
        let table = LinkTable::default();
        assert_eq!(table.put(link(1, "default", 1)), None);
        assert_eq!(table.put(link(1, "cache", 2)), None);
        assert_eq!(table.put(link(1, "default", 3)), Some(link(1, "default", 1)));
        let actor = link(1, "", 0).actor;
        assert_eq!(table.find(actor, "wasmcloud:keyvalue", "default"), Some(link(1, "default", 3)));
        assert_eq!(table.provider_of(actor, "wasmcloud:keyvalue", "cache"), Some(link(1, "cache", 2).provider));
        assert_eq!(table.provider_of(actor, "wasmcloud:messaging", "cache"), None);
    }

    #[test]
    fn a_removed_link_is_gone() {
        let table = LinkTable::default();
        table.put(link(1, "default", 1));
        let actor = link(1, "", 0).actor;
        assert!(table.remove(actor, "wasmcloud:keyvalue", "default").is_some());
        assert!(table.remove(actor, "wasmcloud:keyvalue", "default").is_none());
        assert_eq!(table.all(), []);
    }
}
