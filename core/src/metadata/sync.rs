//! Reads the records of other keepers, so that hosts that were apart agree again.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    keeper::Keeper,
    records::Record,
    store::{Change, Entry},
};
use crate::{
    bus::message,
    error::LatticeError,
    host::{bus_failed, reply},
    identity::PublicKey,
    lattice::{
        Event,
        control::{read_json, to_json},
    },
};

/// Asks a keeper for its records.
#[derive(Debug, Default, Serialize, Deserialize)]
struct PageRequest {
    /// The last key that is known; the page starts after it.
    after: Option<String>,
}

/// Some records, in the order of their keys.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Page {
    records: Vec<PageEntry>,
    /// Whether there are more.
    more: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct PageEntry {
    key: String,
    /// JSON as text.
    value: String,
}

/// Bytes of the records on one page; the last of them may go beyond.
const PAGE: usize = 128 << 10;

impl Keeper {
    /// Answers other keepers until the host stops.
    pub(super) fn serve_records(self: &Arc<Self>) -> Result<(), LatticeError> {
        let place = &self.place;
        let mut requests = place.bus().subscribe(place.subjects().records(place.id()).into(), None)?;
        let keeper = self.clone();
        place.run_task(Box::pin(async move {
            while let Some(request) = requests.next().await {
                let asked = read_json::<PageRequest>(&request.payload).unwrap_or_default();
                if let Some(reply_to) = request.reply {
                    let page = keeper.page(asked.after.as_deref());
                    reply(&**keeper.place.bus(), message(reply_to, to_json(&page)));
                }
            }
        }));
        Ok(())
    }

    /// Reads the records of the keeper that an event comes from, once per time that it or we joined.
    pub(super) fn synchronise(self: &Arc<Self>, event: &Event) {
        let Ok(other) = event.source.parse::<PublicKey>() else {
            return;
        };
        let is_new = self.synchronised().insert(event.source.clone());
        if !is_new && event.kind() != "host_started" {
            return;
        }
        let keeper = self.clone();
        self.place.platform().spawn(Box::pin(async move {
            if let Err(error) = keeper.read_records(other).await {
                tracing::warn!(%error, host = %other, "the records of another host were not read; its next heartbeat");
                keeper.synchronised().remove(&other.to_string());
            }
        }));
    }

    async fn read_records(self: &Arc<Self>, other: PublicKey) -> Result<(), LatticeError> {
        let mut asked = PageRequest::default();
        loop {
            let request = message(self.place.subjects().records(other), to_json(&asked));
            let answer = self.place.bus().request(request, self.place.deadline()).await;
            let answer = answer.map_err(|error| bus_failed(&error, format_args!("host {other}")))?;
            let page: Page = read_json(&answer.payload)?;
            asked.after = page.records.last().map(|last| last.key.clone());
            for PageEntry { key, value } in page.records {
                let entry = Entry { key, value: value.into() };
                if let Some(record) = Record::read(&entry) {
                    self.take_in_and_tell(&record);
                }
            }
            if !page.more || asked.after.is_none() {
                return Ok(());
            }
        }
    }

    /// Takes in a record of another keeper. A change that is new here is new to the hosts that were on this side, too.
    fn take_in_and_tell(self: &Arc<Self>, record: &Record) {
        if !self.take_in(record.clone()) {
            return;
        }
        match record {
            Record::Link(key, change) => self.announce(key, change),
            Record::Revocation(revocation) => self.announce_revocation(revocation),
            Record::Claims(..) | Record::Reference(..) => {}
        }
    }

    fn page(&self, after: Option<&str>) -> Page {
        let records = self.records();
        let changes = records.names().into_iter().flat_map(|name| records.changes(&name));
        let mut entries: Vec<Entry> = changes
            .filter_map(|change| match change {
                Change::Put(entry) => Some(entry),
                Change::Delete(_) => None,
            })
            .filter(|entry| after.is_none_or(|after| entry.key.as_str() > after))
            .collect();
        entries.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        let mut room = PAGE;
        let count = entries.len();
        let mut page = Page::default();
        for Entry { key, value } in entries {
            if room == 0 {
                break;
            }
            room = room.saturating_sub(key.len() + value.len());
            page.records.push(PageEntry { key, value: String::from_utf8_lossy(&value).into_owned() });
        }
        page.more = page.records.len() < count;
        page
    }
}
