//! The provider: what its links say, and a client for each.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use reqwest::{Client, redirect::Policy};
use wisteria_bridge::transports::native::Tls;
use wisteria_contracts::{
    codec,
    httpclient::{CONTRACT, HttpRequest, operation},
};
use wisteria_core::{
    identity::PublicKey,
    platform::BoxFuture,
    provider::{
        LinkRefused, LinkValue, LinkValues, Links, Provider, ProviderCall, ProviderDescription, ProviderError,
        ProviderLink, ValueKind,
    },
};

use super::{addresses::Resolver, allow::AllowList, credentials, exchange::Linked};

const ALLOW: LinkValue = LinkValue::new(
    "ALLOW",
    ValueKind::List,
    "where requests may go: scheme, host or *.DOMAIN, port, where paths begin",
    "https://api.example.org,https://*.example.com/v1/",
)
.required();

const ALLOW_PRIVATE: LinkValue = LinkValue::new(
    "ALLOW_PRIVATE",
    ValueKind::Boolean,
    "whether allowed names may stand for addresses of this machine and of private networks",
    "true",
)
.or("false");

const AUTHORIZATION: LinkValue = LinkValue::new(
    "AUTHORIZATION",
    ValueKind::Text,
    "the header of that name for all requests; the actor does not see it",
    "secret:API_TOKEN",
)
.or_secret();

const HEADERS: LinkValue = LinkValue::new(
    "HEADERS",
    ValueKind::Text,
    "further headers for all requests, a line NAME: VALUE for each; the actor does not see them",
    "secret:API_HEADERS",
)
.or_secret();

const TIMEOUT: LinkValue =
    LinkValue::new("TIMEOUT", ValueKind::Duration, "how long a request may take, redirects and body included", "5s")
        .or("10s");

const MAX_BODY: LinkValue =
    LinkValue::new("MAX_BODY", ValueKind::Size, "largest body of a response, at most 16Mi", "64Ki").or("4Mi");

const REDIRECTS: LinkValue = LinkValue::new(
    "REDIRECTS",
    ValueKind::Number,
    "how many redirects are followed, at most 20; with 0 they are answers like others",
    "0",
)
.or("5");

/// What the payload of an actor's call may be by default.
const MOST_BODY: u64 = 16 << 20;

/// As many as browsers follow.
const MOST_REDIRECTS: u64 = 20;

/// Sends requests for actors, to where their links allow.
#[derive(Debug)]
pub struct HttpClient {
    authorities: Option<PathBuf>,
    tls: tokio::sync::OnceCell<Tls>,
    links: Links<Arc<Linked>>,
}

impl HttpClient {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "httpclient",
        contract: CONTRACT,
        title: "HTTP client",
        built_in: false,
        values: &[ALLOW, ALLOW_PRIVATE, AUTHORIZATION, HEADERS, TIMEOUT, MAX_BODY, REDIRECTS],
    };

    /// A provider without links. TLS trusts the system's authorities, and those in that file of PEM.
    pub fn new(authorities: Option<PathBuf>) -> Self {
        Self { authorities, tls: tokio::sync::OnceCell::new(), links: Links::default() }
    }

    /// A client of a link's own, so that it has no connection that another link has opened.
    async fn client(&self, resolver: Resolver) -> Result<Client, String> {
        let authorities = self.authorities.clone();
        let trusted = self.tls.get_or_try_init(|| async {
            authorities.as_deref().map_or_else(|| Ok(Tls::default()), Tls::with_authorities)
        });
        let tls = trusted.await.map_err(|error| error.to_string())?.clone();
        // The system's authorities are many files, read once.
        let config = tokio::task::spawn_blocking(move || tls.config()).await.map_err(|error| error.to_string())?;
        let mut config = (*config).clone();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Client::builder()
            .tls_backend_preconfigured(config)
            .dns_resolver(resolver)
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .build()
            .map_err(|error| format!("no client can be made: {error}"))
    }

    async fn read(&self, values: &LinkValues) -> Result<Linked, String> {
        let allow = AllowList::read(&values.list(ALLOW.name))?;
        let credentials = credentials::read(values.text(AUTHORIZATION.name), values.text(HEADERS.name))?;
        let max_body = values.size(MAX_BODY.name).expect("it has a default");
        let redirects = values.number(REDIRECTS.name).expect("it has a default");
        if max_body > MOST_BODY {
            return Err(format!(
                "`MAX_BODY` is {max_body} bytes and may be {MOST_BODY} at most; write it as MAX_BODY=16Mi"
            ));
        }
        if redirects > MOST_REDIRECTS {
            return Err(format!("`REDIRECTS` is {redirects} and may be {MOST_REDIRECTS} at most"));
        }
        Ok(Linked {
            allow,
            credentials,
            patience: values.duration(TIMEOUT.name).expect("it has a default"),
            max_body,
            redirects,
            client: self.client(Resolver { may_be_private: values.is_true(ALLOW_PRIVATE.name) }).await?,
        })
    }
}

impl Provider for HttpClient {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move {
            let linked = self.read(&link.values).await.map_err(LinkRefused)?;
            self.links.put(link.actor, link.link_name, Arc::new(linked));
            Ok(())
        })
    }

    fn unlink(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        self.links.remove(actor, link_name);
        Box::pin(async {})
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        Box::pin(async move {
            if &*call.operation != operation::REQUEST {
                return Err(ProviderError::unknown(Self::DESCRIPTION.name, &call, &[operation::REQUEST]));
            }
            let request: HttpRequest = codec::decode(&call.payload).map_err(|cause| ProviderError::BadArgument {
                operation: call.operation.to_string(),
                cause: cause.to_string(),
            })?;
            let response = self.links.of(&call)?.exchange(request).await?;
            Ok(codec::encode(&response).into())
        })
    }
}
