//! Keys in a bucket of JetStream: a text is its bytes, as other programs write it, a list and a set are arrays in JSON with a
//! header that says so.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_nats::HeaderMap;
use wisteria_core::{
    platform::Platform,
    provider::{
        Exported, ProviderError,
        keyvalue::{EXPORTED, Record, Value, incremented, positions, wrong_kind},
    },
};

use super::{
    super::jetstream::{Bucket, Change, Held},
    request::{Reply, Request},
};

/// Says what a key holds, where it is no text.
const KIND: &str = "Wisteria-Kind";

/// How many keys of one request are read at once.
const READS: usize = 16;

/// The keys of a link.
#[derive(Debug)]
pub(super) struct JetStreamStore {
    pub(super) bucket: Bucket,
    pub(super) platform: Arc<dyn Platform>,
}

impl JetStreamStore {
    /// Carries out an operation.
    pub(super) async fn carry_out(&self, request: Request) -> Result<Reply, ProviderError> {
        match request {
            Request::Increment(request) => {
                let count = |before: Option<Value>| {
                    let sum = match before {
                        None => request.value,
                        Some(Value::Text(text)) => incremented(&text, &request)?,
                        Some(other) => return Err(wrong_kind(&request.key, other.kind(), "a number")),
                    };
                    Ok((New::Value(Value::Text(sum.to_string())), sum))
                };
                self.change(&request.key, count).await.map(Reply::Number)
            }
            Request::Contains(key) => Ok(Reply::Flag(self.bucket.read(&key).await?.held.is_some())),
            Request::Delete(key) => {
                let delete = |held: Option<Held>| match held {
                    Some(_) => Ok((Change::Delete, true)),
                    None => Ok((Change::Keep, false)),
                };
                self.bucket.change(&key, delete).await.map(Reply::Flag)
            }
            Request::Get(key) => match self.read(&key).await? {
                None => Ok(Reply::Value(None)),
                Some(Value::Text(text)) => Ok(Reply::Value(Some(text))),
                Some(other) => Err(wrong_kind(&key, other.kind(), "a text")),
            },
            Request::Set(request) => {
                let until = self.platform.unix_time() + Duration::from_secs(request.expires.into());
                let expires = (request.expires > 0).then(|| u64::try_from(until.as_millis()).unwrap_or(u64::MAX));
                let held = held(&Value::Text(request.value), expires);
                self.bucket.put(&request.key, Change::Put(held)).await?;
                Ok(Reply::Done)
            }
            Request::ListAdd(request) => {
                let add = |before| {
                    let mut list = list(&request.list_name, before)?;
                    list.push(request.value.clone());
                    let length = u32::try_from(list.len()).unwrap_or(u32::MAX);
                    Ok((New::Value(Value::List(list)), length))
                };
                self.change(&request.list_name, add).await.map(Reply::Count)
            }
            Request::ListDel(request) => {
                let remove = |before| {
                    let mut list = list(&request.list_name, before)?;
                    let Some(at) = list.iter().position(|item| *item == request.value) else {
                        return Ok((New::Same, false));
                    };
                    list.remove(at);
                    Ok((New::Value(Value::List(list)), true))
                };
                self.change(&request.list_name, remove).await.map(Reply::Flag)
            }
            Request::ListRange(request) => {
                let list = list(&request.list_name, self.read(&request.list_name).await?)?;
                Ok(Reply::Texts(list[positions(list.len(), &request)].to_vec()))
            }
            Request::SetAdd(request) => {
                let add = |before| {
                    let mut set = set(&request.set_name, before)?;
                    match set.insert(request.value.clone()) {
                        true => Ok((New::Value(Value::Set(set)), 1)),
                        false => Ok((New::Same, 0)),
                    }
                };
                self.change(&request.set_name, add).await.map(Reply::Count)
            }
            Request::SetDel(request) => {
                let remove = |before| {
                    let mut set = set(&request.set_name, before)?;
                    match set.remove(&request.value) {
                        true => Ok((New::Value(Value::Set(set)), 1)),
                        false => Ok((New::Same, 0)),
                    }
                };
                self.change(&request.set_name, remove).await.map(Reply::Count)
            }
            Request::SetQuery(name) => set(&name, self.read(&name).await?).map(Reply::Members),
            Request::SetUnion(names) => Ok(Reply::Members(self.sets(&names).await?.into_iter().flatten().collect())),
            Request::SetIntersection(names) => {
                let sets = self.sets(&names).await?;
                let common = sets.into_iter().reduce(|common, set| common.intersection(&set).cloned().collect());
                Ok(Reply::Members(common.unwrap_or_default()))
            }
        }
    }

    /// The keys from there on, as many as go at once.
    pub(super) async fn export(&self, from: Option<String>) -> Result<Exported, ProviderError> {
        let mut number = from.and_then(|from| from.parse().ok()).unwrap_or(0);
        let (mut exported, mut size) = (Exported::default(), 0);
        while let Some((found, key, held)) = self.bucket.first_from(number).await? {
            if exported.records.len() == EXPORTED.0 || size > EXPORTED.1 {
                exported.next = Some(found.to_string());
                break;
            }
            number = found + 1;
            let value = value(&key, &held)?;
            let record = Record { key, value, expires: held.expires }.encode();
            size += record.len();
            exported.records.push(record);
        }
        Ok(exported)
    }

    /// Puts keys with what they hold, one by one.
    pub(super) async fn import(&self, records: &[String]) -> Result<(), ProviderError> {
        for record in records {
            let Record { key, value, expires } = Record::decode(record)?;
            let change = match New::Value(value) {
                new if new.is_nothing() => Change::Delete,
                New::Value(value) => Change::Put(held(&value, expires)),
                New::Same => Change::Keep,
            };
            self.bucket.put(&key, change).await?;
        }
        Ok(())
    }

    async fn read(&self, key: &str) -> Result<Option<Value>, ProviderError> {
        self.bucket.read(key).await?.held.map(|held| value(key, &held)).transpose()
    }

    /// What sets have; each is as it is when it is read.
    async fn sets(&self, names: &[String]) -> Result<Vec<BTreeSet<String>>, ProviderError> {
        let mut sets = Vec::new();
        for some in names.chunks(READS) {
            let read = some.iter().map(|name| async move { set(name, self.read(name).await?) });
            sets.extend(futures::future::try_join_all(read).await?);
        }
        Ok(sets)
    }

    /// Changes what a key holds, and leaves it to expire when it would have.
    async fn change<T>(
        &self,
        key: &str,
        change: impl Fn(Option<Value>) -> Result<(New, T), ProviderError>,
    ) -> Result<T, ProviderError> {
        let change = |before: Option<Held>| {
            let expires = before.as_ref().and_then(|held| held.expires);
            let (new, reply) = change(before.map(|held| value(key, &held)).transpose()?)?;
            let change = match new {
                New::Same => Change::Keep,
                new if new.is_nothing() => Change::Delete,
                New::Value(value) => Change::Put(held(&value, expires)),
            };
            Ok((change, reply))
        };
        self.bucket.change(key, change).await
    }
}

/// What a key is to hold.
enum New {
    Same,
    Value(Value),
}

impl New {
    /// Whether the key goes: there are no empty lists and sets.
    fn is_nothing(&self) -> bool {
        match self {
            Self::Value(Value::List(items)) => items.is_empty(),
            Self::Value(Value::Set(members)) => members.is_empty(),
            Self::Same | Self::Value(Value::Text(_)) => false,
        }
    }
}

fn held(value: &Value, expires: Option<u64>) -> Held {
    let json = |items: Result<Vec<u8>, _>| items.expect("texts are JSON");
    let (kind, payload) = match value {
        Value::Text(text) => (None, text.clone().into_bytes()),
        Value::List(items) => (Some("list"), json(serde_json::to_vec(items))),
        Value::Set(members) => (Some("set"), json(serde_json::to_vec(members))),
    };
    let mut headers = HeaderMap::new();
    if let Some(kind) = kind {
        headers.insert(KIND, kind);
    }
    Held { headers, payload: payload.into(), expires }
}

fn value(key: &str, held: &Held) -> Result<Value, ProviderError> {
    let value = match held.headers.get(KIND).map(async_nats::HeaderValue::as_str) {
        None => std::str::from_utf8(&held.payload).ok().map(|text| Value::Text(text.to_owned())),
        Some("list") => serde_json::from_slice(&held.payload).ok().map(Value::List),
        Some("set") => serde_json::from_slice(&held.payload).ok().map(Value::Set),
        Some(_) => None,
    };
    value.ok_or_else(|| {
        ProviderError::Failed(format!(
            "\"{key}\" holds bytes that are no text in UTF-8; use another key, or delete it first"
        ))
    })
}

fn list(name: &str, value: Option<Value>) -> Result<Vec<String>, ProviderError> {
    match value {
        None => Ok(Vec::new()),
        Some(Value::List(list)) => Ok(list),
        Some(other) => Err(wrong_kind(name, other.kind(), "a list")),
    }
}

fn set(name: &str, value: Option<Value>) -> Result<BTreeSet<String>, ProviderError> {
    match value {
        None => Ok(BTreeSet::new()),
        Some(Value::Set(set)) => Ok(set),
        Some(other) => Err(wrong_kind(name, other.kind(), "a set")),
    }
}
