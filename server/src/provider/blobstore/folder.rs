//! Objects in a folder of the server's data directory. What was acknowledged is on the disk.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use tokio::task::spawn_blocking;
use wisteria_contracts::blobstore::CONTRACT;
use wisteria_core::{
    host::ActorCaller,
    identity::PublicKey,
    platform::{BoxFuture, Platform},
    provider::{
        LinkRefused, LinkValue, Provider, ProviderCall, ProviderDescription, ProviderError, ProviderLink, ValueKind,
    },
};

use super::{
    blobs::{Blobs, MAX_OBJECT},
    folder_store::FolderStore,
};

const ROOT: LinkValue = LinkValue::new(
    "ROOT",
    ValueKind::Text,
    "name of the folder that has the containers; links that name the same one share it",
    "pictures",
)
.or("blobs");

/// The folder of the roots within the data directory.
const FOLDER: &str = "blobstore";

/// Longest name of a root.
const MAX_NAME: usize = 64;

/// Folders in the data directory; the link value `ROOT` says which.
#[derive(Debug)]
pub struct FolderBlobs {
    platform: Arc<dyn Platform>,
    data_dir: Option<PathBuf>,
    blobs: Blobs<FolderStore>,
}

impl FolderBlobs {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "blobstore-fs",
        contract: CONTRACT,
        title: "Objects in a folder",
        built_in: false,
        values: &[ROOT, MAX_OBJECT],
    };

    /// A provider without links that keeps objects in that directory of its host's, and hands them to actors.
    pub fn new(platform: Arc<dyn Platform>, data_dir: Option<PathBuf>, caller: ActorCaller) -> Self {
        let blobs = Blobs::new(Self::DESCRIPTION.name, platform.clone(), caller);
        Self { platform, data_dir, blobs }
    }

    /// The folder of a name, if it is one: no name leads out of the folder.
    fn path(&self, name: &str) -> Result<PathBuf, LinkRefused> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        if name.len() > MAX_NAME || !name.bytes().all(is_plain) {
            return Err(LinkRefused(format!(
                "`{}={name}` is no name of a folder; use up to {MAX_NAME} letters, digits, '_' and '-'",
                ROOT.name
            )));
        }
        let Some(data_dir) = &self.data_dir else {
            return Err(LinkRefused("this host keeps nothing on disk; link a provider on a server".to_owned()));
        };
        Ok(data_dir.join(FOLDER).join(name))
    }
}

impl Provider for FolderBlobs {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move {
            let path = self.path(link.values.text(ROOT.name).expect("it has a default"))?;
            let platform = self.platform.clone();
            let opened = spawn_blocking(move || FolderStore::open(path, platform)).await;
            let store = opened.map_err(|error| LinkRefused(error.to_string()))?.map_err(LinkRefused)?;
            self.blobs.link(link, store).await;
            Ok(())
        })
    }

    fn unlink(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        Box::pin(self.blobs.unlink(actor, link_name))
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        Box::pin(self.blobs.invoke(call))
    }
}
