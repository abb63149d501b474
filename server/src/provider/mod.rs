//! The providers that a server brings along.

mod eventstreams;
mod http_server;
mod keyvalue;
mod keyvalue2;
mod redb_file;
mod redis_connection;
mod redis_links;

use std::sync::Arc;

use wisteria_core::{
    host::ProviderKind,
    provider::{Logging, MemoryKeyValue, MemoryKeyValue2, NumberGen, ProviderDescription},
};

pub use eventstreams::{EventReceiver, FileEventStreams, RedisEventStreams};
pub use http_server::HttpServer;
pub use keyvalue::{FileKeyValue, RedisKeyValue};
pub use keyvalue2::{FileKeyValue2, RedisKeyValue2};

/// What a server starts one of each by itself, and more by name.
pub const KINDS: [ProviderKind; 9] = [
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
        description: FileEventStreams::DESCRIPTION,
        create: |context| Arc::new(FileEventStreams::new(context.platform, context.data_dir, Arc::new(context.caller))),
    },
    ProviderKind {
        description: RedisEventStreams::DESCRIPTION,
        create: |context| Arc::new(RedisEventStreams::new(context.platform, Arc::new(context.caller))),
    },
    ProviderKind { description: HttpServer::DESCRIPTION, create: |context| Arc::new(HttpServer::new(context.caller)) },
];

/// All providers of a server, also those that every host has.
pub(crate) fn all() -> impl Iterator<Item = ProviderDescription> {
    let kinds = KINDS.into_iter().map(|kind| kind.description);
    kinds.chain([Logging::DESCRIPTION, NumberGen::DESCRIPTION])
}
