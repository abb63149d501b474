//! The messages that wait in one subscription, up to a bound.

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

use futures::channel::mpsc;

use super::{Message, SUBSCRIPTION_BOUND};

/// Feeds a [`super::Subscription`]; what finds it full is dropped and counted.
#[derive(Debug)]
pub struct Mailbox {
    messages: Mutex<mpsc::Sender<Message>>,
    dropped: AtomicU64,
}

impl Mailbox {
    /// A mailbox of [`SUBSCRIPTION_BOUND`] messages and its reading end.
    pub fn new() -> (Self, mpsc::Receiver<Message>) {
        // The channel keeps one place per sender beyond its buffer.
        let (sender, messages) = mpsc::channel(SUBSCRIPTION_BOUND - 1);
        let mailbox = Self { messages: Mutex::new(sender), dropped: AtomicU64::new(0) };
        (mailbox, messages)
    }

    /// Puts in a message. False means that the mailbox was full, or its reader is gone, and the message is lost.
    pub fn put(&self, message: Message) -> bool {
        let subject = message.subject.clone();
        let mut messages = self.messages.lock().expect("nothing panics under this lock");
        let Err(error) = messages.try_send(message) else {
            return true;
        };
        if error.is_full() {
            let dropped = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
            if dropped.is_power_of_two() {
                tracing::warn!(%subject, dropped, "a slow subscription lost messages");
            }
        }
        false
    }

    /// How many messages found it full.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::{Subject, message};

    #[test]
    fn what_comes_beyond_the_bound_is_dropped_and_counted() {
        let (mailbox, mut messages) = Mailbox::new();
        let subject = Subject::new("a").expect("a subject");
        let taken = (0..SUBSCRIPTION_BOUND + 3).filter(|_| mailbox.put(message(subject.clone(), ""))).count();
        assert_eq!((taken, mailbox.dropped()), (SUBSCRIPTION_BOUND, 3));
        assert!(messages.try_recv().is_ok());
        assert!(mailbox.put(message(subject, "")), "a message that was read makes room");
    }
}
