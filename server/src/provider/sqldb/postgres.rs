//! SQL in Postgres.

use std::sync::Arc;

use bytes::Bytes;
use wisteria_contracts::sqldb::CONTRACT;
use wisteria_core::{
    identity::PublicKey,
    platform::{BoxFuture, Platform},
    provider::{
        LinkRefused, LinkedActor, Links, Provider, ProviderCall, ProviderDescription, ProviderError, ProviderLink,
    },
};

use super::{
    super::availability::health_of,
    postgres_database::PostgresDatabase,
    postgres_settings::{Settings, TLS_CA, URL},
    request::answer,
    turns::{CONNECTIONS, TIMEOUT},
};

/// Databases of Postgres; the link value `URL` says which.
#[derive(Debug)]
pub struct PostgresSqlDb {
    platform: Arc<dyn Platform>,
    links: Links<Arc<PostgresDatabase>>,
}

impl PostgresSqlDb {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "sqldb-postgres",
        contract: CONTRACT,
        title: "SQL in Postgres",
        built_in: false,
        values: &[URL, TLS_CA, CONNECTIONS, TIMEOUT],
    };

    /// A provider without links.
    pub fn new(platform: Arc<dyn Platform>) -> Self {
        Self { platform, links: Links::default() }
    }
}

impl Provider for PostgresSqlDb {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move {
            let settings = Settings::read(&link.values)?;
            let opened = PostgresDatabase::open(settings, link.is_new, self.platform.clone()).await;
            self.links.put(link.actor, link.link_name, opened.map_err(LinkRefused)?);
            Ok(())
        })
    }

    fn unlink(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        self.links.remove(actor, link_name);
        Box::pin(async {})
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        Box::pin(async move {
            let database = self.links.of(&call)?;
            let run = async |request| database.run(request).await;
            answer(Self::DESCRIPTION.name, database.name(), &call, run).await
        })
    }

    fn link_health<'a>(&'a self, link: &'a LinkedActor) -> BoxFuture<'a, Result<(), String>> {
        health_of(&self.links, link, |database| async move { database.health().await })
    }
}
