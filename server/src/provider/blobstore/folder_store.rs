//! Objects as files under numbers of their own, and an index by redb that says which one an object is. A file is on the
//! disk before the index names it, and deleted after the index names another, so that a crash at any moment leaves each
//! object as it was or as it was to be; files that the index does not name are swept away when the folder is opened.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use futures::{StreamExt, stream};
use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};
use tokio::{
    io::{AsyncReadExt, AsyncSeekExt},
    task::spawn_blocking,
};
use wisteria_contracts::blobstore::{ContainerMetadata, ContainerObject, ObjectMetadata, Timestamp};
use wisteria_core::{platform::Platform, provider::ProviderError};

use super::{
    folder_upload::FolderUpload,
    names::no_container,
    store::{CHUNK, ContentKind, Outcome, Reading, Store, Wanted, length_of_range},
};
use crate::data_dir::{make_private, open_private};

/// The containers, and when each was made: seconds since 1970, and nanoseconds.
const CONTAINERS: TableDefinition<'_, &str, (u64, u32)> = TableDefinition::new("containers");

/// What an object is: the number of its file, its size, when it was written, its MIME type and its encoding.
type Row = (u64, u64, (u64, u32), Option<&'static str>, Option<&'static str>);

/// The objects, by container and name.
const OBJECTS: TableDefinition<'_, (&str, &str), Row> = TableDefinition::new("objects");

/// A folder with its index, open.
#[derive(Debug)]
pub(super) struct FolderStore {
    inner: Arc<Inner>,
}

/// What uploads share with it.
#[derive(Debug)]
pub(super) struct Inner {
    index: Database,
    path: PathBuf,
    next: AtomicU64,
    platform: Arc<dyn Platform>,
}

/// A folder is opened once by a process; whatever is linked to it shares it, until the process ends.
static OPEN: LazyLock<Mutex<HashMap<PathBuf, Arc<FolderStore>>>> = LazyLock::new(Mutex::default);

/// How often a file is looked for that was replaced meanwhile.
const MOST_TRIES: usize = 100;

impl FolderStore {
    /// The objects in that folder, which is made where it is missing, and put in order after a crash.
    pub(super) fn open(path: PathBuf, platform: Arc<dyn Platform>) -> Result<Arc<Self>, String> {
        let mut open = OPEN.lock().expect("nothing panics under this lock");
        if let Some(store) = open.get(&path) {
            return Ok(store.clone());
        }
        let inner = Arc::new(Inner::open(path.clone(), platform)?);
        let store = Arc::new(Self { inner });
        open.insert(path, store.clone());
        Ok(store)
    }

    /// Has it do something that blocks.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, redb::Error> + Send + 'static,
    ) -> Outcome<T> {
        let inner = self.inner.clone();
        let done = spawn_blocking(move || work(&inner).map_err(|error| inner.failed(&error))).await;
        done.map_err(|error| ProviderError::Failed(error.to_string()))?
    }
}

impl Inner {
    fn open(path: PathBuf, platform: Arc<dyn Platform>) -> Result<Self, String> {
        let failed = |cause: &dyn std::fmt::Display| failed(&path, cause);
        make_private(&files(&path)).map_err(|error| failed(&error))?;
        let index = path.join("index.redb");
        open_private(&index).map_err(|error| failed(&error))?;
        let index = Database::create(&index).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => failed(&"another process uses it"),
            other => failed(&other),
        })?;
        let kept = tables(&index).map_err(|error| failed(&error))?;
        let last = sweep(&files(&path), &kept).map_err(|error| failed(&error))?;
        Ok(Self { index, next: AtomicU64::new(last + 1), path, platform })
    }

    /// The error of a file.
    pub(super) fn failed(&self, cause: &dyn std::fmt::Display) -> ProviderError {
        ProviderError::Failed(failed(&self.path, cause))
    }

    /// A file that no object has.
    pub(super) fn new_file(&self) -> std::io::Result<(u64, fs::File)> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Ok((number, open_private(&self.file(number))?))
    }

    /// Deletes a file that no object has any more. Where that fails, it is swept away later.
    pub(super) fn delete_file(&self, number: u64) {
        if let Err(error) = fs::remove_file(self.file(number)) {
            tracing::warn!(path = %self.file(number).display(), %error, "a file of no use cannot be deleted now");
        }
    }

    /// Makes an object what is in that file, which is on the disk as a whole.
    pub(super) fn put(&self, place: &ContainerObject, number: u64, length: u64, content: &ContentKind) -> Outcome<()> {
        sync_folder(&files(&self.path)).map_err(|error| self.failed(&error))?;
        let written = || -> Result<Option<Option<u64>>, redb::Error> {
            let transaction = self.index.begin_write()?;
            let before = {
                if transaction.open_table(CONTAINERS)?.get(&*place.container_id)?.is_none() {
                    return Ok(None);
                }
                let mut objects = transaction.open_table(OBJECTS)?;
                let (kind, encoding) = (content.content_type.as_deref(), content.content_encoding.as_deref());
                let row = (number, length, self.now(), kind, encoding);
                let before = objects.insert((&*place.container_id, &*place.object_id), row)?;
                before.map(|row| row.value().0)
            };
            transaction.commit()?;
            Ok(Some(before))
        };
        let Some(before) = written().map_err(|error| self.failed(&error))? else {
            self.delete_file(number);
            return Err(no_container(&place.container_id));
        };
        if let Some(before) = before {
            self.delete_file(before);
        }
        Ok(())
    }

    fn file(&self, number: u64) -> PathBuf {
        files(&self.path).join(format!("{number:016x}"))
    }

    fn now(&self) -> (u64, u32) {
        let now = self.platform.unix_time();
        (now.as_secs(), now.subsec_nanos())
    }

    /// An object and the number of its file.
    fn object(&self, place: &ContainerObject) -> Result<Option<(ObjectMetadata, u64)>, redb::Error> {
        let objects = self.index.begin_read()?.open_table(OBJECTS)?;
        let row = objects.get((&*place.container_id, &*place.object_id))?;
        Ok(row.map(|row| (info(place.container_id.clone(), place.object_id.clone(), row.value()), row.value().0)))
    }

    /// Takes rows out of the index, and then their files away.
    fn remove(&self, container: &str, object: Option<&str>) -> Result<(), redb::Error> {
        let transaction = self.index.begin_write()?;
        let mut numbers = Vec::new();
        {
            let mut objects = transaction.open_table(OBJECTS)?;
            match object {
                Some(object) => numbers.extend(objects.remove((container, object))?.map(|row| row.value().0)),
                None => {
                    // No name comes between that of the container and this.
                    let end = format!("{container}\0");
                    for row in objects.extract_from_if((container, "")..(&*end, ""), |_, _| true)? {
                        numbers.push(row?.1.value().0);
                    }
                    transaction.open_table(CONTAINERS)?.remove(container)?;
                }
            }
        }
        transaction.commit()?;
        numbers.into_iter().for_each(|number| self.delete_file(number));
        Ok(())
    }
}

impl Store for FolderStore {
    type Upload = FolderUpload;

    async fn create(&self, container: &str) -> Outcome<()> {
        let container = container.to_owned();
        self.run(move |inner| {
            let transaction = inner.index.begin_write()?;
            {
                let mut containers = transaction.open_table(CONTAINERS)?;
                if containers.get(&*container)?.is_some() {
                    return Ok(());
                }
                containers.insert(&*container, inner.now())?;
            }
            Ok(transaction.commit()?)
        })
        .await
    }

    async fn container(&self, container: &str) -> Outcome<Option<ContainerMetadata>> {
        let container = container.to_owned();
        self.run(move |inner| {
            let made = inner.index.begin_read()?.open_table(CONTAINERS)?.get(&*container)?.map(|made| made.value());
            Ok(made.map(|made| ContainerMetadata { container_id: container, created_at: Some(timestamp(made)) }))
        })
        .await
    }

    async fn containers(&self) -> Outcome<Vec<ContainerMetadata>> {
        self.run(|inner| {
            let containers = inner.index.begin_read()?.open_table(CONTAINERS)?;
            let all = containers.iter()?.map(|row| {
                let (name, made) = row?;
                let created_at = Some(timestamp(made.value()));
                Ok(ContainerMetadata { container_id: name.value().to_owned(), created_at })
            });
            all.collect()
        })
        .await
    }

    async fn remove_container(&self, container: &str) -> Outcome<()> {
        let container = container.to_owned();
        self.run(move |inner| inner.remove(&container, None)).await
    }

    async fn object(&self, place: &ContainerObject) -> Outcome<Option<ObjectMetadata>> {
        let place = place.clone();
        self.run(move |inner| Ok(inner.object(&place)?.map(|(info, _)| info))).await
    }

    async fn list(&self, container: &str, wanted: &Wanted) -> Outcome<(Vec<ObjectMetadata>, bool)> {
        let (container, prefix, limit) = (container.to_owned(), wanted.prefix.clone(), wanted.limit);
        let after = wanted.after.clone();
        self.run(move |inner| {
            let objects = inner.index.begin_read()?.open_table(OBJECTS)?;
            let first = after.as_deref().unwrap_or_default().max(&prefix);
            let mut found = Vec::new();
            for row in objects.range((&*container, first)..)? {
                let (key, row) = row?;
                let (of, name) = key.value();
                if of != container || !name.starts_with(&prefix) {
                    break;
                }
                if after.as_deref() == Some(name) {
                    continue;
                }
                if found.len() == limit {
                    return Ok((found, true));
                }
                found.push(info(of.to_owned(), name.to_owned(), row.value()));
            }
            Ok((found, false))
        })
        .await
    }

    async fn remove(&self, place: &ContainerObject) -> Outcome<()> {
        let place = place.clone();
        self.run(move |inner| inner.remove(&place.container_id, Some(&place.object_id))).await
    }

    async fn upload(&self, place: &ContainerObject, content: ContentKind) -> Outcome<FolderUpload> {
        FolderUpload::begin(self.inner.clone(), place.clone(), content).await
    }

    async fn read(&self, place: &ContainerObject, from: u64, to: Option<u64>) -> Outcome<Option<Reading>> {
        for _ in 0..MOST_TRIES {
            let wanted = place.clone();
            let Some((info, number)) = self.run(move |inner| inner.object(&wanted)).await? else {
                return Ok(None);
            };
            let mut file = match tokio::fs::File::open(self.inner.file(number)).await {
                Ok(file) => file,
                // It was replaced since the index was asked.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(self.inner.failed(&error)),
            };
            let length = length_of_range(info.content_length, from, to);
            file.seek(std::io::SeekFrom::Start(from)).await.map_err(|error| self.inner.failed(&error))?;
            return Ok(Some(Reading { info, length, content: pieces(self.inner.clone(), file, length) }));
        }
        Err(self.inner.failed(&format!("the file of object \"{}\" is gone", place.object_id)))
    }

    async fn health(&self) -> Result<(), String> {
        Ok(())
    }
}

/// What is next in a file, to its end or so many bytes.
fn pieces(inner: Arc<Inner>, file: tokio::fs::File, length: u64) -> stream::BoxStream<'static, Outcome<Bytes>> {
    let read = stream::try_unfold(file.take(length), move |mut file| {
        let inner = inner.clone();
        async move {
            let mut piece = Vec::with_capacity(CHUNK);
            file.read_buf(&mut piece).await.map_err(|error| inner.failed(&error))?;
            Ok((!piece.is_empty()).then(|| (Bytes::from(piece), file)))
        }
    });
    read.boxed()
}

/// Makes the tables where they are missing, and returns the numbers of the files that objects have.
fn tables(index: &Database) -> Result<HashSet<u64>, redb::Error> {
    let transaction = index.begin_write()?;
    let mut kept = HashSet::new();
    {
        transaction.open_table(CONTAINERS)?;
        for row in transaction.open_table(OBJECTS)?.iter()? {
            kept.insert(row?.1.value().0);
        }
    }
    transaction.commit()?;
    Ok(kept)
}

/// Deletes the files that no object has, and returns the largest number of any.
fn sweep(folder: &Path, kept: &HashSet<u64>) -> std::io::Result<u64> {
    for file in fs::read_dir(folder)? {
        let file = file?;
        let number = file.file_name().to_str().and_then(|name| u64::from_str_radix(name, 16).ok());
        // What has another name is not this program's.
        if number.is_some_and(|number| !kept.contains(&number)) {
            fs::remove_file(file.path())?;
        }
    }
    Ok(kept.iter().max().copied().unwrap_or(0))
}

fn files(path: &Path) -> PathBuf {
    path.join("objects")
}

/// What files a folder has is on the disk after this.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    fs::File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

fn failed(path: &Path, cause: &dyn std::fmt::Display) -> String {
    format!("the folder {} cannot be used: {cause}; see to the disk, or name another ROOT in the link", path.display())
}

fn timestamp((sec, nsec): (u64, u32)) -> Timestamp {
    Timestamp { sec: i64::try_from(sec).unwrap_or(i64::MAX), nsec }
}

type Seen<'a> = (u64, u64, (u64, u32), Option<&'a str>, Option<&'a str>);

fn info(container_id: String, object_id: String, (_, length, modified, kind, encoding): Seen<'_>) -> ObjectMetadata {
    ObjectMetadata {
        object_id,
        container_id,
        content_length: length,
        last_modified: Some(timestamp(modified)),
        content_type: kind.map(str::to_owned),
        content_encoding: encoding.map(str::to_owned),
    }
}
