//! The providers that a server brings along.

mod http_client;
mod availability;
mod blobstore;
mod http_server;
mod keyvalue;
mod messaging;
mod nats_connection;

use std::sync::Arc;

use wisteria_core::{
    host::ProviderKind,
    provider::{LatticeMessaging, Logging, MemoryKeyValue, NumberGen, ProviderDescription},
};

pub use http_client::HttpClient;
pub use blobstore::{FolderBlobs, S3Blobs};
pub use http_server::HttpServer;
pub use keyvalue::{FileKeyValue, RedisKeyValue};
pub use messaging::NatsMessaging;

/// What a server starts one of each by itself, and more by name.
pub const KINDS: &[ProviderKind] = &[
    ProviderKind {
        description: MemoryKeyValue::DESCRIPTION,
        create: |context| Arc::new(MemoryKeyValue::new(context.platform)),
    },
    ProviderKind {
        description: FileKeyValue::DESCRIPTION,
        create: |context| Arc::new(FileKeyValue::new(context.platform, context.data_dir)),
    },
    ProviderKind {
        description: RedisKeyValue::DESCRIPTION,
        create: |context| Arc::new(RedisKeyValue::new(context.platform)),
    },
    ProviderKind {
        description: HttpClient::DESCRIPTION,
        create: |context| Arc::new(HttpClient::new(context.authorities)),
    },
    ProviderKind {
        description: FolderBlobs::DESCRIPTION,
        create: |context| Arc::new(FolderBlobs::new(context.platform, context.data_dir, context.caller)),
    },
    ProviderKind {
        description: S3Blobs::DESCRIPTION,
        create: |context| Arc::new(S3Blobs::new(context.platform, context.caller)),
    },
    ProviderKind { description: HttpServer::DESCRIPTION, create: |context| Arc::new(HttpServer::new(context.caller)) },
    ProviderKind {
        description: LatticeMessaging::DESCRIPTION,
        create: |context| Arc::new(LatticeMessaging::new(context)),
    },
    ProviderKind { description: NatsMessaging::DESCRIPTION, create: |context| Arc::new(NatsMessaging::new(context)) },
];

/// All providers of a server, also those that every host has.
pub(crate) fn all() -> impl Iterator<Item = ProviderDescription> {
    let kinds = KINDS.iter().map(|kind| kind.description);
    kinds.chain([Logging::DESCRIPTION, NumberGen::DESCRIPTION])
}
