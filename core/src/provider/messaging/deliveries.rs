//! Messages on their way to an actor: a bounded queue, and what takes them from it.

use std::{
    fmt::{self, Debug, Formatter},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, channel::mpsc};
use wisteria_contracts::{
    codec,
    messaging::{SubMessage, operation},
};

use crate::{error::ErrorCode, host::ActorCaller, identity::PublicKey, platform::Platform};

/// How many messages may wait for an actor. What comes beyond is dropped with a warning.
const BOUND: usize = 1024;

/// How many bytes of messages may wait for an actor, but for the first of them.
const BYTES_BOUND: usize = 16 << 20;

/// The pauses in milliseconds after which an actor that is busy is handed a message again; then the message is given up.
const PAUSES: [u64; 6] = [10, 20, 50, 100, 300, 1000];

/// A message that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// Where it was published.
    pub subject: String,
    /// Where replies go.
    pub reply_to: Option<String>,
    /// The body.
    pub body: Bytes,
    /// The W3C `traceparent` that it came with.
    pub trace: Option<Arc<str>>,
}

/// The way to the actor of one link. When this is dropped, what waits is still handed over.
pub struct Deliveries {
    queue: Mutex<mpsc::Sender<Arrived>>,
    waiting: Arc<Waiting>,
    actor: PublicKey,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: AtomicUsize,
    is_ended: AtomicBool,
}

impl Deliveries {
    /// Hands messages to an actor, so many at a time.
    pub fn start(platform: &Arc<dyn Platform>, caller: ActorCaller, actor: PublicKey, at_once: usize) -> Self {
        // The channel keeps one place per sender beyond its buffer.
        let (queue, arrived) = mpsc::channel(BOUND - 1);
        let waiting = Arc::new(Waiting::default());
        let worker = Worker { platform: platform.clone(), caller, actor, waiting: waiting.clone() };
        platform.spawn(Box::pin(async move {
            arrived.for_each_concurrent(at_once, |message| worker.hand_over(message)).await;
        }));
        Self { queue: Mutex::new(queue), waiting, actor, dropped: AtomicU64::new(0) }
    }

    /// Takes a message. One that finds too many waiting is dropped.
    pub fn put(&self, message: Arrived) {
        let (size, subject) = (message.body.len(), message.subject.clone());
        let before = self.waiting.bytes.fetch_add(size, Ordering::Relaxed);
        let has_room = before == 0 || before + size <= BYTES_BOUND;
        let is_taken = has_room && self.queue.lock().expect("nothing panics under this lock").try_send(message).is_ok();
        if !is_taken {
            self.waiting.bytes.fetch_sub(size, Ordering::Relaxed);
            let dropped = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
            if dropped.is_power_of_two() {
                tracing::warn!(actor = %self.actor, subject, dropped, "messages come faster than the actor takes them, and are lost");
            }
        }
    }

    /// Hands over nothing more.
    pub fn end(&self) {
        self.waiting.is_ended.store(true, Ordering::Relaxed);
    }

    /// Whether it hands over nothing more.
    pub fn is_ended(&self) -> bool {
        self.waiting.is_ended.load(Ordering::Relaxed)
    }

    /// How many messages found too many waiting.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

struct Worker {
    platform: Arc<dyn Platform>,
    caller: ActorCaller,
    actor: PublicKey,
    waiting: Arc<Waiting>,
}

impl Worker {
    async fn hand_over(&self, message: Arrived) {
        self.waiting.bytes.fetch_sub(message.body.len(), Ordering::Relaxed);
        let Arrived { subject, reply_to, body, trace } = message;
        let argument = SubMessage { subject, reply_to, body: body.into() };
        let encoded = Bytes::from(codec::encode(&argument));
        let mut pauses = PAUSES.into_iter();
        while !self.waiting.is_ended.load(Ordering::Relaxed) {
            let operation = operation::HANDLE_MESSAGE;
            let Err(error) = self.caller.call(self.actor, operation, encoded.clone(), None, trace.clone()).await else {
                return;
            };
            // Nothing ran, so another try does nothing twice.
            match pauses.next().filter(|_| error.code == ErrorCode::Overloaded) {
                Some(pause) => self.platform.sleep(Duration::from_millis(pause)).await,
                None => {
                    let (code, subject) = (error.code.as_str(), &argument.subject);
                    tracing::warn!(actor = %self.actor, subject, code, error = error.message, "an actor did not handle a message");
                    return;
                }
            }
        }
    }
}

impl Debug for Deliveries {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deliveries").field("actor", &self.actor).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{identity::KeyKind, platform::BoxFuture};

    /// Keeps tasks, and never runs them.
    #[derive(Default)]
    struct Standing(Mutex<Vec<BoxFuture<'static, ()>>>);

    impl Debug for Standing {
        fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
            f.write_str("Standing")
        }
    }

    impl Platform for Standing {
        fn now(&self) -> Duration {
            Duration::ZERO
        }

        fn unix_time(&self) -> Duration {
            Duration::ZERO
        }

        fn sleep(&self, _duration: Duration) -> BoxFuture<'static, ()> {
            Box::pin(async {})
        }

        fn spawn(&self, task: BoxFuture<'static, ()>) {
            self.0.lock().expect("no panic").push(task);
        }

        fn random(&self, buffer: &mut [u8]) {
            buffer.fill(0);
        }
    }

    fn dropped_of(count: usize, size: usize) -> u64 {
        let platform: Arc<dyn Platform> = Arc::new(Standing::default());
        let actor = PublicKey::from_bytes(KeyKind::Module, [1; 32]);
        let deliveries = Deliveries::start(&platform, ActorCaller::of_nobody(), actor, 1);
        let body = Bytes::from(vec![0; size]);
        for _ in 0..count {
            deliveries.put(Arrived { subject: "a".to_owned(), reply_to: None, body: body.clone(), trace: None });
        }
        deliveries.dropped()
    }

    #[test]
    fn what_comes_beyond_the_bounds_of_messages_and_of_bytes_is_dropped_and_counted() {
        assert_eq!(dropped_of(BOUND, 1), 0);
        assert_eq!(dropped_of(BOUND + 3, 1), 3);
        assert_eq!(dropped_of(4, BYTES_BOUND / 4), 0);
        assert_eq!(dropped_of(6, BYTES_BOUND / 4), 2);
        assert_eq!(dropped_of(2, BYTES_BOUND + 1), 1, "the first is taken whatever its size");
    }
}
