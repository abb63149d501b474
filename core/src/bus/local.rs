//! The bus within one process, on a router that it may share with a broker.

use std::{sync::Arc, time::Duration};

use super::{
    Bus, BusError, Delivery, EndSubscription, Inbox, Mailbox, Message, Router, Sink,
    SubjectPattern, Subscription, SubscriptionId,
};
use crate::platform::{BoxFuture, Platform};

/// A [`Bus`] whose messages never leave the process, unless a broker on the same router carries them on.
#[derive(Debug)]
pub struct LocalBus {
    router: Arc<Router>,
    platform: Arc<dyn Platform>,
    inbox: Arc<Inbox>,
    inbox_id: SubscriptionId,
    max_payload: usize,
}

/// Largest payload in bytes.
pub const DEFAULT_MAX_PAYLOAD: usize = 8 << 20;

impl LocalBus {
    /// A bus on a router.
    pub fn new(router: Arc<Router>, platform: Arc<dyn Platform>) -> Self {
        let inbox = Inbox::new(&*platform);
        let inbox_id = router.subscribe(&inbox.pattern(), None, Arc::new(InboxSink(inbox.clone())));
        Self {
            router,
            platform,
            inbox,
            inbox_id,
            max_payload: DEFAULT_MAX_PAYLOAD,
        }
    }

    fn check_size(&self, message: &Message) -> Result<(), BusError> {
        match message.payload.len() > self.max_payload {
            true => Err(BusError::PayloadTooLarge {
                size: message.payload.len(),
                limit: self.max_payload,
            }),
            false => Ok(()),
        }
    }
}

impl Bus for LocalBus {
    fn publish(&self, message: Message) -> Result<(), BusError> {
        self.check_size(&message)?;
        self.router.route(&message);
        Ok(())
    }

    fn subscribe(
        &self,
        pattern: SubjectPattern,
        queue: Option<&str>,
    ) -> Result<Subscription, BusError> {
        let (mailbox, messages) = Mailbox::new();
        let id = self.router.subscribe(&pattern, queue, Arc::new(mailbox));
        let end = Subscribed {
            router: self.router.clone(),
            pattern,
            id,
        };
        Ok(Subscription::new(messages, Box::new(end)))
    }

    fn request(
        &self,
        message: Message,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Message, BusError>> {
        Box::pin(async move {
            self.check_size(&message)?;
            let open = self.inbox.open();
            let message = Message {
                reply: Some(open.reply_to.clone()),
                ..message
            };
            match self.router.route(&message) {
                0 => Err(BusError::NoResponders(message.subject.to_string())),
                _ => open.reply(&*self.platform, &message.subject, timeout).await,
            }
        })
    }

    fn max_payload(&self) -> usize {
        self.max_payload
    }
}

impl Drop for LocalBus {
    fn drop(&mut self) {
        self.router
            .unsubscribe(&self.inbox.pattern(), self.inbox_id);
    }
}

#[derive(Debug)]
struct InboxSink(Arc<Inbox>);

impl Sink for InboxSink {
    fn deliver(&self, delivery: Delivery<'_>) -> bool {
        self.0.deliver(delivery.message.clone());
        true
    }
}

impl Sink for Mailbox {
    fn deliver(&self, delivery: Delivery<'_>) -> bool {
        self.put(delivery.message.clone())
    }
}

#[derive(Debug)]
struct Subscribed {
    router: Arc<Router>,
    pattern: SubjectPattern,
    id: SubscriptionId,
}

impl EndSubscription for Subscribed {
    fn end(&mut self) {
        self.router.unsubscribe(&self.pattern, self.id);
    }
}
