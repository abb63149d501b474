//! How much of a stream is kept, as its links say.

use std::time::Duration;

use wisteria_contracts::eventstreams::AppendRequest;
use wisteria_core::provider::{LinkRefused, LinkValue, LinkValues, ProviderError, ValueKind};

pub(super) const MAX_EVENTS: LinkValue = LinkValue::new(
    "MAX_EVENTS",
    ValueKind::Number,
    "how many events of a stream are kept; the oldest go first; all by default",
    "10000",
);
pub(super) const MAX_BYTES: LinkValue = LinkValue::new(
    "MAX_BYTES",
    ValueKind::Size,
    "how many bytes of events of a stream are kept; the oldest go first; all by default",
    "64Mi",
);
pub(super) const MAX_AGE: LinkValue =
    LinkValue::new("MAX_AGE", ValueKind::Duration, "how long an event is kept; for good by default", "7d");

/// What a link says of it; what it does not say is no bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Retention {
    pub(super) max_events: Option<u64>,
    pub(super) max_bytes: Option<u64>,
    pub(super) max_age: Option<Duration>,
}

impl Retention {
    /// What the values of a link say, none of which may be 0.
    pub(super) fn read(values: &LinkValues) -> Result<Self, LinkRefused> {
        let retention = Self {
            max_events: values.number(MAX_EVENTS.name),
            max_bytes: values.size(MAX_BYTES.name),
            max_age: values.duration(MAX_AGE.name),
        };
        let zero = [
            (MAX_EVENTS, retention.max_events == Some(0)),
            (MAX_BYTES, retention.max_bytes == Some(0)),
            (MAX_AGE, retention.max_age == Some(Duration::ZERO)),
        ];
        match zero.into_iter().find(|(_, is_zero)| *is_zero) {
            Some((value, _)) => Err(LinkRefused(format!(
                "`{}` of 0 would keep nothing; write it as {}={}, or leave it out to keep all",
                value.name, value.name, value.example
            ))),
            None => Ok(retention),
        }
    }

    /// Whether an event is not too large to be kept by itself.
    pub(super) fn check(&self, event: &AppendRequest) -> Result<(), ProviderError> {
        let size = size(&event.event_type, &event.data);
        match self.max_bytes {
            Some(most) if size > most => Err(ProviderError::Failed(format!(
                "the event has {size} bytes, and the link keeps {most} of a stream; send less, or put the link again with \
                 a larger {}",
                MAX_BYTES.name
            ))),
            _ => Ok(()),
        }
    }

    /// Whether the oldest of a stream's events is to go, where they have so many bytes.
    pub(super) fn lets_go(&self, oldest: u64, last: u64, bytes: u64, age: Duration) -> bool {
        self.max_events.is_some_and(|most| last - oldest >= most)
            || self.max_bytes.is_some_and(|most| bytes > most)
            || self.max_age.is_some_and(|most| age >= most)
    }
}

/// How many bytes of an event count.
pub(super) fn size(event_type: &str, data: &[u8]) -> u64 {
    (event_type.len() + data.len()) as u64
}
