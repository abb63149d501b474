//! What waits for somebody who may be slow: so many at most, and so many bytes beside one that may be larger.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::mpsc::{self, error::TrySendError};

/// What has a length that counts.
pub(super) trait Counted {
    /// How many bytes of it count.
    fn length(&self) -> usize;
}

/// Where something is put to wait.
pub(super) struct Queue<T> {
    sender: mpsc::Sender<T>,
    most: usize,
    most_bytes: usize,
    bytes: Arc<AtomicUsize>,
}

/// Where it is taken, in order.
pub(super) struct Waiting<T> {
    receiver: mpsc::Receiver<T>,
    bytes: Arc<AtomicUsize>,
}

/// Why nothing more is taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// So many wait already.
    Messages(usize),
    /// So many bytes wait already.
    Bytes(usize),
    /// Nobody takes anything any more.
    Ended,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Messages(count) => write!(f, "{count} messages wait for it already"),
            Self::Bytes(count) => write!(f, "{count} bytes wait for it already"),
            Self::Ended => f.write_str("it has ended"),
        }
    }
}

/// A queue for `most` things of `most_bytes` together.
pub(super) fn queue<T: Counted>(most: usize, most_bytes: usize) -> (Queue<T>, Waiting<T>) {
    let (sender, receiver) = mpsc::channel(most);
    let bytes = Arc::new(AtomicUsize::new(0));
    (Queue { sender, most, most_bytes, bytes: bytes.clone() }, Waiting { receiver, bytes })
}

impl<T: Counted> Queue<T> {
    /// Has it wait. Nobody else puts anything meanwhile, so that the bound holds.
    pub(super) fn put(&mut self, item: T) -> Result<(), Refused> {
        let length = item.length();
        let before = self.bytes.load(Ordering::Relaxed);
        if before > 0 && before + length > self.most_bytes {
            return Err(Refused::Bytes(before));
        }
        self.bytes.fetch_add(length, Ordering::Relaxed);
        self.sender.try_send(item).map_err(|error| {
            self.bytes.fetch_sub(length, Ordering::Relaxed);
            match error {
                TrySendError::Full(_) => Refused::Messages(self.most),
                TrySendError::Closed(_) => Refused::Ended,
            }
        })
    }
}

impl<T: Counted> Waiting<T> {
    /// The next one; none once the queue is gone and all are taken.
    pub(super) async fn next(&mut self) -> Option<T> {
        let item = self.receiver.recv().await?;
        self.bytes.fetch_sub(item.length(), Ordering::Relaxed);
        Some(item)
    }
}
