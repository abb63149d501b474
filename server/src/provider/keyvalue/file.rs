//! Key-value in a file of the server's data directory, by redb. What was acknowledged is on the disk.

use std::{path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::task::spawn_blocking;
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

const FILE: LinkValue =
    LinkValue::new("FILE", ValueKind::Text, "name of the database; links that name the same one share it", "visits")
        .or("keyvalue");

/// The folder of the databases within the data directory.
const FOLDER: &str = "keyvalue";

/// Longest name of a database.
const MAX_NAME: usize = 64;

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

    /// The file of a name, if it is one: no name leads out of the folder.
    fn path(&self, name: &str) -> Result<PathBuf, LinkRefused> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        if name.len() > MAX_NAME || !name.bytes().all(is_plain) {
            return Err(LinkRefused(format!(
                "`{}={name}` is no name of a database; use up to {MAX_NAME} letters, digits, '_' and '-'",
                FILE.name
            )));
        }
        let Some(data_dir) = &self.data_dir else {
            return Err(LinkRefused("this host keeps nothing on disk; link a provider on a server".to_owned()));
        };
        Ok(data_dir.join(FOLDER).join(format!("{name}.redb")))
    }
}

impl Provider for FileKeyValue {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move {
            let path = self.path(link.values.text(FILE.name).expect("it has a default"))?;
            let opened = spawn_blocking(move || FileStore::open(path)).await;
            let store = opened.map_err(|error| LinkRefused(error.to_string()))?.map_err(LinkRefused)?;
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
            let carried_out = spawn_blocking(move || store.carry_out(request, now)).await;
            let reply = carried_out.map_err(|error| ProviderError::Failed(error.to_string()))??;
            Ok(reply.encode())
        })
    }

    fn export<'a>(
        &'a self,
        link: &'a LinkedActor,
        from: Option<String>,
    ) -> BoxFuture<'a, Result<Exported, ProviderError>> {
        let (store, now) = (self.links.at(link), self.platform.unix_time());
        Box::pin(async move {
            let store = store?;
            let exported = spawn_blocking(move || store.export(from.as_deref(), now)).await;
            exported.map_err(|error| ProviderError::Failed(error.to_string()))?
        })
    }

    fn import<'a>(&'a self, link: &'a LinkedActor, records: Vec<String>) -> BoxFuture<'a, Result<(), ProviderError>> {
        let store = self.links.at(link);
        Box::pin(async move {
            let store = store?;
            let imported = spawn_blocking(move || store.import(&records)).await;
            imported.map_err(|error| ProviderError::Failed(error.to_string()))?
        })
    }
}
