//! Answers calls to the actors of this host, and what answers to all calls have in common.

use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, channel::oneshot};

use super::{HostState, for_each_until};
use crate::{
    bus::{BusError, Message, Subject, Subscription},
    call::{Call, CallContext, Target},
    error::{ErrorCode, LatticeError},
    host::{dispatch::timed_out, payloads::name_of_reply, permits::Permit},
    identity::PublicKey,
    lattice::{
        module_transfer::send_chunk,
        wire::{self, WHOLE_REPLY},
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

/// Gives other hosts the module of an actor of this host until `stop` is dropped.
pub(in crate::host) async fn offer_module(
    host: Arc<HostState>,
    module: Bytes,
    requests: [Subscription; 2],
    stop: oneshot::Receiver<()>,
) {
    let answers = futures::stream::select_all(requests).for_each(|request| {
        send_chunk(&*host.bus, &module, request);
        futures::future::ready(())
    });
    futures::future::select(answers, stop).await;
}

fn accept_actor_call(host: &Arc<HostState>, key: PublicKey, message: &Message) {
    let reply = Reply::new(host, message);
    let (invocation, origin) = match wire::read_request(&message.payload) {
        Ok(request) => request,
        Err(error) => return reply.send(String::new(), Err(error)),
    };
    let context = invocation.context(&message.headers, host.platform.now(), host.config.limits.deadline);
    let call = Call {
        origin,
        target: Target::Actor(key),
        operation: invocation.operation.into(),
        payload: Bytes::new(),
        context,
    };
    let body = Body { id: invocation.id, msg: invocation.msg, length: invocation.content_length };
    match host.permit_call(&call, key, None) {
        Permit::Said(said) => take_turn(host.clone(), key, call, said, body, reply),
        Permit::Asked(asked) => {
            let waiting = host.clone();
            host.platform.spawn(Box::pin(async move {
                let said = until_deadline(&waiting, &call.context, asked, Target::Actor(key)).await;
                take_turn(waiting, key, call, said, body, reply);
            }));
        }
    }
}

/// What a call brings along.
struct Body {
    id: String,
    msg: Vec<u8>,
    length: Option<u64>,
}

/// Has an actor carry out a call, unless it is refused. The order of calls to this function is the order of turns.
fn take_turn(
    host: Arc<HostState>,
    key: PublicKey,
    mut call: Call,
    said: Result<(), LatticeError>,
    body: Body,
    reply: Reply,
) {
    let entered = said.and_then(|()| {
        let actor = host.actor(key).ok_or_else(|| not_here(key))?;
        host.check_origin(call.origin)?;
        let admission = host.enter(&actor, &call)?;
        Ok((actor, admission))
    });
    let (actor, admission) = match entered {
        Ok(entered) => entered,
        Err(error) => return reply.send(body.id, Err(error)),
    };
    let platform = host.platform.clone();
    platform.spawn(Box::pin(async move {
        let context = call.context.clone();
        let run = async {
            call.payload = host.whole_payload(body.id.clone(), body.msg, body.length).await?;
            host.clone().run(actor, admission, call).await
        };
        let outcome = until_deadline(&host, &context, run, Target::Actor(key)).await;
        reply.send(body.id, outcome);
    }));
}

pub(super) async fn until_deadline<T>(
    host: &HostState,
    context: &CallContext,
    run: impl Future<Output = Result<T, LatticeError>>,
    target: Target,
) -> Result<T, LatticeError> {
    let remaining = context.remaining(host.platform.now());
    timeout(&*host.platform, remaining, run).await.unwrap_or_else(|| Err(timed_out(target, remaining)))
}

/// Where the answer to one call goes.
pub(super) struct Reply {
    host: Arc<HostState>,
    to: Option<Subject>,
    /// Whether the caller can fetch what was put aside.
    in_parts: bool,
}

impl Reply {
    pub(super) fn new(host: &Arc<HostState>, message: &Message) -> Self {
        let in_parts = message.headers.get(WHOLE_REPLY).is_none();
        Self { host: host.clone(), to: message.reply.clone(), in_parts }
    }

    pub(super) fn send(self, invocation_id: String, outcome: Result<Bytes, LatticeError>) {
        let Some(to) = self.to else {
            return;
        };
        match outcome {
            Ok(payload) if self.in_parts && self.host.must_put_aside(payload.len()) => {
                let host = self.host.clone();
                self.host.platform.spawn(Box::pin(send_put_aside(host, to, invocation_id, payload)));
            }
            outcome => send_whole(&self.host, to, invocation_id, outcome),
        }
    }
}

fn send_whole(host: &HostState, to: Subject, invocation_id: String, outcome: Result<Bytes, LatticeError>) {
    let reply = wire::response(to.clone(), invocation_id.clone(), outcome);
    let failure = match host.bus.publish(reply) {
        Ok(()) => return,
        Err(error @ BusError::PayloadTooLarge { .. }) => error,
        Err(error) => return tracing::warn!(%error, "the reply to a call was not sent"),
    };
    let error =
        LatticeError::new(ErrorCode::PayloadTooLarge, format!("the reply cannot be sent: {failure}; answer in parts"));
    if let Err(error) = host.bus.publish(wire::response(to, invocation_id, Err(error))) {
        tracing::warn!(%error, "the reply to a call was not sent");
    }
}

/// Answers with a payload that has no room in a message.
async fn send_put_aside(host: Arc<HostState>, to: Subject, invocation_id: String, payload: Bytes) {
    let length = payload.len();
    let reply = match host.put_aside(name_of_reply(&invocation_id), payload).await {
        Ok(()) => wire::response_put_aside(to, invocation_id, length),
        Err(error) => wire::response(to, invocation_id, Err(error)),
    };
    if let Err(error) = host.bus.publish(reply) {
        tracing::warn!(%error, "the reply to a call was not sent");
    }
}

pub(super) fn not_here(key: PublicKey) -> LatticeError {
    LatticeError::new(ErrorCode::NoResponders, format!("{key} was stopped before it handled the call; start it again"))
}
