//! Key-value in a file of the server's data directory, by redb. What was acknowledged is on the disk.

use std::{path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use wisteria_contracts::keyvalue::CONTRACT;
use wisteria_core::{
    identity::PublicKey,
    platform::{BoxFuture, Platform},
    provider::{
        Exported, LinkRefused, LinkValue, LinkedActor, Links, Provider, ProviderCall, ProviderDescription,
        ProviderError, ProviderLink, ValueKind,
    },
};

use super::{file_store::FileStore, request::Request};
use crate::provider::redb_file;

const FILE: LinkValue =
    LinkValue::new("FILE", ValueKind::Text, "name of the database; links that name the same one share it", "visits")
        .or("keyvalue");

/// The folder of the databases within the data directory.
const FOLDER: &str = "keyvalue";

/// Databases in the data directory; the link value `FILE` says which.
#[derive(Debug)]
pub struct FileKeyValue {
    platform: Arc<dyn Platform>,
    data_dir: Option<PathBuf>,
    links: Links<Arc<FileStore>>,
}

impl FileKeyValue {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "keyvalue-redb",
        contract: CONTRACT,
        title: "Key-value in a file",
        built_in: false,
        values: &[FILE],
    };

    /// A provider without links that keeps databases in that directory of its host's.
    pub fn new(platform: Arc<dyn Platform>, data_dir: Option<PathBuf>) -> Self {
        Self { platform, data_dir, links: Links::default() }
    }
}

impl Provider for FileKeyValue {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move {
            let data_dir = self.data_dir.as_deref();
            let store = redb_file::named(&link.values, &FILE, data_dir, FOLDER, FileStore::open).await?;
            self.links.put(link.actor, link.link_name, store);
            Ok(())
        })
    }

    fn unlink(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        self.links.remove(actor, link_name);
        Box::pin(async {})
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        Box::pin(async move {
            let request = Request::read(Self::DESCRIPTION.name, &call)?;
            let store = self.links.of(&call)?;
            let now: Duration = self.platform.unix_time();
            Ok(store.carry_out(request, now).await?.encode())
        })
    }

    fn export<'a>(
        &'a self,
        link: &'a LinkedActor,
        from: Option<String>,
    ) -> BoxFuture<'a, Result<Exported, ProviderError>> {
        let (store, now) = (self.links.at(link), self.platform.unix_time());
        Box::pin(async move { store?.export(from, now).await })
    }

    fn import<'a>(&'a self, link: &'a LinkedActor, records: Vec<String>) -> BoxFuture<'a, Result<(), ProviderError>> {
        let store = self.links.at(link);
        Box::pin(async move { store?.import(&records).await })
    }
}
