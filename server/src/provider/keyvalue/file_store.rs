//! One database of keys: a redb file. Each change is a transaction that is on the disk when it is answered.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, LazyLock},
    time::Duration,
};

use redb::{ReadTransaction, ReadableTable, StorageError, Table, TableDefinition, WriteTransaction};
use wisteria_contracts::keyvalue::{IncrementRequest, ListAddRequest, ListDelRequest, SetAddRequest, SetDelRequest};
use wisteria_core::provider::{
    ProviderError,
    keyvalue::{incremented, positions, wrong_kind},
};

use super::request::{Reply, Request};
use crate::provider::redb_file::{OpenFiles, Outcome, RedbFile, shared};

/// What a key holds: its kind, when it expires in milliseconds since the Unix epoch (0 for never), how many items or
/// members it has, and the text.
pub(super) type Row = (u8, u64, u64, &'static str);

pub(super) const ENTRIES: TableDefinition<'_, &str, Row> = TableDefinition::new("entries");
/// The items of lists under ever growing numbers, so that they stand in order.
const ITEMS: TableDefinition<'_, (&str, u64), &str> = TableDefinition::new("items");
const MEMBERS: TableDefinition<'_, (&str, &str), ()> = TableDefinition::new("members");
/// The keys that expire, by when they do.
const EXPIRING: TableDefinition<'_, (u64, &str), ()> = TableDefinition::new("expiring");

pub(super) const TEXT: u8 = 0;
pub(super) const LIST: u8 = 1;
pub(super) const SET: u8 = 2;

/// The kinds in words, by number.
const KINDS: [&str; 3] = ["a text", "a list", "a set"];

/// A database, open.
#[derive(Debug)]
pub(super) struct FileStore(pub(super) RedbFile);

static OPEN: LazyLock<OpenFiles<FileStore>> = LazyLock::new(OpenFiles::default);

impl FileStore {
    /// The database in that file, which is made where it is missing, and repaired after a crash.
    pub(super) fn open(path: PathBuf) -> Result<Arc<Self>, String> {
        shared(&OPEN, path, Self::open_file)
    }

    fn open_file(path: PathBuf) -> Result<Self, String> {
        let make = |transaction: &WriteTransaction| Tables::open(transaction).map(drop);
        Ok(Self(RedbFile::open(path, make)?))
    }

    /// Carries out an operation at that time since the Unix epoch, and answers once a change is on the disk.
    pub(super) async fn carry_out(&self, request: Request, now: Duration) -> Result<Reply, ProviderError> {
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        match request.is_change() {
            true => self.0.write(move |transaction| change(transaction, request, now)).await,
            false => self.0.read(move |transaction| look(&Seen { transaction, now }, request)).await,
        }
    }
}

/// What a request that changes nothing asks for.
fn look(seen: &Seen<'_>, request: Request) -> Outcome<Reply> {
    match request {
        Request::Contains(key) => Ok(Reply::Flag(seen.entry(&key)?.is_some())),
        Request::Get(key) => match seen.entry(&key)? {
            None => Ok(Reply::Value(None)),
            Some(entry) => Ok(Reply::Value(Some(entry.expect(&key, TEXT)?.text))),
        },
        Request::ListRange(range) => {
            let Some(entry) = seen.entry(&range.list_name)? else {
                return Ok(Reply::Texts(Vec::new()));
            };
            let length = usize::try_from(entry.expect(&range.list_name, LIST)?.count).unwrap_or(usize::MAX);
            Ok(Reply::Texts(seen.items(&range.list_name, positions(length, &range))?))
        }
        Request::SetQuery(name) => Ok(Reply::Members(seen.members(&name)?)),
        Request::SetUnion(names) => {
            let mut union = BTreeSet::new();
            for name in &names {
                union.append(&mut seen.members(name)?);
            }
            Ok(Reply::Members(union))
        }
        Request::SetIntersection(names) => {
            let sets: Vec<_> = names.iter().map(|name| seen.members(name)).collect::<Outcome<_>>()?;
            let common = sets.into_iter().reduce(|common, set| &common & &set);
            Ok(Reply::Members(common.unwrap_or_default()))
        }
        _ => unreachable!("what changes something is carried out as a change"),
    }
}

/// Changes all or nothing: what is refused is refused before anything is changed.
fn change(transaction: &WriteTransaction, request: Request, now: u64) -> Outcome<Reply> {
    let mut tables = Tables::open(transaction)?;
    tables.forget_expired(now)?;
    Ok(match request {
        Request::Increment(request) => Reply::Number(tables.increment(&request)?),
        Request::Set(request) => {
            let expires = match request.expires {
                0 => 0,
                seconds => now.saturating_add(u64::from(seconds) * 1_000),
            };
            tables.remove(&request.key)?;
            tables.put_text(&request.key, &request.value, expires)?;
            Reply::Done
        }
        Request::Delete(key) => Reply::Flag(tables.remove(&key)?),
        Request::ListAdd(request) => Reply::Count(tables.list_add(&request)?),
        Request::ListDel(request) => Reply::Flag(tables.list_del(&request)?),
        Request::SetAdd(request) => Reply::Count(tables.set_add(&request)?),
        Request::SetDel(request) => Reply::Count(tables.set_del(&request)?),
        _ => unreachable!("what changes nothing is looked up"),
    })
}

/// What is under a key.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) kind: u8,
    pub(super) expires: u64,
    pub(super) count: u64,
    pub(super) text: String,
}

impl Entry {
    /// The same, if it is of that kind.
    fn expect(self, key: &str, kind: u8) -> Result<Self, ProviderError> {
        let word = |kind: u8| KINDS.get(usize::from(kind)).copied().unwrap_or("something unknown");
        match self.kind == kind {
            true => Ok(self),
            false => Err(wrong_kind(key, word(self.kind), word(kind))),
        }
    }
}

fn entry(entries: &impl ReadableTable<&'static str, Row>, key: &str) -> Result<Option<Entry>, StorageError> {
    let found = entries.get(key)?;
    Ok(found.map(|row| {
        let (kind, expires, count, text) = row.value();
        Entry { kind, expires, count, text: text.to_owned() }
    }))
}

/// The members of a set, which stand together.
fn members(
    table: &impl ReadableTable<(&'static str, &'static str), ()>,
    name: &str,
) -> Result<BTreeSet<String>, StorageError> {
    let mut found = BTreeSet::new();
    for member in table.range((name, "")..)? {
        let (key, _) = member?;
        let (set, member) = key.value();
        if set != name {
            break;
        }
        found.insert(member.to_owned());
    }
    Ok(found)
}

/// What can be read at a moment.
pub(super) struct Seen<'a> {
    pub(super) transaction: &'a ReadTransaction,
    pub(super) now: u64,
}

impl Seen<'_> {
    fn entry(&self, key: &str) -> Outcome<Option<Entry>> {
        let found = entry(&self.transaction.open_table(ENTRIES)?, key)?;
        Ok(found.filter(|entry| entry.expires == 0 || entry.expires > self.now))
    }

    pub(super) fn items(&self, name: &str, positions: std::ops::Range<usize>) -> Outcome<Vec<String>> {
        let items = self.transaction.open_table(ITEMS)?;
        let wanted = items.range((name, 0)..=(name, u64::MAX))?.skip(positions.start).take(positions.len());
        let read = wanted.map(|item| Ok(item?.1.value().to_owned()));
        read.collect()
    }

    pub(super) fn members(&self, name: &str) -> Outcome<BTreeSet<String>> {
        let Some(entry) = self.entry(name)? else {
            return Ok(BTreeSet::new());
        };
        entry.expect(name, SET)?;
        Ok(members(&self.transaction.open_table(MEMBERS)?, name)?)
    }
}

/// All tables, in a transaction that changes them.
pub(super) struct Tables<'txn> {
    entries: Table<'txn, &'static str, Row>,
    items: Table<'txn, (&'static str, u64), &'static str>,
    members: Table<'txn, (&'static str, &'static str), ()>,
    expiring: Table<'txn, (u64, &'static str), ()>,
}

impl<'txn> Tables<'txn> {
    pub(super) fn open(transaction: &'txn WriteTransaction) -> Outcome<Self> {
        Ok(Self {
            entries: transaction.open_table(ENTRIES)?,
            items: transaction.open_table(ITEMS)?,
            members: transaction.open_table(MEMBERS)?,
            expiring: transaction.open_table(EXPIRING)?,
        })
    }

    fn forget_expired(&mut self, now: u64) -> Outcome<()> {
        loop {
            let first = self.expiring.first()?.map(|(key, _)| (key.value().0, key.value().1.to_owned()));
            match first {
                Some((at, key)) if at <= now => self.remove(&key)?,
                _ => return Ok(()),
            };
        }
    }

    /// What a key holds, if that is of the kind.
    fn entry(&self, key: &str, kind: u8) -> Outcome<Option<Entry>> {
        Ok(entry(&self.entries, key)?.map(|entry| entry.expect(key, kind)).transpose()?)
    }

    /// Removes a key with all that it holds; whether there was one.
    pub(super) fn remove(&mut self, key: &str) -> Outcome<bool> {
        let Some(entry) = entry(&self.entries, key)? else {
            return Ok(false);
        };
        self.entries.remove(key)?;
        if entry.expires != 0 {
            self.expiring.remove((entry.expires, key))?;
        }
        match entry.kind {
            LIST => self.items.retain_in((key, 0)..=(key, u64::MAX), |_, _| false)?,
            SET => {
                for member in members(&self.members, key)? {
                    self.members.remove((key, member.as_str()))?;
                }
            }
            _ => {}
        }
        Ok(true)
    }

    pub(super) fn put_text(&mut self, key: &str, text: &str, expires: u64) -> Outcome<()> {
        self.entries.insert(key, (TEXT, expires, 0, text))?;
        if expires != 0 {
            self.expiring.insert((expires, key), ())?;
        }
        Ok(())
    }

    /// Puts a list where nothing is.
    pub(super) fn put_list(&mut self, key: &str, items: &[String]) -> Outcome<()> {
        for (place, item) in (0..).zip(items) {
            self.items.insert((key, place), item.as_str())?;
        }
        self.put_count(key, LIST, items.len() as u64).map(drop)
    }

    /// Puts a set where nothing is.
    pub(super) fn put_set(&mut self, key: &str, members: &BTreeSet<String>) -> Outcome<()> {
        for member in members {
            self.members.insert((key, member.as_str()), ())?;
        }
        self.put_count(key, SET, members.len() as u64).map(drop)
    }

    /// Notes how many items or members a key has; with none left it is gone.
    fn put_count(&mut self, key: &str, kind: u8, count: u64) -> Outcome<u32> {
        match count {
            0 => drop(self.entries.remove(key)?),
            _ => drop(self.entries.insert(key, (kind, 0, count, ""))?),
        }
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    fn increment(&mut self, request: &IncrementRequest) -> Outcome<i32> {
        let found = entry(&self.entries, &request.key)?;
        let (text, expires) = match found {
            None => ("0".to_owned(), 0),
            Some(entry) if entry.kind == TEXT => (entry.text, entry.expires),
            Some(entry) => {
                return Err(wrong_kind(&request.key, KINDS[usize::from(entry.kind.min(SET))], "a number").into());
            }
        };
        let sum = incremented(&text, request)?;
        self.put_text(&request.key, &sum.to_string(), expires)?;
        Ok(sum)
    }

    fn list_add(&mut self, request: &ListAddRequest) -> Outcome<u32> {
        let name = request.list_name.as_str();
        let count = self.entry(name, LIST)?.map_or(0, |entry| entry.count);
        let last = self.items.range((name, 0)..=(name, u64::MAX))?.next_back().transpose()?;
        let next = last.map_or(0, |(key, _)| key.value().1 + 1);
        self.items.insert((name, next), request.value.as_str())?;
        self.put_count(name, LIST, count + 1)
    }

    fn list_del(&mut self, request: &ListDelRequest) -> Outcome<bool> {
        let name = request.list_name.as_str();
        let Some(entry) = self.entry(name, LIST)? else {
            return Ok(false);
        };
        let mut place = None;
        for item in self.items.range((name, 0)..=(name, u64::MAX))? {
            let (key, text) = item?;
            if text.value() == request.value {
                place = Some(key.value().1);
                break;
            }
        }
        let Some(place) = place else {
            return Ok(false);
        };
        self.items.remove((name, place))?;
        self.put_count(name, LIST, entry.count - 1)?;
        Ok(true)
    }

    fn set_add(&mut self, request: &SetAddRequest) -> Outcome<u32> {
        let name = request.set_name.as_str();
        let count = self.entry(name, SET)?.map_or(0, |entry| entry.count);
        if self.members.insert((name, request.value.as_str()), ())?.is_some() {
            return Ok(0);
        }
        self.put_count(name, SET, count + 1)?;
        Ok(1)
    }

    fn set_del(&mut self, request: &SetDelRequest) -> Outcome<u32> {
        let name = request.set_name.as_str();
        let Some(entry) = self.entry(name, SET)? else {
            return Ok(0);
        };
        if self.members.remove((name, request.value.as_str()))?.is_none() {
            return Ok(0);
        }
        self.put_count(name, SET, entry.count - 1)?;
        Ok(1)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, path::Path};

    use wisteria_contracts::keyvalue::SetRequest;

    use super::*;

    #[tokio::test]
    async fn what_was_written_is_there_when_the_file_is_opened_again_until_it_expires() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("keyvalue/a.redb");
        let at = Duration::from_secs;
        let set = |key: &str, expires| Request::Set(SetRequest { key: key.to_owned(), value: "v".to_owned(), expires });
        let store = FileStore::open_file(path.clone()).expect("opens");
        store.carry_out(set("short", 10), at(100)).await.expect("set");
        store.carry_out(set("long", 0), at(100)).await.expect("set");
        let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().expect("a folder"))), (0o600, 0o700), "nobody else's business");
        assert!(FileStore::open_file(path.clone()).expect_err("it is open").contains("another process uses it"));
        drop(store);

        let store = FileStore::open_file(path).expect("opens again");
        let get = async |key: &str, now| store.carry_out(Request::Get(key.to_owned()), now).await.expect("read");
        assert_eq!(get("short", at(109)).await, Reply::Value(Some("v".to_owned())));
        assert_eq!(get("short", at(110)).await, Reply::Value(None));
        assert_eq!(get("long", at(1_000_000)).await, Reply::Value(Some("v".to_owned())));

        // The next change forgets what has expired.
        store.carry_out(set("another", 0), at(110)).await.expect("set");
        assert_eq!(get("short", at(100)).await, Reply::Value(None));
    }

    #[test]
    fn a_file_that_is_no_database_is_named_and_kept() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("a.redb");
        fs::write(&path, "no database").expect("written");
        let error = FileStore::open_file(path.clone()).expect_err("damaged");
        assert!(error.contains("a.redb"), "{error}");
        assert_eq!(fs::read_to_string(path).expect("still there"), "no database");
    }
}
