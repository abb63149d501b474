//! Key-value with transactions in a file of the server's data directory, by redb. What was acknowledged is on the disk.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use wisteria_contracts::keyvalue2::CONTRACT;
use wisteria_core::{
    identity::PublicKey,
    platform::{BoxFuture, Platform},
    provider::{
        LinkRefused, LinkValue, Links, Provider, ProviderCall, ProviderDescription, ProviderError, ProviderLink,
        ValueKind, keyvalue2::Request,
    },
};

use super::file_store::FileStore;
use crate::provider::redb_file;

const FILE: LinkValue =
    LinkValue::new("FILE", ValueKind::Text, "name of the database; links that name the same one share it", "accounts")
        .or("keyvalue2");

/// The folder of the databases within the data directory.
const FOLDER: &str = "keyvalue2";

/// Databases in the data directory; the link value `FILE` says which.
#[derive(Debug)]
pub struct FileKeyValue2 {
    platform: Arc<dyn Platform>,
    data_dir: Option<PathBuf>,
    links: Links<Arc<FileStore>>,
}

impl FileKeyValue2 {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "keyvalue2-redb",
        contract: CONTRACT,
        title: "Key-value with transactions in a file",
        built_in: false,
        values: &[FILE],
    };

    /// A provider without links that keeps databases in that directory of its host's.
    pub fn new(platform: Arc<dyn Platform>, data_dir: Option<PathBuf>) -> Self {
        Self { platform, data_dir, links: Links::default() }
    }
}

impl Provider for FileKeyValue2 {
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
            self.links.of(&call)?.carry_out(request, &self.platform).await
        })
    }
}
