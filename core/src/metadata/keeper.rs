//! Keeps the lattice's links, claims and references, answers for them, and agrees on them with other keepers.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use futures::{FutureExt, StreamExt, channel::mpsc, select_biased};
use serde_json::{Value, json};

use super::{
    place::Place,
    records::{LinkRecord, Record, RecordName, Records, link_changes, revocation_change},
    revocation::Revocation,
    roster::Roster,
    stamp::{Clock, Stamp},
    store::{Change, MetadataStore, StoreError},
};
use crate::{
    bus::Message,
    encoding,
    error::{ErrorCode, LatticeError},
    host::{Link, LinkKey},
    lattice::{
        Event,
        control::{ClaimsSummary, LinkDefinition, LinkStatus, LinkVerdict, RemoveLink},
    },
    platform::timeout,
};

/// One keeper; every server host has one, and the broker of tabs that are on their own.
#[derive(Debug)]
pub(crate) struct Keeper {
    pub(super) place: Arc<dyn Place>,
    store: Arc<dyn MetadataStore>,
    clock: Clock,
    records: Mutex<Records>,
    roster: Mutex<Roster>,
    /// Records that changed and are to be written when the store has time. Taken with `store_turn`.
    unwritten: Mutex<BTreeSet<RecordName>>,
    wake_writer: mpsc::Sender<()>,
    /// Held while the store is written, so that the last value of a key is written last.
    store_turn: futures::lock::Mutex<()>,
    /// Held per link while it is put or deleted: a slow provider holds up the changes of its own links only.
    link_turns: Mutex<HashMap<LinkKey, Arc<futures::lock::Mutex<()>>>>,
    /// The keepers whose records were read since they or we joined.
    pub(super) synchronised: Mutex<HashSet<String>>,
}

/// How often silent hosts are looked for.
const ROLL_CALL: Duration = Duration::from_secs(5);

/// How long a store that failed is left alone.
const STORE_PAUSE: Duration = Duration::from_secs(2);

impl Keeper {
    /// Reads the store, tells the place of its links, and answers for them until the place is no more.
    pub(crate) async fn start(place: Arc<dyn Place>, store: Arc<dyn MetadataStore>) -> Result<(), LatticeError> {
        let (wake_writer, woken) = mpsc::channel(0);
        let keeper = Arc::new(Self {
            clock: Clock::new(place.id()),
            place,
            store,
            records: Mutex::default(),
            roster: Mutex::default(),
            unwritten: Mutex::default(),
            wake_writer,
            store_turn: futures::lock::Mutex::new(()),
            link_turns: Mutex::default(),
            synchronised: Mutex::default(),
        });
        // Watched before it is read, so that no change falls between the two.
        let mut changes = keeper.store.watch().await.map_err(|error| store_failed(&error))?;
        keeper.load().await?;
        let following = keeper.clone();
        keeper.place.run_task(Box::pin(async move {
            while let Some(change) = changes.next().await {
                following.take_in_change(&change);
            }
            tracing::warn!("the store of links and claims is no longer watched; restart this host");
        }));
        keeper.follow_lattice()?;
        keeper.serve_records()?;
        keeper.call_roll();
        keeper.write_when_woken(woken);
        Ok(())
    }

    async fn load(self: &Arc<Self>) -> Result<(), LatticeError> {
        let entries = self.store.load().await.map_err(|error| store_failed(&error))?;
        for entry in entries {
            match Record::read(&entry) {
                Some(record) => drop(self.take_in(record)),
                None => tracing::warn!(key = entry.key, "an entry of the store is not understood and left alone"),
            }
        }
        // What was just read needs no writing.
        self.unwritten().clear();
        let purged = self.records().purge(self.place.platform().unix_time());
        match purged.is_empty() {
            true => Ok(()),
            false => self.store.write(purged).await.map_err(|error| store_failed(&error)),
        }
    }

    /// Follows events and answers requests in one task: what was reported before a question is known to its answer.
    fn follow_lattice(self: &Arc<Self>) -> Result<(), LatticeError> {
        let place = &self.place;
        let mut events = place.bus().subscribe(place.subjects().event_kinds(), None)?;
        let mut lost = place.bus().subscribe(crate::lattice::lost_hosts(), None)?;
        let queue = format!("wasmbus.ctl.{}", place.lattice());
        let mut requests = futures::stream::SelectAll::new();
        for suffix in ["get.links", "get.claims", "linkdefs.put", "linkdefs.del", "linkdefs.swap"] {
            requests.push(place.bus().subscribe(place.subjects().control(suffix).into(), Some(&queue))?);
        }
        for suffix in ["hosts", "revocations.get", "revocations.put"] {
            requests.push(place.bus().subscribe(place.subjects().metadata(suffix).into(), Some(&queue))?);
        }
        let keeper = self.clone();
        place.run_task(Box::pin(async move {
            loop {
                select_biased! {
                    event = events.next().fuse() => match event {
                        Some(message) => keeper.hear(&message),
                        None => return,
                    },
                    notice = lost.next().fuse() => match notice {
                        Some(message) => keeper.lose(message.subject.as_str()),
                        None => return,
                    },
                    request = requests.next() => match request {
                        Some(request) => {
                            let answering = keeper.clone();
                            keeper.place.platform().spawn(Box::pin(async move { answering.answer(request).await }));
                        }
                        None => return,
                    },
                }
            }
        }));
        Ok(())
    }

    fn call_roll(self: &Arc<Self>) {
        let keeper = self.clone();
        self.place.run_task(Box::pin(async move {
            loop {
                keeper.place.platform().sleep(ROLL_CALL).await;
                let silent = keeper.roster().advance(keeper.place.platform().now());
                for host in silent {
                    tracing::info!(host, "a host missed its heartbeat and is suspended");
                    keeper.synchronised().remove(&host);
                }
            }
        }));
    }

    fn lose(&self, subject: &str) {
        let host = subject.rsplit('.').next().unwrap_or_default();
        if self.roster().lose(host, self.place.platform().now()) {
            tracing::info!(host, "a host lost its connection and is suspended");
            self.synchronised().remove(host);
        }
    }

    fn hear(self: &Arc<Self>, message: &Message) {
        let Some(event) = Event::of_message(message) else {
            return;
        };
        if event.source != self.place.id().to_string() {
            self.roster().hear(&event, self.place.platform().now());
            if event.data["keeps_metadata"] == true {
                self.synchronise(&event);
            }
        } else if event.kind() == "host_started" {
            // We joined anew: whoever else keeps metadata may know what we do not.
            self.synchronised().clear();
        }
        self.take_in_event(event);
    }

    fn take_in_event(self: &Arc<Self>, event: Event) {
        let kind = event.kind().to_owned();
        match kind.as_str() {
            "linkdef_set" => {
                let definition = read::<LinkDefinition>(event.data);
                if let Some((definition, mut link)) =
                    definition.and_then(|definition| Link::try_from(&definition).ok().map(|link| (definition, link)))
                {
                    self.stamp_if_unstamped(&mut link.stamp);
                    let status = definition.status.unwrap_or(LinkStatus::Pending);
                    self.take_in(Record::Link(link.key.clone(), LinkRecord::Put(link, status)));
                }
            }
            "linkdef_deleted" => {
                if let Some(named) = read::<RemoveLink>(event.data)
                    && let Ok(key) = LinkKey::try_from(&named)
                {
                    let mut stamp = named.stamp.unwrap_or_default();
                    self.stamp_if_unstamped(&mut stamp);
                    self.take_in(Record::Link(key, LinkRecord::Deleted(stamp)));
                }
            }
            "linkdef_status" => {
                if let Some(verdict) = read::<LinkVerdict>(event.data) {
                    self.judge(verdict);
                }
            }
            "revocation_set" => {
                if let Some(revocation) = read::<Revocation>(event.data) {
                    self.take_in(Record::Revocation(revocation));
                }
            }
            "actors_started" => self.take_in_actor(&event.data),
            _ => {}
        }
    }

    /// Hosts of wasmCloud give no stamps: what they report happened just now.
    fn stamp_if_unstamped(&self, stamp: &mut Stamp) {
        if *stamp == Stamp::default() {
            *stamp = self.clock.tick(self.place.platform().unix_time());
        }
    }

    fn judge(&self, verdict: LinkVerdict) {
        let Ok(key) = LinkKey::try_from(&verdict.link) else {
            return;
        };
        let stamp = verdict.link.stamp.unwrap_or_default();
        let changed = self.records().judge(&key, &stamp, verdict.status);
        self.write_soon(changed);
    }

    /// Takes note of an actor that was started somewhere, by the data of the event.
    pub(crate) fn take_in_actor(self: &Arc<Self>, data: &Value) {
        let claims = ClaimsSummary::of_event(data);
        let Some(actor) = claims.as_ref().and_then(|claims| claims.sub.parse().ok()) else {
            return;
        };
        if let Some(claims) = claims {
            self.take_in(Record::Claims(actor, claims));
        }
        if let Some(reference) = data["image_ref"].as_str() {
            self.take_in(Record::reference(reference, actor));
        }
    }

    fn take_in_change(self: &Arc<Self>, change: &Change) {
        // Deletions come with a record of their own; those of others come as events.
        if let Change::Put(entry) = change
            && let Some(record) = Record::read(entry)
        {
            self.take_in(record);
        }
    }

    /// Takes in what others know, and writes it when the store has time. Says whether it was new.
    pub(super) fn take_in(self: &Arc<Self>, record: Record) -> bool {
        let changed = self.apply(record);
        let is_new = changed.is_some();
        self.write_soon(changed);
        is_new
    }

    /// Merges a record into those known here and tells the place. Names it where it was new.
    fn apply(self: &Arc<Self>, record: Record) -> Option<RecordName> {
        match &record {
            Record::Link(_, change) => self.clock.observe(change.stamp()),
            Record::Revocation(revocation) => self.clock.observe(&revocation.stamp),
            Record::Claims(..) | Record::Reference(..) => {}
        }
        let name = self.records().merge(record.clone())?;
        match record {
            Record::Link(_, LinkRecord::Put(link, _)) => self.place.clone().learn_link(link),
            Record::Link(key, LinkRecord::Deleted(stamp)) => self.place.clone().forget_link(&key.named(stamp)),
            Record::Claims(_, claims) => self.place.remember_claims(claims),
            Record::Revocation(revocation) => self.place.learn_revocation(revocation),
            Record::Reference(..) => {}
        }
        Some(name)
    }

    /// Makes a change of ours durable, then known to this host and the lattice. False where another keeper has changed
    /// the link since, whose change stands.
    pub(super) async fn commit(self: &Arc<Self>, key: &LinkKey, record: LinkRecord) -> Result<bool, LatticeError> {
        let _turn = self.store_turn.lock().await;
        if self.records().link(key).is_some_and(|known| known.stamp() > record.stamp()) {
            return Ok(false);
        }
        self.store.write(link_changes(key, &record)).await.map_err(|error| store_failed(&error))?;
        self.apply(Record::Link(key.clone(), record.clone()));
        self.announce(key, &record);
        Ok(true)
    }

    /// Makes a word of ours on what counts durable, then known to this host and the lattice.
    pub(super) async fn commit_revocation(self: &Arc<Self>, revocation: Revocation) -> Result<(), LatticeError> {
        let _turn = self.store_turn.lock().await;
        self.store.write(vec![revocation_change(&revocation)]).await.map_err(|error| store_failed(&error))?;
        self.apply(Record::Revocation(revocation.clone()));
        self.announce_revocation(&revocation);
        Ok(())
    }

    /// Tells the lattice what counts and what does not.
    pub(super) fn announce_revocation(&self, revocation: &Revocation) {
        self.place.emit("revocation_set", json!(revocation));
    }

    fn write_soon(&self, name: Option<RecordName>) {
        if let Some(name) = name {
            self.unwritten().insert(name);
            // A full channel has woken the writer already.
            drop(self.wake_writer.clone().try_send(()));
        }
    }

    fn write_when_woken(self: &Arc<Self>, mut woken: mpsc::Receiver<()>) {
        let keeper = self.clone();
        self.place.run_task(Box::pin(async move {
            while woken.next().await.is_some() {
                while let Err(error) = keeper.write_unwritten().await {
                    tracing::warn!(%error, "trying again in {} s", STORE_PAUSE.as_secs());
                    keeper.place.platform().sleep(STORE_PAUSE).await;
                }
            }
        }));
    }

    async fn write_unwritten(&self) -> Result<(), StoreError> {
        let _turn = self.store_turn.lock().await;
        let names = std::mem::take(&mut *self.unwritten());
        if names.is_empty() {
            return Ok(());
        }
        let changes = {
            let records = self.records();
            names.iter().flat_map(|name| records.changes(name)).collect()
        };
        let written = self.store.write(changes).await;
        if written.is_err() {
            self.unwritten().extend(names);
        }
        written
    }

    /// The turn to change one link.
    pub(super) async fn link_turn(&self, key: &LinkKey) -> futures::lock::OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.link_turns.lock().expect("nothing panics under this lock");
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            turns.entry(key.clone()).or_default().clone()
        };
        turn.lock_owned().await
    }

    /// The stamp of a change that happens now.
    pub(super) fn tick(&self) -> Stamp {
        self.clock.tick(self.place.platform().unix_time())
    }

    /// Runs a request to another host within the host's usual deadline.
    pub(super) async fn in_time<T>(&self, task: impl Future<Output = T>) -> Option<T> {
        timeout(&**self.place.platform(), self.place.deadline(), task).await
    }

    /// Tells the lattice of a change of a link.
    pub(super) fn announce(&self, key: &LinkKey, record: &LinkRecord) {
        let (kind, mut data) = match record {
            LinkRecord::Put(link, status) => {
                ("linkdef_set", json!(LinkDefinition { status: Some(status.clone()), ..link.into() }))
            }
            LinkRecord::Deleted(stamp) => ("linkdef_deleted", json!(key.named(stamp.clone()))),
        };
        data["id"] = json!(key.hash());
        self.place.emit(kind, data);
    }

    pub(super) fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().expect("nothing panics under this lock")
    }

    pub(super) fn roster(&self) -> MutexGuard<'_, Roster> {
        self.roster.lock().expect("nothing panics under this lock")
    }

    pub(super) fn synchronised(&self) -> MutexGuard<'_, HashSet<String>> {
        self.synchronised.lock().expect("nothing panics under this lock")
    }

    fn unwritten(&self) -> MutexGuard<'_, BTreeSet<RecordName>> {
        self.unwritten.lock().expect("nothing panics under this lock")
    }
}

fn store_failed(error: &StoreError) -> LatticeError {
    LatticeError::new(ErrorCode::StoreFailed, error.to_string())
}

fn read<T: serde::de::DeserializeOwned>(data: Value) -> Option<T> {
    encoding::from_value(data).ok()
}
