//! Events in a stream of JetStream: those of one stream of the contract have one subject, and an event's position is its
//! number. Headers say how many events and bytes were appended until then, so that what is kept is known from the first and
//! the last. Where none is kept, a mark of the last position stands for them.

use std::{sync::Arc, time::Duration};

use async_nats::{HeaderMap, jetstream::message::StreamMessage};
use wisteria_contracts::eventstreams::{AppendRequest, AppendResponse, Event, ReadRequest, ReadResponse, StreamInfo};
use wisteria_core::{platform::Platform, provider::ProviderError};

use super::{
    retention::{Retention, size},
    store::MAX_READ_BYTES,
};
use crate::provider::jetstream::{Stream, Turns, Write, encoded};

/// The type of an event, as JSON.
const TYPE: &str = "Wisteria-Type";
/// How many events of the stream there were, with this one.
const COUNT: &str = "Wisteria-Count";
/// How many bytes they had.
const BYTES: &str = "Wisteria-Bytes";
/// The position of the last event, where this is none.
const LAST: &str = "Wisteria-Last";

/// The events of a link.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) stream: Stream,
    pub(super) name: String,
    pub(super) turns: Turns,
    pub(super) retention: Retention,
    pub(super) platform: Arc<dyn Platform>,
}

/// What a message of a stream says beside the event.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    /// The number of the message.
    number: u64,
    /// The position of the event, or of the last one before.
    position: u64,
    count: u64,
    bytes: u64,
    is_mark: bool,
}

impl Place {
    fn of(message: &StreamMessage) -> Self {
        let said = |name: &str| message.headers.get(name).and_then(|text| text.as_str().parse::<u64>().ok());
        let last = said(LAST);
        Self {
            number: message.sequence,
            position: last.unwrap_or(message.sequence),
            count: said(COUNT).unwrap_or(0),
            bytes: said(BYTES).unwrap_or(0),
            is_mark: last.is_some(),
        }
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(COUNT, self.count.to_string());
        headers.insert(BYTES, self.bytes.to_string());
        headers
    }
}

impl Log {
    /// Keeps an event.
    pub(super) async fn append(&self, event: AppendRequest) -> Result<AppendResponse, ProviderError> {
        self.retention.check(&event)?;
        let AppendRequest { stream, event_type, data, expected_position } = event;
        let subject = self.subject(&stream);
        let data: bytes::Bytes = data.into();
        let _turn = self.turns.of(&stream).await;
        let mut tried = 0;
        loop {
            let last = self.last(&subject).await?;
            if expected_position.is_some_and(|expected| expected != last.position) {
                return Ok(AppendResponse { appended: false, position: last.position });
            }
            let (count, bytes) = (last.count + 1, last.bytes + size(&event_type, &data));
            let mut place = Place { number: 0, position: 0, count, bytes, is_mark: false };
            let mut headers = place.headers();
            let as_json = serde_json::to_string(&event_type).expect("a text is JSON");
            headers.insert(TYPE, as_json);
            let (subject_of_it, payload) = (subject.clone(), data.clone());
            let write =
                Write { subject: subject_of_it, headers, payload, expected: Some(last.number), ..Write::default() };
            if let Some(number) = self.stream.write(write).await? {
                (place.number, place.position) = (number, number);
                // The event is kept, whatever becomes of others.
                if let Err(error) = self.trim(&subject, place).await {
                    tracing::debug!(stream, %error, "old events of a stream are kept for longer");
                }
                return Ok(AppendResponse { appended: true, position: number });
            }
            self.stream.pause(tried, &stream).await?;
            tried += 1;
        }
    }

    /// Events of a stream, no more than the limit and [`MAX_READ_BYTES`], but one if there is any.
    pub(super) async fn read(&self, what: ReadRequest) -> Result<ReadResponse, ProviderError> {
        let mut response = ReadResponse { events: Vec::new(), is_last: true };
        let Some(mut from) = what.after.checked_add(1) else {
            return Ok(response);
        };
        self.drop_old(&what.stream).await?;
        let (subject, mut bytes) = (self.subject(&what.stream), 0);
        while let Some((place, event)) = self.first_from(from, &subject).await? {
            bytes += size(&event.event_type, &event.data);
            let is_full = response.events.len() >= what.limit as usize || bytes > MAX_READ_BYTES;
            if is_full && !response.events.is_empty() {
                response.is_last = false;
                break;
            }
            from = place.number + 1;
            response.events.push(event);
        }
        Ok(response)
    }

    /// The first event after a position.
    pub(super) async fn next(&self, stream: &str, after: u64) -> Result<Option<Event>, ProviderError> {
        self.drop_old(stream).await?;
        let Some(from) = after.checked_add(1) else {
            return Ok(None);
        };
        Ok(self.first_from(from, &self.subject(stream)).await?.map(|(_, event)| event))
    }

    /// Where a stream begins and ends.
    pub(super) async fn info(&self, stream: &str) -> Result<StreamInfo, ProviderError> {
        self.drop_old(stream).await?;
        let subject = self.subject(stream);
        let first = self.first_from(1, &subject).await?;
        let first_position = first.map_or(0, |(_, event)| event.position);
        Ok(StreamInfo { first_position, last_position: self.last(&subject).await?.position })
    }

    /// The position of the last event that was appended.
    pub(super) async fn last_position(&self, stream: &str) -> Result<u64, ProviderError> {
        Ok(self.last(&self.subject(stream)).await?.position)
    }

    async fn last(&self, subject: &str) -> Result<Place, ProviderError> {
        Ok(self.stream.last(subject).await?.as_ref().map(Place::of).unwrap_or_default())
    }

    /// The first event whose number is not below that.
    async fn first_from(&self, mut number: u64, subject: &str) -> Result<Option<(Place, Event)>, ProviderError> {
        while let Some(message) = self.stream.first_from(number, subject).await? {
            let place = Place::of(&message);
            if !place.is_mark {
                return Ok(Some((place, event(&message))));
            }
            number = place.number + 1;
        }
        Ok(None)
    }

    async fn drop_old(&self, stream: &str) -> Result<(), ProviderError> {
        if self.retention.max_age.is_none() {
            return Ok(());
        }
        let subject = self.subject(stream);
        let last = self.last(&subject).await?;
        match last.is_mark || last.number == 0 {
            true => Ok(()),
            false => self.trim(&subject, last).await,
        }
    }

    /// Lets go of events that are too many, too large together or too old, of a stream whose last event is that.
    async fn trim(&self, subject: &str, last: Place) -> Result<(), ProviderError> {
        if self.retention == Retention::default() {
            return Ok(());
        }
        let mut kept_from = 1;
        while let Some((oldest, event)) = self.first_from(kept_from, subject).await? {
            let before = oldest.bytes.saturating_sub(size(&event.event_type, &event.data));
            let bytes = last.bytes.saturating_sub(before);
            let age = self.platform.unix_time().saturating_sub(Duration::from_millis(event.time));
            if oldest.number > last.number || !self.retention.lets_go(oldest.count, last.count, bytes, age) {
                break;
            }
            if oldest.number == last.number {
                return self.mark(subject, last).await;
            }
            kept_from = oldest.number + 1;
        }
        match kept_from {
            1 => Ok(()),
            number => self.stream.forget_before(subject, number).await,
        }
    }

    /// Writes a mark in place of all events, unless another has been appended since.
    async fn mark(&self, subject: &str, last: Place) -> Result<(), ProviderError> {
        let mut headers = last.headers();
        headers.insert(LAST, last.position.to_string());
        headers.insert("Nats-Rollup", "sub");
        let subject = subject.to_owned();
        self.stream.write(Write { subject, headers, expected: Some(last.number), ..Write::default() }).await.map(drop)
    }

    fn subject(&self, stream: &str) -> String {
        format!("{}.{}", self.name, encoded(stream))
    }
}

fn event(message: &StreamMessage) -> Event {
    let event_type = message.headers.get(TYPE).and_then(|json| serde_json::from_str(json.as_str()).ok());
    Event {
        position: message.sequence,
        time: u64::try_from(message.time.unix_timestamp_nanos() / 1_000_000).unwrap_or(0),
        event_type: event_type.unwrap_or_default(),
        data: message.payload.to_vec(),
    }
}
