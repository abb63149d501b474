//! Connections of a case, and what this client tells about them.

use std::{error::Error, time::Duration};

use async_nats::{Client, ConnectError, ConnectOptions, Event, Message, Subscriber, client::RequestErrorKind};
use futures::{
    StreamExt,
    channel::mpsc::{UnboundedReceiver, unbounded},
};

/// Makes connections to one server.
#[derive(Debug)]
pub(crate) struct Join {
    url: String,
}

impl Join {
    pub(crate) fn to(url: &str) -> Self {
        Self { url: url.to_owned() }
    }

    /// A connection as most cases want it.
    pub(crate) async fn client(&self) -> Result<Client, ConnectError> {
        self.with(ConnectOptions::new()).await
    }

    /// A connection with options.
    pub(crate) async fn with(&self, options: ConnectOptions) -> Result<Client, ConnectError> {
        options.reconnect_delay_callback(|_| Duration::from_millis(20)).connect(&self.url).await
    }

    /// A connection and what happens to it.
    pub(crate) async fn watched(
        &self,
        options: ConnectOptions,
    ) -> Result<(Client, UnboundedReceiver<Event>), ConnectError> {
        let (sender, events) = unbounded();
        let options = options.event_callback(move |event| {
            // Nobody listens any more once the case is over.
            drop(sender.unbounded_send(event));
            std::future::ready(())
        });
        Ok((self.with(options).await?, events))
    }
}

/// Waits until the server has all that was sent, and this client all that was on its way to it. Its own flush only
/// hands over to the system; that nobody answers comes from the server.
pub(crate) async fn settle(client: &Client) -> Result<(), Box<dyn Error>> {
    match client.request("clients.settled", "".into()).await {
        Err(error) if error.kind() == RequestErrorKind::NoResponders => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err("somebody answered what nobody should hear".into()),
    }
}

/// The next `count` messages of a subscription.
pub(crate) async fn take(subscriber: &mut Subscriber, count: usize) -> Vec<Message> {
    subscriber.take(count).collect().await
}

/// The next `count` messages of a subscription, as texts.
pub(crate) async fn texts(subscriber: &mut Subscriber, count: usize) -> Vec<String> {
    take(subscriber, count).await.iter().map(text).collect()
}

/// All that comes until the subscription ends by itself.
pub(crate) async fn every_text(subscriber: Subscriber) -> Vec<String> {
    subscriber.map(|message| text(&message)).collect().await
}

pub(crate) fn text(message: &Message) -> String {
    String::from_utf8_lossy(&message.payload).into_owned()
}

/// The numbers up to `count`, as texts.
pub(crate) fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}
