//! A connection to a NATS server outside of the lattice, that says at once when it is lost, and comes back by itself.

use std::{
    fmt::{self, Debug, Formatter},
    future::Future,
    sync::{Arc, Mutex, Weak, atomic::Ordering},
    time::Duration,
};

use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event, ServerAddr, connection::State};
use tokio::{sync::watch, time::timeout};
use wisteria_bridge::{Credentials, transports::native::Tls};
use wisteria_core::{
    provider::{LinkRefused, LinkValue, LinkValues, ProviderError, ValueKind},
    secret::Secret,
};

use crate::nats::introduce;

/// Where the server is.
pub(super) const URL: LinkValue = LinkValue::new(
    "URL",
    ValueKind::Url,
    "where NATS is, nats:// or tls://[USER:PASSWORD@]HOST[:PORT]; several of one cluster with commas",
    "nats://127.0.0.1:4222",
)
.required()
.or_secret();

/// A user's claims and seed.
pub(super) const CREDS: LinkValue =
    LinkValue::new("CREDS", ValueKind::Text, "the text of a .creds file, which lets the link in", "secret:NATS_CREDS")
        .or_secret();

/// A user's seed.
pub(super) const NKEY: LinkValue =
    LinkValue::new("NKEY", ValueKind::Text, "the seed of a user, SU…, which lets the link in", "secret:NATS_NKEY")
        .or_secret();

/// A token.
pub(super) const TOKEN: LinkValue =
    LinkValue::new("TOKEN", ValueKind::Text, "the token that lets the link in", "secret:NATS_TOKEN").or_secret();

/// Authorities.
pub(super) const TLS_CA: LinkValue = LinkValue::new(
    "TLS_CA",
    ValueKind::Text,
    "certificates in PEM of authorities to trust beside the system's",
    "secret:NATS_CA",
)
.or_secret();

/// Patience.
pub(super) const TIMEOUT: LinkValue =
    LinkValue::new("TIMEOUT", ValueKind::Duration, "how long NATS may take to answer", "500ms").or("2s");

/// The values by which a link says where its NATS server is, and what lets it in. Beside [`URL`] a provider has them all.
const PROOFS: [LinkValue; 3] = [CREDS, NKEY, TOKEN];

/// The first pause before another try, which doubles up to the last.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// The pause where nothing is linked any more. A try then ends the connection for good, one way or the other.
const LAST_PAUSE: Duration = Duration::from_secs(3600);

/// How often the server is asked for a sign of life. It is lost when two stay out.
const PINGS: Duration = Duration::from_secs(5);

/// How many messages may wait in a subscription for whoever reads it. What comes beyond is dropped with a warning.
const SUBSCRIPTION_BOUND: usize = 1024;

/// A NATS server, or a cluster of them, as long as anything is linked to it.
pub(super) struct NatsConnection {
    client: Client,
    status: Arc<Status>,
    patience: Duration,
    /// Tries to connect are made in earnest while this is there.
    _linked: Arc<()>,
}

/// What is known of a connection.
#[derive(Debug)]
struct Status {
    /// Where it goes, without credentials.
    address: String,
    /// Why there is none, while there is none.
    cause: Mutex<String>,
    /// Counts how often it was lost.
    losses: watch::Sender<u64>,
}

/// What links say of NATS servers. Links that say the same share a connection.
#[derive(Default)]
pub(super) struct NatsConnections(Mutex<Vec<(Said, Weak<NatsConnection>)>>);

/// Texts of link values, some of them secret.
type Said = Vec<Option<Secret>>;

/// How to get into a server.
struct Way {
    servers: Vec<ServerAddr>,
    address: String,
    credentials: Credentials,
    /// Whom to trust, where the link says it.
    tls: Option<Tls>,
    patience: Duration,
}

impl NatsConnections {
    /// The connection to where a link says. Where somebody waits for the verdict on the link (`is_new`) it stands when
    /// this returns; otherwise it may come later.
    ///
    /// # Errors
    /// The values cannot be used, the server does not let the link in, or cannot be reached though it must.
    pub(super) async fn get(&self, values: &LinkValues, is_new: bool) -> Result<Arc<NatsConnection>, LinkRefused> {
        let said: Said = [URL, CREDS, NKEY, TOKEN, TLS_CA, TIMEOUT]
            .iter()
            .map(|value| values.text(value.name).map(Secret::new))
            .collect();
        let shared = self.all().iter().find(|(known, _)| *known == said).and_then(|(_, one)| one.upgrade());
        if let Some(connection) = shared {
            return match connection.health() {
                Err(why) if is_new => Err(LinkRefused(why)),
                _ => Ok(connection),
            };
        }
        let way = Way::read(values).map_err(LinkRefused)?;
        let connection = Arc::new(NatsConnection::open(way, is_new).await.map_err(LinkRefused)?);
        let mut all = self.all();
        all.retain(|(_, one)| one.strong_count() > 0);
        all.push((said, Arc::downgrade(&connection)));
        Ok(connection)
    }

    fn all(&self) -> std::sync::MutexGuard<'_, Vec<(Said, Weak<NatsConnection>)>> {
        self.0.lock().expect("nothing panics under this lock")
    }
}

impl NatsConnection {
    async fn open(way: Way, must: bool) -> Result<Self, String> {
        let patience = way.patience;
        let linked = Arc::new(());
        let status = Arc::new(Status {
            address: way.address.clone(),
            cause: Mutex::new("it is being connected".to_owned()),
            losses: watch::Sender::new(0),
        });
        let tries = u32::try_from(way.servers.len()).unwrap_or(u32::MAX);
        let failure = match timeout(patience * tries, way.options(&status, &linked).connect(way.servers.clone())).await
        {
            Ok(Ok(client)) => return Ok(Self { client, status, patience, _linked: linked }),
            Ok(Err(error)) if is_refusal(error.kind()) => {
                return Err(format!(
                    "NATS at {} does not let the link in: {error}; give it what the server asks for as CREDS, NKEY or \
                     TOKEN, or as USER:PASSWORD@ in the URL",
                    status.address
                ));
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} ms", patience.as_millis()),
        };
        if must {
            return Err(status.unavailable(&failure));
        }
        status.is_down(failure);
        let later = way.options(&status, &linked).retry_on_initial_connect().connect(way.servers).await;
        later.map(|client| Self { client, status, patience, _linked: linked }).map_err(|error| error.to_string())
    }

    /// The client, where the server is there. While it is known to be away, this fails without waiting.
    pub(super) fn client(&self) -> Result<&Client, ProviderError> {
        self.health().map(|()| &self.client).map_err(ProviderError::Unavailable)
    }

    /// The client, whether the server is there or not: it subscribes as soon as it is.
    pub(super) fn client_in_any_case(&self) -> &Client {
        &self.client
    }

    /// What comes of something that is sent to the server, within the time that it has. Fails at once when the connection
    /// is lost meanwhile, and when it was made anew: then nobody knows what became of it.
    pub(super) async fn within_patience<T>(&self, task: impl Future<Output = T>) -> Result<T, ProviderError> {
        self.within(self.patience, task).await
    }

    /// The same within a time of its own.
    pub(super) async fn within<T>(&self, most: Duration, task: impl Future<Output = T>) -> Result<T, ProviderError> {
        let mut losses = self.status.losses.subscribe();
        let before = self.connects();
        self.client()?;
        let done = tokio::select! {
            done = timeout(most, task) => done,
            _ = losses.changed() => return Err(self.unavailable("the connection was lost before it answered")),
        };
        match done {
            Ok(done) if self.connects() == before => Ok(done),
            Ok(_) => Err(self.unavailable("the connection was lost before it answered")),
            Err(_) => Err(self.unavailable(&format!("no answer within {} ms", most.as_millis()))),
        }
    }

    /// Where the server is, without credentials.
    pub(super) fn address(&self) -> &str {
        &self.status.address
    }

    /// How long the server may take to answer.
    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// Whether the server is there, or why not.
    pub(super) fn health(&self) -> Result<(), String> {
        match self.client.connection_state() {
            State::Connected => Ok(()),
            State::Pending | State::Disconnected => Err(self.status.unavailable(&self.status.cause())),
        }
    }

    /// The error of something that the server did not do, as it is away or does not answer.
    pub(super) fn unavailable(&self, cause: &str) -> ProviderError {
        ProviderError::Unavailable(self.status.unavailable(cause))
    }

    /// How many connections there were.
    fn connects(&self) -> u64 {
        self.client.statistics().connects.load(Ordering::Relaxed)
    }
}

impl Way {
    fn read(values: &LinkValues) -> Result<Self, String> {
        let url = values.text(URL.name).expect("no link is without");
        let (addresses, in_urls): (Vec<_>, Vec<_>) = url.split(',').map(|url| Credentials::of_url(url.trim())).unzip();
        let no_url = |address: &str| {
            format!("`URL` cannot be used: \"{address}\" is no address of NATS; write it as URL=nats://HOST:4222")
        };
        let parse = |address: &String| match address.starts_with("nats://") || address.starts_with("tls://") {
            true => address.parse::<ServerAddr>().map_err(|_| no_url(address)),
            false => Err(no_url(address)),
        };
        let servers = addresses.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        let mut proofs: Vec<_> = in_urls.into_iter().filter(|proof| !matches!(proof, Credentials::None)).collect();
        // Those of a cluster are the same at each of its servers.
        proofs.truncate(1);
        for value in PROOFS {
            let Some(text) = values.text(value.name) else { continue };
            let proof = match value.name {
                "CREDS" => Credentials::from_creds(text),
                "NKEY" => Credentials::from_seed(text),
                _ => Ok(Credentials::Token(Secret::new(text))),
            };
            proofs.push(proof.map_err(|why| format!("`{}` cannot be used: {why}", value.name))?);
        }
        if proofs.len() > 1 {
            return Err("there are several proofs of who the link is; say one of CREDS, NKEY, TOKEN and \
                        USER:PASSWORD@ in the URL"
                .to_owned());
        }
        let authorities = values.text(TLS_CA.name).map(|pem| Tls::with_authorities_in(pem.as_bytes())).transpose();
        let tls = authorities.map_err(|why| format!("`TLS_CA` cannot be used: {why}"))?;
        Ok(Self {
            servers,
            address: addresses.join(", "),
            credentials: proofs.pop().unwrap_or_default(),
            tls,
            patience: values.duration(TIMEOUT.name).expect("it has a default"),
        })
    }

    fn options(&self, status: &Arc<Status>, linked: &Arc<()>) -> ConnectOptions {
        let (told, linked) = (status.clone(), Arc::downgrade(linked));
        let mut options = introduce(&self.credentials)
            .name("wisteria")
            .connection_timeout(self.patience)
            .request_timeout(Some(self.patience))
            .ping_interval(PINGS)
            .subscription_capacity(SUBSCRIPTION_BOUND)
            // A server names others of its cluster, and a wrong one could name any: the link says where it goes.
            .ignore_discovered_servers()
            .reconnect_delay_callback(move |attempt| pause(attempt, linked.strong_count() > 0))
            .event_callback(move |event| {
                told.hear(&event);
                async {}
            });
        // Below it are the inboxes that servers grant to users of their own.
        if let Some(key) = self.credentials.key() {
            options = options.custom_inbox_prefix(format!("_INBOX.{key}"));
        }
        let is_protected = self.servers.iter().any(ServerAddr::tls_required);
        match self.tls.clone().or_else(|| is_protected.then(Tls::default)) {
            Some(tls) => options.tls_client_config((*tls.config()).clone()),
            None => options,
        }
    }
}

impl Status {
    fn unavailable(&self, cause: &str) -> String {
        format!("NATS at {} cannot be reached: {cause}; see that it runs there and lets this server in", self.address)
    }

    fn hear(&self, event: &Event) {
        let address = &self.address;
        match event {
            Event::Connected => tracing::info!(address, "NATS is connected"),
            Event::Disconnected => {
                tracing::warn!(address, "the connection to NATS is lost");
                self.is_down("the connection is lost".to_owned());
                self.losses.send_modify(|losses| *losses += 1);
            }
            Event::ClientError(error) => self.is_down(error.to_string()),
            Event::ServerError(error) => tracing::warn!(address, %error, "NATS refuses something"),
            Event::SlowConsumer(_) => tracing::warn!(address, "a slow subscription to NATS lost a message"),
            Event::LameDuckMode | Event::Draining | Event::Closed => tracing::info!(address, %event, "NATS"),
        }
    }

    fn is_down(&self, cause: String) {
        *self.cause.lock().expect("nothing panics under this lock") = cause;
    }

    fn cause(&self) -> String {
        self.cause.lock().expect("nothing panics under this lock").clone()
    }
}

/// How long to wait before a try, the first of which is number 1.
fn pause(attempt: usize, is_linked: bool) -> Duration {
    let (first, longest) = PAUSES;
    match attempt {
        _ if !is_linked => LAST_PAUSE,
        0 | 1 => Duration::ZERO,
        more => first.saturating_mul(1 << (more - 2).min(16)).min(longest),
    }
}

/// Whether trying again does not help.
fn is_refusal(kind: ConnectErrorKind) -> bool {
    matches!(kind, ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation)
}

impl Debug for NatsConnection {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsConnection").field("address", &self.status.address).finish_non_exhaustive()
    }
}

impl Debug for NatsConnections {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} connections to NATS", self.all().len())
    }
}
