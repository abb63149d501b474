//! One database of keys: a redb file. Each change is a transaction that is on the disk when it is answered.

use std::{
    ops::Bound,
    path::PathBuf,
    sync::{Arc, LazyLock},
};

use bytes::Bytes;
use redb::{ReadTransaction, ReadableTable, Table, TableDefinition, WriteTransaction};
use wisteria_contracts::{
    codec,
    keyvalue2::{Entry, ListResponse},
};
use wisteria_core::{
    platform::{Platform, random_uuid},
    provider::{
        ProviderError,
        keyvalue2::{Effect, Listing, Outcome as Written, Request, Write},
    },
};

use crate::provider::redb_file::{OpenFiles, Outcome, RedbFile, shared};

/// What a key holds: ETag, when it expires in milliseconds since the Unix epoch (0 for never), and the value.
type Row = (&'static str, u64, &'static [u8]);

const ENTRIES: TableDefinition<'_, &str, Row> = TableDefinition::new("entries");
/// The keys that expire, by when they do.
const EXPIRING: TableDefinition<'_, (u64, &str), ()> = TableDefinition::new("expiring");

/// A database, open.
#[derive(Debug)]
pub(super) struct FileStore(RedbFile);

static OPEN: LazyLock<OpenFiles<FileStore>> = LazyLock::new(OpenFiles::default);

impl FileStore {
    /// The database in that file, which is made where it is missing, and repaired after a crash.
    pub(super) fn open(path: PathBuf) -> Result<Arc<Self>, String> {
        shared(&OPEN, path, Self::open_file)
    }

    fn open_file(path: PathBuf) -> Result<Self, String> {
        let make = |transaction: &WriteTransaction| -> Outcome<()> {
            transaction.open_table(ENTRIES)?;
            transaction.open_table(EXPIRING)?;
            Ok(())
        };
        Ok(Self(RedbFile::open(path, make)?))
    }

    /// Carries out an operation, and answers once a change is on the disk.
    pub(super) async fn carry_out(
        &self,
        request: Request,
        platform: &Arc<dyn Platform>,
    ) -> Result<Bytes, ProviderError> {
        let now = u64::try_from(platform.unix_time().as_millis()).unwrap_or(u64::MAX);
        match request {
            Request::Get(key) => {
                let found = self.0.read(move |seen| get(seen, &key, now)).await?;
                Ok(codec::encode(&found).into())
            }
            Request::List(listing) => {
                let listed = self.0.read(move |seen| list(seen, listing, now)).await?;
                Ok(codec::encode(&listed).into())
            }
            Request::Write(write) => Ok(self.write(vec![write], platform).await?.of_one()),
            Request::Transact(writes) => Ok(self.write(writes, platform).await?.of_all()),
        }
    }

    async fn write(&self, writes: Vec<Write>, platform: &Arc<dyn Platform>) -> Result<Written, ProviderError> {
        let platform = platform.clone();
        self.0.write(move |transaction| write(transaction, &writes, &*platform)).await
    }
}

fn get(seen: &ReadTransaction, key: &str, now: u64) -> Outcome<Option<Entry>> {
    let found = seen.open_table(ENTRIES)?.get(key)?;
    Ok(found.and_then(|row| {
        let (etag, expires, value) = row.value();
        let ttl_ms = match expires {
            0 => None,
            expires => Some(expires.checked_sub(now).filter(|left| *left > 0)?),
        };
        Some(Entry { value: value.to_vec(), etag: etag.to_owned(), ttl_ms })
    }))
}

fn list(seen: &ReadTransaction, Listing { prefix, after, limit }: Listing, now: u64) -> Outcome<ListResponse> {
    let entries = seen.open_table(ENTRIES)?;
    let from = match &after {
        Some(after) => Bound::Excluded(after.as_str()),
        None => Bound::Included(prefix.as_str()),
    };
    let mut keys: Vec<String> = Vec::new();
    for found in entries.range::<&str>((from, Bound::Unbounded))? {
        let (key, row) = found?;
        if !key.value().starts_with(&prefix) {
            break;
        }
        let (_, expires, _) = row.value();
        if expires != 0 && expires <= now {
            continue;
        }
        if keys.len() == limit {
            let cursor = keys.last().cloned();
            return Ok(ListResponse { keys, cursor });
        }
        keys.push(key.value().to_owned());
    }
    Ok(ListResponse { keys, cursor: None })
}

fn write(transaction: &WriteTransaction, writes: &[Write], platform: &dyn Platform) -> Outcome<Written> {
    let now = u64::try_from(platform.unix_time().as_millis()).unwrap_or(u64::MAX);
    let mut tables = Tables { entries: transaction.open_table(ENTRIES)?, expiring: transaction.open_table(EXPIRING)? };
    tables.forget_expired(now)?;
    let mut failed = None;
    for (place, write) in writes.iter().enumerate() {
        let found = tables.entries.get(write.key.as_str())?;
        let held = found.as_ref().map(|row| (row.value().0, row.value().2));
        if !write.condition.holds(held) {
            failed = Some(place);
            break;
        }
    }
    for write in writes.iter().filter(|_| failed.is_none()) {
        match &write.effect {
            Effect::Keep => {}
            Effect::Delete => tables.remove(&write.key)?,
            Effect::Set(value, ttl_ms) => {
                let expires = ttl_ms.map_or(0, |left| now.saturating_add(left));
                tables.set(&write.key, &random_uuid(platform), expires, value)?;
            }
        }
    }
    let etag = |write: &Write| -> Outcome<Option<String>> {
        Ok(tables.entries.get(write.key.as_str())?.map(|row| row.value().0.to_owned()))
    };
    Ok(Written { etags: writes.iter().map(etag).collect::<Outcome<_>>()?, failed })
}

/// All tables, in a transaction that changes them.
struct Tables<'txn> {
    entries: Table<'txn, &'static str, Row>,
    expiring: Table<'txn, (u64, &'static str), ()>,
}

impl Tables<'_> {
    fn forget_expired(&mut self, now: u64) -> Outcome<()> {
        loop {
            let first = self.expiring.first()?.map(|(key, _)| (key.value().0, key.value().1.to_owned()));
            match first {
                Some((at, key)) if at <= now => self.remove(&key)?,
                _ => return Ok(()),
            }
        }
    }

    fn remove(&mut self, key: &str) -> Outcome<()> {
        let expires = self.entries.remove(key)?.map_or(0, |row| row.value().1);
        if expires != 0 {
            self.expiring.remove((expires, key))?;
        }
        Ok(())
    }

    fn set(&mut self, key: &str, etag: &str, expires: u64, value: &[u8]) -> Outcome<()> {
        self.remove(key)?;
        self.entries.insert(key, (etag, expires, value))?;
        if expires != 0 {
            self.expiring.insert((expires, key), ())?;
        }
        Ok(())
    }
}
