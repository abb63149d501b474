//! How far the schedules of links have come, in a file of the server's data directory, so that they go on there after a
//! restart.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use redb::{ReadTransaction, ReadableTable, TableDefinition, WriteTransaction};
use tokio::task::spawn_blocking;
use wisteria_core::provider::ProviderError;

use crate::provider::redb_file::{OpenFiles, Outcome, RedbFile, shared};

/// The file in the data directory.
const FILE: &str = "cron.redb";

/// By owner and name: the schedule's text, and the time after which it goes on.
const PLACES: TableDefinition<'_, (&str, &str), (&str, u64)> = TableDefinition::new("places");

/// A schedule of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// The link it is of.
    pub(super) owner: Arc<str>,
    /// Its name.
    pub(super) name: String,
    /// What the link says. Another text is another schedule.
    pub(super) text: String,
}

/// The file, open.
#[derive(Debug)]
pub(super) struct Places(RedbFile);

static OPEN: LazyLock<OpenFiles<Places>> = LazyLock::new(OpenFiles::default);

impl Places {
    /// The file of that data directory, which is made where it is missing.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(super) async fn open(data_dir: &Path) -> Result<Arc<Self>, String> {
        let path = data_dir.join(FILE);
        let opened = spawn_blocking(move || shared(&OPEN, path, Self::open_file)).await;
        opened.map_err(|error| error.to_string())?
    }

    fn open_file(path: PathBuf) -> Result<Self, String> {
        let make = |transaction: &WriteTransaction| -> Outcome<()> {
            transaction.open_table(PLACES)?;
            Ok(())
        };
        RedbFile::open(path, make).map(Self)
    }

    /// Has a link have these schedules and no others. Those that are new to it begin now.
    pub(super) async fn begin(&self, owner: Arc<str>, schedules: Vec<Named>, now: u64) -> Result<(), ProviderError> {
        let change = move |transaction: &WriteTransaction| -> Outcome<()> {
            let mut places = transaction.open_table(PLACES)?;
            let is_kept = |name: &str, text: &str| schedules.iter().any(|one| one.name == name && one.text == text);
            places.retain(|(of, name), (text, _)| of != &*owner || is_kept(name, text))?;
            for Named { owner, name, text } in &schedules {
                if places.get((&**owner, name.as_str()))?.is_none() {
                    places.insert((&**owner, name.as_str()), (text.as_str(), now))?;
                }
            }
            Ok(())
        };
        self.0.write(change).await
    }

    /// How far a schedule has come; none where its link has it no more.
    pub(super) async fn of(&self, Named { owner, name, text }: Named) -> Result<Option<u64>, ProviderError> {
        let look = move |seen: &ReadTransaction| -> Outcome<Option<u64>> {
            let found = seen.open_table(PLACES)?.get((&*owner, name.as_str()))?.map(|row| {
                let (known, place) = row.value();
                (known == text).then_some(place)
            });
            Ok(found.flatten())
        };
        self.0.read(look).await
    }

    /// Notes how far a schedule has come; false where its link has it no more.
    pub(super) async fn put(&self, Named { owner, name, text }: Named, place: u64) -> Result<bool, ProviderError> {
        let change = move |transaction: &WriteTransaction| -> Outcome<bool> {
            let mut places = transaction.open_table(PLACES)?;
            let key = (&*owner, name.as_str());
            let is_there = places.get(key)?.is_some_and(|row| row.value().0 == text);
            if is_there {
                places.insert(key, (text.as_str(), place))?;
            }
            Ok(is_there)
        };
        self.0.write(change).await
    }
}
