//! What happened on the lattice, as CloudEvents 1.0 in JSON.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    bus::{Bus, Message, message},
    encoding,
    identity::PublicKey,
    platform::{Platform, random_uuid},
};

use super::{Subjects, control::to_json};

/// Something that happened on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    specversion: String,
    id: String,
    /// The host's key.
    pub source: String,
    #[serde(rename = "type")]
    kind: String,
    /// When, in RFC 3339.
    #[serde(default)]
    pub time: String,
    #[serde(default)]
    datacontenttype: String,
    /// What, depending on the kind.
    #[serde(default)]
    pub data: Value,
}

const PREFIX: &str = "com.wasmcloud.lattice.";

impl Event {
    /// An event of this moment; `kind` without prefix, `actors_started`.
    pub fn new(platform: &dyn Platform, source: PublicKey, kind: &str, data: Value) -> Self {
        Self {
            specversion: "1.0".to_owned(),
            id: random_uuid(platform),
            source: source.to_string(),
            kind: format!("{PREFIX}{kind}"),
            time: rfc3339(platform.unix_time()),
            datacontenttype: "application/json".to_owned(),
            data,
        }
    }

    /// Reads an event; nothing for what is none.
    pub fn read(payload: &[u8]) -> Option<Self> {
        let Ok(Value::Object(mut fields)) = encoding::value(payload) else {
            return None;
        };
        let mut text = |name: &str| match fields.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        Some(Self {
            specversion: text("specversion")?,
            id: text("id")?,
            source: text("source")?,
            kind: text("type")?,
            time: text("time").unwrap_or_default(),
            datacontenttype: text("datacontenttype").unwrap_or_default(),
            data: fields.remove("data").unwrap_or_default(),
        })
    }

    /// Reads an event that came under its kind; nothing for one that says it is of another. Who may speak of some kinds
    /// only speaks of no other in this way.
    pub(crate) fn of_message(message: &Message) -> Option<Self> {
        let event = Self::read(&message.payload)?;
        (message.subject.as_str().rsplit('.').next() == Some(event.kind())).then_some(event)
    }

    /// Its kind without prefix, `actors_started`.
    pub fn kind(&self) -> &str {
        self.kind.strip_prefix(PREFIX).unwrap_or(&self.kind)
    }

    /// The event as it is published: for those who listen to all events, and for those who listen to its kind.
    pub fn messages(&self, subjects: &Subjects) -> [Message; 2] {
        let payload = bytes::Bytes::from(to_json(self));
        [subjects.events(), subjects.event(self.kind())].map(|subject| message(subject, payload.clone()))
    }

    /// Publishes it. One that cannot be published is traced and dropped: it states what already is.
    pub(crate) fn publish(&self, bus: &dyn Bus, subjects: &Subjects) {
        for message in self.messages(subjects) {
            if let Err(error) = bus.publish(message) {
                tracing::debug!(kind = self.kind(), %error, "an event was not published");
            }
        }
    }
}

/// A time since the Unix epoch in the form of RFC 3339, in UTC with milliseconds.
/// The calendar follows Howard Hinnant's `civil_from_days`.
pub(super) fn rfc3339(since_epoch: Duration) -> String {
    let seconds = since_epoch.as_secs();
    let days = seconds / 86_400 + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let millis = since_epoch.subsec_millis();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_rfc_3339() {
        let check = |seconds, text: &str| assert_eq!(rfc3339(Duration::from_secs(seconds)), text);
        check(0, "1970-01-01T00:00:00.000Z");
        check(951_782_400, "2000-02-29T00:00:00.000Z");
        check(1_795_305_599, "2026-11-21T23:59:59.000Z");
        check(4_102_444_800, "2100-01-01T00:00:00.000Z");
    }
}
