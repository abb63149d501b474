//! A client of a lattice: asks hosts, changes links, starts and calls actors, without being a host.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::future::Either;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Event, Subjects,
    control::{
        Ack, ActorAuction, ActorLimits, ClaimsList, ClaimsSummary, HostLabel, HostList, HostSummary, Inventory,
        LinkDefinition, LinkList, LinkStatus, RemoveLink, RevocationList, ScaleActor, StartProvider, StopActor,
        StopHost, StopProvider, SwapLink, UpdateActor, read_json, to_json,
    },
    link_values::{LinkValueList, LinkValueSummary},
    module_transfer::ModuleOffer,
    wire::{self, AWAIT, ERROR},
};
use crate::{
    bus::{Bus, BusError, Message, Status, Subject, Subscription, message},
    call::{Call, CallContext, Target},
    encoding,
    error::{ErrorCode, LatticeError},
    host::bus_failed,
    identity::PublicKey,
    metadata::{Revocation, Stamp},
    platform::{Platform, random_uuid, timeout},
};

/// Speaks to the hosts of one lattice over a bus.
#[derive(Debug, Clone)]
pub struct Client {
    bus: Arc<dyn Bus>,
    platform: Arc<dyn Platform>,
    subjects: Subjects,
    origin: PublicKey,
    patience: Duration,
}

/// An actor that was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartedActor {
    /// Its key, `M…`.
    pub actor_id: String,
    /// The host that runs it, `N…`.
    pub host_id: String,
}

/// How long hosts get to answer a question to all, and how long after an answer the next is waited for: a tab that draws has no
/// time for its socket for as long as that takes.
const FIRST_ANSWER: Duration = Duration::from_secs(1);
const NEXT_ANSWER: Duration = Duration::from_millis(400);

/// How long a host gets to fetch, compile and start a module.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// How long a swap of a link may take, with what is copied.
const SWAP_PATIENCE: Duration = Duration::from_secs(60);

impl Client {
    /// A client that calls in the name of `origin`. `patience` is how long a single request may take.
    ///
    /// # Errors
    /// The lattice's name is not one token.
    pub fn new(
        bus: Arc<dyn Bus>,
        platform: Arc<dyn Platform>,
        lattice: &str,
        origin: PublicKey,
        patience: Duration,
    ) -> Result<Self, LatticeError> {
        let subjects = Subjects::new(lattice).map_err(|error| {
            LatticeError::new(ErrorCode::BadRequest, format!("the lattice's name cannot be used: {error}"))
        })?;
        Ok(Self { bus, platform, subjects, origin, patience })
    }

    /// All hosts that answer, and those that were lost less than a minute ago, ordered by key.
    ///
    /// # Errors
    /// The lattice cannot be reached.
    pub async fn hosts(&self) -> Result<Vec<HostSummary>, LatticeError> {
        let (answering, suspended) = futures::join!(self.answering_hosts(), self.suspended_hosts());
        let mut hosts = answering?;
        hosts.extend(suspended);
        // The sort is stable: of a host that is reported twice, its own answer counts.
        hosts.sort_by(|a, b| a.id.cmp(&b.id));
        hosts.dedup_by(|a, b| a.id == b.id);
        Ok(hosts)
    }

    /// The hosts that a keeper takes for suspended; none where nobody keeps metadata.
    async fn suspended_hosts(&self) -> Vec<HostSummary> {
        let reply = self.ask(self.subjects.metadata("hosts"), Vec::new(), METADATA).await;
        let list = reply.and_then(|reply| read_json::<HostList>(&reply.payload));
        list.map(|list| list.hosts).unwrap_or_default()
    }

    async fn answering_hosts(&self) -> Result<Vec<HostSummary>, LatticeError> {
        self.gather(self.subjects.control("ping.hosts"), Vec::new()).await
    }

    /// What runs on a host.
    ///
    /// # Errors
    /// No such host answers.
    pub async fn inventory(&self, host: PublicKey) -> Result<Inventory, LatticeError> {
        let reply = self.ask(self.subjects.inventory(host), Vec::new(), &format!("host {host}")).await?;
        read_json(&reply.payload)
    }

    /// All links.
    ///
    /// # Errors
    /// Nobody keeps the lattice's metadata.
    pub async fn links(&self) -> Result<Vec<LinkDefinition>, LatticeError> {
        let reply = self.ask(self.subjects.control("get.links"), Vec::new(), METADATA).await?;
        read_json::<LinkList>(&reply.payload).map(|list| list.links)
    }

    /// What a provider tells of the values of its links, wherever it runs.
    ///
    /// # Errors
    /// It runs on no host, or does not tell.
    pub async fn link_values(&self, provider: PublicKey) -> Result<Vec<LinkValueSummary>, LatticeError> {
        let question = message(self.subjects.provider_values(provider), Vec::new());
        let reply = self.bus.request(question, self.patience).await.map_err(|error| match error {
            BusError::NoResponders(_) => LatticeError::new(
                ErrorCode::ProviderNotFound,
                format!(
                    "provider {provider} does not tell what its links take: it runs on no host, or its author did not \
                     describe that; see: wisteria get inventory HOST"
                ),
            ),
            other => bus_failed(&other, format!("provider {provider}")),
        })?;
        let list: LinkValueList = encoding::from_messagepack(&reply.payload).map_err(|error| {
            LatticeError::new(
                ErrorCode::Other,
                format!("what provider {provider} tells of its links cannot be read: {error}"),
            )
        })?;
        Ok(list.values)
    }

    /// The claims of all actors that were started.
    ///
    /// # Errors
    /// Nobody keeps the lattice's metadata.
    pub async fn claims(&self) -> Result<Vec<ClaimsSummary>, LatticeError> {
        let reply = self.ask(self.subjects.control("get.claims"), Vec::new(), METADATA).await?;
        read_json::<ClaimsList>(&reply.payload).map(|list| list.claims)
    }

    /// What was revoked, and what counts again.
    ///
    /// # Errors
    /// Nobody keeps the lattice's metadata.
    pub async fn revocations(&self) -> Result<Vec<Revocation>, LatticeError> {
        let reply = self.ask(self.subjects.metadata("revocations.get"), Vec::new(), METADATA).await?;
        read_json::<RevocationList>(&reply.payload).map(|list| list.revocations)
    }

    /// Revokes the key of a module, an account, a user or a host, or the id of a token, or takes that back. When this
    /// returns it is kept, and hosts are told.
    ///
    /// # Errors
    /// It is neither a key nor an id, or cannot be kept.
    pub async fn revoke(&self, subject: &str, revoked: bool, reason: Option<String>) -> Result<(), LatticeError> {
        let revocation = Revocation { subject: subject.to_owned(), revoked, reason, stamp: Stamp::default() };
        self.command(self.subjects.metadata("revocations.put"), &revocation, METADATA).await.map(drop)
    }

    /// Puts a link and waits until its provider has accepted it. Where the provider runs on no host, the link is kept
    /// for when it starts: it is pending. A keeper that names no status has accepted it.
    ///
    /// # Errors
    /// The provider refused it; what was linked before stays as it was.
    pub async fn put_link(&self, link: &LinkDefinition) -> Result<LinkStatus, LatticeError> {
        let ack = self.command(self.subjects.control("linkdefs.put"), link, METADATA).await?;
        Ok(ack.link_status.unwrap_or(LinkStatus::Active))
    }

    /// Points a link at another provider, or at the same one with other values, while it is used: no call fails for it.
    /// With `copy`, what is kept through it goes along, and calls wait meanwhile; what is there of the same name is
    /// replaced where it may `overwrite`, else the new store must be empty.
    ///
    /// # Errors
    /// There is no such link, a provider refused, or cannot hand over or take over what is kept. The link stays as it was.
    pub async fn swap_link(
        &self,
        link: &LinkDefinition,
        copy: bool,
        overwrite: bool,
    ) -> Result<LinkStatus, LatticeError> {
        let client = Self { patience: SWAP_PATIENCE, ..self.clone() };
        let request = SwapLink { link: link.clone(), copy, overwrite };
        let ack = client.command(self.subjects.control("linkdefs.swap"), &request, METADATA).await?;
        Ok(ack.link_status.unwrap_or(LinkStatus::Active))
    }

    /// Deletes a link.
    ///
    /// # Errors
    /// There is no such link.
    pub async fn delete_link(&self, link: &RemoveLink) -> Result<(), LatticeError> {
        self.command(self.subjects.control("linkdefs.del"), link, METADATA).await.map(drop)
    }

    /// Starts an actor on a host from the bytes of its module and waits until it runs. Without limits it has the host's.
    ///
    /// # Errors
    /// The host does not answer, or does not take the module.
    pub async fn start_actor(
        &self,
        host: PublicKey,
        module: Bytes,
        max_instances: Option<u32>,
        limits: Option<ActorLimits>,
    ) -> Result<StartedActor, LatticeError> {
        let mut offer = ModuleOffer::new(self.bus.clone(), &self.subjects, module)?;
        let request = scale(host, offer.reference.clone(), max_instances, limits);
        let ack = self.while_offering(&mut offer, host, "scale", &request).await?;
        Ok(StartedActor { actor_id: ack.actor_id.unwrap_or_default(), host_id: host.to_string() })
    }

    /// Starts an actor on a host from a reference that the host resolves: the key of an actor that runs on another
    /// host, or what its own source of modules knows.
    ///
    /// # Errors
    /// Those of [`Client::start_actor`], and the host cannot load the reference.
    pub async fn start_reference(
        &self,
        host: PublicKey,
        reference: &str,
        max_instances: Option<u32>,
        limits: Option<ActorLimits>,
    ) -> Result<StartedActor, LatticeError> {
        let request = scale(host, reference.to_owned(), max_instances, limits);
        let command = Self { patience: START_PATIENCE, ..self.clone() };
        let ack = command.host_command(host, "scale", &request).await?;
        Ok(StartedActor { actor_id: ack.actor_id.unwrap_or_default(), host_id: host.to_string() })
    }

    /// Has an actor of a host run another module of the same key, without a pause, and waits until it does.
    ///
    /// # Errors
    /// The actor does not run there, or the host does not take the module; the old one then runs on.
    pub async fn update_actor(&self, host: PublicKey, actor: PublicKey, module: Bytes) -> Result<(), LatticeError> {
        let mut offer = ModuleOffer::new(self.bus.clone(), &self.subjects, module)?;
        let request = UpdateActor {
            actor_id: actor.to_string(),
            new_actor_ref: offer.reference.clone(),
            host_id: host.to_string(),
            annotations: None,
        };
        self.while_offering(&mut offer, host, "upd", &request).await.map(drop)
    }

    /// The hosts that have certain labels and could run another actor, ordered by key. All hosts have a second to
    /// answer.
    ///
    /// # Errors
    /// The lattice cannot be reached.
    pub async fn auction_actor(&self, constraints: BTreeMap<String, String>) -> Result<Vec<PublicKey>, LatticeError> {
        let auction = ActorAuction { constraints, ..ActorAuction::default() };
        let bids: Vec<ActorAuction> = self.gather(self.subjects.control("auction.actor"), to_json(&auction)).await?;
        let mut hosts: Vec<PublicKey> = bids.iter().filter_map(|bid| bid.host_id.parse().ok()).collect();
        hosts.sort_unstable();
        hosts.dedup();
        Ok(hosts)
    }

    /// Puts a label on a host, or takes it away where there is no value.
    ///
    /// # Errors
    /// The host does not answer, or has too many labels.
    pub async fn label_host(&self, host: PublicKey, name: &str, value: Option<&str>) -> Result<(), LatticeError> {
        let verb = if value.is_some() { "put" } else { "del" };
        let label = HostLabel { key: name.to_owned(), value: value.unwrap_or_default().to_owned() };
        self.command(self.subjects.labels(host, verb), &label, &format!("host {host}")).await.map(drop)
    }

    /// Changes how many calls an actor handles at once on a host; without a number, the host's default. Its limits are
    /// changed where any are given.
    ///
    /// # Errors
    /// The actor does not run there.
    pub async fn scale_actor(
        &self,
        host: PublicKey,
        actor: PublicKey,
        max_instances: Option<u32>,
        limits: Option<ActorLimits>,
    ) -> Result<(), LatticeError> {
        let request = scale(host, actor.to_string(), max_instances, limits);
        self.host_command(host, "scale", &request).await.map(drop)
    }

    /// Stops an actor on a host.
    ///
    /// # Errors
    /// It does not run there.
    pub async fn stop_actor(&self, host: PublicKey, actor: PublicKey) -> Result<(), LatticeError> {
        let request = StopActor { actor_id: actor.to_string(), host_id: host.to_string(), annotations: None };
        self.host_command(host, "sa", &request).await.map(drop)
    }

    /// Starts a provider on a host and returns its key. The reference is the name of its kind, or `NAME@V…` for one
    /// that shares its key, and so its links and calls, with those of other hosts.
    ///
    /// # Errors
    /// The host has no provider of that name.
    pub async fn start_provider(
        &self,
        host: PublicKey,
        reference: &str,
        link_name: &str,
    ) -> Result<String, LatticeError> {
        let request = StartProvider {
            provider_ref: reference.to_owned(),
            link_name: link_name.to_owned(),
            host_id: host.to_string(),
            ..StartProvider::default()
        };
        let ack = self.host_command(host, "lp", &request).await?;
        Ok(ack.provider_id.unwrap_or_default())
    }

    /// Stops a provider on a host.
    ///
    /// # Errors
    /// It does not run there.
    pub async fn stop_provider(&self, host: PublicKey, provider: PublicKey) -> Result<(), LatticeError> {
        let request =
            StopProvider { provider_ref: provider.to_string(), host_id: host.to_string(), ..StopProvider::default() };
        self.host_command(host, "sp", &request).await.map(drop)
    }

    /// Asks a host to stop.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn stop_host(&self, host: PublicKey) -> Result<(), LatticeError> {
        let request = StopHost { host_id: host.to_string(), timeout: None };
        self.host_command(host, "stop", &request).await.map(drop)
    }

    /// Calls an actor by its key and returns its encoded reply.
    ///
    /// # Errors
    /// Whatever kept the call from being answered, see [`ErrorCode`].
    pub async fn call(
        &self,
        actor: PublicKey,
        operation: &str,
        payload: Bytes,
        deadline: Duration,
    ) -> Result<Bytes, LatticeError> {
        let now = self.platform.now();
        let call = Call {
            origin: self.origin,
            target: Target::Actor(actor),
            operation: operation.into(),
            payload,
            context: CallContext::root(now + deadline),
        };
        let target = wire::Entity { public_key: actor.to_string(), ..wire::Entity::default() };
        let id = random_uuid(&*self.platform);
        let mut request =
            wire::request(&call, wire::Payload::Inside, self.subjects.actor(actor), target, id, None, now);
        request.headers.insert(wire::WHOLE_REPLY, "true");
        match self.bus.request(request, deadline).await {
            Ok(reply) => wire::read_response(&reply).map(|response| response.msg.into()),
            Err(error) => Err(bus_failed(&error, format!("actor {actor}"))),
        }
    }

    /// Follows what happens on the lattice from now on.
    ///
    /// # Errors
    /// The lattice cannot be reached.
    pub fn events(&self) -> Result<Events, LatticeError> {
        let messages = self.bus.subscribe(self.subjects.events().into(), None)?;
        Ok(Events { messages })
    }

    /// Gives a host a command while it may fetch a module from here.
    async fn while_offering(
        &self,
        offer: &mut ModuleOffer,
        host: PublicKey,
        verb: &str,
        request: &impl Serialize,
    ) -> Result<Ack, LatticeError> {
        let command = Self { patience: START_PATIENCE, ..self.clone() };
        let done = command.host_command(host, verb, request);
        let served = offer.serve();
        futures::pin_mut!(done, served);
        match futures::future::select(done, served).await {
            Either::Left((ack, _)) => ack,
            Either::Right(((), done)) => done.await,
        }
    }

    /// Asks whoever listens and gathers the answers until no more come.
    async fn gather<T: DeserializeOwned>(&self, subject: Subject, payload: Vec<u8>) -> Result<Vec<T>, LatticeError> {
        let inbox = self.bus.new_inbox();
        let mut answers = self.bus.subscribe(inbox.clone().into(), None)?;
        self.bus.publish(Message { reply: Some(inbox), ..message(subject, payload) })?;
        let mut gathered = Vec::new();
        let mut patience = FIRST_ANSWER;
        while let Some(Some(answer)) = timeout(&*self.platform, patience, answers.next()).await {
            match (answer.status(), encoding::from_json(&answer.payload)) {
                (Some(Status::NoResponders), _) => break,
                (_, Ok(answer)) => gathered.push(answer),
                (_, Err(_)) => continue,
            }
            patience = NEXT_ANSWER;
        }
        Ok(gathered)
    }

    async fn host_command(&self, host: PublicKey, verb: &str, request: &impl Serialize) -> Result<Ack, LatticeError> {
        self.command(self.subjects.command(host, verb), request, &format!("host {host}")).await
    }

    /// Sends a request that is acknowledged with its outcome.
    async fn command(&self, subject: Subject, request: &impl Serialize, name: &str) -> Result<Ack, LatticeError> {
        let reply = self.ask(subject, to_json(request), name).await?;
        let ack: Ack = read_json(&reply.payload)?;
        match ack.accepted {
            true => Ok(ack),
            false => Err(LatticeError::new(
                reply.headers.get(ERROR).map_or(ErrorCode::Other, ErrorCode::from_wire),
                ack.error,
            )),
        }
    }

    async fn ask(&self, subject: Subject, payload: Vec<u8>, name: &str) -> Result<Message, LatticeError> {
        let mut request = message(subject, payload);
        request.headers.insert(AWAIT, "outcome");
        self.bus.request(request, self.patience).await.map_err(|error| match error {
            BusError::NoResponders(_) => LatticeError::new(
                ErrorCode::HostNotFound,
                format!("{name} is not on the lattice; see: wisteria get hosts"),
            ),
            other => bus_failed(&other, name),
        })
    }
}

/// What starts an actor, or changes how it runs.
fn scale(host: PublicKey, actor_ref: String, count: Option<u32>, limits: Option<ActorLimits>) -> ScaleActor {
    ScaleActor { actor_ref, host_id: host.to_string(), count, annotations: None, limits }
}

const METADATA: &str = "the server that keeps the lattice's links and claims";

/// The lattice's events, as they happen.
#[derive(Debug)]
pub struct Events {
    messages: Subscription,
}

impl Events {
    /// The next event; nothing once the connection is closed for good. What is not an event is passed over.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let message = self.messages.next().await?;
            if let Some(event) = Event::read(&message.payload) {
                return Some(event);
            }
        }
    }
}
