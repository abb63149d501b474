//! The links that a host knows: actor + contract + link name → provider + values.

use std::{
    collections::BTreeMap,
    sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use litemap::LiteMap;

use crate::{
    error::{ErrorCode, LatticeError},
    identity::PublicKey,
    lattice::control::{LinkDefinition, RemoveLink},
    metadata::Stamp,
    order,
};

/// What makes a link unique.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkKey {
    /// The actor that may call.
    pub actor: PublicKey,
    /// The contract.
    pub contract: Arc<str>,
    /// Tells several links of one contract apart.
    pub link_name: Arc<str>,
}

/// A link, well-formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Whose link it is, and for what.
    pub key: LinkKey,
    /// The provider that serves.
    pub provider: PublicKey,
    /// The provider's settings for this link.
    pub values: BTreeMap<String, String>,
    /// When it was put.
    pub stamp: Stamp,
}

/// How long calls through a link wait at most while it is swapped.
pub(crate) const HOLD: Duration = Duration::from_secs(30);

/// How many deleted links are remembered, so that an older report does not bring them back; those deleted first are
/// forgotten first.
const MOST_DELETED: usize = 4096;

/// All links of the lattice, as far as they are known here. Of two changes the one with the later stamp counts,
/// whichever is heard of first.
#[derive(Debug, Default)]
pub(crate) struct LinkTable(RwLock<Links>);

#[derive(Debug, Default)]
struct Links {
    by_actor: LiteMap<PublicKey, Vec<Link>>,
    deleted: LiteMap<LinkKey, Stamp>,
}

impl LinkTable {
    /// The link under a key.
    pub(crate) fn find(&self, key: &LinkKey) -> Option<Link> {
        let links = self.read();
        links.by_actor.get(&key.actor)?.iter().find(|link| link.key == *key).cloned()
    }

    /// The provider that serves an actor's contract under a link name.
    pub(crate) fn provider_of(&self, actor: PublicKey, contract: &str, link_name: &str) -> Option<PublicKey> {
        let links = self.read();
        let mut of_actor = links.by_actor.get(&actor)?.iter();
        let found = of_actor.find(|link| &*link.key.contract == contract && &*link.key.link_name == link_name);
        found.map(|link| link.provider)
    }

    /// Takes note of a link. `None` where a change as late is known already, else the link that it replaces.
    pub(crate) fn learn(&self, link: Link) -> Option<Option<Link>> {
        let mut links = self.write();
        if links.deleted.get(&link.key).is_some_and(|deleted| *deleted >= link.stamp) {
            return None;
        }
        links.deleted.remove(&link.key);
        let of_actor = links.by_actor.entry(link.key.actor).or_default();
        match of_actor.iter_mut().find(|known| known.key == link.key) {
            Some(known) if known.stamp > link.stamp || *known == link => None,
            Some(known) => Some(Some(std::mem::replace(known, link))),
            None => {
                of_actor.push(link);
                Some(None)
            }
        }
    }

    /// Takes note that a link was deleted, and returns it where it was known and not put again since.
    pub(crate) fn forget(&self, key: &LinkKey, stamp: Stamp) -> Option<Link> {
        let mut links = self.write();
        let of_actor = links.by_actor.get_mut(&key.actor);
        let known = of_actor.as_ref().and_then(|links| links.iter().position(|link| link.key == *key));
        let removed = match (of_actor, known) {
            (Some(of_actor), Some(at)) if of_actor[at].stamp > stamp => return None,
            (Some(of_actor), Some(at)) => Some(of_actor.swap_remove(at)),
            _ => None,
        };
        let deleted = links.deleted.entry(key.clone()).or_default();
        *deleted = stamp.max(std::mem::take(deleted));
        if links.deleted.len() > MOST_DELETED {
            let oldest = links.deleted.iter().min_by(|a, b| a.1.cmp(b.1)).map(|(key, _)| key.clone());
            oldest.map(|oldest| links.deleted.remove(&oldest));
        }
        removed
    }

    /// Drops the links that a list does not name, which is in order, unless they are later than the list, and returns them.
    pub(crate) fn drop_unlisted(&self, listed: &[LinkKey], as_of: Option<&Stamp>) -> Vec<Link> {
        let gone = |link: &mut Link| {
            listed.binary_search(&link.key).is_err() && as_of.is_none_or(|as_of| link.stamp <= *as_of)
        };
        let mut links = self.write();
        let dropped = links.by_actor.iter_mut().flat_map(|(_, of_actor)| of_actor.extract_if(.., gone)).collect();
        links.by_actor.retain(|_, of_actor| !of_actor.is_empty());
        dropped
    }

    /// All links, ordered by actor, contract and link name.
    pub(crate) fn all(&self) -> Vec<Link> {
        let links = self.read();
        let mut all: Vec<Link> = links.by_actor.values().flatten().cloned().collect();
        order::sort_by(&mut all, |a, b| a.key < b.key);
        all
    }

    /// The links that a provider serves.
    pub(crate) fn of_provider(&self, provider: PublicKey) -> Vec<Link> {
        self.all().into_iter().filter(|link| link.provider == provider).collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, Links> {
        self.0.read().expect("nothing panics under this lock")
    }

    fn write(&self) -> RwLockWriteGuard<'_, Links> {
        self.0.write().expect("nothing panics under this lock")
    }
}

impl LinkKey {
    /// Reads what names a link. An empty link name means `default`.
    pub(crate) fn read(actor: &str, contract: &str, link_name: &str) -> Result<Self, LatticeError> {
        if !contract.contains(':') {
            return Err(unreadable(format_args!(
                "contract \"{contract}\" has no colon; name it like wasmcloud:keyvalue"
            )));
        }
        Ok(Self {
            actor: actor.parse().map_err(|error| unreadable(format_args!("actor \"{actor}\": {error}")))?,
            contract: contract.into(),
            link_name: match link_name {
                "" => crate::call::DEFAULT_LINK_NAME.into(),
                name => name.into(),
            },
        })
    }

    /// The key as the lattice names it, with the stamp of a change.
    pub(crate) fn named(&self, stamp: Stamp) -> RemoveLink {
        RemoveLink {
            actor_id: self.actor.to_string(),
            contract_id: self.contract.to_string(),
            link_name: self.link_name.to_string(),
            stamp: Some(stamp),
        }
    }

    /// The SHA-256 of actor, contract and link name in upper-case hex: the link's name in stores and events.
    pub(crate) fn hash(&self) -> String {
        use sha2::{Digest, Sha256};
        let mut hash = Sha256::new();
        hash.update(self.actor.to_string());
        hash.update(&*self.contract);
        hash.update(&*self.link_name);
        crate::text::HEX_UPPER.encode(&hash.finalize())
    }
}

impl TryFrom<&RemoveLink> for LinkKey {
    type Error = LatticeError;

    fn try_from(named: &RemoveLink) -> Result<Self, LatticeError> {
        Self::read(&named.actor_id, &named.contract_id, &named.link_name)
    }
}

impl TryFrom<&LinkDefinition> for Link {
    type Error = LatticeError;

    fn try_from(definition: &LinkDefinition) -> Result<Self, LatticeError> {
        let provider = &definition.provider_id;
        Ok(Self {
            key: LinkKey::read(&definition.actor_id, &definition.contract_id, &definition.link_name)?,
            provider: provider.parse().map_err(|error| unreadable(format_args!("provider \"{provider}\": {error}")))?,
            values: definition.values.clone(),
            stamp: definition.stamp.clone().unwrap_or_default(),
        })
    }
}

impl From<&Link> for LinkDefinition {
    fn from(link: &Link) -> Self {
        Self {
            actor_id: link.key.actor.to_string(),
            provider_id: link.provider.to_string(),
            link_name: link.key.link_name.to_string(),
            contract_id: link.key.contract.to_string(),
            values: link.values.clone(),
            stamp: Some(link.stamp.clone()),
            status: None,
        }
    }
}

fn unreadable(cause: std::fmt::Arguments<'_>) -> LatticeError {
    LatticeError::new(ErrorCode::BadRequest, format!("the link cannot be read: {cause}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{identity::KeyKind, metadata::Clock};

    fn link(actor: u8, link_name: &str, provider: u8, at: u64) -> Link {
        let host = PublicKey::from_bytes(KeyKind::Host, [0; 32]);
        Link {
            key: LinkKey {
                actor: PublicKey::from_bytes(KeyKind::Module, [actor; 32]),
                contract: "wasmcloud:keyvalue".into(),
                link_name: link_name.into(),
            },
            provider: PublicKey::from_bytes(KeyKind::Provider, [provider; 32]),
            values: BTreeMap::new(),
            stamp: Clock::new(host).tick(Duration::from_millis(at)),
        }
    }

    #[test]
    fn a_link_is_unique_by_actor_contract_and_name() {
        let table = LinkTable::default();
        assert_eq!(table.learn(link(1, "default", 1, 1)), Some(None));
        assert_eq!(table.learn(link(1, "cache", 2, 1)), Some(None));
        assert_eq!(table.learn(link(1, "default", 3, 2)), Some(Some(link(1, "default", 1, 1))));
        let key = link(1, "default", 0, 0).key;
        assert_eq!(table.find(&key), Some(link(1, "default", 3, 2)));
        assert_eq!(table.provider_of(key.actor, "wasmcloud:keyvalue", "cache"), Some(link(1, "cache", 2, 0).provider));
        assert_eq!(table.provider_of(key.actor, "wasmcloud:messaging", "cache"), None);
    }

    #[test]
    fn the_later_change_counts_whichever_is_heard_of_first() {
        let table = LinkTable::default();
        let (old, new) = (link(1, "default", 1, 1), link(1, "default", 2, 3));
        assert_eq!(table.learn(new.clone()), Some(None));
        assert_eq!(table.learn(old.clone()), None, "an older link");
        assert_eq!(table.learn(new.clone()), None, "the same link");
        assert_eq!(table.forget(&old.key, old.stamp.clone()), None, "an older deletion");
        assert_eq!(table.forget(&new.key, link(1, "", 0, 4).stamp), Some(new.clone()));
        assert_eq!(table.learn(new), None, "a link that was deleted since");
        assert_eq!(table.all(), []);
        assert_eq!(table.learn(link(1, "default", 1, 5)), Some(None), "a link put again");
    }

    #[test]
    fn the_oldest_deletions_are_forgotten_beyond_the_bound() {
        let table = LinkTable::default();
        let name = |number: usize| format!("n{number}");
        for number in 0..=MOST_DELETED {
            let link = link(1, &name(number), 1, number as u64 + 1);
            table.forget(&link.key, link.stamp);
        }
        assert_eq!(table.learn(link(1, &name(0), 1, 1)), Some(None));
        assert_eq!(table.learn(link(1, &name(1), 1, 1)), None);
    }
}
