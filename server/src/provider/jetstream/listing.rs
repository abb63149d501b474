//! The last message of each subject of a stream, without its body.

use std::time::Duration;

use async_nats::jetstream::{
    Message,
    consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull},
};
use futures::TryStreamExt;
use wisteria_core::provider::ProviderError;

use super::stream::Stream;

/// How many messages are asked for at once. A subscription holds twice as many.
const AT_ONCE: usize = 500;

/// When the server lets go of a listing that was given up.
const GIVEN_UP: Duration = Duration::from_secs(10);

impl Stream {
    /// Hands over the last message of each subject that fits, in the order in which they were written. One that is written
    /// again meanwhile may come twice.
    pub(super) async fn each_last(&self, subject: String, mut each: impl FnMut(Message)) -> Result<(), ProviderError> {
        self.open().await?;
        let config = pull::Config {
            deliver_policy: DeliverPolicy::LastPerSubject,
            ack_policy: AckPolicy::None,
            filter_subject: subject,
            headers_only: true,
            memory_storage: true,
            inactive_threshold: GIVEN_UP,
            ..pull::Config::default()
        };
        let made = self.connection.within_patience(self.context.create_consumer_on_stream(config, self.name())).await?;
        let consumer: PullConsumer = made.map_err(|error| self.not_listed(&error))?;
        let listed = loop {
            let some = async {
                let messages = consumer.fetch().max_messages(AT_ONCE).messages().await;
                let messages = messages.map_err(|error| self.not_listed(&error))?;
                messages.try_collect::<Vec<Message>>().await.map_err(|error| self.not_listed(&*error))
            };
            match self.connection.within_patience(some).await {
                Ok(Ok(messages)) if messages.is_empty() => break Ok(()),
                Ok(Ok(messages)) => messages.into_iter().for_each(&mut each),
                Ok(Err(error)) | Err(error) => break Err(error),
            }
        };
        // The server lets go of it by itself, if later.
        let deleted = self.context.delete_consumer_from_stream(&consumer.cached_info().name, self.name());
        drop(self.connection.within_patience(deleted).await);
        listed
    }
}
