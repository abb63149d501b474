//! The bus over one connection, which is made again whenever it breaks.

mod driver;
mod link;
mod session;
mod state;

pub use state::ConnectionState;

use std::{sync::Arc, time::Duration};

use futures::{Stream, channel::mpsc};
use wisteria_core::{
    bus::{Bus, BusError, EndSubscription, Message, Subject, SubjectPattern, Subscription},
    platform::{BoxFuture, Platform},
};

use self::link::Link;
use crate::{Credentials, transports::Connector};

/// A [`Bus`] whose other end is a broker.
///
/// Its subscriptions outlive the connection: they are made anew on the next one, and messages in between are not seen.
/// What is published or asked while there is no connection fails at once. Clones share the connection, which ends with
/// the last of them.
#[derive(Debug, Clone)]
pub struct BridgeBus {
    link: Arc<Link>,
    /// Ends the connection, for so long.
    cut: mpsc::Sender<Duration>,
    _end: Arc<EndWithLast>,
}

/// How a client behaves.
#[derive(Debug, Clone)]
pub struct BridgeOptions {
    /// The client's name; a host gives its key, by which the broker tells the lattice when its connection is lost.
    pub name: String,
    /// How the client proves who it is.
    pub credentials: Credentials,
    /// How long making a connection may take.
    pub connect: Duration,
    /// The pause before the first attempt to connect again. Each failure doubles it.
    pub first_pause: Duration,
    /// The longest such pause.
    pub longest_pause: Duration,
    /// How often the broker is asked for a sign of life.
    pub ping: Duration,
    /// How many of those questions it may leave open before the connection is given up.
    pub missed_pings: u32,
    /// Bytes that may wait to be sent.
    pub pending: usize,
}

impl Default for BridgeOptions {
    fn default() -> Self {
        Self {
            name: "wisteria".to_owned(),
            credentials: Credentials::None,
            connect: Duration::from_secs(10),
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(5),
            ping: Duration::from_secs(20),
            missed_pings: 2,
            pending: 16 << 20,
        }
    }
}

impl BridgeBus {
    /// Makes the first connection.
    ///
    /// # Errors
    /// [`BusError::Closed`] with the cause. Later losses are no errors: the connection is made again.
    pub async fn connect(
        connector: impl Connector,
        platform: Arc<dyn Platform>,
        options: BridgeOptions,
    ) -> Result<Self, BusError> {
        let link = Arc::new(Link::new(platform.clone(), options));
        let established =
            driver::establish(&link, &connector).await.map_err(|cause| BusError::Closed(cause.to_string()))?;
        let conversation = link.attach(&established.info);
        let (cut, cuts) = mpsc::channel(0);
        platform.spawn(Box::pin(driver::run(link.clone(), connector, established, conversation, cuts)));
        Ok(Self { _end: Arc::new(EndWithLast(link.clone())), link, cut })
    }

    /// The state of the connection, now and after each change. Who reads slowly sees the latest only.
    pub fn states(&self) -> impl Stream<Item = ConnectionState> + use<> {
        self.link.states.watch()
    }

    /// The state of the connection now.
    pub fn state(&self) -> ConnectionState {
        self.link.states.get()
    }

    /// Returns when the broker has handled all that this client said before.
    ///
    /// # Errors
    /// The connection was lost before that.
    pub async fn flush(&self) -> Result<(), BusError> {
        self.link.flush()?.await.map(drop).map_err(|_| lost())
    }

    /// Publishes, and returns once the broker has handled it: delivered, or had nobody to deliver it to.
    ///
    /// # Errors
    /// Those of [`Bus::publish`]; [`BusError::MayNotPublish`] where the broker refused it; the connection was lost before
    /// that was known.
    pub async fn publish_and_confirm(&self, message: Message) -> Result<(), BusError> {
        let handled = self.link.publish_and_flush(&message)?.await.map_err(|_| lost())?;
        match handled.unpublished.iter().any(|refused| *refused == *message.subject) {
            true => Err(BusError::MayNotPublish(message.subject.to_string())),
            false => Ok(()),
        }
    }

    /// Sends what waits, ends all subscriptions and the connection.
    pub async fn close(&self) {
        // A connection that is lost already has nothing left to flush.
        drop(self.flush().await);
        self.link.close();
    }
}

impl Bus for BridgeBus {
    fn publish(&self, message: Message) -> Result<(), BusError> {
        self.link.publish(&message)
    }

    fn subscribe(&self, pattern: SubjectPattern, queue: Option<&str>) -> Result<Subscription, BusError> {
        let queue = queue.map(Subject::new).transpose()?;
        let (sid, messages) = self.link.subscribe(pattern, queue);
        let end = Subscribed { link: self.link.clone(), sid };
        Ok(Subscription::new(messages, Box::new(end)))
    }

    fn confirm<'a>(&'a self, pattern: &'a str) -> BoxFuture<'a, Result<(), BusError>> {
        Box::pin(async move {
            // A connection that is away subscribes when it is back.
            drop(self.flush().await);
            match self.link.was_refused(pattern) {
                true => Err(BusError::NotPermitted(pattern.to_owned())),
                false => Ok(()),
            }
        })
    }

    fn request(&self, message: Message, timeout: Duration) -> BoxFuture<'_, Result<Message, BusError>> {
        Box::pin(async move {
            let open = self.link.inbox.open(message.subject.clone());
            let message = Message { reply: Some(open.reply_to.clone()), ..message };
            self.link.publish(&message)?;
            open.reply(&*self.link.platform, timeout).await
        })
    }

    fn new_inbox(&self) -> Subject {
        self.link.inbox.apart(&*self.link.platform)
    }

    fn is_connected(&self) -> bool {
        self.link.is_connected()
    }

    fn can_be_cut_off(&self) -> bool {
        true
    }

    fn cut_off(&self, duration: Duration) {
        let (bus, mut cut) = (self.clone(), self.cut.clone());
        self.link.platform.spawn(Box::pin(async move {
            bus.link.platform.sleep(LAST_WORDS).await;
            // A connection that is lost already need not be cut.
            if bus.flush().await.is_ok() {
                drop(cut.try_send(duration));
            }
        }));
    }

    fn max_payload(&self) -> usize {
        self.link.max_payload()
    }
}

/// What is published within this time after a cut was asked for still leaves.
const LAST_WORDS: Duration = Duration::from_millis(50);

fn lost() -> BusError {
    BusError::Closed("the connection was lost".to_owned())
}

#[derive(Debug)]
struct Subscribed {
    link: Arc<Link>,
    sid: u64,
}

impl EndSubscription for Subscribed {
    fn end(&mut self) {
        self.link.unsubscribe(self.sid);
    }
}

#[derive(Debug)]
struct EndWithLast(Arc<Link>);

impl Drop for EndWithLast {
    fn drop(&mut self) {
        self.0.close();
    }
}
