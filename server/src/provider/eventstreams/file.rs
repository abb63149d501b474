//! Event streams in a file of the server's data directory, by redb. What was acknowledged is on the disk.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use wisteria_contracts::eventstreams::CONTRACT;
use wisteria_core::{
    identity::PublicKey,
    platform::{BoxFuture, Platform},
    provider::{
        LinkRefused, LinkValue, Provider, ProviderCall, ProviderDescription, ProviderError, ProviderLink, ValueKind,
    },
};

use super::{
    file_store::{EventFile, FileStreams},
    links::StreamLinks,
    receiver::EventReceiver,
    retention::{MAX_AGE, MAX_BYTES, MAX_EVENTS, Retention},
};
use crate::provider::redb_file;

const FILE: LinkValue =
    LinkValue::new("FILE", ValueKind::Text, "name of the file; links that name the same one share it", "orders")
        .or("eventstreams");

/// The folder of the files within the data directory.
const FOLDER: &str = "eventstreams";

/// Files of streams in the data directory; the link value `FILE` says which.
#[derive(Debug)]
pub struct FileEventStreams {
    platform: Arc<dyn Platform>,
    data_dir: Option<PathBuf>,
    links: StreamLinks,
}

impl FileEventStreams {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "eventstreams-redb",
        contract: CONTRACT,
        title: "Event streams in a file",
        built_in: false,
        values: &[FILE, MAX_EVENTS, MAX_BYTES, MAX_AGE],
    };

    /// A provider without links that keeps files in that directory of its host's.
    pub fn new(platform: Arc<dyn Platform>, data_dir: Option<PathBuf>, receiver: Arc<dyn EventReceiver>) -> Self {
        Self { platform: platform.clone(), data_dir, links: StreamLinks::new(platform, receiver) }
    }
}

impl Provider for FileEventStreams {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move {
            let retention = Retention::read(&link.values)?;
            let data_dir = self.data_dir.as_deref();
            let file = redb_file::named(&link.values, &FILE, data_dir, FOLDER, EventFile::open).await?;
            let owner = self.links.owner(link.actor, &link.link_name).into();
            let streams = FileStreams { file, owner, retention, platform: self.platform.clone() };
            self.links.put(link.actor, link.link_name, Arc::new(streams));
            Ok(())
        })
    }

    fn forget(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        Box::pin(self.links.forget(actor, link_name))
    }

    fn unlink(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        Box::pin(self.links.remove(actor, link_name))
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        Box::pin(async move { self.links.invoke(Self::DESCRIPTION.name, &call).await })
    }
}
