//! An actor that says what it is to handle, and handles it as the test decides.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Mutex, mpsc, oneshot};
use wisteria_contracts::{codec, eventstreams::Delivery};
use wisteria_core::{
    error::{ErrorCode, LatticeError},
    identity::{KeyKind, PublicKey},
    platform::BoxFuture,
};
use wisteria_server::provider::EventReceiver;

/// An event on its way.
#[derive(Debug)]
pub(crate) struct Handed {
    pub(crate) actor: PublicKey,
    pub(crate) delivery: Delivery,
    answer: oneshot::Sender<bool>,
}

impl Handed {
    /// The actor has handled it.
    pub(crate) fn handled(self) -> Delivery {
        // The provider may have been stopped meanwhile.
        self.answer.send(true).ok();
        self.delivery
    }

    /// The actor has not.
    pub(crate) fn failed(self) -> Delivery {
        self.answer.send(false).ok();
        self.delivery
    }

    /// What the event holds.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.delivery.event.data).expect("a text")
    }
}

/// The way to it.
#[derive(Debug)]
pub(crate) struct Recorder(mpsc::UnboundedSender<Handed>);

/// What comes there.
#[derive(Debug)]
pub(crate) struct Recorded(Mutex<mpsc::UnboundedReceiver<Handed>>);

pub(crate) fn recorder() -> (Recorder, Recorded) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Recorder(sender), Recorded(receiver.into()))
}

impl EventReceiver for Recorder {
    fn provider(&self) -> PublicKey {
        PublicKey::from_bytes(KeyKind::Provider, [9; 32])
    }

    fn handle_event(&self, actor: PublicKey, delivery: Bytes) -> BoxFuture<'_, Result<(), LatticeError>> {
        let (answer, answered) = oneshot::channel();
        let delivery = codec::decode(&delivery).expect("a delivery");
        drop(self.0.send(Handed { actor, delivery, answer }));
        Box::pin(async {
            match answered.await {
                Ok(true) => Ok(()),
                _ => Err(LatticeError::new(ErrorCode::GuestFailed, "it was not handled")),
            }
        })
    }
}

impl Recorded {
    /// The next event that comes.
    pub(crate) async fn next(&self) -> Handed {
        let next = async { self.0.lock().await.recv().await };
        let next = tokio::time::timeout(Duration::from_secs(60), next).await;
        next.expect("an event comes").expect("the provider is there")
    }

    /// Handles the next event, and answers with its text.
    pub(crate) async fn handle(&self) -> String {
        let handed = self.next().await;
        let text = handed.text().to_owned();
        handed.handled();
        text
    }

    /// Whether an event is there already.
    pub(crate) async fn is_empty(&self) -> bool {
        self.0.lock().await.is_empty()
    }
}
