//! The bus within one process, on a router that it may share with a broker.

use std::{sync::Arc, time::Duration};

use super::{
    Bus, BusError, Delivery, EndSubscription, Inbox, Mailbox, Message, Router, Sink, Status, Subject, SubjectPattern,
    Subscription, SubscriptionId,
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
        Self { router, platform, inbox, inbox_id, max_payload: DEFAULT_MAX_PAYLOAD }
    }

    fn check_size(&self, message: &Message) -> Result<(), BusError> {
        match message.payload.len() > self.max_payload {
            true => Err(BusError::PayloadTooLarge { size: message.payload.len(), limit: self.max_payload }),
            false => Ok(()),
        }
    }
}

impl Bus for LocalBus {
    fn publish(&self, message: Message) -> Result<(), BusError> {
        self.check_size(&message)?;
        if self.router.route(&message) == 0
            && let Some(reply_to) = message.reply
        {
            // As a broker tells its connections.
            self.router.route(&Status::NoResponders.message(reply_to));
        }
        Ok(())
    }

    fn subscribe(&self, pattern: SubjectPattern, queue: Option<&str>) -> Result<Subscription, BusError> {
        let (mailbox, messages) = Mailbox::new();
        let id = self.router.subscribe(&pattern, queue, Arc::new(mailbox));
        let end = Subscribed { router: self.router.clone(), pattern, id };
        Ok(Subscription::new(messages, Box::new(end)))
    }

    fn request(&self, message: Message, timeout: Duration) -> BoxFuture<'_, Result<Message, BusError>> {
        Box::pin(async move {
            self.check_size(&message)?;
            let open = self.inbox.open(message.subject.clone());
            let message = Message { reply: Some(open.reply_to.clone()), ..message };
            match self.router.route(&message) {
                0 => Err(BusError::NoResponders(message.subject.to_string())),
                _ => open.reply(&*self.platform, timeout).await,
            }
        })
    }

    fn new_inbox(&self) -> Subject {
        self.inbox.apart(&*self.platform)
    }

    fn max_payload(&self) -> usize {
        self.max_payload
    }
}

impl Drop for LocalBus {
    fn drop(&mut self) {
        self.router.unsubscribe(&self.inbox.pattern(), self.inbox_id);
    }
}

#[derive(Debug)]
struct InboxSink(Arc<Inbox>);

impl Sink for InboxSink {
    fn deliver(&self, delivery: Delivery<'_>) -> bool {
        self.0.deliver(delivery.message.to_message());
        true
    }
}

impl Sink for Mailbox {
    fn deliver(&self, delivery: Delivery<'_>) -> bool {
        self.put(delivery.message.to_message())
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

#[cfg(test)]
mod tests {
    use futures::{FutureExt, future, join};

    use super::*;
    use crate::bus::{Subject, message};

    /// Time stands still, or every wait is over at once.
    #[derive(Debug)]
    struct Clock {
        runs: bool,
    }

    impl Platform for Clock {
        fn now(&self) -> Duration {
            Duration::ZERO
        }

        fn unix_time(&self) -> Duration {
            Duration::ZERO
        }

        fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
            match self.runs {
                true => future::ready(()).boxed(),
                false => future::pending().boxed(),
            }
        }

        fn spawn(&self, _: BoxFuture<'static, ()>) {
            unreachable!("a local bus needs no tasks");
        }

        fn random(&self, buffer: &mut [u8]) {
            buffer.fill(7);
        }
    }

    fn bus(runs: bool) -> LocalBus {
        LocalBus::new(Arc::default(), Arc::new(Clock { runs }))
    }

    fn subject(text: &str) -> Subject {
        Subject::new(text).expect("a subject")
    }

    fn ask(bus: &LocalBus) -> BoxFuture<'_, Result<Message, BusError>> {
        bus.request(message(subject("a"), "?"), Duration::from_secs(1))
    }

    #[tokio::test]
    async fn a_request_gets_the_reply_that_was_published_for_it() {
        let bus = bus(false);
        let mut requests = bus.subscribe(subject("a").into(), None).expect("a subscription");
        let answer = async {
            for body in ["first", "second"] {
                let request = requests.next().await.expect("a request");
                bus.publish(message(request.reply.expect("a reply subject"), body)).expect("room");
            }
        };
        let (first, second, ()) = join!(ask(&bus), ask(&bus), answer);
        assert_eq!(first.expect("a reply").payload, "first");
        assert_eq!(second.expect("a reply").payload, "second");
    }

    #[tokio::test]
    async fn where_nobody_listens_a_request_fails_at_once() {
        let bus = bus(false);
        drop(bus.subscribe(subject("a").into(), None).expect("a subscription"));
        assert_eq!(ask(&bus).await, Err(BusError::NoResponders("a".to_owned())));
    }

    #[tokio::test]
    async fn who_publishes_with_a_reply_subject_is_told_when_nobody_listens() {
        let bus = bus(false);
        let mut answers = bus.subscribe(subject("answers").into(), None).expect("a subscription");
        bus.publish(Message { reply: Some(subject("answers")), ..message(subject("a"), "?") }).expect("room");
        assert_eq!(answers.next().await.and_then(|answer| answer.status()), Some(Status::NoResponders));
    }

    #[tokio::test]
    async fn a_request_without_a_reply_ends_with_its_time_and_is_forgotten() {
        let bus = bus(true);
        let mut requests = bus.subscribe(subject("a").into(), None).expect("a subscription");
        assert!(matches!(ask(&bus).await, Err(BusError::Timeout { .. })));
        let late = requests.next().await.and_then(|request| request.reply).expect("a request");
        bus.publish(message(late, "too late")).expect("room");
        assert!(matches!(ask(&bus).await, Err(BusError::Timeout { .. })));
    }

    #[tokio::test]
    async fn the_loss_of_who_got_the_request_is_told_as_such() {
        let bus = bus(false);
        let mut requests = bus.subscribe(subject("a").into(), None).expect("a subscription");
        let lose = async {
            let request = requests.next().await.expect("a request");
            bus.publish(Status::HostLost.message(request.reply.expect("a reply subject"))).expect("room");
        };
        let (outcome, ()) = join!(ask(&bus), lose);
        assert_eq!(outcome, Err(BusError::HostLost("a".to_owned())));
    }

    #[tokio::test]
    async fn what_is_above_the_limit_is_refused_with_both_sizes() {
        let bus = bus(false);
        let large = message(subject("a"), vec![0; DEFAULT_MAX_PAYLOAD + 1]);
        let expected = BusError::PayloadTooLarge { size: DEFAULT_MAX_PAYLOAD + 1, limit: DEFAULT_MAX_PAYLOAD };
        assert_eq!(bus.publish(large), Err(expected));
    }
}
