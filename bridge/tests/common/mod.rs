//! A platform for tests, and connections within the process.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{
    SinkExt, StreamExt,
    channel::mpsc,
    future::{AbortHandle, Abortable},
};
use wisteria_bridge::{Broker, Connector, Pipe, TransportError};
use wisteria_core::{
    bus::{Message, Subject, SubjectPattern, message},
    platform::{BoxFuture, Platform},
};

/// Tokio's time and tasks; what is random counts up.
#[derive(Debug)]
pub(crate) struct TestPlatform {
    start: tokio::time::Instant,
    random: AtomicU8,
}

impl TestPlatform {
    pub(crate) fn shared() -> Arc<dyn Platform> {
        Arc::new(Self { start: tokio::time::Instant::now(), random: AtomicU8::new(0) })
    }
}

impl Platform for TestPlatform {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn unix_time(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        drop(tokio::spawn(task));
    }

    fn random(&self, buffer: &mut [u8]) {
        buffer.fill_with(|| self.random.fetch_add(1, Ordering::Relaxed));
    }
}

/// Connects to a broker of this process, and cuts its connections on demand.
#[derive(Debug, Clone)]
pub(crate) struct InProcess {
    broker: Broker,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    refuses: bool,
    served: Vec<AbortHandle>,
}

impl InProcess {
    pub(crate) fn new(broker: Broker) -> Self {
        Self { broker, state: Arc::default() }
    }

    /// Ends all connections as if the wire were cut.
    pub(crate) fn cut(&self) {
        let served = std::mem::take(&mut self.state.lock().expect("no panic").served);
        served.iter().for_each(AbortHandle::abort);
    }

    /// Whether attempts to connect fail from now on.
    pub(crate) fn refuse(&self, refuses: bool) {
        self.state.lock().expect("no panic").refuses = refuses;
    }

    /// Opens a connection and returns its client's end.
    pub(crate) fn open(&self) -> (mpsc::Sender<Bytes>, mpsc::Receiver<Bytes>) {
        let (to_broker, from_client) = mpsc::channel(16);
        let (to_client, from_broker) = mpsc::channel(16);
        let (abort, registration) = AbortHandle::new_pair();
        self.state.lock().expect("no panic").served.push(abort);
        tokio::spawn(Abortable::new(self.broker.serve(from_client, to_client), registration));
        (to_broker, from_broker)
    }
}

impl Connector for InProcess {
    fn connect(&self) -> BoxFuture<'_, Result<Pipe, TransportError>> {
        Box::pin(async move {
            if self.state.lock().expect("no panic").refuses {
                return Err(TransportError("refused".to_owned()));
            }
            let (outgoing, incoming) = self.open();
            Ok(Pipe {
                incoming: incoming.boxed(),
                outgoing: Box::pin(outgoing.sink_map_err(|error| TransportError(error.to_string()))),
            })
        })
    }
}

pub(crate) fn subject(text: &str) -> Subject {
    Subject::new(text).expect("a subject")
}

pub(crate) fn pattern(text: &str) -> SubjectPattern {
    SubjectPattern::new(text).expect("a pattern")
}

pub(crate) fn text(to: &str, body: &str) -> Message {
    message(subject(to), body.to_owned())
}

/// The reply to a request, with a body.
pub(crate) fn reply(request: &Message, body: &str) -> Message {
    message(request.reply.clone().expect("a request"), body.to_owned())
}

/// A message of so many bytes.
pub(crate) fn message_of_size(to: &str, size: usize) -> Message {
    message(subject(to), vec![b'x'; size])
}
