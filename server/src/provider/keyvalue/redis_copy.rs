//! Hands the keys of a database of Redis over to another provider, and takes over those of one. Keys whose types the
//! contract does not have are other programs', and stay where they are.

use std::sync::Arc;

use redis::cmd;
use wisteria_core::provider::{
    Exported, ProviderError,
    keyvalue::{Record, Value},
};

use super::{super::redis_connection::RedisConnection, redis::ask};

/// How many keys Redis is asked for at once. It may answer with some more.
const AT_ONCE: usize = 100;

/// The keys of one step of Redis' own walk through all of them. One may come twice.
pub(super) async fn export(redis: &Arc<RedisConnection>, from: Option<String>) -> Result<Exported, ProviderError> {
    let cursor = from.unwrap_or_else(|| "0".to_owned());
    let mut exported = Exported::default();
    let mut scan = cmd("SCAN");
    scan.arg(cursor).arg("COUNT").arg(AT_ONCE);
    let (next, keys): (String, Vec<String>) = ask(redis, &scan, &[], "").await?;
    for key in keys {
        exported.records.extend(record(redis, key).await?.map(|record| record.encode()));
    }
    exported.next = (next != "0").then_some(next);
    Ok(exported)
}

async fn record(redis: &Arc<RedisConnection>, key: String) -> Result<Option<Record>, ProviderError> {
    let kind: String = ask(redis, cmd("TYPE").arg(&key), &[], "").await?;
    let value = match &*kind {
        "string" => ask::<Option<String>>(redis, cmd("GET").arg(&key), &[&key], "a text").await?.map(Value::Text),
        "list" => Some(Value::List(ask(redis, cmd("LRANGE").arg(&key).arg(0).arg(-1), &[&key], "a list").await?)),
        "set" => Some(Value::Set(ask(redis, cmd("SMEMBERS").arg(&key), &[&key], "a set").await?)),
        _ => None,
    };
    let expires: i64 = ask(redis, cmd("PEXPIRETIME").arg(&key), &[], "").await?;
    // -1 says that it never does, -2 that it has since it was read.
    let is_there = expires != -2;
    let expires = u64::try_from(expires).ok();
    Ok(value.filter(|_| is_there).map(|value| Record { key, value, expires }))
}

/// Puts keys with what they hold, one by one.
pub(super) async fn import(redis: &Arc<RedisConnection>, records: &[String]) -> Result<(), ProviderError> {
    for record in records {
        let Record { key, value, expires } = Record::decode(record)?;
        ask::<i64>(redis, cmd("DEL").arg(&key), &[], "").await?;
        let put = match value {
            Value::Text(text) => Some(cmd("SET").arg(&key).arg(text).take()),
            Value::List(items) => (!items.is_empty()).then(|| cmd("RPUSH").arg(&key).arg(items).take()),
            Value::Set(members) => (!members.is_empty()).then(|| cmd("SADD").arg(&key).arg(members).take()),
        };
        if let Some(put) = put {
            ask::<()>(redis, &put, &[], "").await?;
        }
        if let Some(at) = expires {
            ask::<i64>(redis, cmd("PEXPIREAT").arg(&key).arg(at), &[], "").await?;
        }
    }
    Ok(())
}
