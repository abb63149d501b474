//! The providers that a server brings along.

mod availability;
mod blobstore;
mod bounded;
mod cron;
mod eventstreams;
mod http_client;
mod http_server;
mod jetstream;
mod keyvalue;
mod keyvalue2;
mod messaging;
mod nats_connection;
mod redb_file;
mod redis_connection;
mod redis_links;
mod redis_script;
mod secrets;
mod sqldb;
mod telnet;

use std::sync::Arc;

use wisteria_core::{
    host::ProviderKind,
    provider::{LatticeMessaging, Logging, MemoryKeyValue, MemoryKeyValue2, NumberGen, ProviderDescription},
};

pub use blobstore::{FolderBlobs, S3Blobs};
pub use cron::Cron;
pub use eventstreams::{EventReceiver, FileEventStreams, JetStreamEventStreams, RedisEventStreams};
pub use http_client::HttpClient;
pub use http_server::HttpServer;
pub use keyvalue::{FileKeyValue, JetStreamKeyValue, RedisKeyValue};
pub use keyvalue2::{FileKeyValue2, JetStreamKeyValue2, RedisKeyValue2};
pub use messaging::NatsMessaging;
pub use secrets::ActorSecrets;
pub use sqldb::{PostgresSqlDb, SqliteSqlDb};
pub use telnet::Telnet;

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
        description: JetStreamKeyValue::DESCRIPTION,
        create: |context| Arc::new(JetStreamKeyValue::new(context.platform)),
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
    ProviderKind {
        description: MemoryKeyValue2::DESCRIPTION,
        create: |context| Arc::new(MemoryKeyValue2::new(context.platform)),
    },
    ProviderKind {
        description: FileKeyValue2::DESCRIPTION,
        create: |context| Arc::new(FileKeyValue2::new(context.platform, context.data_dir)),
    },
    ProviderKind {
        description: RedisKeyValue2::DESCRIPTION,
        create: |context| Arc::new(RedisKeyValue2::new(context.platform)),
    },
    ProviderKind {
        description: JetStreamKeyValue2::DESCRIPTION,
        create: |context| Arc::new(JetStreamKeyValue2::new(context.platform)),
    },
    ProviderKind {
        description: FileEventStreams::DESCRIPTION,
        create: |context| Arc::new(FileEventStreams::new(context.platform, context.data_dir, Arc::new(context.caller))),
    },
    ProviderKind {
        description: RedisEventStreams::DESCRIPTION,
        create: |context| Arc::new(RedisEventStreams::new(context.platform, Arc::new(context.caller))),
    },
    ProviderKind {
        description: SqliteSqlDb::DESCRIPTION,
        create: |context| Arc::new(SqliteSqlDb::new(context.data_dir)),
    },
    ProviderKind {
        description: PostgresSqlDb::DESCRIPTION,
        create: |context| Arc::new(PostgresSqlDb::new(context.platform)),
    },
    ProviderKind {
        description: JetStreamEventStreams::DESCRIPTION,
        create: |context| Arc::new(JetStreamEventStreams::new(context.platform, Arc::new(context.caller))),
    },
    ProviderKind { description: HttpServer::DESCRIPTION, create: |context| Arc::new(HttpServer::new(context.caller)) },
    ProviderKind {
        description: LatticeMessaging::DESCRIPTION,
        create: |context| Arc::new(LatticeMessaging::new(context)),
    },
    ProviderKind { description: NatsMessaging::DESCRIPTION, create: |context| Arc::new(NatsMessaging::new(context)) },
    ProviderKind { description: Cron::DESCRIPTION, create: |context| Arc::new(Cron::new(context)) },
    ProviderKind {
        description: ActorSecrets::DESCRIPTION,
        create: |context| Arc::new(ActorSecrets::new(context.secrets)),
    },
    ProviderKind { description: Telnet::DESCRIPTION, create: |context| Arc::new(Telnet::new(context)) },
];

/// All providers of a server, also those that every host has.
pub(crate) fn all() -> impl Iterator<Item = ProviderDescription> {
    let kinds = KINDS.iter().map(|kind| kind.description);
    kinds.chain([Logging::DESCRIPTION, NumberGen::DESCRIPTION])
}
