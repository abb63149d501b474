//! A file of streams, by redb. Each change is on the disk when it is answered.

use std::{
    path::PathBuf,
    sync::{Arc, LazyLock},
    time::Duration,
};

use redb::{ReadTransaction, ReadableTable, StorageError, Table, TableDefinition, WriteTransaction};
use wisteria_contracts::eventstreams::{
    AppendRequest, AppendResponse, Event, ReadRequest, ReadResponse, StreamInfo, SubscribeRequest, SubscribeResponse,
    Subscription,
};
use wisteria_core::platform::Platform;

use super::{
    retention::{Retention, size},
    store::{Answer, Handled, LinkedStreams, MAX_READ_BYTES, MAX_SUBSCRIPTIONS, Next, too_many},
    wakes::Wakes,
};
use crate::provider::redb_file::{OpenFiles, Outcome, RedbFile, shared};

/// The position of a stream's last event, and how many bytes its events have.
const STREAMS: TableDefinition<'_, &str, (u64, u64)> = TableDefinition::new("streams");
/// Events by stream and position: when it was appended, in milliseconds since the Unix epoch, its type, and its data.
/// Those of a stream have positions without a gap, as they go from the oldest on.
const EVENTS: TableDefinition<'_, (&str, u64), EventRow> = TableDefinition::new("events");
/// Subscriptions by owner, stream and name: the number of this life of it, and the position after which it goes on.
const SUBSCRIPTIONS: TableDefinition<'_, (&str, &str, &str), (u64, u64)> = TableDefinition::new("subscriptions");

type EventRow = (u64, &'static str, &'static [u8]);

/// A file, open.
#[derive(Debug)]
pub(super) struct EventFile {
    file: RedbFile,
    wakes: Wakes,
}

static OPEN: LazyLock<OpenFiles<EventFile>> = LazyLock::new(OpenFiles::default);

impl EventFile {
    /// The streams in that file, which is made where it is missing.
    pub(super) fn open(path: PathBuf) -> Result<Arc<Self>, String> {
        shared(&OPEN, path, Self::open_file)
    }

    fn open_file(path: PathBuf) -> Result<Self, String> {
        let make = |transaction: &WriteTransaction| -> Outcome<()> {
            transaction.open_table(STREAMS)?;
            transaction.open_table(EVENTS)?;
            transaction.open_table(SUBSCRIPTIONS)?;
            Ok(())
        };
        Ok(Self { file: RedbFile::open(path, make)?, wakes: Wakes::default() })
    }
}

/// A file as a link sees it.
#[derive(Debug, Clone)]
pub(super) struct FileStreams {
    pub(super) file: Arc<EventFile>,
    /// In whose name subscriptions are kept.
    pub(super) owner: Arc<str>,
    pub(super) retention: Retention,
    pub(super) platform: Arc<dyn Platform>,
}

impl FileStreams {
    /// Milliseconds since the Unix epoch.
    fn now(&self) -> u64 {
        u64::try_from(self.platform.unix_time().as_millis()).unwrap_or(u64::MAX)
    }

    /// Lets go of what has become too old, where anything has.
    async fn drop_old(&self, stream: &str) -> Result<(), wisteria_core::provider::ProviderError> {
        if self.retention.max_age.is_none() {
            return Ok(());
        }
        let (retention, now, name) = (self.retention, self.now(), stream.to_owned());
        let is_old = move |seen: &ReadTransaction| -> Outcome<bool> {
            let Some((last, bytes)) = seen.open_table(STREAMS)?.get(name.as_str())?.map(|row| row.value()) else {
                return Ok(false);
            };
            let events = seen.open_table(EVENTS)?;
            let oldest = oldest(&events, &name)?;
            Ok(oldest.is_some_and(|(position, time, _)| retention.lets_go(position, last, bytes, age(time, now))))
        };
        if !self.file.file.read(is_old).await? {
            return Ok(());
        }
        let name = stream.to_owned();
        let drop_old = move |transaction: &WriteTransaction| -> Outcome<()> {
            let mut streams = transaction.open_table(STREAMS)?;
            let found = streams.get(name.as_str())?.map(|row| row.value());
            if let Some((last, bytes)) = found {
                let bytes = trim(&mut transaction.open_table(EVENTS)?, &name, last, bytes, retention, now)?;
                streams.insert(name.as_str(), (last, bytes))?;
            }
            Ok(())
        };
        self.file.file.write(drop_old).await
    }
}

impl LinkedStreams for FileStreams {
    fn append(&self, event: AppendRequest) -> Answer<'_, AppendResponse> {
        Box::pin(async move {
            self.retention.check(&event)?;
            let (retention, platform) = (self.retention, self.clone());
            self.file.file.write(move |transaction| append(transaction, &event, retention, platform.now())).await
        })
    }

    fn read(&self, what: ReadRequest) -> Answer<'_, ReadResponse> {
        Box::pin(async move {
            self.drop_old(&what.stream).await?;
            self.file.file.read(move |seen| read(&seen.open_table(EVENTS)?, &what)).await
        })
    }

    fn info(&self, stream: String) -> Answer<'_, StreamInfo> {
        Box::pin(async move {
            self.drop_old(&stream).await?;
            let look = move |seen: &ReadTransaction| -> Outcome<StreamInfo> {
                let last = seen.open_table(STREAMS)?.get(stream.as_str())?.map_or(0, |row| row.value().0);
                let oldest = oldest(&seen.open_table(EVENTS)?, &stream)?;
                Ok(StreamInfo { first_position: oldest.map_or(0, |(position, ..)| position), last_position: last })
            };
            self.file.file.read(look).await
        })
    }

    fn subscribe(&self, request: SubscribeRequest) -> Answer<'_, SubscribeResponse> {
        let (owner, mut life) = (self.owner.clone(), [0; 8]);
        self.platform.random(&mut life);
        let life = u64::from_le_bytes(life);
        Box::pin(self.file.file.write(move |transaction| subscribe(transaction, &owner, &request, life)))
    }

    fn unsubscribe(&self, subscription: Subscription) -> Answer<'_, bool> {
        let owner = self.owner.clone();
        Box::pin(self.file.file.write(move |transaction| {
            let Subscription { stream, subscription } = &subscription;
            let mut subscriptions = transaction.open_table(SUBSCRIPTIONS)?;
            let removed = subscriptions.remove((&*owner, stream.as_str(), subscription.as_str()))?;
            Ok(removed.is_some())
        }))
    }

    fn subscriptions(&self) -> Answer<'_, Vec<Subscription>> {
        let owner = self.owner.clone();
        Box::pin(self.file.file.read(move |seen| Ok(subscriptions(&seen.open_table(SUBSCRIPTIONS)?, &owner)?)))
    }

    fn next(&self, subscription: Subscription, handled: Option<Handled>) -> Answer<'_, Next> {
        Box::pin(async move {
            self.drop_old(&subscription.stream).await?;
            let (owner, named) = (self.owner.clone(), subscription.clone());
            if let Some(handled) = handled {
                self.file.file.write(move |transaction| advance(transaction, &owner, &named, handled)).await?;
            }
            let owner = self.owner.clone();
            self.file.file.read(move |seen| next(seen, &owner, &subscription)).await
        })
    }

    fn forget(&self) -> Answer<'_, ()> {
        let owner = self.owner.clone();
        Box::pin(self.file.file.write(move |transaction| {
            let mut table = transaction.open_table(SUBSCRIPTIONS)?;
            for Subscription { stream, subscription } in subscriptions(&table, &owner)? {
                table.remove((&*owner, stream.as_str(), subscription.as_str()))?;
            }
            Ok(())
        }))
    }

    fn wakes(&self) -> &Wakes {
        &self.file.wakes
    }
}

fn append(
    transaction: &WriteTransaction,
    event: &AppendRequest,
    retention: Retention,
    now: u64,
) -> Outcome<AppendResponse> {
    let name = event.stream.as_str();
    let mut streams = transaction.open_table(STREAMS)?;
    let (last, bytes) = streams.get(name)?.map(|row| row.value()).unwrap_or_default();
    if event.expected_position.is_some_and(|expected| expected != last) {
        return Ok(AppendResponse { appended: false, position: last });
    }
    let mut events = transaction.open_table(EVENTS)?;
    let position = last + 1;
    events.insert((name, position), (now, event.event_type.as_str(), event.data.as_slice()))?;
    let bytes = bytes + size(&event.event_type, &event.data);
    let bytes = trim(&mut events, name, position, bytes, retention, now)?;
    streams.insert(name, (position, bytes))?;
    Ok(AppendResponse { appended: true, position })
}

/// Lets go of events that are too many, too large together or too old, and answers with the bytes of those that stay.
fn trim(
    events: &mut Table<'_, (&'static str, u64), EventRow>,
    stream: &str,
    last: u64,
    mut bytes: u64,
    retention: Retention,
    now: u64,
) -> Outcome<u64> {
    while let Some((position, time, size)) = oldest(events, stream)? {
        if !retention.lets_go(position, last, bytes, age(time, now)) {
            break;
        }
        events.remove((stream, position))?;
        bytes = bytes.saturating_sub(size);
    }
    Ok(bytes)
}

fn age(time: u64, now: u64) -> Duration {
    Duration::from_millis(now.saturating_sub(time))
}

/// Position, time and size of the oldest event that is kept.
fn oldest(
    events: &impl ReadableTable<(&'static str, u64), EventRow>,
    stream: &str,
) -> Result<Option<(u64, u64, u64)>, StorageError> {
    let first = events.range((stream, 0)..=(stream, u64::MAX))?.next().transpose()?;
    Ok(first.map(|(key, row)| {
        let (time, event_type, data) = row.value();
        (key.value().1, time, size(event_type, data))
    }))
}

fn read(events: &impl ReadableTable<(&'static str, u64), EventRow>, what: &ReadRequest) -> Outcome<ReadResponse> {
    let mut response = ReadResponse { events: Vec::new(), is_last: true };
    let Some(from) = what.after.checked_add(1) else {
        return Ok(response);
    };
    let (name, mut bytes) = (what.stream.as_str(), 0);
    for found in events.range((name, from)..=(name, u64::MAX))? {
        let (key, row) = found?;
        let (time, event_type, data) = row.value();
        bytes += size(event_type, data);
        let is_full = response.events.len() >= what.limit as usize || bytes > MAX_READ_BYTES;
        if is_full && !response.events.is_empty() {
            response.is_last = false;
            break;
        }
        let (event_type, data) = (event_type.to_owned(), data.to_vec());
        response.events.push(Event { position: key.value().1, time, event_type, data });
    }
    Ok(response)
}

fn subscribe(
    transaction: &WriteTransaction,
    owner: &str,
    request: &SubscribeRequest,
    life: u64,
) -> Outcome<SubscribeResponse> {
    let mut table = transaction.open_table(SUBSCRIPTIONS)?;
    let key = (owner, request.stream.as_str(), request.subscription.as_str());
    let found = table.get(key)?.map(|row| row.value());
    if let Some((_, position)) = found {
        return Ok(SubscribeResponse { created: false, position });
    }
    if subscriptions(&table, owner)?.len() as u64 >= MAX_SUBSCRIPTIONS {
        return Err(too_many().into());
    }
    let last = || -> Outcome<u64> {
        Ok(transaction.open_table(STREAMS)?.get(request.stream.as_str())?.map_or(0, |row| row.value().0))
    };
    let position = match request.after {
        Some(position) => position,
        None => last()?,
    };
    table.insert(key, (life, position))?;
    Ok(SubscribeResponse { created: true, position })
}

fn subscriptions(
    table: &impl ReadableTable<(&'static str, &'static str, &'static str), (u64, u64)>,
    owner: &str,
) -> Result<Vec<Subscription>, StorageError> {
    let mut found = Vec::new();
    for row in table.range((owner, "", "")..)? {
        let (key, _) = row?;
        let (of, stream, subscription) = key.value();
        if of != owner {
            break;
        }
        found.push(Subscription { stream: stream.to_owned(), subscription: subscription.to_owned() });
    }
    Ok(found)
}

/// Notes that a subscription has come to that position, if it still lives.
fn advance(transaction: &WriteTransaction, owner: &str, subscription: &Subscription, handled: Handled) -> Outcome<()> {
    let mut table = transaction.open_table(SUBSCRIPTIONS)?;
    let key = (owner, subscription.stream.as_str(), subscription.subscription.as_str());
    let found = table.get(key)?.map(|row| row.value());
    if found.is_some_and(|(life, position)| life == handled.life && position < handled.position) {
        table.insert(key, (handled.life, handled.position))?;
    }
    Ok(())
}

/// What a subscription is to get.
fn next(seen: &ReadTransaction, owner: &str, subscription: &Subscription) -> Outcome<Next> {
    let Subscription { stream, subscription } = subscription;
    let subscriptions = seen.open_table(SUBSCRIPTIONS)?;
    let Some((life, position)) =
        subscriptions.get((owner, stream.as_str(), subscription.as_str()))?.map(|row| row.value())
    else {
        return Ok(Next::Ended);
    };
    let what = ReadRequest { stream: stream.clone(), after: position, limit: 1 };
    let found = read(&seen.open_table(EVENTS)?, &what)?.events.into_iter().next();
    Ok(found.map_or(Next::Nothing, |event| Next::Event(life, event)))
}
