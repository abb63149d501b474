//! A stream of JetStream: its messages read, and written where nobody was faster.

use std::{
    fmt::{self, Debug, Display, Formatter},
    sync::Arc,
    time::Duration,
};

use async_nats::{
    HeaderMap,
    jetstream::{
        Context, Error, ErrorCode,
        context::{PublishErrorKind, RequestErrorKind},
        message::StreamMessage,
        response::Response,
        stream,
    },
};
use bytes::Bytes;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::sync::{OnceCell, Semaphore};
use wisteria_core::{
    platform::{Platform, random_uuid},
    provider::{LinkRefused, ProviderError},
};

use super::super::nats_connection::NatsConnection;

/// How often a change is tried while others change the same.
const TRIES: u32 = 100;

/// The longest pause between two tries in milliseconds.
const LONGEST_PAUSE: u64 = 50;

/// How many writes of several messages are under way at once. A server takes 50 for a stream.
const BATCHES: usize = 8;

/// Servers keep nothing that expires longer than for good.
const LONGEST_KEPT: Duration = Duration::from_secs(100 * 365 * 86_400);

/// A stream, made when it is first needed and missing.
pub(in super::super) struct Stream {
    /// How it is to be made.
    config: Value,
    /// What people call it.
    called: String,
    /// Whether several messages are written at once.
    is_for_batches: bool,
    pub(super) connection: Arc<NatsConnection>,
    pub(super) context: Context,
    pub(super) platform: Arc<dyn Platform>,
    opened: OnceCell<Features>,
    batches: Semaphore,
}

/// What is asked of a stream, beside what they all are.
#[derive(Debug, Clone)]
pub(in super::super) struct Asked {
    pub(in super::super) name: String,
    /// What people call it.
    pub(in super::super) called: String,
    pub(in super::super) subject: String,
    /// Whether only the last message of each subject is kept.
    pub(in super::super) is_bucket: bool,
    /// Whether several messages are written at once.
    pub(in super::super) is_for_batches: bool,
}

/// What can be done with a stream.
#[derive(Debug, Clone, Copy)]
struct Features {
    /// Whether the server forgets messages when it is told to.
    forgets: bool,
}

/// What the server says of a stream.
#[derive(Debug, Deserialize)]
struct About {
    config: Config,
}

#[derive(Debug, Deserialize)]
struct Config {
    #[serde(default)]
    subjects: Vec<String>,
    #[serde(default)]
    allow_msg_ttl: bool,
    #[serde(default)]
    allow_atomic: bool,
}

/// A message to be written.
#[derive(Debug, Default)]
pub(in super::super) struct Write {
    pub(in super::super) subject: String,
    pub(in super::super) headers: HeaderMap,
    pub(in super::super) payload: Bytes,
    /// The number of the last message of the subject, if it matters; 0 where there must be none.
    pub(in super::super) expected: Option<u64>,
    /// For how long the server is to keep it, if not for good.
    pub(in super::super) kept: Option<Duration>,
}

impl Stream {
    /// The stream that a link leads to. Where the link is new, it must be there and fit.
    pub(in super::super) async fn linked(
        asked: Asked,
        connection: Arc<NatsConnection>,
        platform: Arc<dyn Platform>,
        is_new: bool,
    ) -> Result<Self, LinkRefused> {
        let context = async_nats::jetstream::context::ContextBuilder::new()
            .timeout(connection.patience())
            .build(connection.client_in_any_case().clone());
        let stream = Self {
            config: config(&asked),
            called: asked.called,
            is_for_batches: asked.is_for_batches,
            connection,
            context,
            platform,
            opened: OnceCell::new(),
            batches: Semaphore::new(BATCHES),
        };
        if is_new {
            stream.open().await.map_err(|error| LinkRefused(error.to_string()))?;
        }
        Ok(stream)
    }

    /// Makes sure that the stream is there and fit.
    pub(in super::super) async fn open(&self) -> Result<(), ProviderError> {
        self.features().await.map(|_| ())
    }

    /// Whether it is there, or why not.
    pub(in super::super) async fn health(&self) -> Result<(), String> {
        let looked = async {
            if !self.opened.initialized() {
                return self.open().await;
            }
            match self.ask::<About>(format!("STREAM.INFO.{}", self.name()), &json!({})).await? {
                Response::Ok(_) => Ok(()),
                Response::Err { error } => Err(self.refused(&error)),
            }
        };
        looked.await.map_err(|error: ProviderError| error.to_string())
    }

    /// The last message of a subject.
    pub(in super::super) async fn last(&self, subject: &str) -> Result<Option<StreamMessage>, ProviderError> {
        self.message(&json!({ "last_by_subj": subject })).await
    }

    /// The first message with that number or a later one, of subjects that fit.
    pub(in super::super) async fn first_from(
        &self,
        number: u64,
        subject: &str,
    ) -> Result<Option<StreamMessage>, ProviderError> {
        self.message(&json!({ "seq": number.max(1), "next_by_subj": subject })).await
    }

    /// Asks the leader, as another replica may not know yet what it has answered for.
    async fn message(&self, which: &Value) -> Result<Option<StreamMessage>, ProviderError> {
        self.open().await?;
        let found = self.ask::<Answer>(format!("STREAM.MSG.GET.{}", self.name()), which).await?;
        let message = match found {
            Response::Ok(answer) => answer.message,
            Response::Err { error } if error.error_code() == ErrorCode::NO_MESSAGE_FOUND => return Ok(None),
            Response::Err { error } => return Err(self.refused(&error)),
        };
        let message = StreamMessage::try_from(message);
        message.map(Some).map_err(|error| ProviderError::Failed(format!("JetStream's answer cannot be read: {error}")))
    }

    /// Writes a message, and says under which number: none where the subject's last message is not the expected one.
    pub(in super::super) async fn write(&self, write: Write) -> Result<Option<u64>, ProviderError> {
        let features = self.features().await?;
        self.publish(write, features).await
    }

    async fn publish(&self, mut write: Write, features: Features) -> Result<Option<u64>, ProviderError> {
        write.complete(features);
        let Write { subject, headers, payload, .. } = write;
        let written = async { self.context.publish_with_headers(subject, headers, payload).await?.await };
        let error = match self.connection.within_patience(written).await? {
            Ok(answer) => return Ok(Some(answer.sequence)),
            Err(error) => error,
        };
        match error.kind() {
            PublishErrorKind::WrongLastSequence => Ok(None),
            PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe => {
                Err(self.connection.unavailable(&error.to_string()))
            }
            PublishErrorKind::StreamNotFound => Err(self.away(&error)),
            PublishErrorKind::MaxPayloadExceeded => Err(too_large(&error)),
            _ => match std::error::Error::source(&error).and_then(|source| source.downcast_ref::<Error>()) {
                // There are too many such writes already.
                Some(error) if error.error_code() == TOO_MANY_BATCHES => Ok(None),
                Some(error) => Err(self.refused(error)),
                None => Err(ProviderError::Failed(format!("JetStream does not do it: {error}"))),
            },
        }
    }

    /// Writes several messages at once or none; whether it did: not where the last message of any of their subjects is not
    /// the expected one.
    pub(in super::super) async fn write_all(&self, mut writes: Vec<Write>) -> Result<bool, ProviderError> {
        let features = self.features().await?;
        let Some(mut last) = writes.pop() else {
            return Ok(true);
        };
        if writes.is_empty() {
            return Ok(self.publish(last, features).await?.is_some());
        }
        let _turn = self.batches.acquire().await.expect("it is never closed");
        let batch = random_uuid(&*self.platform);
        let mut number: u64 = 0;
        let mut mark = |write: &mut Write| {
            number += 1;
            write.headers.insert("Nats-Batch-Id", &*batch);
            write.headers.insert("Nats-Batch-Sequence", number.to_string());
        };
        let client = self.connection.client()?;
        for mut write in writes {
            write.complete(features);
            mark(&mut write);
            let sent = client.publish_with_headers(write.subject, write.headers, write.payload);
            self.connection.within_patience(sent).await?.map_err(|error| match error.kind() {
                async_nats::PublishErrorKind::MaxPayloadExceeded => too_large(&error),
                _ => ProviderError::Failed(format!("JetStream is not asked: {error}")),
            })?;
        }
        mark(&mut last);
        last.headers.insert("Nats-Batch-Commit", "1");
        Ok(self.publish(last, features).await?.is_some())
    }

    /// Lets go of the messages of a subject before that number.
    pub(in super::super) async fn forget_before(&self, subject: &str, number: u64) -> Result<(), ProviderError> {
        let which = json!({ "filter": subject, "seq": number });
        match self.ask::<Value>(format!("STREAM.PURGE.{}", self.name()), &which).await? {
            Response::Ok(_) => Ok(()),
            Response::Err { error } => Err(self.refused(&error)),
        }
    }

    /// Waits for a moment before another try after so many, while others change the same.
    ///
    /// # Errors
    /// It was tried often enough.
    pub(in super::super) async fn pause(&self, tried: u32, key: &str) -> Result<(), ProviderError> {
        if tried >= TRIES {
            return Err(ProviderError::Failed(format!(
                "\"{key}\" is changed by too many at once; try again, or use several"
            )));
        }
        let mut random = [0; 8];
        self.platform.random(&mut random);
        let most = (1_u64 << tried.min(10)).min(LONGEST_PAUSE);
        self.platform.sleep(Duration::from_millis(u64::from_le_bytes(random) % (most + 1))).await;
        Ok(())
    }

    async fn features(&self) -> Result<Features, ProviderError> {
        self.opened.get_or_try_init(|| self.look_or_make()).await.copied()
    }

    async fn look_or_make(&self) -> Result<Features, ProviderError> {
        // A user who may not make streams can use one that is there.
        let looked = self.ask::<About>(format!("STREAM.INFO.{}", self.name()), &json!({})).await?;
        let about = match looked {
            Response::Err { error } if error.error_code() == ErrorCode::STREAM_NOT_FOUND => {
                self.ask(format!("STREAM.CREATE.{}", self.name()), &self.config).await?
            }
            found => found,
        };
        let Config { subjects, allow_msg_ttl, allow_atomic } = match about {
            Response::Ok(About { config }) => config,
            Response::Err { error } => return Err(self.refused(&error)),
        };
        let wanted = self.config["subjects"][0].as_str().expect("it has one");
        if !subjects.iter().any(|subject| subject == wanted) {
            return Err(ProviderError::Failed(format!(
                "{} is there, and does not keep {wanted} but {}; choose another name",
                self.called,
                subjects.join(", ")
            )));
        }
        if self.is_for_batches && !allow_atomic {
            return Err(self.without_batches());
        }
        Ok(Features { forgets: allow_msg_ttl })
    }

    fn without_batches(&self) -> ProviderError {
        let version = self.connection.client_in_any_case().server_info().version;
        ProviderError::Failed(match is_before(&version, BATCHES_SINCE) {
            true => format!(
                "NATS at {} is version {version}, and writing several keys at once needs {}.{} or newer; upgrade it, or \
                 link to another",
                self.connection.address(),
                BATCHES_SINCE.0,
                BATCHES_SINCE.1
            ),
            false => format!(
                "{} does not let several keys be written at once; set `allow_atomic` of its stream {}, or choose another \
                 name",
                self.called,
                self.name()
            ),
        })
    }

    /// What JetStream says to a question: an answer or an error of its own.
    async fn ask<T: DeserializeOwned>(&self, question: String, argument: &Value) -> Result<Response<T>, ProviderError> {
        let answer = self.connection.within_patience(self.context.request(question, argument)).await?;
        answer.map_err(|error| match error.kind() {
            RequestErrorKind::NoResponders => self.away(&error),
            RequestErrorKind::TimedOut => self.connection.unavailable(&error.to_string()),
            _ => ProviderError::Failed(format!("JetStream's answer cannot be read: {error}")),
        })
    }

    /// The error where NATS is there, and nobody serves the stream.
    fn away(&self, cause: &dyn Display) -> ProviderError {
        ProviderError::Unavailable(format!(
            "JetStream of NATS at {} does not serve {}: {cause}; start NATS with JetStream (nats-server -js), and let the \
             link's user use it",
            self.connection.address(),
            self.called
        ))
    }

    /// The error of what JetStream does not do.
    fn refused(&self, error: &Error) -> ProviderError {
        match error.error_code() {
            ErrorCode::STREAM_NOT_FOUND => ProviderError::Failed(format!(
                "{} is no longer on NATS at {}; put the link again to make it anew",
                self.called,
                self.connection.address()
            )),
            _ if error.code() == UNAVAILABLE => self.away(error),
            _ => ProviderError::Failed(format!("JetStream does not do it: {error}")),
        }
    }

    /// The error of a listing.
    pub(super) fn not_listed(&self, cause: &dyn Display) -> ProviderError {
        ProviderError::Failed(format!(
            "{} is not listed: {cause}; see that the link's user may make consumers",
            self.called
        ))
    }

    pub(super) fn name(&self) -> &str {
        self.config["name"].as_str().expect("it has one")
    }
}

/// Since when servers take several messages at once.
const BATCHES_SINCE: (u32, u32) = (2, 12);

/// What JetStream says while it has no leader, or is starting.
const UNAVAILABLE: usize = 503;

/// What JetStream says where too many are writing several messages at once.
const TOO_MANY_BATCHES: ErrorCode = ErrorCode::ATOMIC_PUBLISH_TOO_MANY_INFLIGHT;

#[derive(Debug, Deserialize)]
struct Answer {
    message: stream::RawMessage,
}

impl Write {
    /// Adds what the server is to know.
    fn complete(&mut self, features: Features) {
        if let Some(expected) = self.expected {
            self.headers.insert("Nats-Expected-Last-Subject-Sequence", expected.to_string());
        }
        if let Some(kept) = self.kept.filter(|kept| features.forgets && *kept < LONGEST_KEPT) {
            self.headers.insert("Nats-TTL", format!("{}s", kept.as_secs().max(1)));
        }
    }
}

/// A stream as it is made. Servers pass over the fields that they are too old for.
fn config(asked: &Asked) -> Value {
    json!({
        "name": asked.name,
        "subjects": [asked.subject],
        "retention": "limits",
        "storage": "file",
        "discard": "new",
        "num_replicas": 1,
        "max_msgs_per_subject": if asked.is_bucket { 1 } else { -1 },
        "max_msgs": -1,
        "max_bytes": -1,
        "max_msg_size": -1,
        "max_consumers": -1,
        "allow_rollup_hdrs": true,
        "deny_delete": asked.is_bucket,
        "allow_direct": true,
        "allow_msg_ttl": true,
        "allow_atomic": asked.is_for_batches,
    })
}

fn too_large(error: &dyn Display) -> ProviderError {
    ProviderError::Failed(format!(
        "this is larger than NATS takes: {error}; keep less together, or raise `max_payload` of the server"
    ))
}

/// Whether a server's version is older than that. One that is none is as new as they come.
fn is_before(version: &str, (major, minor): (u32, u32)) -> bool {
    let mut numbers = version.split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(found_major)), Some(Ok(found_minor))) => (found_major, found_minor) < (major, minor),
        _ => false,
    }
}

impl Debug for Stream {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("name", &self.name()).field("at", &self.connection).finish_non_exhaustive()
    }
}
