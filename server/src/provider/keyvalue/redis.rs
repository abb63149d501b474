//! Key-value in Redis, under its own types, so that other programs see the same data.

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use redis::{Cmd, cmd};
use wisteria_contracts::keyvalue::{CONTRACT, IncrementRequest};
use wisteria_core::{
    identity::PublicKey,
    platform::{BoxFuture, Platform},
    provider::{
        Exported, LinkRefused, LinkedActor, Links, Provider, ProviderCall, ProviderDescription, ProviderError,
        ProviderLink,
        keyvalue::{no_number, out_of_range, wrong_kind},
    },
};

use super::{
    super::{
        availability::health_of,
        redis_connection::{Failure, RedisConnection},
        redis_links::{RedisLinks, TIMEOUT, URL, refused},
        redis_script::Script,
    },
    redis_copy,
    request::{Reply, Request},
};

/// Servers of Redis; the link value `URL` says which.
#[derive(Debug)]
pub struct RedisKeyValue {
    connections: RedisLinks,
    links: Links<Arc<RedisConnection>>,
}

impl RedisKeyValue {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "keyvalue-redis",
        contract: CONTRACT,
        title: "Key-value in Redis",
        built_in: false,
        values: &[URL, TIMEOUT],
    };

    /// A provider without links.
    pub fn new(platform: Arc<dyn Platform>) -> Self {
        Self { connections: RedisLinks::new(platform), links: Links::default() }
    }
}

impl Provider for RedisKeyValue {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move {
            let connection = self.connections.connection(&link.values, link.is_new).await?;
            self.links.put(link.actor, link.link_name, connection);
            Ok(())
        })
    }

    fn unlink(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        self.links.remove(actor, link_name);
        Box::pin(async {})
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        Box::pin(async move {
            let request = Request::read(Self::DESCRIPTION.name, &call)?;
            let connection = self.links.of(&call)?;
            Ok(carry_out(&connection, request).await?.encode())
        })
    }

    fn link_health<'a>(&'a self, link: &'a LinkedActor) -> BoxFuture<'a, Result<(), String>> {
        health_of(&self.links, link, |connection| async move { connection.health().await })
    }

    fn export<'a>(
        &'a self,
        link: &'a LinkedActor,
        from: Option<String>,
    ) -> BoxFuture<'a, Result<Exported, ProviderError>> {
        let linked = self.links.at(link);
        Box::pin(async move { redis_copy::export(&linked?, from).await })
    }

    fn import<'a>(&'a self, link: &'a LinkedActor, records: Vec<String>) -> BoxFuture<'a, Result<(), ProviderError>> {
        let linked = self.links.at(link);
        Box::pin(async move { redis_copy::import(&linked?, &records).await })
    }
}

async fn carry_out(redis: &Arc<RedisConnection>, request: Request) -> Result<Reply, ProviderError> {
    match request {
        Request::Increment(request) => increment(redis, &request).await,
        Request::Contains(key) => Ok(Reply::Flag(ask(redis, cmd("EXISTS").arg(&key), &[], "").await?)),
        Request::Delete(key) => Ok(Reply::Flag(ask(redis, cmd("DEL").arg(&key), &[], "").await?)),
        Request::Get(key) => {
            let value = ask(redis, cmd("GET").arg(&key), &[&key], "a text").await?;
            Ok(Reply::Value(value))
        }
        Request::Set(request) => {
            let mut set = cmd("SET");
            set.arg(&request.key).arg(&request.value);
            if request.expires > 0 {
                set.arg("EX").arg(request.expires);
            }
            ask::<()>(redis, &set, &[], "").await?;
            Ok(Reply::Done)
        }
        Request::ListAdd(request) => {
            let name = &request.list_name;
            let length = ask(redis, cmd("RPUSH").arg(name).arg(&request.value), &[name], "a list").await?;
            Ok(Reply::Count(length))
        }
        Request::ListDel(request) => {
            let name = &request.list_name;
            let removed = ask(redis, cmd("LREM").arg(name).arg(1).arg(&request.value), &[name], "a list").await?;
            Ok(Reply::Flag(removed))
        }
        Request::ListRange(request) => {
            let name = &request.list_name;
            let mut range = cmd("LRANGE");
            range.arg(name).arg(request.start).arg(request.stop);
            Ok(Reply::Texts(ask(redis, &range, &[name], "a list").await?))
        }
        Request::SetAdd(request) => {
            let name = &request.set_name;
            let added = ask(redis, cmd("SADD").arg(name).arg(&request.value), &[name], "a set").await?;
            Ok(Reply::Count(added))
        }
        Request::SetDel(request) => {
            let name = &request.set_name;
            let removed = ask(redis, cmd("SREM").arg(name).arg(&request.value), &[name], "a set").await?;
            Ok(Reply::Count(removed))
        }
        Request::SetQuery(name) => members(redis, "SMEMBERS", &[name]).await,
        Request::SetUnion(names) => members(redis, "SUNION", &names).await,
        Request::SetIntersection(names) => members(redis, "SINTER", &names).await,
    }
}

async fn members(redis: &Arc<RedisConnection>, command: &str, names: &[String]) -> Result<Reply, ProviderError> {
    // Redis takes no command about no sets.
    if names.is_empty() {
        return Ok(Reply::Members(BTreeSet::new()));
    }
    let keys: Vec<&String> = names.iter().collect();
    Ok(Reply::Members(ask(redis, cmd(command).arg(names), &keys, "a set").await?))
}

/// Counts in one step that nobody sees half of. Redis counts with 64 bits: what leaves the range of 32 is taken back, as a
/// contract's number has no more. Answers with the sum, and with what the key held before.
static INCREMENT: Script = Script::new(
    r"
    local sum = redis.pcall('INCRBY', KEYS[1], ARGV[1])
    if type(sum) == 'table' then return sum end
    local before = sum - ARGV[1]
    local function fits(number) return number >= -2147483648 and number <= 2147483647 end
    if not (fits(before) and fits(sum)) then redis.call('DECRBY', KEYS[1], ARGV[1]) end
    return {sum, before}",
);

async fn increment(redis: &Arc<RedisConnection>, request: &IncrementRequest) -> Result<Reply, ProviderError> {
    let IncrementRequest { key, value } = request;
    let mut call = INCREMENT.on(std::slice::from_ref(key));
    let (sum, before): (i64, i64) = match redis.call(call.arg(*value)).await {
        Ok(counted) => counted,
        Err(Failure::Refused(error)) if error.to_string().contains("not an integer") => return Err(no_number(key)),
        Err(Failure::Refused(error)) if error.to_string().contains("overflow") => return Err(no_number(key)),
        Err(failure) => return Err(failed(redis, failure, &[key], "a number").await),
    };
    match (i32::try_from(sum), i32::try_from(before)) {
        (Ok(sum), Ok(_)) => Ok(Reply::Number(sum)),
        (Err(_), Ok(_)) => Err(out_of_range(key)),
        (_, Err(_)) => Err(no_number(key)),
    }
}

/// The reply to a command about `keys`, each of which is to hold what is `wanted`.
pub(super) async fn ask<T: redis::FromRedisValue>(
    redis: &Arc<RedisConnection>,
    command: &Cmd,
    keys: &[&String],
    wanted: &str,
) -> Result<T, ProviderError> {
    match redis.run(command).await {
        Ok(reply) => Ok(reply),
        Err(failure) => Err(failed(redis, failure, keys, wanted).await),
    }
}

async fn failed(redis: &Arc<RedisConnection>, failure: Failure, keys: &[&String], wanted: &str) -> ProviderError {
    let error = match failure {
        Failure::Unavailable(why) => return ProviderError::Unavailable(why),
        Failure::Unreadable => {
            let key = keys.first().map_or("", |key| key);
            return ProviderError::Failed(format!(
                "\"{key}\" holds bytes that are no text in UTF-8; use another key, or delete it first"
            ));
        }
        Failure::Refused(error) => error,
    };
    if error.code() != Some("WRONGTYPE") {
        return refused(&error);
    }
    for key in keys {
        match redis.run::<String>(cmd("TYPE").arg(key)).await {
            Ok(kind) if kind == "none" || in_words(&kind) == wanted => {}
            Ok(kind) => return wrong_kind(key, in_words(&kind), wanted),
            Err(Failure::Unavailable(why)) => return ProviderError::Unavailable(why),
            Err(Failure::Refused(error)) => return refused(&error),
            Err(Failure::Unreadable) => return refused(&error),
        }
    }
    // Somebody has changed it since.
    refused(&error)
}

/// The types of Redis as errors name them.
fn in_words(kind: &str) -> &str {
    match kind {
        "string" => "a text",
        "list" => "a list",
        "set" => "a set",
        "hash" => "a hash",
        "zset" => "a sorted set",
        "stream" => "a stream",
        other => other,
    }
}
