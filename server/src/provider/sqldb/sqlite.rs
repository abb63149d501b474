//! SQL in files of the server's data directory, by SQLite. What was acknowledged is on the disk.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use tokio::task::spawn_blocking;
use wisteria_contracts::sqldb::CONTRACT;
use wisteria_core::{
    identity::PublicKey,
    platform::BoxFuture,
    provider::{
        LinkRefused, LinkValue, Links, Provider, ProviderCall, ProviderDescription, ProviderError, ProviderLink,
        ValueKind,
    },
};

use super::{
    request::answer,
    sqlite_database::SqliteDatabase,
    turns::{CONNECTIONS, Pace, TIMEOUT},
};
use crate::provider::redb_file::path;

const FILE: LinkValue =
    LinkValue::new("FILE", ValueKind::Text, "name of the database; links that name the same one share it", "notes")
        .or("sqldb");

const MAX_SIZE: LinkValue =
    LinkValue::new("MAX_SIZE", ValueKind::Size, "how large the database may become, 1Mi at least", "64Mi").or("1Gi");

/// The folder of the databases within the data directory.
const FOLDER: &str = "sqldb";

/// The least that `MAX_SIZE` may be, in bytes.
const LEAST_SIZE: u64 = 1 << 20;

/// Databases of SQLite in the data directory; the link value `FILE` says which.
#[derive(Debug)]
pub struct SqliteSqlDb {
    data_dir: Option<PathBuf>,
    links: Links<(Arc<str>, Arc<SqliteDatabase>)>,
}

impl SqliteSqlDb {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "sqldb-sqlite",
        contract: CONTRACT,
        title: "SQL in a file, by SQLite",
        built_in: false,
        values: &[FILE, MAX_SIZE, CONNECTIONS, TIMEOUT],
    };

    /// A provider without links that keeps databases in that directory of its host's.
    pub fn new(data_dir: Option<PathBuf>) -> Self {
        Self { data_dir, links: Links::default() }
    }
}

impl Provider for SqliteSqlDb {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move {
            let name = link.values.text(FILE.name).expect("it has a default");
            let path = path(self.data_dir.as_deref(), FOLDER, &FILE, name, "sqlite")?;
            let max_size = link.values.size(MAX_SIZE.name).expect("it has a default");
            if max_size < LEAST_SIZE {
                return Err(LinkRefused(format!(
                    "`{}={max_size}` is less than 1Mi; write it as {}={}",
                    MAX_SIZE.name, MAX_SIZE.name, MAX_SIZE.example
                )));
            }
            let pace = Pace::read(&link.values)?;
            let opened = spawn_blocking(move || SqliteDatabase::open(path, max_size, pace)).await;
            let database = opened.map_err(|error| LinkRefused(error.to_string()))?.map_err(LinkRefused)?;
            close(self.links.put(link.actor, link.link_name, (name.into(), database)));
            Ok(())
        })
    }

    fn unlink(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        close(self.links.remove(actor, link_name));
        Box::pin(async {})
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        Box::pin(async move {
            let (name, database) = self.links.of(&call)?;
            answer(Self::DESCRIPTION.name, &name, &call, async |request| database.run(request).await).await
        })
    }
}

/// Closes what a link had: the last to close a file tidies it up, which nobody waits for.
fn close(database: Option<(Arc<str>, Arc<SqliteDatabase>)>) {
    if let Some(database) = database {
        spawn_blocking(move || drop(database));
    }
}
