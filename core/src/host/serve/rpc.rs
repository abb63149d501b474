//! Answers calls to the actors and providers of this host.

use std::sync::Arc;

use bytes::Bytes;
use futures::channel::oneshot;

use super::{HostState, for_each_until};
use crate::{
    bus::{BusError, Message, Subject, Subscription},
    call::{Call, CallContext, Target},
    error::{ErrorCode, LatticeError},
    host::{Link, dispatch::timed_out, provider::RunningProvider},
    identity::PublicKey,
    lattice::{
        control::{Ack, LinkDefinition},
        wire,
    },
    platform::timeout,
};

/// Answers the calls to an actor until `stop` is dropped. Turns are taken in the order of arrival.
pub(in crate::host) async fn serve_actor(
    host: Arc<HostState>,
    key: PublicKey,
    calls: Subscription,
    stop: oneshot::Receiver<()>,
) {
    for_each_until(calls, stop, |message| accept_actor_call(&host, key, &message)).await;
}

fn accept_actor_call(host: &Arc<HostState>, key: PublicKey, message: &Message) {
    let reply = Reply::new(host, message);
    let (invocation, origin) = match wire::read_request(&message.payload) {
        Ok(request) => request,
        Err(error) => return reply.send(String::new(), Err(error)),
    };
    let context = wire::context_of(&message.headers, host.platform.now(), host.config.limits.deadline);
    let call = Call {
        origin,
        target: Target::Actor(key),
        operation: invocation.operation.into(),
        payload: invocation.msg.into(),
        context,
    };
    let entered = host.actor(key).ok_or_else(|| not_here(key)).and_then(|actor| {
        host.check_depth(&call.context)?;
        let admission = host.enter(&actor, &call)?;
        Ok((actor, admission))
    });
    let (actor, admission) = match entered {
        Ok(entered) => entered,
        Err(error) => return reply.send(invocation.id, Err(error)),
    };
    let running = host.clone();
    host.platform.spawn(Box::pin(async move {
        let context = call.context.clone();
        let run = running.clone().run(actor, admission, call);
        let outcome = until_deadline(&running, &context, run, Target::Actor(key)).await;
        reply.send(invocation.id, outcome);
    }));
}

/// Answers the calls to a provider, and tells it of its links, until `stop` is dropped.
pub(in crate::host) async fn serve_provider(
    host: Arc<HostState>,
    provider: PublicKey,
    subscriptions: ProviderSubscriptions,
    stop: oneshot::Receiver<()>,
) {
    let (_end_puts, puts_end) = oneshot::channel();
    let (_end_deletes, deletes_end) = oneshot::channel();
    let calls = for_each_until(subscriptions.calls, stop, |message| {
        accept_provider_call(&host, provider, &message);
    });
    let puts = for_each_until(subscriptions.puts, puts_end, |message| {
        change_link(&host, provider, message, LinkChange::Put);
    });
    let deletes = for_each_until(subscriptions.deletes, deletes_end, |message| {
        change_link(&host, provider, message, LinkChange::Delete);
    });
    // The calls end first, by `stop`; the changes of links end with this future.
    futures::pin_mut!(calls, puts, deletes);
    futures::future::select(calls, futures::future::join(puts, deletes)).await;
}

/// What a provider listens to.
#[derive(Debug)]
pub(in crate::host) struct ProviderSubscriptions {
    calls: Subscription,
    puts: Subscription,
    deletes: Subscription,
}

impl ProviderSubscriptions {
    pub(in crate::host) fn new(host: &HostState, provider: PublicKey) -> Result<Self, BusError> {
        let subjects = &host.subjects;
        Ok(Self {
            calls: host.bus.subscribe(subjects.provider_calls(provider), Some("rpc"))?,
            puts: host.bus.subscribe(subjects.provider_links(provider, "put"), None)?,
            deletes: host.bus.subscribe(subjects.provider_links(provider, "del"), None)?,
        })
    }
}

fn accept_provider_call(host: &Arc<HostState>, key: PublicKey, message: &Message) {
    let reply = Reply::new(host, message);
    let (invocation, origin) = match wire::read_request(&message.payload) {
        Ok(request) => request,
        Err(error) => return reply.send(String::new(), Err(error)),
    };
    let entered =
        host.provider(key).ok_or_else(|| not_here(key)).and_then(|provider| provider.enter(host.config.limits.mailbox));
    let turn = match entered {
        Ok(turn) => turn,
        Err(error) => return reply.send(invocation.id, Err(error)),
    };
    let context = wire::context_of(&message.headers, host.platform.now(), host.config.limits.deadline);
    let link_name: Arc<str> = message.subject.as_str().rsplit('.').next().unwrap_or_default().into();
    let running = host.clone();
    host.platform.spawn(Box::pin(async move {
        let target =
            Target::Provider { contract: turn.provider().description.contract.into(), link_name: link_name.clone() };
        let payload = Bytes::from(invocation.msg);
        let run = turn.provider().invoke(origin, link_name, invocation.operation.into(), payload);
        let outcome = until_deadline(&running, &context, run, target).await;
        reply.send(invocation.id, outcome);
    }));
}

async fn until_deadline(
    host: &HostState,
    context: &CallContext,
    run: impl Future<Output = Result<Bytes, LatticeError>>,
    target: Target,
) -> Result<Bytes, LatticeError> {
    let remaining = context.remaining(host.platform.now());
    timeout(&*host.platform, remaining, run).await.unwrap_or_else(|| Err(timed_out(target, remaining.as_millis())))
}

#[derive(Debug, Clone, Copy)]
enum LinkChange {
    Put,
    Delete,
}

/// Carries out a change of a provider's links and answers with its verdict.
fn change_link(host: &Arc<HostState>, key: PublicKey, message: Message, change: LinkChange) {
    let running = host.clone();
    host.platform.spawn(Box::pin(async move {
        let verdict = match running.provider(key) {
            Some(provider) => apply_link(&provider, &message.payload, change).await,
            None => Err(not_here(key)),
        };
        let Some(reply_to) = message.reply else {
            return;
        };
        let ack = verdict.map_or_else(|error| Ack::refused(&error), |()| Ack::accepted());
        let reply = crate::bus::message(reply_to, wire::to_messagepack(&ack));
        if let Err(error) = running.bus.publish(reply) {
            tracing::warn!(%error, "the verdict on a link was not sent");
        }
    }));
}

async fn apply_link(provider: &RunningProvider, payload: &[u8], change: LinkChange) -> Result<(), LatticeError> {
    let definition: LinkDefinition = rmp_serde::from_slice(payload).map_err(|error| {
        LatticeError::new(ErrorCode::BadRequest, format!("the link definition cannot be read: {error}"))
    })?;
    let link = Link::try_from(&definition)?;
    let _one_at_a_time = provider.link_changes.lock().await;
    match change {
        LinkChange::Put => provider.put_link(&link).await,
        LinkChange::Delete => {
            provider.delete_link(&link.key).await;
            Ok(())
        }
    }
}

/// Where the answer to one call goes.
struct Reply {
    host: Arc<HostState>,
    to: Option<Subject>,
}

impl Reply {
    fn new(host: &Arc<HostState>, message: &Message) -> Self {
        Self { host: host.clone(), to: message.reply.clone() }
    }

    fn send(self, invocation_id: String, outcome: Result<Bytes, LatticeError>) {
        let Some(to) = self.to else {
            return;
        };
        let reply = wire::response(to.clone(), invocation_id.clone(), outcome);
        let failure = match self.host.bus.publish(reply) {
            Ok(()) => return,
            Err(error @ BusError::PayloadTooLarge { .. }) => error,
            Err(error) => return tracing::warn!(%error, "the reply to a call was not sent"),
        };
        let error = LatticeError::new(
            ErrorCode::PayloadTooLarge,
            format!("the reply cannot be sent: {failure}; answer in parts"),
        );
        if let Err(error) = self.host.bus.publish(wire::response(to, invocation_id, Err(error))) {
            tracing::warn!(%error, "the reply to a call was not sent");
        }
    }
}

fn not_here(key: PublicKey) -> LatticeError {
    LatticeError::new(ErrorCode::NoResponders, format!("{key} was stopped before it handled the call; start it again"))
}
