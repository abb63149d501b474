//! Objects in a bucket of S3, or of what speaks its protocol.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use wisteria_contracts::blobstore::CONTRACT;
use wisteria_core::{
    host::ActorCaller,
    identity::PublicKey,
    platform::{BoxFuture, Platform},
    provider::{
        LinkRefused, LinkValue, LinkValues, LinkedActor, Provider, ProviderCall, ProviderDescription, ProviderError,
        ProviderLink, ValueKind,
    },
};

use super::{
    blobs::{Blobs, MAX_OBJECT},
    s3_store::S3Store,
    store::Store,
};

const BUCKET: LinkValue = LinkValue::new(
    "BUCKET",
    ValueKind::Text,
    "the bucket that has the containers, each under its name; it must be there",
    "pictures",
)
.required();

const PREFIX: LinkValue = LinkValue::new(
    "PREFIX",
    ValueKind::Text,
    "what comes before the names of containers in the bucket; links see nothing outside of it",
    "team/one",
);

const ENDPOINT: LinkValue = LinkValue::new(
    "ENDPOINT",
    ValueKind::Url,
    "where S3 is, https://HOST[:PORT], or http:// where nobody listens in; that of AWS by default",
    "https://s3.example.com",
);

const REGION: LinkValue =
    LinkValue::new("REGION", ValueKind::Text, "the region of the bucket", "eu-central-1").or("us-east-1");

const ACCESS_KEY_ID: LinkValue =
    LinkValue::new("ACCESS_KEY_ID", ValueKind::Text, "whom S3 is to let in", "secret:S3_KEY_ID").required().or_secret();

const SECRET_ACCESS_KEY: LinkValue =
    LinkValue::new("SECRET_ACCESS_KEY", ValueKind::Text, "what proves it", "secret:S3_KEY").required().or_secret();

const PATH_STYLE: LinkValue = LinkValue::new(
    "PATH_STYLE",
    ValueKind::Boolean,
    "whether the bucket is named in the path, and not in front of the host's name",
    "false",
)
.or("true");

const TIMEOUT: LinkValue =
    LinkValue::new("TIMEOUT", ValueKind::Duration, "how long S3 may take to answer a request", "3s").or("10s");

/// Where a link's objects are, and what lets it in.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) bucket: String,
    /// Empty, or with a `/` at its end.
    pub(super) prefix: String,
    pub(super) endpoint: Option<String>,
    pub(super) region: String,
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
    pub(super) path_style: bool,
    pub(super) timeout: Duration,
}

impl Settings {
    fn read(values: &LinkValues) -> Result<Self, LinkRefused> {
        let text = |value: &LinkValue| values.text(value.name).map(str::to_owned);
        let required = |value| text(value).expect("no link is without");
        let settings = Self {
            bucket: required(&BUCKET),
            prefix: text(&PREFIX).map(|prefix| format!("{}/", prefix.trim_matches('/'))).unwrap_or_default(),
            endpoint: text(&ENDPOINT).map(|endpoint| endpoint.trim_end_matches('/').to_owned()),
            region: required(&REGION),
            access_key_id: required(&ACCESS_KEY_ID),
            secret_access_key: required(&SECRET_ACCESS_KEY),
            path_style: values.is_true(PATH_STYLE.name),
            timeout: values.duration(TIMEOUT.name).expect("it has a default"),
        };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if !settings.bucket.bytes().all(is_plain) || settings.bucket.starts_with('.') {
            return Err(refused(&BUCKET, &settings.bucket, "is no name of a bucket"));
        }
        let is_part = |part: &str| !matches!(part, "" | "." | "..") && !part.starts_with('.');
        if let Some(prefix) = settings.prefix.strip_suffix('/')
            && !(prefix.len() <= 256 && prefix.split('/').all(is_part) && !prefix.chars().any(char::is_control))
        {
            return Err(refused(&PREFIX, prefix, "is no beginning of names"));
        }
        if let Some(endpoint) = &settings.endpoint {
            let host = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
            // A name and a password in it would be shown.
            if !host.is_some_and(|host| !host.is_empty() && !host.contains(['@', '/', '?', '#'])) {
                return Err(LinkRefused(format!(
                    "`{}` is no address of S3; write it as {}={}",
                    ENDPOINT.name, ENDPOINT.name, ENDPOINT.example
                )));
            }
        }
        Ok(settings)
    }
}

fn refused(value: &LinkValue, text: &str, why: &str) -> LinkRefused {
    LinkRefused(format!("`{}={text}` {why}; write it as {}={}", value.name, value.name, value.example))
}

/// Buckets of S3; the values of a link say which.
#[derive(Debug)]
pub struct S3Blobs {
    platform: Arc<dyn Platform>,
    blobs: Blobs<S3Store>,
}

impl S3Blobs {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "blobstore-s3",
        contract: CONTRACT,
        title: "Objects in S3",
        built_in: false,
        values: &[BUCKET, PREFIX, ENDPOINT, REGION, ACCESS_KEY_ID, SECRET_ACCESS_KEY, PATH_STYLE, TIMEOUT, MAX_OBJECT],
    };

    /// A provider without links, which hands objects to actors.
    pub fn new(platform: Arc<dyn Platform>, caller: ActorCaller) -> Self {
        let blobs = Blobs::new(Self::DESCRIPTION.name, platform.clone(), caller);
        Self { platform, blobs }
    }
}

impl Provider for S3Blobs {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move {
            let settings = Settings::read(&link.values)?;
            let shared = self.blobs.stores().into_iter().find(|store| store.is_at(&settings));
            let store = match shared {
                Some(store) => store,
                None => S3Store::new(settings, self.platform.clone()).map_err(LinkRefused)?,
            };
            store.enter(link.is_new).await.map_err(LinkRefused)?;
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

    fn link_health<'a>(&'a self, link: &'a LinkedActor) -> BoxFuture<'a, Result<(), String>> {
        let store = self.blobs.store_of(link);
        Box::pin(async move {
            match store {
                Some(store) => store.health().await,
                None => Ok(()),
            }
        })
    }
}
