//! Where a call goes: local first, else over the bus; over the bus as well where it would wait here, and others run the actor.

use std::{fmt::Display, sync::Arc, time::Duration};

use bytes::Bytes;

use super::{
    actor::Actor,
    exceeded::Bound,
    guest::GuestOfCall,
    instances::{Admission, Patience, Refused},
    observing::Watched,
    provider::{RunningProvider, not_linked},
    state::HostState,
};
use crate::{
    bus::{BusError, Subject},
    call::{Call, CallContext, Target},
    engine::{GuestCall, GuestError},
    error::{ErrorCode, LatticeError},
    identity::PublicKey,
    lattice::wire,
    platform::{BoxFuture, HAS_THREADS, millis, random_uuid, timeout, yield_now},
    provider::ProviderCall,
};

impl HostState {
    /// Carries out a call that starts on this host now, with so much time until its deadline, and enforces that.
    pub(crate) async fn call_until_deadline(
        self: &Arc<Self>,
        call: Call,
        remaining: Duration,
    ) -> Result<Bytes, LatticeError> {
        let target = call.target.clone();
        match timeout(&*self.platform, remaining, self.clone().dispatch(call)).await {
            Some(outcome) => outcome,
            None => Err(timed_out(target, remaining)),
        }
    }

    /// Carries out a call whose deadline someone further out enforces.
    pub(crate) fn dispatch(self: Arc<Self>, call: Call) -> BoxFuture<'static, Result<Bytes, LatticeError>> {
        Box::pin(async move {
            self.check_depth_of_caller(&call)?;
            match call.target.clone() {
                Target::Actor(actor) => self.call_actor(actor, call).await,
                Target::Alias(alias) => {
                    let actor = self.actor_by_alias(&alias).await?;
                    self.call_actor(actor, call).await
                }
                Target::Provider { contract, link_name } => self.call_provider(&contract, link_name, call).await,
            }
        })
    }

    fn check_depth_of_caller(&self, call: &Call) -> Result<(), LatticeError> {
        // A call from outside has no chain yet.
        if call.context.chain.depth() == 0 {
            return Ok(());
        }
        let limit = self.actor(call.origin).map_or(self.config.limits.depth, |actor| actor.bounds().depth);
        self.check_depth(call.origin, limit, &call.context)
    }

    /// Refuses a call that came through too many actors; `who` calls or is called here.
    fn check_depth(&self, who: PublicKey, limit: usize, context: &CallContext) -> Result<(), LatticeError> {
        let depth = context.chain.depth();
        if depth <= limit {
            return Ok(());
        }
        self.tell_exceeded(Some(who), Bound::Depth, limit as u64);
        Err(LatticeError::new(
            ErrorCode::CallTooDeep,
            format!("a chain of {depth} calls is above the limit of {limit}; let actors call each other less deeply"),
        ))
    }

    async fn call_actor(self: Arc<Self>, key: PublicKey, call: Call) -> Result<Bytes, LatticeError> {
        self.permit_call(&call, key, None).await?;
        let Some(actor) = self.actor(key) else {
            return self.ask_whoever_runs(key, &call).await;
        };
        if self.is_likely_sooner_elsewhere(&actor, &call) {
            let outcome = self.ask_whoever_runs(key, &call).await;
            // Whoever got it may have stopped the actor just then, and did nothing.
            if !outcome.as_ref().is_err_and(|error| error.code == ErrorCode::NoResponders) {
                return outcome;
            }
        }
        let admission = self.enter(&actor, &call)?;
        self.run(actor, admission, call).await
    }

    /// Whether a call to an actor of this host would wait for long, and can go to others that run it. A call that came
    /// back to its actor waits nowhere, and what has no room in a message stays.
    fn is_likely_sooner_elsewhere(&self, actor: &Actor, call: &Call) -> bool {
        self.instances.likely_wait(actor.pool) >= WORTH_A_TRIP
            && !call.context.chain.contains(actor.key)
            && self.fits_a_message(call.payload.len())
            && self.runs_elsewhere(actor)
            && self.bus.is_connected()
    }

    fn runs_elsewhere(&self, actor: &Actor) -> bool {
        self.elsewhere.runs(actor.key, self.platform.now())
    }

    /// Before a call that is likely to take long, of an actor that others run, too: on a host with one thread, whoever is
    /// about to call waits for the thread, and not in the mailbox, by which it would be seen that others had better do it.
    async fn let_others_call(&self, actor: &Actor) {
        if actor.usual() >= WORTH_A_TRIP && self.runs_elsewhere(actor) {
            for _ in 0..TURNS_OF_OTHERS {
                yield_now().await;
            }
        }
    }

    /// Asks one of the hosts that run an actor; this one may be among them.
    async fn ask_whoever_runs(&self, actor: PublicKey, call: &Call) -> Result<Bytes, LatticeError> {
        let target = wire::Entity { public_key: actor.to_string(), ..wire::Entity::default() };
        self.ask(call, self.subjects.actor(actor), target).await
    }

    async fn call_provider(
        self: Arc<Self>,
        contract: &Arc<str>,
        link_name: Arc<str>,
        call: Call,
    ) -> Result<Bytes, LatticeError> {
        let Some(actor) = self.actor(call.origin) else {
            return Err(LatticeError::new(
                ErrorCode::BadRequest,
                format!("{contract} can be used by actors only; call an actor that is linked to it"),
            ));
        };
        if !actor.claims_contract(contract) {
            return Err(LatticeError::new(
                ErrorCode::NotClaimed,
                format!("{actor} does not claim {contract}; sign it with that capability"),
            ));
        }
        if let Some(provider) = self.built_in(contract) {
            self.permit_call(&call, provider.key, Some((contract, &link_name))).await?;
            return self.invoke(&provider, link_name, call).await;
        }
        let mut provider = self.linked_provider(actor.key, contract, &link_name).await?;
        loop {
            let outcome = self.call_linked(provider, contract, &link_name, call.clone()).await;
            // The link may have gone to another provider while the call was under way to this one, which did nothing.
            let Some(next) = (match &outcome {
                Err(error) if error.code == ErrorCode::NotLinked => {
                    self.moved_from(provider, actor.key, contract, &link_name).await
                }
                _ => None,
            }) else {
                return outcome;
            };
            provider = next;
        }
    }

    async fn call_linked(
        self: &Arc<Self>,
        provider: PublicKey,
        contract: &Arc<str>,
        link_name: &Arc<str>,
        call: Call,
    ) -> Result<Bytes, LatticeError> {
        self.permit_call(&call, provider, Some((contract, link_name))).await?;
        let delay = self.faults.delay(call.origin, contract, link_name);
        match self.provider(provider) {
            Some(provider) => self.invoke_after(delay, &provider, link_name.clone(), call).await,
            None => {
                self.suffer(delay).await;
                let target = wire::Entity {
                    public_key: provider.to_string(),
                    contract_id: contract.to_string(),
                    link_name: link_name.to_string(),
                };
                let subject = self.subjects.provider(provider, link_name)?;
                self.ask(&call, subject, target).await
            }
        }
    }

    /// The provider that a link names by now, if that is another one.
    async fn moved_from(
        self: &Arc<Self>,
        provider: PublicKey,
        actor: PublicKey,
        contract: &str,
        link_name: &str,
    ) -> Option<PublicKey> {
        let by_now = || self.links.provider_of(actor, contract, link_name);
        if by_now() == Some(provider) {
            // What the provider knows already may not have been heard of here.
            self.pull_links().await.ok()?;
        }
        by_now().filter(|by_now| *by_now != provider)
    }

    /// Has a provider of this host carry out a call.
    pub(super) async fn invoke(
        self: &Arc<Self>,
        provider: &RunningProvider,
        link_name: Arc<str>,
        call: Call,
    ) -> Result<Bytes, LatticeError> {
        self.invoke_after(None, provider, link_name, call).await
    }

    /// The same by a link that was slowed, which those who watch see as well.
    async fn invoke_after(
        self: &Arc<Self>,
        delay: Option<Duration>,
        provider: &RunningProvider,
        link_name: Arc<str>,
        call: Call,
    ) -> Result<Bytes, LatticeError> {
        let told = self.note_invocation(&call, provider.key);
        let watched = self.observing.begin(&call, provider.key);
        self.suffer(delay).await;
        let link = (call.origin, link_name);
        let outcome = provider
            .invoke(ProviderCall {
                actor: link.0,
                link_name: link.1.clone(),
                operation: call.operation,
                payload: call.payload,
                context: match &watched {
                    Some(watched) => watched.within(call.context),
                    None => call.context,
                },
            })
            .await;
        if let Some(told) = told {
            self.tell_of_invocation(&told, outcome.is_ok());
        }
        if let Some(watched) = watched {
            watched.ended(outcome.as_ref());
        }
        if let Err(error) = &outcome
            && error.code == ErrorCode::ProviderUnavailable
        {
            self.note_link_health(provider, &link, Some(error.message.clone()));
        }
        outcome
    }

    /// The provider that a link names; asks the lattice once where no link is known.
    async fn linked_provider(
        self: &Arc<Self>,
        actor: PublicKey,
        contract: &str,
        link_name: &str,
    ) -> Result<PublicKey, LatticeError> {
        if let Some(provider) = self.links.provider_of(actor, contract, link_name) {
            return Ok(provider);
        }
        if !self.keeps_metadata {
            self.pull_links().await?;
        }
        self.links.provider_of(actor, contract, link_name).ok_or_else(|| not_linked(actor, contract, link_name))
    }

    /// Asks another host.
    async fn ask(&self, call: &Call, subject: Subject, target: wire::Entity) -> Result<Bytes, LatticeError> {
        let id = random_uuid(&*self.platform);
        if !self.must_put_aside(call.payload.len()) {
            return self.ask_with(wire::Payload::Inside, call, subject, target, id).await;
        }
        let remaining = call.context.remaining(self.platform.now());
        let asked = async {
            self.put_aside(id.clone(), call.payload.clone()).await?;
            self.ask_with(wire::Payload::PutAside, call, subject, target, id.clone()).await
        };
        let outcome = timeout(&*self.platform, remaining + GRACE, asked).await;
        let outcome = outcome.unwrap_or_else(|| Err(timed_out(&call.target, remaining)));
        if outcome.is_err() {
            self.discard(id);
        }
        outcome
    }

    async fn ask_with(
        &self,
        payload: wire::Payload,
        call: &Call,
        subject: Subject,
        target: wire::Entity,
        id: String,
    ) -> Result<Bytes, LatticeError> {
        let now = self.platform.now();
        let mut request = wire::request(call, payload, subject, target, id, Some(self.id()), now);
        if self.payloads.is_none() {
            request.headers.insert(wire::WHOLE_REPLY, "true");
        }
        // Whoever enforces the deadline further out is to notice first, as it can name the call as a whole.
        match self.bus.request(request, call.context.remaining(now) + GRACE).await {
            Ok(reply) => self.whole_reply(call, wire::read_response(&reply)?).await,
            Err(error) => Err(bus_failed(&error, &call.target)),
        }
    }

    /// Takes a place at an actor of this host. The order of calls to this function is the order of turns.
    pub(super) fn enter(&self, actor: &Actor, call: &Call) -> Result<Admission, LatticeError> {
        self.check_still_holds(actor)?;
        let bounds = actor.bounds();
        self.check_depth(actor.key, bounds.depth, &call.context)?;
        let chain = &call.context.chain;
        let patience = match (chain.contains(actor.key), chain.depth()) {
            (true, _) => Patience::Never,
            (false, 0) => Patience::Waits,
            (false, _) => Patience::WaitsForPeers,
        };
        let host_limit = self.config.limits.instances;
        let entered = self.instances.enter(actor.pool, patience).inspect_err(|refused| match refused {
            Refused::MailboxFull => self.tell_exceeded(Some(actor.key), Bound::Mailbox, bounds.mailbox as u64),
            Refused::HostFull => self.tell_exceeded(Some(actor.key), Bound::Instances, host_limit as u64),
            Refused::WouldWait | Refused::Stopped => {}
        });
        let refused = entered.map_err(|refused| match refused {
            Refused::MailboxFull => LatticeError::new(
                ErrorCode::Overloaded,
                format!(
                    "{actor} is overloaded: {} calls wait already; call it less often, or start it on more hosts or \
                     with more instances",
                    bounds.mailbox
                ),
            ),
            Refused::HostFull => LatticeError::new(
                ErrorCode::Overloaded,
                format!(
                    "{actor} is overloaded: all {host_limit} instances of its host are busy; start it on another host \
                     as well"
                ),
            ),
            Refused::WouldWait => LatticeError::new(
                ErrorCode::CallCycle,
                format!(
                    "the call came back to {actor}, whose instances are all busy; let it have more instances, or \
                     break the cycle"
                ),
            ),
            Refused::Stopped => stopped(actor),
        });
        refused.inspect_err(|error| self.note_refused(actor, call, error))
    }

    fn note_refused(&self, actor: &Actor, call: &Call, error: &LatticeError) {
        if let Some(watched) = self.observing.begin(call, actor.key) {
            watched.load(actor.key, self.instances.load(actor.pool));
            watched.ended(Err(error));
        }
    }

    /// Has an actor handle a call, once it is its turn.
    pub(super) async fn run(
        self: Arc<Self>,
        actor: Arc<Actor>,
        admission: Admission,
        mut call: Call,
    ) -> Result<Bytes, LatticeError> {
        let mut watched = self.observing.begin(&call, actor.key);
        if let Some(watched) = &watched {
            call.context = watched.within(call.context);
        }
        let outcome = self.clone().run_in_turn(&actor, admission, call, watched.as_mut()).await;
        if let Some(watched) = watched {
            watched.load(actor.key, self.instances.load(actor.pool));
            watched.ended(outcome.as_ref());
        }
        outcome
    }

    async fn run_in_turn(
        self: Arc<Self>,
        actor: &Arc<Actor>,
        admission: Admission,
        call: Call,
        mut watched: Option<&mut Watched>,
    ) -> Result<Bytes, LatticeError> {
        let mut lease = match admission {
            Admission::Ready(lease) => lease,
            Admission::Queued(turn) => turn.await.map_err(|_| stopped(actor))?,
        };
        if let Some(watched) = &mut watched {
            watched.entered();
        }
        // It may have waited for long.
        self.check_still_holds(actor)?;
        let fuel = actor.bounds().fuel;
        // Declared after the lease: dropped before it, so that room is given back only once it is free.
        let mut instance = match lease.take() {
            Some(instance) => instance,
            None => {
                let code = actor.code();
                lease.made(code.generation);
                let made = code.module.instantiate(fuel).await;
                made.map_err(|error| self.guest_failed(actor, &error))?
            }
        };
        let told = self.note_invocation(&call, actor.key);
        if !HAS_THREADS {
            self.let_others_call(actor).await;
        }
        let began = (!HAS_THREADS).then(|| self.platform.now());
        let host = self.clone();
        let outcome = instance
            .call(GuestCall {
                operation: call.operation,
                payload: call.payload,
                fuel,
                host: Arc::new(GuestOfCall {
                    context: call.context.through(actor.key),
                    actor: actor.clone(),
                    host: self,
                }),
            })
            .await;
        if let Some(began) = began {
            actor.took(host.platform.now().saturating_sub(began));
        }
        if let Some(told) = told {
            host.tell_of_invocation(&told, outcome.is_ok());
        }
        match outcome {
            Ok(reply) => {
                if let Some(watched) = watched {
                    watched.cost(reply.fuel_used, instance.memory());
                }
                lease.give_back(instance);
                Ok(reply.payload)
            }
            Err(error) => {
                if matches!(error, GuestError::Failed(_)) {
                    lease.give_back(instance);
                }
                Err(host.guest_failed(actor, &error))
            }
        }
    }
}

impl HostState {
    fn guest_failed(&self, actor: &Actor, error: &GuestError) -> LatticeError {
        if let GuestError::OutOfFuel { fuel } = error {
            self.tell_exceeded(Some(actor.key), Bound::Fuel, *fuel);
        }
        guest_failed(actor, error)
    }
}

/// A call that is likely to wait here for so long is sent to whoever runs the actor. Shorter waits cost less than the way.
const WORTH_A_TRIP: Duration = Duration::from_millis(2);

/// How often others have a turn before a call that is likely to take long: as a guest does on its way to a call, a few
/// for each that it makes before.
const TURNS_OF_OTHERS: u32 = 32;

/// How much longer a request to another host is waited for than the call has.
const GRACE: Duration = Duration::from_millis(50);

fn guest_failed(actor: &Actor, error: &GuestError) -> LatticeError {
    let code = match error {
        GuestError::Failed(_) => ErrorCode::GuestFailed,
        GuestError::OutOfFuel { .. } => ErrorCode::OutOfFuel,
        _ => ErrorCode::GuestTrapped,
    };
    let text = match error {
        GuestError::Failed(text) => format!("{actor} answered with an error: {text}"),
        other => format!("{actor} {other}"),
    };
    LatticeError::new(code, text)
}

fn stopped(actor: &Actor) -> LatticeError {
    LatticeError::new(
        ErrorCode::NoResponders,
        format!("{actor} was stopped before it handled the call; start it again"),
    )
}

pub(super) fn timed_out(target: impl Display, within: Duration) -> LatticeError {
    LatticeError::new(
        ErrorCode::Timeout,
        format!(
            "{target} did not answer within {} ms; it may have run all the same: raise the deadline, or look at its log",
            millis(within)
        ),
    )
}

/// A failure of the bus in the words of a call to `target`.
pub(crate) fn bus_failed(error: &BusError, target: impl Display) -> LatticeError {
    match error {
        BusError::NoResponders(_) => LatticeError::new(
            ErrorCode::NoResponders,
            format!("no host on the lattice runs {target}; start it on one, or reopen the tab that ran it"),
        ),
        BusError::Timeout { timeout, .. } => timed_out(target, *timeout),
        BusError::HostLost(_) => LatticeError::new(
            ErrorCode::HostLost,
            format!("the host that ran {target} went away during the call, which may have run; call again"),
        ),
        BusError::PayloadTooLarge { .. } => LatticeError::new(
            ErrorCode::PayloadTooLarge,
            format!("{target} cannot be called: {error}; send less at once"),
        ),
        _ => LatticeError::new(error.code(), format!("{target} cannot be called: {error}")),
    }
}
