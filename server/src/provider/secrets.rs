//! `wisteria:secrets` from where the host has its own: an actor gets those that its link names, on that host and nowhere else.

use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use wisteria_contracts::{
    codec,
    secrets::{CONTRACT, GetResponse, operation},
};
use wisteria_core::{
    host::{FoundSecret, SecretError, SecretSource, is_secret_name},
    identity::PublicKey,
    platform::BoxFuture,
    provider::{
        LinkRefused, LinkValue, LinkValues, LinkedActor, Links, Provider, ProviderCall, ProviderDescription,
        ProviderError, ProviderLink, ValueKind, argument,
    },
};

const NAMES: LinkValue = LinkValue::new(
    "NAMES",
    ValueKind::List,
    "which secrets the actor may have; what ends in * stands for all that begin so",
    "API_TOKEN,shop.*",
)
.required();

/// Most entries of `NAMES`.
const ENTRIES: usize = 100;

/// How many secrets are looked up at a time when a link is put.
const AT_ONCE: usize = 16;

/// The secrets of a host, for the actors that run on it.
#[derive(Debug)]
pub struct ActorSecrets {
    source: Option<Arc<dyn SecretSource>>,
    links: Links<Arc<Linked>>,
}

#[derive(Debug)]
struct Linked {
    allowed: Vec<Entry>,
    /// One that the source could not tell of when it was last asked.
    untold: Mutex<Option<String>>,
}

/// What a link allows.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Name(String),
    Beginning(String),
}

impl ActorSecrets {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "secrets",
        contract: CONTRACT,
        title: "Secrets of the host, for actors on it",
        built_in: false,
        values: &[NAMES],
    };

    /// A provider without links.
    pub fn new(source: Option<Arc<dyn SecretSource>>) -> Self {
        Self { source, links: Links::default() }
    }

    fn source(&self) -> Result<&dyn SecretSource, String> {
        self.source.as_deref().ok_or_else(|| "this host has no secrets; link a provider on a server".to_owned())
    }

    async fn put(&self, link: ProviderLink) -> Result<(), String> {
        let source = self.source()?;
        let linked = Linked { allowed: entries(&link.values)?, untold: Mutex::default() };
        let names = linked.allowed.iter().filter_map(|entry| match entry {
            Entry::Name(name) => Some(name.clone()),
            Entry::Beginning(_) => None,
        });
        let names: Vec<String> = names.collect();
        let asked = futures::stream::iter(names).map(async |name: String| match source.resolve(&name).await {
            Err(error @ SecretError::Unavailable(_)) => Err((name, error)),
            _ => Ok(()),
        });
        let told = asked.buffer_unordered(AT_ONCE).try_collect::<()>().await;
        if let Err((name, error)) = told {
            if link.is_new {
                return Err(untold(&name, &error));
            }
            *linked.untold() = Some(name);
        }
        self.links.put(link.actor, link.link_name, Arc::new(linked));
        Ok(())
    }

    async fn get(&self, call: &ProviderCall) -> Result<GetResponse, ProviderError> {
        let linked = self.links.of(call)?;
        if call.context.is_from_afar {
            return Err(ProviderError::Failed(format!(
                "secrets stay on their host, and actor {} asks from another one, as a tab is; start the actor on the \
                 provider's host, or link it to the provider of a server on which it runs",
                call.actor
            )));
        }
        let name: String = argument(call)?;
        linked.check(&name)?;
        match self.source().map_err(ProviderError::Failed)?.resolve(&name).await {
            Ok(FoundSecret { secret, version }) => {
                Ok(GetResponse { value: secret.expose().as_bytes().to_vec(), exists: true, version })
            }
            Err(SecretError::Unknown(_)) => Ok(GetResponse::default()),
            Err(error @ SecretError::Unavailable(_)) => {
                let why = untold(&name, &error);
                *linked.untold() = Some(name);
                Err(ProviderError::Unavailable(why))
            }
            Err(error) => Err(ProviderError::Failed(format!("the secret {name} cannot be used: {error}"))),
        }
    }

    /// Asks again for what could not be told.
    async fn check_again(&self, link: &LinkedActor) -> Result<(), String> {
        let Some(linked) = self.links.all().get(link).cloned() else { return Ok(()) };
        let Some(name) = linked.untold().clone() else { return Ok(()) };
        match self.source()?.resolve(&name).await {
            Err(error @ SecretError::Unavailable(_)) => Err(untold(&name, &error)),
            _ => {
                *linked.untold() = None;
                Ok(())
            }
        }
    }
}

fn untold(name: &str, error: &SecretError) -> String {
    format!("whether there is a secret {name} cannot be told: {error}")
}

impl Linked {
    /// Whether the link allows a name.
    fn check(&self, name: &str) -> Result<(), ProviderError> {
        if !is_secret_name(name) {
            let text = "that is no name of a secret; use letters, digits, '_', '-' and '.'".to_owned();
            return Err(ProviderError::Failed(text));
        }
        let is_allowed = |entry: &Entry| match entry {
            Entry::Name(allowed) => allowed == name,
            Entry::Beginning(beginning) => name.starts_with(beginning.as_str()),
        };
        match self.allowed.iter().any(is_allowed) {
            true => Ok(()),
            false => Err(ProviderError::Failed(format!(
                "the link does not allow the secret {name}; put it again with NAMES that has it"
            ))),
        }
    }

    fn untold(&self) -> MutexGuard<'_, Option<String>> {
        self.untold.lock().expect("nothing panics under this lock")
    }
}

/// What a link says of names.
fn entries(values: &LinkValues) -> Result<Vec<Entry>, String> {
    let texts = values.list(NAMES.name);
    if texts.len() > ENTRIES {
        let count = texts.len();
        return Err(format!("`NAMES` has {count} entries and may have {ENTRIES}; let one stand for many, as shop.*"));
    }
    texts.into_iter().map(entry).collect()
}

fn entry(text: &str) -> Result<Entry, String> {
    match text.strip_suffix('*') {
        Some(beginning) if beginning.is_empty() || is_secret_name(beginning) => {
            Ok(Entry::Beginning(beginning.to_owned()))
        }
        None if is_secret_name(text) => Ok(Entry::Name(text.to_owned())),
        _ => Err(format!(
            "`{text}` in `NAMES` is neither a name of a secret nor the beginning of some with a * at its end; write it as \
             NAMES={}",
            NAMES.example
        )),
    }
}

impl Provider for ActorSecrets {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move { self.put(link).await.map_err(LinkRefused) })
    }

    fn unlink(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        self.links.remove(actor, link_name);
        Box::pin(async {})
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        Box::pin(async move {
            match &*call.operation {
                operation::GET => Ok(codec::encode(&self.get(&call).await?).into()),
                _ => Err(ProviderError::unknown(Self::DESCRIPTION.name, &call, &[operation::GET])),
            }
        })
    }

    fn link_health<'a>(&'a self, link: &'a LinkedActor) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(self.check_again(link))
    }
}
