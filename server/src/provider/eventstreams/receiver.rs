//! Who takes the events of subscriptions.

use std::{fmt::Debug, time::Duration};

use bytes::Bytes;
use wisteria_contracts::eventstreams::operation;
use wisteria_core::{error::LatticeError, host::ActorCaller, identity::PublicKey, platform::BoxFuture};

/// How long an actor may take for an event. A lease lasts longer.
pub(super) const DELIVERY: Duration = Duration::from_secs(10);

/// Hands events to actors; a host's is [`ActorCaller`].
pub trait EventReceiver: Debug + Send + Sync + 'static {
    /// The key of the provider, in whose name subscriptions are kept.
    fn provider(&self) -> PublicKey;

    /// Has an actor handle an encoded [`Delivery`](wisteria_contracts::eventstreams::Delivery).
    ///
    /// # Errors
    /// It was not handled, as far as is known.
    fn handle_event(&self, actor: PublicKey, delivery: Bytes) -> BoxFuture<'_, Result<(), LatticeError>>;
}

impl EventReceiver for ActorCaller {
    fn provider(&self) -> PublicKey {
        self.provider()
    }

    fn handle_event(&self, actor: PublicKey, delivery: Bytes) -> BoxFuture<'_, Result<(), LatticeError>> {
        Box::pin(
            async move { self.call(actor, operation::HANDLE_EVENT, delivery, Some(DELIVERY), None).await.map(drop) },
        )
    }
}
