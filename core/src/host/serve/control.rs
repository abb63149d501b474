//! Answers the control requests that every host gets: ping, inventory, and commands.

use std::{sync::Arc, time::Duration};

use serde_json::json;

use super::HostState;
use crate::{
    bus::{Bus, Message, message},
    call::DEFAULT_LINK_NAME,
    error::{ErrorCode, LatticeError},
    host::{lifecycle::StartOptions, provider::ProviderReference},
    identity::PublicKey,
    lattice::{
        control::{
            Ack, Fault, ScaleActor, StartProvider, StopActor, StopHost, StopProvider, UpdateActor, read_json, to_json,
        },
        wire::{AWAIT, ERROR},
    },
};

/// Answers until the host stops.
pub(super) fn serve(host: &Arc<HostState>) -> Result<(), LatticeError> {
    let subjects = &host.subjects;
    let mut pings = host.bus.subscribe(subjects.control("ping.hosts").into(), None)?;
    let mut inventories = host.bus.subscribe(subjects.inventory(host.id()).into(), None)?;
    let mut commands = host.bus.subscribe(subjects.commands(host.id()), None)?;

    let state = host.clone();
    host.run_task(async move {
        while let Some(request) = pings.next().await {
            if let Some(reply_to) = request.reply {
                reply(&*state.bus, message(reply_to, to_json(&state.summary())));
            }
        }
    });
    let state = host.clone();
    host.run_task(async move {
        while let Some(request) = inventories.next().await {
            if let Some(reply_to) = request.reply {
                reply(&*state.bus, message(reply_to, to_json(&state.inventory())));
            }
        }
    });
    let state = host.clone();
    host.run_task(async move {
        while let Some(request) = commands.next().await {
            let answering = state.clone();
            state.platform.spawn(Box::pin(async move { command(&answering, request).await }));
        }
    });
    Ok(())
}

/// Carries out one command. The acknowledgement says that the command was understood and concerns what is here, or,
/// where the request asks for it, what came of it. The outcome of what was taken arrives as an event in either case.
async fn command(host: &Arc<HostState>, request: Message) {
    let verb = request.subject.as_str().rsplit('.').next().unwrap_or_default();
    let command = match Command::read(verb, &request.payload) {
        Ok(command) => command,
        Err(error) => return acknowledge(&*host.bus, &request, Err(error)),
    };
    let waits = wants_outcome(&request);
    if !waits {
        let checked = command.check(host);
        let is_refused = checked.is_err();
        acknowledge(&*host.bus, &request, checked.map(|()| Ack::accepted()));
        if is_refused {
            return;
        }
    }
    let outcome = command.carry_out(host, waits).await;
    match (waits, outcome) {
        (true, outcome) => acknowledge(&*host.bus, &request, outcome),
        (false, Err(error)) => tracing::warn!(verb, %error, "a command failed"),
        (false, Ok(_)) => {}
    }
}

#[derive(Debug)]
enum Command {
    Scale(ScaleActor),
    StopActor(StopActor),
    StartProvider(StartProvider),
    StopProvider(StopProvider),
    Update(UpdateActor),
    Stop(StopHost),
    Fault(Fault),
}

impl Command {
    fn read(verb: &str, payload: &[u8]) -> Result<Self, LatticeError> {
        match verb {
            "scale" | "la" => read_json(payload).map(Self::Scale),
            "sa" => read_json(payload).map(Self::StopActor),
            "lp" => read_json(payload).map(Self::StartProvider),
            "sp" => read_json(payload).map(Self::StopProvider),
            "upd" => read_json(payload).map(Self::Update),
            "stop" => read_json(payload).map(Self::Stop),
            "fault" => read_json(payload).map(Self::Fault),
            other => Err(LatticeError::new(
                ErrorCode::BadRequest,
                format!("this host has no command \"{other}\"; it has scale, la, sa, upd, lp, sp, stop and fault"),
            )),
        }
    }

    /// Refuses what is in vain, as far as that can be told at once.
    fn check(&self, host: &HostState) -> Result<(), LatticeError> {
        match self {
            Self::StopActor(request) => to_stop(host, request).map(drop),
            Self::Update(request) => to_update(host, request).map(drop),
            Self::StartProvider(request) => {
                check_configuration(request)?;
                host.provider_kind(ProviderReference::read(&request.provider_ref)?.name).map(drop)
            }
            Self::StopProvider(request) => provider(host, request).map(drop),
            Self::Fault(fault) => host.check_fault(fault),
            // Nought instances of what does not run are no failure, and a module may come from anywhere.
            Self::Scale(_) | Self::Stop(_) => Ok(()),
        }
    }

    async fn carry_out(self, host: &Arc<HostState>, waits: bool) -> Result<Ack, LatticeError> {
        let mut ack = Ack::accepted();
        match self {
            Self::Scale(mut request) => {
                if !waits {
                    // Clients of wasmCloud know of no ceiling and would not hear of it.
                    let most = u32::try_from(host.config.limits.instances).unwrap_or(u32::MAX);
                    request.count = request.count.map(|count| count.min(most));
                }
                ack.actor_id = Some(scale(host, request).await?.to_string());
            }
            Self::StopActor(request) => stop_actor(host, &request).await?,
            Self::Update(request) => update(host, request).await?,
            Self::StartProvider(request) => {
                check_configuration(&request)?;
                let link_name = or_default(&request.link_name);
                let provider =
                    host.start_provider(&request.provider_ref, link_name, request.annotations, false).await?;
                ack.provider_id = Some(provider.to_string());
            }
            Self::StopProvider(request) => host.stop_provider(provider(host, &request)?).await?,
            Self::Stop(request) => host.ask_to_stop(request.timeout.map(Duration::from_millis)),
            Self::Fault(fault) => host.put_fault(&fault)?,
        }
        Ok(ack)
    }
}

async fn scale(host: &Arc<HostState>, request: ScaleActor) -> Result<PublicKey, LatticeError> {
    let count = request.count.map(|count| count as usize);
    match (running(host, &request.actor_ref), count) {
        (Some(actor), Some(0)) => host.stop_actor(actor).await.map(|()| actor),
        (Some(actor), count) => host.rebound_actor(actor, count, request.limits).await.map(|()| actor),
        (None, Some(0)) => Err(not_running(host, &request.actor_ref)),
        (None, count) => {
            let module = fetch(host, &request.actor_ref).await?;
            let options = StartOptions {
                max_instances: count,
                limits: request.limits,
                image_ref: Some(request.actor_ref),
                annotations: request.annotations,
            };
            host.start_actor(module, options).await
        }
    }
}

async fn fetch(host: &Arc<HostState>, reference: &str) -> Result<bytes::Bytes, LatticeError> {
    host.fetch_module(reference).await.inspect_err(|error| {
        let data = json!({ "error": error.message, "host_id": host.id().to_string(), "image_ref": reference });
        host.emit("actors_start_failed", data);
    })
}

async fn stop_actor(host: &HostState, request: &StopActor) -> Result<(), LatticeError> {
    host.stop_actor(to_stop(host, request)?).await
}

/// The actor that a request means.
fn to_stop(host: &HostState, request: &StopActor) -> Result<PublicKey, LatticeError> {
    let key = running(host, &request.actor_id).ok_or_else(|| not_running(host, &request.actor_id))?;
    let has_others =
        |annotations| host.actor(key).is_some_and(|actor| actor.code().annotations.as_ref() != Some(annotations));
    if request.annotations.as_ref().filter(|annotations| !annotations.is_empty()).is_some_and(has_others) {
        return Err(LatticeError::new(
            ErrorCode::ActorNotFound,
            format!("actor {key} runs on host {} with other annotations; see: wisteria get inventory", host.id()),
        ));
    }
    Ok(key)
}

/// The actor that a request means.
fn to_update(host: &HostState, request: &UpdateActor) -> Result<PublicKey, LatticeError> {
    running(host, &request.actor_id).ok_or_else(|| not_running(host, &request.actor_id))
}

async fn update(host: &Arc<HostState>, request: UpdateActor) -> Result<(), LatticeError> {
    let outcome = async {
        let key = to_update(host, &request)?;
        let module = host.fetch_module(&request.new_actor_ref).await?;
        host.update_actor(key, module, request.new_actor_ref.clone(), request.annotations.clone()).await
    };
    outcome.await.inspect_err(|error| {
        host.emit(
            "actor_update_failed",
            json!({
                "public_key": request.actor_id,
                "host_id": host.id().to_string(),
                "image_ref": request.new_actor_ref,
                "error": error.message,
            }),
        );
    })
}

/// The actor of this host that a key or a reference names.
fn running(host: &HostState, name: &str) -> Option<PublicKey> {
    match name.parse::<PublicKey>() {
        Ok(key) => host.actor(key).map(|actor| actor.key),
        Err(_) => host.all_actors().into_iter().find(|actor| actor.came_from(name)).map(|actor| actor.key),
    }
}

fn not_running(host: &HostState, name: &str) -> LatticeError {
    LatticeError::new(
        ErrorCode::ActorNotFound,
        format!("actor {name} does not run on host {}; see: wisteria get inventory", host.id()),
    )
}

/// The provider that a request means, by its key or by the reference that started it under a link name.
fn provider(host: &HostState, request: &StopProvider) -> Result<PublicKey, LatticeError> {
    let StopProvider { provider_ref, .. } = request;
    if let Ok(key) = provider_ref.parse() {
        return host.provider(key).map(|_| key).ok_or_else(|| host.provider_not_running(key));
    }
    let (reference, link_name) = (ProviderReference::read(provider_ref)?, or_default(&request.link_name));
    let named = host.all_providers().into_iter().find(|provider| provider.is(&reference, link_name));
    named
        .map(|provider| provider.key)
        .ok_or_else(|| host.provider_not_running(format_args!("{provider_ref} under the link name \"{link_name}\"")))
}

fn check_configuration(request: &StartProvider) -> Result<(), LatticeError> {
    match request.configuration.as_deref() {
        None | Some("") => Ok(()),
        Some(_) => Err(LatticeError::new(
            ErrorCode::BadRequest,
            format!("provider {} takes no configuration; put it into its links", request.provider_ref),
        )),
    }
}

/// A link name, or the default one where none is named.
pub(in crate::host) fn or_default(link_name: &str) -> &str {
    match link_name {
        "" => DEFAULT_LINK_NAME,
        name => name,
    }
}

/// Whether who asks wants to hear what came of it, as our own clients do.
pub(crate) fn wants_outcome(request: &Message) -> bool {
    request.headers.get(AWAIT) == Some("outcome")
}

/// Answers a request with an acknowledgement, and the error's code beside it.
pub(crate) fn acknowledge(bus: &dyn Bus, request: &Message, outcome: Result<Ack, LatticeError>) {
    let Some(reply_to) = request.reply.clone() else {
        if let Err(error) = outcome {
            tracing::warn!(subject = %request.subject, %error, "a request without reply subject failed");
        }
        return;
    };
    let mut answer = message(reply_to, Vec::new());
    let ack = outcome.unwrap_or_else(|error| {
        answer.headers.insert(ERROR, error.code.as_str());
        Ack::refused(&error)
    });
    answer.payload = to_json(&ack).into();
    reply(bus, answer);
}

pub(crate) fn reply(bus: &dyn Bus, message: Message) {
    if let Err(error) = bus.publish(message) {
        tracing::warn!(%error, "the reply to a control request was not sent");
    }
}
