//! A bucket. An object is the key `PREFIX` `CONTAINER/OBJECT`, a container an empty object `PREFIX` `.containers/CONTAINER`;
//! as no name of a container starts with a dot, neither is mistaken for the other.

use std::{
    fmt::{self, Debug, Formatter},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use object_store::{
    Attribute, Attributes, ClientOptions, Error, GetOptions, GetRange, GetResult, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutPayload, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    client::{HttpClient, HttpConnector},
    list::{PaginatedListOptions, PaginatedListStore},
    path::Path,
};
use wisteria_bridge::transports::native::Tls;
use wisteria_contracts::blobstore::{ContainerMetadata, ContainerObject, ObjectMetadata, Timestamp};
use wisteria_core::{platform::Platform, provider::ProviderError};

use super::{
    s3::Settings,
    s3_failure::Failure,
    s3_upload::S3Upload,
    store::{ContentKind, Outcome, Reading, Store, Wanted, length_of_range},
};
use crate::provider::availability::Availability;

/// Where containers are noted.
const CONTAINERS: &str = ".containers/";

/// What S3 says of an object whose MIME type nobody said.
const NO_TYPE: &str = "binary/octet-stream";

/// A bucket, or what is in it under a prefix.
pub(super) struct S3Store {
    s3: Arc<AmazonS3>,
    settings: Settings,
    availability: Arc<Availability>,
}

impl Debug for S3Store {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Store").field("address", &self.settings.address()).finish_non_exhaustive()
    }
}

impl Settings {
    /// Where it is, without what lets in.
    fn address(&self) -> String {
        let endpoint = self.endpoint.clone().unwrap_or_else(|| format!("https://s3.{}.amazonaws.com", self.region));
        format!("{endpoint}/{}", self.bucket)
    }
}

/// Makes connections that trust whom the server's others do, follow nobody elsewhere and use no proxy by surprise.
#[derive(Debug)]
struct Connector(std::time::Duration);

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured((*Tls::default().config()).clone())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(self.0)
            .read_timeout(self.0)
            .build();
        let client = client.map_err(|error| Error::Generic { store: "S3", source: Box::new(error) })?;
        Ok(HttpClient::new(client))
    }
}

impl S3Store {
    /// The bucket that the settings name. Nothing is asked of it yet.
    pub(super) fn new(settings: Settings, platform: Arc<dyn Platform>) -> Result<Arc<Self>, String> {
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_access_key_id(&settings.access_key_id)
            .with_secret_access_key(&settings.secret_access_key)
            .with_virtual_hosted_style_request(!settings.path_style)
            // Whether to try again is the actor's choice.
            .with_retry(RetryConfig { max_retries: 0, ..RetryConfig::default() })
            .with_http_connector(Connector(settings.timeout));
        if let Some(endpoint) = &settings.endpoint {
            let (scheme, host) = endpoint.split_once("://").expect("it was checked");
            let endpoint = match settings.path_style {
                true => endpoint.clone(),
                false => format!("{scheme}://{}.{host}", settings.bucket),
            };
            builder = builder.with_endpoint(endpoint).with_allow_http(scheme == "http");
        }
        let s3 = builder.build().map_err(|error| format!("the link cannot be used: {error}"))?;
        let availability = Availability::new(settings.address(), platform);
        Ok(Arc::new(Self { s3: Arc::new(s3), settings, availability }))
    }

    /// Whether links of these settings can share it.
    pub(super) fn is_at(&self, settings: &Settings) -> bool {
        self.settings == *settings
    }

    /// Sees that the bucket is there and lets this server in. Where it does not `have_to` be reached, it may be later.
    pub(super) async fn enter(self: &Arc<Self>, must: bool) -> Result<(), String> {
        match self.probe().await {
            Ok(()) => Ok(()),
            Err(Failure::Lost(why)) if !must => {
                self.lost(&why);
                Ok(())
            }
            Err(failure) => Err(self.words(failure)),
        }
    }

    /// Has S3 do something. While it is known to be away, this fails without asking; `None` where there is no such thing.
    pub(super) async fn ask<T>(&self, work: impl Future<Output = Result<T, Error>> + Send) -> Outcome<Option<T>> {
        self.availability.check().map_err(|why| self.error(Failure::Unable(why)))?;
        match work.await.map_err(Failure::from) {
            Ok(done) => Ok(Some(done)),
            Err(Failure::NotFound) => Ok(None),
            Err(failure) => {
                if let Failure::Lost(why) = &failure {
                    self.lost(why);
                }
                Err(self.error(failure))
            }
        }
    }

    pub(super) fn s3(&self) -> Arc<AmazonS3> {
        self.s3.clone()
    }

    /// The error of what is not there though it must be.
    pub(super) fn gone(&self) -> ProviderError {
        self.error(Failure::NotFound)
    }

    fn error(&self, failure: Failure) -> ProviderError {
        match failure {
            Failure::Lost(_) | Failure::Unable(_) => ProviderError::Unavailable(self.words(failure)),
            Failure::NotFound | Failure::Refused(_) => ProviderError::Failed(self.words(failure)),
        }
    }

    fn words(&self, failure: Failure) -> String {
        let address = self.settings.address();
        match failure {
            Failure::NotFound => format!("S3 at {address} has lost what it had just now; try again"),
            Failure::Refused(why) => format!("S3 at {address} does not do it: {why}"),
            Failure::Lost(why) | Failure::Unable(why) => format!(
                "S3 at {address} cannot be reached: {why}; see that it runs there, has that bucket and lets this server in"
            ),
        }
    }

    /// Asks for next to nothing, in a way that tells a bucket that is missing.
    async fn probe(&self) -> Result<(), Failure> {
        let options = PaginatedListOptions { max_keys: Some(1), ..PaginatedListOptions::default() };
        let prefix = self.key(CONTAINERS);
        self.s3.list_paginated(Some(&prefix), options).await.map(|_| ()).map_err(Failure::from)
    }

    fn lost(&self, why: &str) {
        let (s3, prefix) = (Arc::downgrade(&self.s3), self.key(CONTAINERS));
        self.availability.lost(why, move || {
            let (s3, prefix) = (s3.upgrade()?, prefix.clone());
            Some(async move {
                let options = PaginatedListOptions { max_keys: Some(1), ..PaginatedListOptions::default() };
                match s3.list_paginated(Some(&prefix), options).await.map_err(Failure::from) {
                    // It answers; what it says is told by each call.
                    Ok(_) | Err(Failure::NotFound | Failure::Refused(_) | Failure::Unable(_)) => Ok(()),
                    Err(Failure::Lost(why)) => Err(why),
                }
            })
        });
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.settings.prefix)
    }

    fn path(&self, name: &str) -> Result<Path, ProviderError> {
        Path::parse(self.key(name)).map_err(|error| ProviderError::Failed(error.to_string()))
    }

    fn path_of(&self, place: &ContainerObject) -> Result<Path, ProviderError> {
        self.path(&format!("{}/{}", place.container_id, place.object_id))
    }

    /// Keys that start like that, in order, after one of them, with whether there may be more.
    async fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> Outcome<(Vec<ObjectMeta>, bool)> {
        let (prefix, offset) = (self.key(prefix), after.map(|after| self.key(after)));
        let mut found = Vec::new();
        let mut page_token = None;
        // One more than wanted, to know whether there is one.
        while found.len() <= limit {
            let options = PaginatedListOptions {
                offset: offset.clone(),
                max_keys: Some((limit + 1 - found.len()).min(1_000)),
                page_token: page_token.take(),
                ..PaginatedListOptions::default()
            };
            let asked = self.ask(self.s3.list_paginated(Some(&prefix), options)).await?;
            let page = asked.ok_or_else(|| self.gone())?;
            found.extend(page.result.objects);
            page_token = page.page_token;
            if page_token.is_none() {
                break;
            }
        }
        let more = found.len() > limit;
        found.truncate(limit);
        Ok((found, more))
    }

    fn info(&self, container: &str, meta: &ObjectMeta, attributes: &Attributes) -> Option<ObjectMetadata> {
        let start = self.key(container).len() + 1;
        let attribute = |attribute| attributes.get(&attribute).map(|value| value.to_string());
        Some(ObjectMetadata {
            object_id: meta.location.as_ref().get(start..)?.to_owned(),
            container_id: container.to_owned(),
            content_length: meta.size,
            last_modified: Some(timestamp(meta.last_modified)),
            content_type: attribute(Attribute::ContentType).filter(|kind| kind != NO_TYPE),
            content_encoding: attribute(Attribute::ContentEncoding).filter(|encoding| !encoding.is_empty()),
        })
    }

    async fn get(&self, path: &Path, options: GetOptions) -> Outcome<Option<GetResult>> {
        self.ask(self.s3.get_opts(path, options)).await
    }
}

impl Store for S3Store {
    type Upload = S3Upload;

    async fn create(&self, container: &str) -> Outcome<()> {
        if self.container(container).await?.is_none() {
            let path = self.path(&format!("{CONTAINERS}{container}"))?;
            self.ask(self.s3.put(&path, PutPayload::new())).await?.ok_or_else(|| self.gone())?;
        }
        Ok(())
    }

    async fn container(&self, container: &str) -> Outcome<Option<ContainerMetadata>> {
        let path = self.path(&format!("{CONTAINERS}{container}"))?;
        let found = self.ask(self.s3.head(&path)).await?;
        Ok(found.map(|meta| ContainerMetadata {
            container_id: container.to_owned(),
            created_at: Some(timestamp(meta.last_modified)),
        }))
    }

    async fn containers(&self) -> Outcome<Vec<ContainerMetadata>> {
        let start = self.key(CONTAINERS).len();
        let (keys, _) = self.keys(CONTAINERS, None, usize::MAX - 1).await?;
        let named = keys.iter().filter_map(|meta| Some((meta.location.as_ref().get(start..)?, meta.last_modified)));
        Ok(named
            .map(|(name, made)| ContainerMetadata { container_id: name.to_owned(), created_at: Some(timestamp(made)) })
            .collect())
    }

    async fn remove_container(&self, container: &str) -> Outcome<()> {
        // The note goes last: what is interrupted can be begun again.
        loop {
            let (keys, more) = self.keys(&format!("{container}/"), None, 1_000).await?;
            let paths = futures::stream::iter(keys.into_iter().map(|meta| Ok(meta.location))).boxed();
            self.ask(self.s3.delete_stream(paths).try_for_each(|_| async { Ok(()) })).await?;
            if !more {
                break;
            }
        }
        self.ask(self.s3.delete(&self.path(&format!("{CONTAINERS}{container}"))?)).await?;
        Ok(())
    }

    async fn object(&self, place: &ContainerObject) -> Outcome<Option<ObjectMetadata>> {
        let options = GetOptions { head: true, ..GetOptions::default() };
        let found = self.get(&self.path_of(place)?, options).await?;
        Ok(found.and_then(|found| self.info(&place.container_id, &found.meta, &found.attributes)))
    }

    async fn list(&self, container: &str, wanted: &Wanted) -> Outcome<(Vec<ObjectMetadata>, bool)> {
        let prefix = format!("{container}/{}", wanted.prefix);
        let after = wanted.after.as_ref().map(|after| format!("{container}/{after}"));
        let (keys, more) = self.keys(&prefix, after.as_deref(), wanted.limit).await?;
        let none = Attributes::new();
        Ok((keys.iter().filter_map(|meta| self.info(container, meta, &none)).collect(), more))
    }

    async fn remove(&self, place: &ContainerObject) -> Outcome<()> {
        self.ask(self.s3.delete(&self.path_of(place)?)).await?;
        Ok(())
    }

    async fn upload(&self, place: &ContainerObject, content: ContentKind) -> Outcome<S3Upload> {
        self.availability.check().map_err(|why| self.error(Failure::Unable(why)))?;
        Ok(S3Upload::new(self.clone(), self.path_of(place)?, content))
    }

    async fn read(&self, place: &ContainerObject, from: u64, to: Option<u64>) -> Outcome<Option<Reading>> {
        let path = self.path_of(place)?;
        let mut options = GetOptions::default();
        if from > 0 || to.is_some() {
            // S3 refuses ranges beyond the end, so the size comes first.
            let head = self.get(&path, GetOptions { head: true, ..GetOptions::default() }).await?;
            let Some(head) = head else {
                return Ok(None);
            };
            let length = length_of_range(head.meta.size, from, to);
            if length == 0 {
                let info = self.info(&place.container_id, &head.meta, &head.attributes).ok_or_else(|| self.gone())?;
                return Ok(Some(Reading { info, length, content: futures::stream::empty().boxed() }));
            }
            options.range = Some(GetRange::Bounded(from..from + length));
            options.if_match = head.meta.e_tag;
        }
        let Some(found) = self.get(&path, options).await? else {
            return Ok(None);
        };
        let info = self.info(&place.container_id, &found.meta, &found.attributes).ok_or_else(|| self.gone())?;
        let length = found.range.end - found.range.start;
        let this = self.clone();
        let content = found.into_stream().map_err(move |error| this.error(Failure::from(error)));
        Ok(Some(Reading { info, length, content: content.boxed() }))
    }

    async fn health(&self) -> Result<(), String> {
        self.availability.check().map_err(|why| self.words(Failure::Unable(why)))?;
        self.probe().await.map_err(|failure| {
            if let Failure::Lost(why) = &failure {
                self.lost(why);
            }
            self.words(failure)
        })
    }
}

impl Clone for S3Store {
    fn clone(&self) -> Self {
        Self { s3: self.s3.clone(), settings: self.settings.clone(), availability: self.availability.clone() }
    }
}

fn timestamp(time: DateTime<Utc>) -> Timestamp {
    Timestamp { sec: time.timestamp(), nsec: time.timestamp_subsec_nanos() }
}
