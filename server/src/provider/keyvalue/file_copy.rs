//! Hands the keys of a database over to another provider, and takes over those of one.

use std::{ops::Bound, time::Duration};

use wisteria_core::provider::{
    Exported, ProviderError,
    keyvalue::{EXPORTED, Record, Value},
};

use super::{
    super::redb_file::Outcome,
    file_store::{ENTRIES, Entry, FileStore, LIST, SET, Seen, TEXT, Tables},
};

impl FileStore {
    /// The keys after that one, as many as go at once.
    pub(super) async fn export(&self, after: Option<String>, now: Duration) -> Result<Exported, ProviderError> {
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        self.0.read(move |transaction| export(&Seen { transaction, now }, after.as_deref())).await
    }

    /// Puts keys with what they hold, all or none.
    pub(super) async fn import(&self, records: &[String]) -> Result<(), ProviderError> {
        let records = records.iter().map(|record| Record::decode(record)).collect::<Result<Vec<_>, _>>()?;
        self.0.write(move |transaction| import(&mut Tables::open(transaction)?, &records)).await
    }
}

fn export(seen: &Seen<'_>, after: Option<&str>) -> Outcome<Exported> {
    let entries = seen.transaction.open_table(ENTRIES)?;
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut exported = Exported::default();
    let mut size = 0;
    for row in entries.range::<&str>((from, Bound::Unbounded))? {
        if exported.records.len() == EXPORTED.0 || size > EXPORTED.1 {
            return Ok(exported);
        }
        let (key, row) = row?;
        let (kind, expires, count, text) = row.value();
        let entry = Entry { kind, expires, count, text: text.to_owned() };
        if let Some(record) = record(seen, key.value(), entry)? {
            size += record.len();
            exported.records.push(record);
            exported.next = Some(key.value().to_owned());
        }
    }
    exported.next = None;
    Ok(exported)
}

fn import(tables: &mut Tables<'_>, records: &[Record]) -> Outcome<()> {
    for Record { key, value, expires } in records {
        tables.remove(key)?;
        // What expires at the beginning of time has expired; 0 says never.
        let expires = expires.map_or(0, |at| at.max(1));
        match value {
            Value::Text(text) => tables.put_text(key, text, expires)?,
            Value::List(items) => tables.put_list(key, items)?,
            Value::Set(members) => tables.put_set(key, members)?,
        }
    }
    Ok(())
}

/// A key that has not expired.
fn record(seen: &Seen<'_>, key: &str, entry: Entry) -> Outcome<Option<String>> {
    if entry.expires != 0 && entry.expires <= seen.now {
        return Ok(None);
    }
    let expires = (entry.expires != 0).then_some(entry.expires);
    let value = match entry.kind {
        TEXT => Value::Text(entry.text),
        LIST => Value::List(seen.items(key, 0..usize::try_from(entry.count).unwrap_or(usize::MAX))?),
        SET => Value::Set(seen.members(key)?),
        _ => return Ok(None),
    };
    Ok(Some(Record { key: key.to_owned(), value, expires }.encode()))
}
