//! What a link says: where its actor is served, and how.

use std::{fmt::Display, net::SocketAddr, sync::Arc};

use tokio_rustls::rustls::sign::CertifiedKey;
use tower_http::cors::CorsLayer;
use wisteria_core::provider::{LinkValue, LinkValues, ValueKind};

use super::{
    cors,
    route::{Place, Prefix},
};
use crate::edge::{Origin, certified_key};

const ADDRESS: LinkValue =
    LinkValue::new("address", ValueKind::Text, "where to listen, HOST:PORT; port 0 picks a free one", "127.0.0.1:8080")
        .required()
        .or_secret();

const HOST: LinkValue = LinkValue::new(
    "host",
    ValueKind::List,
    "names of the server that are this actor's, *.DOMAIN for all below one; without it, all that are no other's",
    "shop.example.org,*.shop.example.org",
);

const PATH: LinkValue =
    LinkValue::new("path", ValueKind::Text, "where the actor's paths begin; the longest that fits wins", "/shop")
        .or("/");

const STRIP_PATH: LinkValue =
    LinkValue::new("strip-path", ValueKind::Boolean, "whether the actor gets paths without what `path` says", "true")
        .or("false");

const MAX_BODY: LinkValue =
    LinkValue::new("max-body", ValueKind::Size, "largest body of a request, at most 31Mi", "64Ki").or("7Mi");

const TLS_CERT: LinkValue = LinkValue::new(
    "tls-cert",
    ValueKind::Text,
    "the certificate of the names in `host`, followed by those that sign it, in PEM",
    "secret:SHOP_CERT",
)
.or_secret();

const TLS_KEY: LinkValue =
    LinkValue::new("tls-key", ValueKind::Text, "the certificate's private key, in PEM", "secret:SHOP_KEY").or_secret();

const CORS_ORIGINS: LinkValue = LinkValue::new(
    "cors-origins",
    ValueKind::List,
    "whose pages may read answers, https://HOST[:PORT], or * for everybody's",
    "https://app.example.org",
);

const CORS_METHODS: LinkValue =
    LinkValue::new("cors-methods", ValueKind::List, "by which methods such pages may ask", "GET,POST")
        .or("GET,HEAD,POST,PUT,PATCH,DELETE");

const CORS_HEADERS: LinkValue =
    LinkValue::new("cors-headers", ValueKind::List, "which headers such pages may send, or *", "content-type,x-token")
        .or("content-type");

const CORS_MAX_AGE: LinkValue =
    LinkValue::new("cors-max-age", ValueKind::Duration, "how long browsers may remember this", "10m");

const CORS_CREDENTIALS: LinkValue =
    LinkValue::new("cors-credentials", ValueKind::Boolean, "whether such pages may ask with cookies", "true")
        .or("false");

const WEBSOCKET: LinkValue = LinkValue::new(
    "websocket",
    ValueKind::Boolean,
    "whether clients may open WebSockets, which the actor is told of by WebSocket.Opened",
    "true",
)
.or("false");

const MAX_MESSAGE: LinkValue =
    LinkValue::new("max-message", ValueKind::Size, "largest message of a WebSocket, at most 31Mi", "64Ki").or("1Mi");

/// All of them.
pub(super) const VALUES: &[LinkValue] = &[
    ADDRESS,
    HOST,
    PATH,
    STRIP_PATH,
    MAX_BODY,
    TLS_CERT,
    TLS_KEY,
    CORS_ORIGINS,
    CORS_METHODS,
    CORS_HEADERS,
    CORS_MAX_AGE,
    CORS_CREDENTIALS,
    WEBSOCKET,
    MAX_MESSAGE,
];

/// What a lattice carries at most, aside from a message where it does not fit into one, less room for the head.
const MOST_BODY: u64 = 31 << 20;

/// What a link says, once it is read.
pub(super) struct Settings {
    pub(super) address: SocketAddr,
    pub(super) place: Place,
    pub(super) strips_path: bool,
    pub(super) max_body: usize,
    pub(super) certificate: Option<Arc<CertifiedKey>>,
    pub(super) cors: Option<CorsLayer>,
    /// Where clients may open WebSockets.
    pub(super) websocket: Option<SocketRules>,
}

/// What a link says of WebSockets.
#[derive(Debug)]
pub(super) struct SocketRules {
    /// Largest message, in bytes.
    pub(super) max_message: usize,
    /// Whose pages may open them, beside those of the same host.
    pub(super) origins: Arc<[Origin]>,
}

impl Settings {
    /// Reads the values of a link.
    ///
    /// # Errors
    /// Why one of them cannot be used.
    pub(super) async fn read(values: &LinkValues) -> Result<Self, String> {
        let path = values.text(PATH.name).expect("it has a default");
        let path =
            Prefix::read(path).map_err(|why| format!("`path={path}` {why}; write it as path={}", PATH.example))?;
        let place = Place::read(&values.list(HOST.name), path)
            .map_err(|why| format!("`host` {why}; write it as host={}", HOST.example))?;
        Ok(Self {
            address: address(values.text(ADDRESS.name).expect("no link is without")).await?,
            place,
            strips_path: values.is_true(STRIP_PATH.name),
            max_body: size(values, MAX_BODY)?,
            certificate: certificate(values)?,
            cors: cors(values)?,
            websocket: websocket(values)?,
        })
    }
}

/// A size within what there may be.
fn size(values: &LinkValues, value: LinkValue) -> Result<usize, String> {
    let (name, size) = (value.name, values.size(value.name).expect("it has a default"));
    match size <= MOST_BODY {
        true => Ok(usize::try_from(size).expect("it is small")),
        false => Err(format!("`{name}` is {size} bytes and may be {MOST_BODY} at most; write it as {name}=31Mi")),
    }
}

/// Origins have been found to be such by [`cors`].
fn websocket(values: &LinkValues) -> Result<Option<SocketRules>, String> {
    let max_message = size(values, MAX_MESSAGE)?;
    let origins = values.list(CORS_ORIGINS.name).into_iter().filter_map(|text| text.parse().ok());
    Ok(values.is_true(WEBSOCKET.name).then(|| SocketRules { max_message, origins: origins.collect() }))
}

/// The address that a link asks for. A name stands for its first address.
async fn address(text: &str) -> Result<SocketAddr, String> {
    let no_address = |cause: &dyn Display| {
        format!("`address={text}` is not an address: {cause}; write it as address={}", ADDRESS.example)
    };
    let mut found = tokio::net::lookup_host(text).await.map_err(|error| no_address(&error))?;
    found.next().ok_or_else(|| no_address(&"the name has none"))
}

fn certificate(values: &LinkValues) -> Result<Option<Arc<CertifiedKey>>, String> {
    match (values.text(TLS_CERT.name), values.text(TLS_KEY.name)) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => {
            let pair = certified_key(certificate.as_bytes(), key.as_bytes())
                .map_err(|why| format!("`tls-cert` and `tls-key`: {why}; give the PEM of both, as secret:NAME"))?;
            Ok(Some(Arc::new(pair)))
        }
        (Some(_), None) => Err(format!("`tls-cert` needs its key; give it as tls-key={}", TLS_KEY.example)),
        (None, Some(_)) => Err(format!("`tls-key` needs its certificate; give it as tls-cert={}", TLS_CERT.example)),
    }
}

fn cors(values: &LinkValues) -> Result<Option<CorsLayer>, String> {
    let origins = values.list(CORS_ORIGINS.name);
    let rules = cors::Rules {
        origins: &origins,
        methods: &values.list(CORS_METHODS.name),
        headers: &values.list(CORS_HEADERS.name),
        max_age: values.duration(CORS_MAX_AGE.name),
        with_credentials: values.is_true(CORS_CREDENTIALS.name),
    };
    if origins.is_empty() {
        return match rules.with_credentials || rules.max_age.is_some() {
            true => {
                Err(format!("`cors-…` needs to know whose pages; give them as cors-origins={}", CORS_ORIGINS.example))
            }
            false => Ok(None),
        };
    }
    rules.layer().map(Some)
}
