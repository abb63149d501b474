//! What a keeper knows of links and references, and how it stands in a store.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::{
    revocation::Revocation,
    stamp::Stamp,
    store::{Change, Entry},
};
use crate::{
    encoding,
    host::{Link, LinkKey},
    identity::PublicKey,
    lattice::control::{ClaimsSummary, LinkDefinition, LinkStatus, RemoveLink, to_json},
    text::HEX_UPPER,
};

/// How long a deletion is remembered: longer than hosts are apart.
const DELETION_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

const LINK: &str = "LINKDEF_";
const DELETION: &str = "UNLINKED_";
const CLAIMS: &str = "CLAIMS_";
const REFERENCE: &str = "REFMAP_";
const REVOCATION: &str = "REVOKED_";

/// How many revocations there may be.
pub(super) const REVOCATIONS: usize = 65_536;

/// All records of one lattice.
#[derive(Debug, Default)]
pub(super) struct Records {
    links: BTreeMap<LinkKey, LinkRecord>,
    claims: BTreeMap<PublicKey, ClaimsSummary>,
    references: BTreeMap<String, PublicKey>,
    revocations: BTreeMap<String, Revocation>,
}

/// The latest change of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LinkRecord {
    /// It was put.
    Put(Link, LinkStatus),
    /// It was deleted.
    Deleted(Stamp),
}

/// Names a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RecordName {
    Link(LinkKey),
    Claims(PublicKey),
    Reference(String),
    Revocation(String),
}

/// A record as it comes from a store, an event or another keeper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Record {
    Link(LinkKey, LinkRecord),
    Claims(PublicKey, ClaimsSummary),
    /// The reference's hash in upper-case hex, and the actor that it leads to.
    Reference(String, PublicKey),
    Revocation(Revocation),
}

impl LinkRecord {
    pub(super) fn stamp(&self) -> &Stamp {
        match self {
            Self::Put(link, _) => &link.stamp,
            Self::Deleted(stamp) => stamp,
        }
    }
}

impl Record {
    /// A reference under which an actor was started.
    pub(super) fn reference(text: &str, actor: PublicKey) -> Self {
        Self::Reference(HEX_UPPER.encode(&Sha256::digest(text)), actor)
    }

    /// Reads an entry; nothing for what is none of ours, or damaged.
    pub(super) fn read(entry: &Entry) -> Option<Self> {
        fn json<T: DeserializeOwned>(value: &[u8]) -> Option<T> {
            encoding::from_json(value).ok()
        }
        if entry.key.starts_with(LINK) {
            let definition: LinkDefinition = json(&entry.value)?;
            let link = Link::try_from(&definition).ok()?;
            let status = definition.status.unwrap_or(LinkStatus::Pending);
            return Some(Self::Link(link.key.clone(), LinkRecord::Put(link, status)));
        }
        if entry.key.starts_with(DELETION) {
            let named: RemoveLink = json(&entry.value)?;
            let key = LinkKey::try_from(&named).ok()?;
            return Some(Self::Link(key, LinkRecord::Deleted(named.stamp.unwrap_or_default())));
        }
        if entry.key.starts_with(CLAIMS) {
            let claims: ClaimsSummary = json(&entry.value)?;
            return Some(Self::Claims(claims.sub.parse().ok()?, claims));
        }
        if entry.key.starts_with(REVOCATION) {
            return Some(Self::Revocation(json(&entry.value)?));
        }
        let hash = entry.key.strip_prefix(REFERENCE)?;
        Some(Self::Reference(hash.to_owned(), json::<String>(&entry.value)?.parse().ok()?))
    }
}

impl Records {
    /// Takes in a record and says whether it changed anything. Of two changes of a link, and of two words on what is
    /// revoked, the later one counts; of two claims of an actor, or actors of a reference, the one that comes last.
    pub(super) fn merge(&mut self, record: Record) -> Option<RecordName> {
        match record {
            Record::Link(key, record) => {
                let known = self.links.get(&key);
                if known.is_some_and(|known| known.stamp() >= record.stamp()) {
                    return None;
                }
                self.links.insert(key.clone(), record);
                Some(RecordName::Link(key))
            }
            Record::Claims(actor, claims) => {
                let replaced = self.claims.insert(actor, claims);
                (replaced.as_ref() != self.claims.get(&actor)).then_some(RecordName::Claims(actor))
            }
            Record::Reference(hash, actor) => {
                let replaced = self.references.insert(hash.clone(), actor);
                (replaced != Some(actor)).then_some(RecordName::Reference(hash))
            }
            Record::Revocation(revocation) => {
                let known = self.revocations.get(&revocation.subject);
                if known.is_some_and(|known| known.stamp >= revocation.stamp) {
                    return None;
                }
                let name = revocation.subject.clone();
                self.revocations.insert(name.clone(), revocation);
                Some(RecordName::Revocation(name))
            }
        }
    }

    /// Notes a provider's later verdict on the link that was put at a stamp.
    pub(super) fn judge(&mut self, key: &LinkKey, stamp: &Stamp, verdict: LinkStatus) -> Option<RecordName> {
        match self.links.get_mut(key) {
            Some(LinkRecord::Put(link, status)) if link.stamp == *stamp && *status != verdict => {
                *status = verdict;
                Some(RecordName::Link(key.clone()))
            }
            _ => None,
        }
    }

    /// The latest change of a link.
    pub(super) fn link(&self, key: &LinkKey) -> Option<&LinkRecord> {
        self.links.get(key)
    }

    /// The link under a key, if there is one now.
    pub(super) fn standing_link(&self, key: &LinkKey) -> Option<&Link> {
        match self.links.get(key) {
            Some(LinkRecord::Put(link, _)) => Some(link),
            _ => None,
        }
    }

    /// All links that there are now, with what their providers said.
    pub(super) fn standing_links(&self) -> impl Iterator<Item = (&Link, &LinkStatus)> {
        self.links.values().filter_map(|record| match record {
            LinkRecord::Put(link, status) => Some((link, status)),
            LinkRecord::Deleted(_) => None,
        })
    }

    /// All claims.
    pub(super) fn claims(&self) -> impl Iterator<Item = &ClaimsSummary> {
        self.claims.values()
    }

    /// All that is said of what counts and what does not.
    pub(super) fn revocations(&self) -> impl ExactSizeIterator<Item = &Revocation> {
        self.revocations.values()
    }

    /// How a record is written to a store. What replaces comes before what it removes, so that no reader sees neither.
    pub(super) fn changes(&self, name: &RecordName) -> Vec<Change> {
        let put = |key: String, value: Vec<u8>| Change::Put(Entry { key, value: Bytes::from(value) });
        match name {
            RecordName::Link(key) => self.links.get(key).map_or_else(Vec::new, |record| link_changes(key, record)),
            RecordName::Claims(actor) => {
                let claims = self.claims.get(actor);
                claims.map(|claims| put(format!("{CLAIMS}{actor}"), to_json(claims))).into_iter().collect()
            }
            RecordName::Reference(hash) => {
                let actor = self.references.get(hash);
                actor.map(|actor| put(format!("{REFERENCE}{hash}"), to_json(&actor.to_string()))).into_iter().collect()
            }
            RecordName::Revocation(subject) => {
                self.revocations.get(subject).map(revocation_change).into_iter().collect()
            }
        }
    }

    /// The names of all records.
    pub(super) fn names(&self) -> BTreeSet<RecordName> {
        let links = self.links.keys().cloned().map(RecordName::Link);
        let claims = self.claims.keys().copied().map(RecordName::Claims);
        let references = self.references.keys().cloned().map(RecordName::Reference);
        let revocations = self.revocations.keys().cloned().map(RecordName::Revocation);
        links.chain(claims).chain(references).chain(revocations).collect()
    }

    /// Forgets deletions that are older than any host's absence, and names their entries.
    pub(super) fn purge(&mut self, now: Duration) -> Vec<Change> {
        let oldest = now.saturating_sub(DELETION_KEPT).as_millis() as u64;
        let is_old = |record: &LinkRecord| matches!(record, LinkRecord::Deleted(stamp) if stamp.millis() < oldest);
        let purged = self.links.extract_if(.., |_, record| is_old(record));
        purged.map(|(key, _)| Change::Delete(format!("{DELETION}{}", key.hash()))).collect()
    }
}

/// How the latest change of a link is written.
pub(super) fn link_changes(key: &LinkKey, record: &LinkRecord) -> Vec<Change> {
    let hash = key.hash();
    let (link, deletion) = (format!("{LINK}{hash}"), format!("{DELETION}{hash}"));
    match record {
        LinkRecord::Put(put, status) => {
            let definition = LinkDefinition { status: Some(status.clone()), ..put.into() };
            vec![Change::Put(Entry { key: link, value: to_json(&definition).into() }), Change::Delete(deletion)]
        }
        LinkRecord::Deleted(stamp) => {
            let value = to_json(&key.named(stamp.clone())).into();
            vec![Change::Put(Entry { key: deletion, value }), Change::Delete(link)]
        }
    }
}

/// How a revocation is written.
pub(super) fn revocation_change(revocation: &Revocation) -> Change {
    let key = format!("{REVOCATION}{}", HEX_UPPER.encode(&Sha256::digest(&revocation.subject)));
    Change::Put(Entry { key, value: to_json(revocation).into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{identity::KeyKind, metadata::Clock};

    fn stamp(at: u64) -> Stamp {
        Clock::new(PublicKey::from_bytes(KeyKind::Host, [0; 32])).tick(Duration::from_millis(at))
    }

    fn link(provider: u8, at: u64) -> Link {
        Link {
            key: LinkKey {
                actor: PublicKey::from_bytes(KeyKind::Module, [1; 32]),
                contract: "wasmcloud:keyvalue".into(),
                link_name: "default".into(),
            },
            provider: PublicKey::from_bytes(KeyKind::Provider, [provider; 32]),
            values: BTreeMap::from([("URL".to_owned(), "x".to_owned())]),
            stamp: stamp(at),
        }
    }

    fn put(provider: u8, at: u64) -> Record {
        Record::Link(link(provider, at).key, LinkRecord::Put(link(provider, at), LinkStatus::Active))
    }

    fn deleted(at: u64) -> Record {
        Record::Link(link(1, 0).key, LinkRecord::Deleted(stamp(at)))
    }

    #[test]
    fn two_hosts_that_heard_the_same_changes_in_any_order_agree() {
        let changes = [put(1, 1), deleted(2), put(2, 3), put(1, 2), deleted(1)];
        for rotation in 0..changes.len() {
            let mut records = Records::default();
            let mut order = changes.to_vec();
            order.rotate_left(rotation);
            for change in order {
                records.merge(change);
            }
            assert_eq!(records.standing_link(&link(0, 0).key), Some(&link(2, 3)), "rotated by {rotation}");
        }
    }

    #[test]
    fn what_is_written_reads_the_same() {
        let actor = PublicKey::from_bytes(KeyKind::Module, [7; 32]);
        let claims = ClaimsSummary { name: "n".to_owned(), ..ClaimsSummary::of(&actor.to_string(), None) };
        let revocation = Revocation {
            subject: actor.to_string(),
            revoked: true,
            reason: Some("it leaks".to_owned()),
            stamp: stamp(1),
        };
        for record in [
            put(1, 1),
            deleted(2),
            Record::Claims(actor, claims),
            Record::reference("file:///a.wasm", actor),
            Record::Revocation(revocation),
        ] {
            let mut records = Records::default();
            let name = records.merge(record.clone()).expect("a change");
            let changes = records.changes(&name);
            let Some(Change::Put(entry)) = changes.first() else { panic!("{changes:?}") };
            assert_eq!(Record::read(entry), Some(record.clone()));
            assert_eq!(records.merge(record), None, "nothing new");
        }
        let foreign = Entry { key: "SOMETHING".to_owned(), value: "{}".into() };
        assert_eq!(Record::read(&foreign), None);
    }

    #[test]
    fn a_verdict_counts_for_the_link_it_was_given_on() {
        let mut records = Records::default();
        records.merge(put(1, 2));
        let key = link(0, 0).key;
        assert_eq!(records.judge(&key, &stamp(1), LinkStatus::Pending), None);
        assert!(records.judge(&key, &stamp(2), LinkStatus::Pending).is_some());
        assert_eq!(records.standing_links().next(), Some((&link(1, 2), &LinkStatus::Pending)));
    }

    #[test]
    fn old_deletions_are_purged() {
        let mut records = Records::default();
        records.merge(deleted(1_000));
        assert_eq!(records.purge(DELETION_KEPT), []);
        assert_eq!(records.purge(DELETION_KEPT + Duration::from_secs(2)).len(), 1);
        assert_eq!(records.link(&link(0, 0).key), None);
    }
}
