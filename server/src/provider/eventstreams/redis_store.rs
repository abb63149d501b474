//! Streams in Redis: each is a stream of its own kind, whose entries have the numbers `POSITION-0` and the fields `time`,
//! `type` and `data`. What must happen at once is a script.

use std::{
    fmt::{self, Debug, Formatter},
    sync::Arc,
    time::Duration,
};

use redis::{Cmd, FromRedisValue, cmd};
use wisteria_contracts::eventstreams::{
    AppendRequest, AppendResponse, Event, ReadRequest, ReadResponse, StreamInfo, SubscribeRequest, SubscribeResponse,
    Subscription,
};
use wisteria_core::{
    platform::{BoxFuture, Platform},
    provider::ProviderError,
};

use super::{
    redis_scripts::{APPEND, INFO, NEXT, READ, RELEASE, SUBSCRIBE},
    retention::Retention,
    store::{Answer, Handled, LEASE, LinkedStreams, MAX_READ_BYTES, MAX_SUBSCRIPTIONS, Next, too_many},
    wakes::Wakes,
};
use crate::provider::{
    redis_connection::{Failure, RedisConnection},
    redis_links::failed,
    redis_script::ScriptCall,
};

/// How often a subscription looks for what other hosts have appended.
const LOOKS_EVERY: Duration = Duration::from_millis(500);

/// No position is above it: scripts count in floating point.
const LARGEST: u64 = (1 << 53) - 1;

/// A Redis as a link sees it.
#[derive(Clone)]
pub(super) struct RedisStreams {
    pub(super) redis: Arc<RedisConnection>,
    pub(super) prefix: Arc<str>,
    /// In whose name subscriptions are kept.
    pub(super) owner: Arc<str>,
    /// Who holds leases.
    pub(super) token: Arc<str>,
    pub(super) retention: Retention,
    pub(super) platform: Arc<dyn Platform>,
    pub(super) wakes: Arc<Wakes>,
}

impl Debug for RedisStreams {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStreams").field("redis", &self.redis).field("owner", &self.owner).finish_non_exhaustive()
    }
}

impl RedisStreams {
    fn stream_key(&self, stream: &str) -> String {
        format!("{}stream:{stream}", self.prefix)
    }

    /// Where the last position and the bytes of a stream are noted.
    fn state_key(&self, stream: &str) -> String {
        format!("{}state:{stream}", self.prefix)
    }

    fn subscriptions_key(&self) -> String {
        format!("{}subscriptions:{}", self.prefix, self.owner)
    }

    fn lease_key(&self, subscription: &Subscription) -> String {
        format!("{}lease:{}:{}", self.prefix, self.owner, field(subscription))
    }

    /// What a script needs to let go of events: how many, bytes and milliseconds are kept, or nothing for each.
    fn kept(&self) -> [String; 3] {
        let Retention { max_events, max_bytes, max_age } = self.retention;
        let max_age = max_age.map(|age| age.as_millis());
        [text(max_events), text(max_bytes), text(max_age)]
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, ProviderError> {
        self.redis.run(command).await.map_err(failed)
    }

    async fn call<T: FromRedisValue>(&self, call: &ScriptCall) -> Result<T, ProviderError> {
        self.redis.call(call).await.map_err(failed)
    }
}

/// A number as a script takes it, or an empty text.
fn text(number: Option<impl ToString>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

/// What a subscription is called in the hash of subscriptions.
fn field(subscription: &Subscription) -> String {
    serde_json::json!([subscription.stream, subscription.subscription]).to_string()
}

impl LinkedStreams for RedisStreams {
    fn append(&self, event: AppendRequest) -> Answer<'_, AppendResponse> {
        Box::pin(async move {
            self.retention.check(&event)?;
            let mut call = APPEND.on(&[self.stream_key(&event.stream), self.state_key(&event.stream)]);
            call.arg(&self.kept()).arg(text(event.expected_position)).arg(&event.event_type).arg(event.data);
            let (appended, position) = self.call(&call).await?;
            Ok(AppendResponse { appended, position })
        })
    }

    fn read(&self, what: ReadRequest) -> Answer<'_, ReadResponse> {
        Box::pin(async move {
            let Some(from) = what.after.checked_add(1) else {
                return Ok(ReadResponse { events: Vec::new(), is_last: true });
            };
            let mut call = READ.on(&[self.stream_key(&what.stream), self.state_key(&what.stream)]);
            call.arg(&self.kept()).arg(from).arg(what.limit).arg(MAX_READ_BYTES);
            let (is_last, found): (bool, Vec<Vec<Vec<u8>>>) = self.call(&call).await?;
            let events = found.iter().map(|parts| event(parts)).collect::<Result<_, _>>()?;
            Ok(ReadResponse { events, is_last })
        })
    }

    fn info(&self, stream: String) -> Answer<'_, StreamInfo> {
        Box::pin(async move {
            let mut call = INFO.on(&[self.stream_key(&stream), self.state_key(&stream)]);
            let (first_position, last_position) = self.call(call.arg(&self.kept())).await?;
            Ok(StreamInfo { first_position, last_position })
        })
    }

    fn subscribe(&self, request: SubscribeRequest) -> Answer<'_, SubscribeResponse> {
        let mut life = [0; 8];
        self.platform.random(&mut life);
        let life = u64::from_le_bytes(life);
        Box::pin(async move {
            let mut call = SUBSCRIBE.on(&[self.subscriptions_key(), self.state_key(&request.stream)]);
            let after = request.after.map(|after| after.min(LARGEST));
            let named = Subscription { stream: request.stream, subscription: request.subscription };
            call.arg(field(&named)).arg(text(after)).arg(life).arg(MAX_SUBSCRIPTIONS);
            let (outcome, position): (i64, u64) = self.call(&call).await?;
            match outcome {
                0 | 1 => Ok(SubscribeResponse { created: outcome == 1, position }),
                _ => Err(too_many()),
            }
        })
    }

    fn unsubscribe(&self, subscription: Subscription) -> Answer<'_, bool> {
        Box::pin(async move {
            let removed = self.ask(cmd("HDEL").arg(self.subscriptions_key()).arg(field(&subscription))).await?;
            // Whoever held it delivers nothing any more; the next of that name need not wait.
            self.ask::<()>(cmd("DEL").arg(self.lease_key(&subscription))).await?;
            Ok(removed)
        })
    }

    fn subscriptions(&self) -> Answer<'_, Vec<Subscription>> {
        Box::pin(async move {
            let fields: Vec<String> = self.ask(cmd("HKEYS").arg(self.subscriptions_key())).await?;
            let read = fields.iter().map(|field| {
                let (stream, subscription) = serde_json::from_str(field).map_err(|_| failed(Failure::Unreadable))?;
                Ok(Subscription { stream, subscription })
            });
            read.collect()
        })
    }

    fn next(&self, subscription: Subscription, handled: Option<Handled>) -> Answer<'_, Next> {
        Box::pin(async move {
            let stream = &subscription.stream;
            let keys = [
                self.stream_key(stream),
                self.state_key(stream),
                self.subscriptions_key(),
                self.lease_key(&subscription),
            ];
            let mut call = NEXT.on(&keys);
            call.arg(&self.kept()).arg(field(&subscription)).arg(&*self.token).arg(LEASE.as_millis());
            call.arg(text(handled.map(|handled| handled.life))).arg(text(handled.map(|handled| handled.position)));
            let found: Vec<Vec<u8>> = self.call(&call).await?;
            match found.split_first() {
                Some((word, [])) if word == b"ended" => Ok(Next::Ended),
                Some((word, [])) if word == b"elsewhere" => Ok(Next::Elsewhere),
                Some((word, [])) if word == b"nothing" => Ok(Next::Nothing),
                Some((life, parts)) => Ok(Next::Event(number(life)?, event(parts)?)),
                None => Err(failed(Failure::Unreadable)),
            }
        })
    }

    fn release(&self, subscription: Subscription) -> Answer<'_, ()> {
        Box::pin(async move {
            let mut call = RELEASE.on(&[self.lease_key(&subscription)]);
            self.call(call.arg(&*self.token)).await
        })
    }

    fn forget(&self) -> Answer<'_, ()> {
        Box::pin(async move { self.ask(cmd("DEL").arg(self.subscriptions_key())).await })
    }

    fn health(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(self.redis.health())
    }

    fn wakes(&self) -> &Wakes {
        &self.wakes
    }

    fn looks_every(&self) -> Option<Duration> {
        Some(LOOKS_EVERY)
    }
}

/// An event of its position, time, type and data, as scripts answer.
fn event(parts: &[Vec<u8>]) -> Result<Event, ProviderError> {
    let [position, time, event_type, data] = parts else {
        return Err(failed(Failure::Unreadable));
    };
    let event_type = String::from_utf8_lossy(event_type).into_owned();
    Ok(Event { position: number(position)?, time: number(time)?, event_type, data: data.clone() })
}

fn number(text: &[u8]) -> Result<u64, ProviderError> {
    let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    number.ok_or_else(|| failed(Failure::Unreadable))
}
