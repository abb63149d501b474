//! Keys in Redis: each is a hash of its value and its ETag, which Redis lets expire, and stands in a sorted set of all keys,
//! so that they are listed in order. What must happen at once is a script.

use std::sync::Arc;

use bytes::Bytes;
use redis::FromRedisValue;
use wisteria_contracts::{
    codec,
    keyvalue2::{Entry, ListResponse},
};
use wisteria_core::{
    platform::{Platform, random_uuid},
    provider::{
        ProviderError,
        keyvalue2::{Condition, Effect, Listing, Outcome, Request, Write},
    },
};

use crate::provider::{
    redis_connection::RedisConnection,
    redis_links::failed,
    redis_script::{Script, ScriptCall},
};

/// Redis takes no time to live that leads beyond its clock; this one ends after hundreds of thousands of years.
const LONGEST_TTL: u64 = (1 << 53) - 1;

/// The keys of a link.
pub(super) struct RedisStore {
    redis: Arc<RedisConnection>,
    prefix: String,
}

impl RedisStore {
    /// Those that begin so in Redis.
    pub(super) fn new(redis: Arc<RedisConnection>, prefix: &str) -> Self {
        Self { redis, prefix: prefix.to_owned() }
    }

    /// Whether Redis is there, or why not.
    pub(super) async fn health(&self) -> Result<(), String> {
        self.redis.health().await
    }

    /// Carries out an operation.
    pub(super) async fn carry_out(&self, request: Request, platform: &dyn Platform) -> Result<Bytes, ProviderError> {
        match request {
            Request::Get(key) => Ok(codec::encode(&self.get(&key).await?).into()),
            Request::List(listing) => Ok(codec::encode(&self.list(listing).await?).into()),
            Request::Write(write) => Ok(self.write(vec![write], platform).await?.of_one()),
            Request::Transact(writes) => Ok(self.write(writes, platform).await?.of_all()),
        }
    }

    fn value_key(&self, key: &str) -> String {
        format!("{}value:{key}", self.prefix)
    }

    fn index_key(&self) -> String {
        format!("{}keys", self.prefix)
    }

    /// Where the keys that expire stand, by when they do.
    fn expiring_key(&self) -> String {
        format!("{}expiring", self.prefix)
    }

    async fn call<T: FromRedisValue>(&self, call: &ScriptCall) -> Result<T, ProviderError> {
        self.redis.call(call).await.map_err(failed)
    }

    async fn get(&self, key: &str) -> Result<Option<Entry>, ProviderError> {
        let (etag, value, left): (Option<String>, Option<Vec<u8>>, i64) =
            self.call(&GET.on(&[self.value_key(key)])).await?;
        let ttl_ms = u64::try_from(left).ok().map(|left| left.max(1));
        Ok(etag.zip(value).map(|(etag, value)| Entry { value, etag, ttl_ms }))
    }

    async fn list(&self, Listing { prefix, after, limit }: Listing) -> Result<ListResponse, ProviderError> {
        let from = match after {
            Some(after) => format!("({after}"),
            None => format!("[{prefix}"),
        };
        let mut call = LIST.on(&[self.index_key()]);
        call.arg(from).arg(prefix).arg(limit).arg(self.value_key(""));
        let (is_last, keys): (bool, Vec<String>) = self.call(&call).await?;
        let cursor = keys.last().filter(|_| !is_last).cloned();
        Ok(ListResponse { keys, cursor })
    }

    async fn write(&self, writes: Vec<Write>, platform: &dyn Platform) -> Result<Outcome, ProviderError> {
        let keys = writes.iter().map(|write| self.value_key(&write.key));
        let indexes = [self.index_key(), self.expiring_key()];
        let mut call = WRITE.on(&indexes.into_iter().chain(keys).collect::<Vec<_>>());
        call.arg(self.value_key(""));
        for Write { key, condition, effect } in writes {
            call.arg(key);
            match condition {
                Condition::None => call.arg("any").arg(""),
                Condition::Etag(None) | Condition::Value(None) => call.arg("none").arg(""),
                Condition::Etag(Some(etag)) => call.arg("etag").arg(etag),
                Condition::Value(Some(value)) => call.arg("value").arg(value),
            };
            match effect {
                Effect::Keep => call.arg("keep").arg("").arg("").arg(""),
                Effect::Delete => call.arg("delete").arg("").arg("").arg(""),
                Effect::Set(value, ttl_ms) => {
                    let ttl_ms = ttl_ms.map(|left| left.min(LONGEST_TTL).to_string()).unwrap_or_default();
                    call.arg("set").arg(value).arg(random_uuid(platform)).arg(ttl_ms)
                }
            };
        }
        let (failed, etags): (usize, Vec<Option<String>>) = self.call(&call).await?;
        Ok(Outcome { etags, failed: failed.checked_sub(1) })
    }
}

/// What a key holds: its ETag and value, and how many milliseconds are left, or less than 0.
static GET: Script = Script::new(
    r"
local found = redis.call('HMGET', KEYS[1], 'etag', 'value')
return {found[1], found[2], redis.call('PTTL', KEYS[1])}
",
);

/// Looks at all conditions, then writes, and forgets some of what has expired. Keys: the index, those that expire, and each
/// value. Arguments: what values' keys begin with, then for each: key, condition and its text, effect, and value, ETag and
/// time to live of what is set. Answers with the number of the first condition that does not hold, or 0, and with the
/// ETags there are.
static WRITE: Script = Script::new(
    r"
local index, expiring, all = KEYS[1], KEYS[2], ARGV[1]
local failed = 0
for number = 3, #KEYS do
    local at = (number - 3) * 7 + 1
    local condition, text = ARGV[at + 2], ARGV[at + 3]
    local found = redis.call('HMGET', KEYS[number], 'etag', 'value')
    local holds = condition == 'any'
        or condition == 'none' and not found[1]
        or condition == 'etag' and found[1] == text
        or condition == 'value' and found[2] == text
    if not holds then
        failed = number - 2
        break
    end
end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local etags = {}
for number = 3, #KEYS do
    local at, key = (number - 3) * 7 + 1, KEYS[number]
    local name, effect, value, etag, left = ARGV[at + 1], ARGV[at + 4], ARGV[at + 5], ARGV[at + 6], ARGV[at + 7]
    if failed == 0 and effect ~= 'keep' then
        redis.call('DEL', key)
        redis.call('ZREM', expiring, name)
    end
    if failed == 0 and effect == 'delete' then redis.call('ZREM', index, name) end
    if failed == 0 and effect == 'set' then
        redis.call('ZADD', index, 0, name)
        redis.call('HSET', key, 'etag', etag, 'value', value)
        if left ~= '' then
            redis.call('PEXPIRE', key, left)
            redis.call('ZADD', expiring, string.format('%.0f', now + tonumber(left)), name)
        end
    end
    etags[number - 2] = redis.call('HGET', key, 'etag')
end
for _, name in ipairs(redis.call('ZRANGEBYSCORE', expiring, '-inf', string.format('%.0f', now), 'LIMIT', 0, 100)) do
    if redis.call('EXISTS', all .. name) == 0 then
        redis.call('ZREM', index, name)
        redis.call('ZREM', expiring, name)
    end
end
return {failed, etags}
",
);

/// Lists keys, and forgets those that have expired. Key: the index. Arguments: from where, the prefix, how many at most,
/// what values' keys begin with. Answers whether there are no more, and the keys.
static LIST: Script = Script::new(
    r"
local from, prefix, most = ARGV[1], ARGV[2], tonumber(ARGV[3])
local listed = {}
while true do
    local found = redis.call('ZRANGEBYLEX', KEYS[1], from, '+', 'LIMIT', 0, 100)
    if #found == 0 then return {1, listed} end
    for _, name in ipairs(found) do
        if string.sub(name, 1, #prefix) ~= prefix then return {1, listed} end
        if redis.call('EXISTS', ARGV[4] .. name) == 0 then
            redis.call('ZREM', KEYS[1], name)
        elseif #listed == most then
            return {0, listed}
        else
            listed[#listed + 1] = name
        end
        from = '(' .. name
    end
end
",
);
