//! A redb file whose writes share commits: those that arrive together are on the disk by one sync.

use std::{
    collections::HashMap,
    fmt::{self, Debug, Display, Formatter},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use redb::{
    CommitError, Database, DatabaseError, ReadTransaction, ReadableDatabase, StorageError, TableError,
    TransactionError, WriteTransaction,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
};
use wisteria_core::provider::{LinkRefused, LinkValue, LinkValues, ProviderError};

use crate::data_dir::{make_private, open_private};

/// Longest name of a database.
const MAX_NAME: usize = 64;
/// How many writes wait at most; whoever comes then waits for room.
const QUEUE: usize = 1_024;
/// How many writes share a commit at most.
const BATCH: usize = 256;

/// Why nothing was carried out.
#[derive(Debug)]
pub(super) enum Failure {
    /// What was asked cannot be done.
    Refused(ProviderError),
    /// The file failed.
    File(redb::Error),
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        Self::Refused(error)
    }
}

macro_rules! of_file {
    ($($error:ident),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::File(error.into())
            }
        })*
    };
}

of_file!(StorageError, TableError, TransactionError, CommitError);

/// What comes of looking at a file, or changing it.
pub(super) type Outcome<T> = Result<T, Failure>;

/// The way to who writes.
type Changes = mpsc::Sender<Box<dyn Change>>;

/// A database, open.
pub(super) struct RedbFile {
    database: Arc<Database>,
    path: PathBuf,
    /// Taken when this is dropped.
    writer: Option<(Changes, JoinHandle<()>)>,
}

impl RedbFile {
    /// The database in that file, which is made where it is missing, and repaired after a crash. `make` opens its tables,
    /// as one that is missing cannot be read.
    pub(super) fn open(path: PathBuf, make: impl FnOnce(&WriteTransaction) -> Outcome<()>) -> Result<Self, String> {
        let failed = |cause: &dyn Display| failed(&path, cause);
        if let Some(folder) = path.parent() {
            make_private(folder).map_err(|error| failed(&error))?;
        }
        // What actors keep is nobody else's business.
        open_private(&path).map_err(|error| failed(&error))?;
        let database = Database::create(&path).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => failed(&"another process uses it"),
            other => failed(&other),
        })?;
        let made = || -> Outcome<()> {
            let transaction = database.begin_write()?;
            make(&transaction)?;
            Ok(transaction.commit()?)
        };
        match made() {
            Ok(()) => {}
            Err(Failure::File(error)) => return Err(failed(&error)),
            Err(Failure::Refused(error)) => return Err(failed(&error)),
        }
        let database = Arc::new(database);
        let (changes, queue) = mpsc::channel(QUEUE);
        let (written, named) = (database.clone(), path.clone());
        let thread = std::thread::Builder::new().name("redb".to_owned());
        let thread = thread.spawn(move || write(&written, &named, queue)).map_err(|error| failed(&error))?;
        Ok(Self { database, path, writer: Some((changes, thread)) })
    }

    /// Looks at what is there.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&ReadTransaction) -> Outcome<T> + Send + 'static,
    ) -> Result<T, ProviderError> {
        let database = self.database.clone();
        let looked = spawn_blocking(move || look(&database.begin_read()?)).await;
        looked.map_err(|error| ProviderError::Failed(error.to_string()))?.map_err(|failure| match failure {
            Failure::Refused(error) => error,
            Failure::File(error) => ProviderError::Failed(failed(&self.path, &error)),
        })
    }

    /// Changes it, and answers once that is on the disk. What `change` refuses it refuses before it has changed anything, as
    /// others share the transaction.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&WriteTransaction) -> Outcome<T> + Send + 'static,
    ) -> Result<T, ProviderError> {
        let (reply, answer) = oneshot::channel();
        let (changes, _) = self.writer.as_ref().expect("it is there until the end");
        let ended = || ProviderError::Failed(failed(&self.path, &"nothing is written any more; restart the server"));
        let waiting = Waiting { change: Some(change), outcome: None, reply };
        changes.send(Box::new(waiting)).await.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }
}

impl Debug for RedbFile {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Drop for RedbFile {
    fn drop(&mut self) {
        if let Some((changes, thread)) = self.writer.take() {
            drop(changes);
            // The file is closed by then. A panic has been reported where it was.
            drop(thread.join());
        }
    }
}

/// A change that somebody waits for.
trait Change: Send {
    fn apply(&mut self, transaction: &WriteTransaction) -> Result<(), redb::Error>;

    /// Tells who waits whether it is on the disk.
    fn answer(self: Box<Self>, committed: Result<(), ProviderError>);
}

struct Waiting<T, F> {
    change: Option<F>,
    outcome: Option<Result<T, ProviderError>>,
    reply: oneshot::Sender<Result<T, ProviderError>>,
}

impl<T: Send, F: FnOnce(&WriteTransaction) -> Outcome<T> + Send> Change for Waiting<T, F> {
    fn apply(&mut self, transaction: &WriteTransaction) -> Result<(), redb::Error> {
        let change = self.change.take().expect("a change is applied once");
        self.outcome = Some(match change(transaction) {
            Ok(done) => Ok(done),
            Err(Failure::Refused(error)) => Err(error),
            Err(Failure::File(error)) => return Err(error),
        });
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), ProviderError>) {
        let outcome = match committed {
            Ok(()) => self.outcome.expect("what is committed was applied"),
            Err(error) => Err(error),
        };
        // Who asked may have gone.
        drop(self.reply.send(outcome));
    }
}

/// Carries changes out until nobody can ask for any.
fn write(database: &Database, path: &Path, mut queue: mpsc::Receiver<Box<dyn Change>>) {
    let mut changes = Vec::with_capacity(BATCH);
    while queue.blocking_recv_many(&mut changes, BATCH) > 0 {
        let committed = commit(database, &mut changes).map_err(|error| ProviderError::Failed(failed(path, &error)));
        for change in changes.drain(..) {
            change.answer(committed.clone());
        }
    }
}

/// All of them in one transaction, or none.
fn commit(database: &Database, changes: &mut [Box<dyn Change>]) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    for change in changes {
        change.apply(&transaction)?;
    }
    // On the disk when it returns: redb's default durability.
    Ok(transaction.commit()?)
}

fn failed(path: &Path, cause: &dyn Display) -> String {
    format!("{}: {cause}; see that the disk has room and the file is readable", path.display())
}

/// What is open by this process, which opens a file once, until it ends.
pub(super) type OpenFiles<T> = Mutex<HashMap<PathBuf, Arc<T>>>;

/// What is made of the file at `path`, once for all that ask.
pub(super) fn shared<T>(
    open: &OpenFiles<T>,
    path: PathBuf,
    make: impl FnOnce(PathBuf) -> Result<T, String>,
) -> Result<Arc<T>, String> {
    let mut open = open.lock().expect("nothing panics under this lock");
    if let Some(shared) = open.get(&path) {
        return Ok(shared.clone());
    }
    let made = Arc::new(make(path.clone())?);
    open.insert(path, made.clone());
    Ok(made)
}

/// What `open` makes of the file that a link names by `value`, in a folder of the data directory.
pub(super) async fn named<T: Send + Sync + 'static>(
    values: &LinkValues,
    value: &LinkValue,
    data_dir: Option<&Path>,
    folder: &str,
    open: fn(PathBuf) -> Result<Arc<T>, String>,
) -> Result<Arc<T>, LinkRefused> {
    let path = path(data_dir, folder, value, values.text(value.name).expect("it has a default"), "redb")?;
    let opened = spawn_blocking(move || open(path)).await;
    opened.map_err(|error| LinkRefused(error.to_string()))?.map_err(LinkRefused)
}

/// The file of that kind that `name`, said by a link as `value`, stands for in a folder of the data directory. No name leads
/// out of it.
pub(super) fn path(
    data_dir: Option<&Path>,
    folder: &str,
    value: &LinkValue,
    name: &str,
    extension: &str,
) -> Result<PathBuf, LinkRefused> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if name.len() > MAX_NAME || !name.bytes().all(is_plain) {
        return Err(LinkRefused(format!(
            "`{}={name}` is no name of a database; use up to {MAX_NAME} letters, digits, '_' and '-'",
            value.name
        )));
    }
    let Some(data_dir) = data_dir else {
        return Err(LinkRefused("this host keeps nothing on disk; link a provider on a server".to_owned()));
    };
    Ok(data_dir.join(folder).join(format!("{name}.{extension}")))
}

#[cfg(test)]
mod tests {
    use redb::{ReadableTable, ReadableTableMetadata, TableDefinition};
    use tempfile::TempDir;

    use super::*;

    const NUMBERS: TableDefinition<'_, u64, ()> = TableDefinition::new("numbers");

    fn open(dir: &TempDir) -> RedbFile {
        let make = |transaction: &WriteTransaction| -> Outcome<()> {
            transaction.open_table(NUMBERS)?;
            Ok(())
        };
        RedbFile::open(dir.path().join("a.redb"), make).expect("opens")
    }

    fn add(number: u64) -> impl FnOnce(&WriteTransaction) -> Outcome<()> + Send + 'static {
        move |transaction| {
            transaction.open_table(NUMBERS)?.insert(number, ())?;
            Ok(())
        }
    }

    async fn committed(file: &RedbFile) -> Vec<u64> {
        let look = |seen: &ReadTransaction| -> Outcome<Vec<u64>> {
            let mut found = Vec::new();
            for row in seen.open_table(NUMBERS)?.iter()? {
                found.push(row?.0.value());
            }
            Ok(found)
        };
        file.read(look).await.expect("read")
    }

    #[tokio::test]
    async fn writes_that_wait_for_another_share_a_commit_and_one_that_is_refused_harms_none() {
        let dir = TempDir::new().expect("a temporary directory");
        let file = open(&dir);
        let (release, released) = std::sync::mpsc::channel::<()>();
        let (begun, has_begun) = oneshot::channel();
        let first = file.write(move |transaction| {
            begun.send(()).ok();
            released.recv().ok();
            add(0)(transaction)
        });
        let database = file.database.clone();
        // What is committed by the time that the last one is carried out, and what it sees besides.
        let last = file.write(move |transaction| {
            let seen = database.begin_read()?.open_table(NUMBERS)?.len()?;
            Ok((seen, transaction.open_table(NUMBERS)?.len()?))
        });
        let refused = file.write(|_| -> Outcome<()> { Err(ProviderError::Failed("no".to_owned()).into()) });
        let others = futures::future::join_all((1..=50).map(|number| file.write(add(number))));
        let rest = async {
            has_begun.await.expect("it begins");
            // Polled in order, so they are queued in order, before the first may end.
            let queued = async { futures::join!(others, refused, last) };
            let release = async { release.send(()).expect("it waits") };
            futures::join!(queued, release).0
        };
        let (first, (others, refused, last)) = futures::join!(first, rest);
        first.expect("written");
        assert!(others.iter().all(Result::is_ok), "{others:?}");
        assert_eq!(refused, Err(ProviderError::Failed("no".to_owned())));
        assert_eq!(last, Ok((1, 51)), "only the first is committed, as the others wait for each other");
        assert_eq!(committed(&file).await, (0..=50).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn what_fails_on_the_way_to_the_disk_is_told_to_all_that_shared_the_commit() {
        let dir = TempDir::new().expect("a temporary directory");
        let file = open(&dir);
        let (release, released) = std::sync::mpsc::channel::<()>();
        let (begun, has_begun) = oneshot::channel();
        let first = file.write(move |_| {
            begun.send(()).ok();
            released.recv().ok();
            Ok(())
        });
        let broken = file.write(|_| -> Outcome<()> { Err(StorageError::Corrupted("made up".to_owned()).into()) });
        let rest = async {
            has_begun.await.expect("it begins");
            let queued = async { futures::join!(file.write(add(1)), broken, file.write(add(2))) };
            let release = async { release.send(()).expect("it waits") };
            futures::join!(queued, release).0
        };
        let (first, (before, broken, after)) = futures::join!(first, rest);
        assert_eq!(first, Ok(()));
        for outcome in [before, broken, after] {
            let error = outcome.expect_err("none is written").to_string();
            assert!(error.contains("made up") && error.contains("a.redb"), "{error}");
        }
        assert!(committed(&file).await.is_empty(), "not the half of it");
        file.write(add(3)).await.expect("it goes on");
        assert_eq!(committed(&file).await, [3]);
    }
}
