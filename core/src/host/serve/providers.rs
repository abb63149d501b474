//! Answers for the providers of this host: calls, links, checks of their health, and the request to stop.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{
    StreamExt,
    channel::oneshot,
    future::{Either, select},
    pin_mut,
    stream::SelectAll,
};

use super::{
    HostState, for_each_until,
    rpc::{Reply, not_here, until_deadline},
};
use crate::{
    bus::{BusError, Message, Subscription, message},
    call::{Call, Target},
    encoding,
    error::{ErrorCode, LatticeError},
    host::{
        HOLD, Link, LinkKey,
        provider::{RunningProvider, not_linked},
    },
    identity::PublicKey,
    lattice::{
        control::{Ack, LinkDefinition, StateReply, StateRequest},
        link_values::LinkValueList,
        wire,
    },
    provider::Exported,
};

/// Answers for a provider until `stop` is dropped.
pub(in crate::host) async fn serve_provider(
    host: Arc<HostState>,
    provider: PublicKey,
    subscriptions: ProviderSubscriptions,
    stop: oneshot::Receiver<()>,
) {
    let calls = for_each_until(subscriptions.calls, stop, |message| {
        accept_call(&host, provider, &message);
    });
    let others = subscriptions.others.for_each(|message| {
        let running = host.clone();
        host.platform.spawn(Box::pin(async move { answer(&running, provider, message).await }));
        futures::future::ready(())
    });
    // The calls end first, by `stop`; the rest ends with this future.
    pin_mut!(calls, others);
    match select(calls, others).await {
        Either::Left(_) => {}
        Either::Right(((), calls)) => calls.await,
    }
}

/// What a provider listens to.
#[derive(Debug)]
pub(in crate::host) struct ProviderSubscriptions {
    calls: Subscription,
    others: SelectAll<Subscription>,
}

impl ProviderSubscriptions {
    pub(in crate::host) fn new(host: &HostState, provider: PublicKey) -> Result<Self, BusError> {
        let subjects = &host.subjects;
        let mut others = SelectAll::new();
        for pattern in [
            subjects.provider_links(provider),
            subjects.provider_requests(provider, "health"),
            subjects.provider_requests(provider, "values"),
            subjects.provider_requests(provider, "shutdown"),
        ] {
            others.push(host.bus.subscribe(pattern, None)?);
        }
        Ok(Self { calls: host.bus.subscribe(subjects.provider_calls(provider), Some("rpc"))?, others })
    }
}

fn accept_call(host: &Arc<HostState>, key: PublicKey, message: &Message) {
    let reply = Reply::new(host, message);
    let (invocation, origin) = match wire::read_request(&message.payload) {
        Ok(request) => request,
        Err(error) => return reply.send(String::new(), Err(error)),
    };
    let entered = host.check_origin(origin).and_then(|()| {
        let provider = host.provider(key).ok_or_else(|| not_here(key))?;
        provider.enter(host.config.limits.mailbox)
    });
    let turn = match entered {
        Ok(turn) => turn,
        Err(error) => return reply.send(invocation.id, Err(error)),
    };
    let context = invocation.context(&message.headers, host.platform.now(), host.config.limits.deadline);
    let link_name: Arc<str> = message.subject.as_str().rsplit('.').next().unwrap_or_default().into();
    let running = host.clone();
    host.platform.spawn(Box::pin(async move {
        let contract: Arc<str> = turn.provider().description.contract.into();
        let target = Target::Provider { contract: contract.clone(), link_name: link_name.clone() };
        let run = async {
            let operation = invocation.operation.into();
            let mut call =
                Call { origin, target: target.clone(), operation, payload: Bytes::new(), context: context.clone() };
            running.permit_call(&call, key, Some((&contract, &link_name))).await?;
            call.payload =
                running.whole_payload(invocation.id.clone(), invocation.msg, invocation.content_length).await?;
            running.invoke(turn.provider(), link_name, call).await
        };
        let outcome = until_deadline(&running, &context, run, target.clone()).await;
        reply.send(invocation.id, outcome);
    }));
}

/// Answers what a provider is asked beside calls.
async fn answer(host: &Arc<HostState>, key: PublicKey, request: Message) {
    let Some(provider) = host.provider(key) else {
        return;
    };
    let verb = request.subject.as_str().rsplit('.').next().unwrap_or_default();
    let body = match verb {
        "put" | "del" => wire::to_messagepack(&verdict(host, &provider, &request, verb == "put").await),
        "hold" | "release" => wire::to_messagepack(&hold(host, &provider, &request, verb == "hold").await),
        "export" | "import" => wire::to_messagepack(&carry(&provider, &request, verb == "export").await),
        "health" => wire::to_messagepack(&host.health_of(&provider).await),
        "values" => wire::to_messagepack(&LinkValueList::of(provider.description.values)),
        _ => {
            let outcome = host.stop_provider(key).await;
            wire::to_messagepack(&outcome.map_or_else(|error| Ack::refused(&error), |()| Ack::accepted()))
        }
    };
    let Some(reply_to) = request.reply else {
        return;
    };
    if let Err(error) = host.bus.publish(message(reply_to, body)) {
        tracing::warn!(verb, %error, "the answer of a provider was not sent");
    }
}

/// Carries out a change of a provider's links.
async fn verdict(host: &HostState, provider: &RunningProvider, request: &Message, is_put: bool) -> Ack {
    let outcome = match read_link(&request.payload) {
        Ok(link) => {
            let _one_at_a_time = provider.link_changes.lock().await;
            match is_put {
                true => match host.permit_link(&link) {
                    Ok(()) => provider.put_link(&link, true).await,
                    denied => denied,
                },
                false => {
                    provider.delete_link(&link.key).await;
                    Ok(())
                }
            }
        }
        Err(error) => Err(error),
    };
    outcome.map_or_else(|error| Ack::refused(&error), |()| Ack::accepted())
}

/// Has calls through a link wait, and waits for those under way; or has them go on.
async fn hold(host: &Arc<HostState>, provider: &RunningProvider, request: &Message, is_hold: bool) -> Ack {
    let link = match read_link(&request.payload) {
        Ok(link) => (link.key.actor, link.key.link_name),
        Err(error) => return Ack::refused(&error),
    };
    if !is_hold {
        provider.release(&link, None);
        return Ack::accepted();
    }
    let Some(number) = provider.hold(&link) else {
        return Ack::refused(&not_linked(link.0, provider.description.contract, &link.1));
    };
    let (running, key, held) = (Arc::downgrade(host), provider.key, link.clone());
    let patience = host.platform.sleep(HOLD);
    host.platform.spawn(Box::pin(async move {
        // Whoever holds it may have been lost.
        patience.await;
        if let Some(provider) = running.upgrade().and_then(|host| host.provider(key)) {
            provider.release(&held, Some(number));
        }
    }));
    let until = host.platform.now() + host.config.limits.deadline;
    while provider.is_busy(&link) {
        if host.platform.now() > until {
            provider.release(&link, Some(number));
            let text = format!("calls to {provider} through the link did not end in time; swap it when they are fewer");
            return Ack::refused(&LatticeError::new(ErrorCode::Timeout, text));
        }
        host.platform.sleep(Duration::from_millis(1)).await;
    }
    Ack::accepted()
}

/// Hands a part of what a link holds over to another provider, or takes one.
async fn carry(provider: &RunningProvider, request: &Message, is_export: bool) -> StateReply {
    let outcome = async {
        let StateRequest { link, part } = encoding::from_messagepack(&request.payload).map_err(|error| {
            LatticeError::new(ErrorCode::BadRequest, format!("the request for a link's state cannot be read: {error}"))
        })?;
        let key = LinkKey::try_from(&link)?;
        let link = (key.actor, key.link_name);
        if !provider.has_link(&link) {
            return Err(not_linked(link.0, provider.description.contract, &link.1));
        }
        match is_export {
            true => provider.export(&link, part.next).await,
            false => provider.import(&link, part.records).await.map(|()| Exported::default()),
        }
    };
    match outcome.await {
        Ok(part) => StateReply { part, error: None },
        Err(error) => StateReply { part: Exported::default(), error: Some(error.message) },
    }
}

fn read_link(payload: &[u8]) -> Result<Link, LatticeError> {
    let definition: LinkDefinition = encoding::from_messagepack(payload).map_err(|error| {
        LatticeError::new(ErrorCode::BadRequest, format!("the link definition cannot be read: {error}"))
    })?;
    Link::try_from(&definition)
}
