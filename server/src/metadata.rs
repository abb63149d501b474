//! The store of links and claims in the data directory: a redb table.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, StorageError, TableDefinition};
use tokio::task::spawn_blocking;
use wisteria_core::{
    metadata::{Change, Entry, MetadataStore, StoreError},
    platform::{BoxFuture, BoxStream},
};

/// Links and claims in a file that survives the end of the process at any moment.
#[derive(Debug, Clone)]
pub struct FileStore {
    database: Arc<Database>,
    path: Arc<Path>,
}

const ENTRIES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("metadata");

impl FileStore {
    /// Opens the file, making it where it is missing, and repairs it after a crash.
    ///
    /// # Errors
    /// It cannot be read or written, is no such store, or was written by a version that this one does not know.
    pub fn open(path: PathBuf) -> Result<Self, StoreError> {
        let failed = |cause: &dyn std::fmt::Display| failure(&path, cause);
        let database = Database::create(&path).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => failed(&"another process uses it"),
            other => failed(&other),
        })?;
        // A table that is missing cannot be read.
        let transaction = database.begin_write().map_err(|error| failed(&error))?;
        transaction.open_table(ENTRIES).map_err(|error| failed(&error))?;
        transaction.commit().map_err(|error| failed(&error))?;
        Ok(Self { database: Arc::new(database), path: path.into() })
    }

    /// Runs `task` where it may block.
    async fn blocking<T: Send + 'static>(
        &self,
        task: impl FnOnce(&Database) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let database = self.database.clone();
        let outcome = spawn_blocking(move || task(&database)).await;
        outcome.map_err(|error| failure(&self.path, &error))?.map_err(|error| failure(&self.path, &error))
    }
}

fn failure(path: &Path, cause: &dyn std::fmt::Display) -> StoreError {
    StoreError(format!("{}: {cause}; see that the disk has room and the file is readable", path.display()))
}

impl MetadataStore for FileStore {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>> {
        Box::pin(self.blocking(|database| {
            let table = database.begin_read()?.open_table(ENTRIES)?;
            let entry = |row: Result<_, StorageError>| {
                let (key, value): (redb::AccessGuard<'_, &str>, redb::AccessGuard<'_, &[u8]>) = row?;
                Ok(Entry { key: key.value().to_owned(), value: value.value().to_vec().into() })
            };
            table.iter()?.map(entry).collect()
        }))
    }

    fn write(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.blocking(move |database| {
            // A commit is on the disk when it returns; redb's default durability.
            let transaction = database.begin_write()?;
            {
                let mut table = transaction.open_table(ENTRIES)?;
                for change in &changes {
                    match change {
                        Change::Put(Entry { key, value }) => drop(table.insert(key.as_str(), value.as_ref())?),
                        Change::Delete(key) => drop(table.remove(key.as_str())?),
                    }
                }
            }
            transaction.commit()?;
            Ok(())
        }))
    }

    fn watch(&self) -> BoxFuture<'_, Result<BoxStream<'static, Change>, StoreError>> {
        // The file is locked: nobody else writes it.
        let nothing: BoxStream<'static, Change> = Box::pin(futures::stream::pending());
        Box::pin(async { Ok(nothing) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: &str, value: &str) -> Change {
        Change::Put(Entry { key: key.to_owned(), value: value.to_owned().into() })
    }

    #[tokio::test]
    async fn what_was_written_is_there_when_the_file_is_opened_again() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("metadata.redb");
        let store = FileStore::open(path.clone()).expect("opens");
        store.write(vec![put("A", "1"), put("B", "2")]).await.expect("written");
        store
            .write(vec![put("A", "3"), Change::Delete("B".to_owned()), Change::Delete("C".to_owned())])
            .await
            .expect("written");
        let error = FileStore::open(path.clone()).expect_err("it is open");
        assert!(error.to_string().contains("another process uses it"), "{error}");
        drop(store);
        let entries = FileStore::open(path).expect("opens again").load().await.expect("read");
        assert_eq!(entries, [Entry { key: "A".to_owned(), value: "3".into() }]);
    }

    #[test]
    fn a_file_that_is_no_store_is_named_and_kept() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("metadata.redb");
        std::fs::write(&path, "no store").expect("written");
        let error = FileStore::open(path.clone()).expect_err("damaged");
        assert!(error.to_string().contains("metadata.redb"), "{error}");
        assert_eq!(std::fs::read_to_string(path).expect("still there"), "no store");
    }
}
