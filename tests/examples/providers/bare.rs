//! The libraries that providers stand on, without a provider.

use std::{net::SocketAddr, path::Path, sync::Arc};

use redb::{Database, TableDefinition};
use redis::aio::MultiplexedConnection;
use tokio::{io::AsyncWriteExt, task::spawn_blocking};

use super::{Failure, load::Caller};

/// How large objects are.
pub(crate) const OBJECT: usize = 4096;

const TABLE: TableDefinition<'_, &str, &str> = TableDefinition::new("t");
const VALUE: &str = "a value of some 30 characters";

/// What is done.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Library {
    /// There is none to compare with.
    Nothing,
    /// A transaction of redb that writes a row, and is on the disk when it has ended.
    Redb,
    /// `SET` of Redis.
    RedisSet,
    /// `GET` of Redis.
    RedisGet,
    /// `XADD` of Redis.
    RedisAdd,
    /// A new file that is on the disk before it takes the place of another, and its folder afterwards.
    File,
    /// A request over HTTP.
    Reqwest,
}

/// A library, open.
#[derive(Clone)]
pub(crate) enum Bare {
    Redb(Arc<Database>),
    Redis(MultiplexedConnection, Arc<redis::Cmd>),
    File(Arc<Path>, usize),
    Reqwest(reqwest::Client, String),
}

impl Bare {
    /// So many callers, where there is anything to call.
    pub(crate) async fn callers(
        library: Library,
        count: usize,
        redis_url: &str,
        folder: &Path,
        site: SocketAddr,
    ) -> Result<Option<Vec<Self>>, Failure> {
        let one = match library {
            Library::Nothing => return Ok(None),
            Library::Redb => {
                let path = folder.join(format!("bare-{count}.redb"));
                Self::Redb(Arc::new(Database::create(path)?))
            }
            Library::RedisSet => Self::redis(redis_url, redis::cmd("SET").arg("bare").arg(VALUE)).await?,
            Library::RedisGet => Self::redis(redis_url, redis::cmd("GET").arg("bare")).await?,
            Library::RedisAdd => {
                Self::redis(redis_url, redis::cmd("XADD").arg("bare-stream").arg("*").arg("t").arg(VALUE)).await?
            }
            Library::File => {
                let folder = folder.join("bare-files");
                std::fs::create_dir_all(&folder)?;
                Self::File(folder.into(), 0)
            }
            Library::Reqwest => Self::Reqwest(reqwest::Client::builder().build()?, format!("http://{site}/")),
        };
        let numbered = (0..count).map(|number| match &one {
            Self::File(folder, _) => Self::File(folder.clone(), number),
            other => other.clone(),
        });
        Ok(Some(numbered.collect()))
    }

    async fn redis(url: &str, command: &redis::Cmd) -> Result<Self, Failure> {
        let connection = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
        Ok(Self::Redis(connection, Arc::new(command.clone())))
    }
}

impl Caller for Bare {
    async fn call(&mut self) -> Result<(), Failure> {
        match self {
            Self::Redb(database) => {
                let database = database.clone();
                spawn_blocking(move || -> Result<(), redb::Error> {
                    let transaction = database.begin_write()?;
                    transaction.open_table(TABLE)?.insert("k", VALUE)?;
                    Ok(transaction.commit()?)
                })
                .await??;
            }
            Self::Redis(connection, command) => command.exec_async(connection).await?,
            Self::File(folder, number) => {
                let (new, place) = (folder.join(format!("new-{number}")), folder.join(number.to_string()));
                let mut file = tokio::fs::File::create(&new).await?;
                file.write_all(&[7; OBJECT]).await?;
                file.sync_all().await?;
                tokio::fs::rename(&new, &place).await?;
                tokio::fs::File::open(&**folder).await?.sync_all().await?;
            }
            Self::Reqwest(client, url) => {
                client.get(url.as_str()).send().await?.error_for_status()?.bytes().await?;
            }
        }
        Ok(())
    }
}
