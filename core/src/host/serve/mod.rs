//! What a host answers on the bus: calls, control requests, links, and the events it follows.

mod control;
mod events;
mod hosts;
mod providers;
mod rpc;

use std::sync::Arc;

use futures::{channel::oneshot, future::Either};

use super::state::HostState;
use crate::{
    bus::{Message, Subscription},
    error::LatticeError,
    platform::BoxFuture,
};

impl HostState {
    /// Runs a task that ends with the host at the latest.
    pub(crate) fn run_task(&self, task: impl Future<Output = ()> + crate::platform::MaybeSend + 'static) {
        // Boxed before, so that all share what is around them.
        let task: BoxFuture<'static, ()> = Box::pin(task);
        let (task, handle) = futures::future::abortable(task);
        let (ended, has_ended) = oneshot::channel();
        self.tasks.lock().expect("nothing panics under this lock").push((handle, has_ended));
        self.platform.spawn(Box::pin(async move {
            task.await.ok();
            drop(ended);
        }));
    }

    /// Subscribes to what every host answers, and answers until the host stops.
    pub(super) fn serve_control(self: &Arc<Self>) -> Result<(), LatticeError> {
        control::serve(self)?;
        hosts::serve(self)?;
        self.hear_audience()?;
        events::follow(self)
    }
}

pub(super) use control::or_default;
pub(crate) use control::{acknowledge, reply, wants_outcome};
pub(super) use providers::{ProviderSubscriptions, serve_provider};
pub(super) use rpc::{offer_module, serve_actor};

/// Hands each message to `handle` until `stop` is dropped, and then what had already arrived.
async fn for_each_until(mut messages: Subscription, stop: oneshot::Receiver<()>, handle: impl Fn(Message)) {
    let mut stop = stop;
    loop {
        let next = messages.next();
        futures::pin_mut!(next);
        match futures::future::select(next, &mut stop).await {
            Either::Left((Some(message), _)) => handle(message),
            Either::Left((None, _)) => return,
            Either::Right(_) => break,
        }
    }
    messages.close();
    while let Some(message) = messages.next().await {
        handle(message);
    }
}
