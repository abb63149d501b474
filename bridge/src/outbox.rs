//! Bytes that wait to be sent over one connection: written from anywhere, coalesced, sent by one task, bounded.

use std::{
    collections::VecDeque,
    fmt::Display,
    future::poll_fn,
    sync::{Mutex, MutexGuard},
    task::Poll,
};

use bytes::{Bytes, BytesMut};
use futures::{Sink, SinkExt, task::AtomicWaker};

/// The bytes that wait. Each chunk that leaves holds whole operations.
#[derive(Debug)]
pub(crate) struct Outbox {
    limit: usize,
    queue: Mutex<Queue>,
    sender: AtomicWaker,
    watcher: AtomicWaker,
}

#[derive(Debug, Default)]
struct Queue {
    chunks: VecDeque<BytesMut>,
    waiting: usize,
    /// Bytes of the chunk that left last; the transport may still hold them.
    leaving: usize,
    /// The sender waits for bytes and must be woken.
    is_idle: bool,
    /// How much left at a time lately.
    usual: usize,
    closed: bool,
}

/// What follows from a write.
#[derive(Debug)]
pub(crate) struct Written {
    /// [`Outbox::wake`] must be called.
    pub(crate) must_wake: bool,
    /// More than half of what may wait does.
    pub(crate) is_half_full: bool,
}

/// Why nothing can be written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The bound is reached.
    Full,
    /// The connection ends.
    Closed,
}

/// What is queued meanwhile leaves together, up to about this many bytes.
const CHUNK: usize = 64 << 10;

impl Outbox {
    /// An outbox for `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, queue: Mutex::default(), sender: AtomicWaker::new(), watcher: AtomicWaker::new() }
    }

    /// Queues what `encode` writes, about `size` bytes.
    pub(crate) fn write(&self, size: usize, encode: impl FnOnce(&mut BytesMut)) -> Result<(), Refused> {
        if self.write_quietly(size, encode)?.must_wake {
            self.wake();
        }
        Ok(())
    }

    /// The same without waking the sender, for who has more to write.
    pub(crate) fn write_quietly(&self, size: usize, encode: impl FnOnce(&mut BytesMut)) -> Result<Written, Refused> {
        let mut queue = self.queue();
        if queue.closed {
            return Err(Refused::Closed);
        }
        let waiting = queue.waiting + queue.leaving + size;
        if waiting > self.limit {
            return Err(Refused::Full);
        }
        queue.append(size, encode);
        let must_wake = std::mem::take(&mut queue.is_idle);
        Ok(Written { must_wake, is_half_full: waiting > self.limit / 2 })
    }

    /// Wakes the sender.
    pub(crate) fn wake(&self) {
        self.sender.wake();
    }

    /// Takes nothing more; what waits still leaves, then `last`.
    pub(crate) fn close(&self, last: impl FnOnce(&mut BytesMut)) {
        self.end(false, last);
    }

    /// Takes nothing more and drops what waits; only `last` still leaves.
    pub(crate) fn cut(&self, last: impl FnOnce(&mut BytesMut)) {
        self.end(true, last);
    }

    fn end(&self, drops: bool, last: impl FnOnce(&mut BytesMut)) {
        {
            let mut queue = self.queue();
            if queue.closed {
                return;
            }
            queue.closed = true;
            if drops {
                queue.chunks.clear();
                queue.waiting = 0;
            }
            queue.append(0, last);
            queue.is_idle = false;
        }
        self.sender.wake();
        self.watcher.wake();
    }

    /// Completes when nothing more is taken. One task at a time may wait for it.
    pub(crate) async fn closed(&self) {
        poll_fn(|context| {
            self.watcher.register(context.waker());
            match self.queue().closed {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    /// The next bytes to send, or nothing after the last. One task at a time may wait for them.
    pub(crate) async fn next(&self) -> Option<Bytes> {
        poll_fn(|context| {
            self.sender.register(context.waker());
            let mut queue = self.queue();
            queue.leaving = 0;
            match queue.chunks.pop_front() {
                Some(chunk) => {
                    queue.waiting -= chunk.len();
                    queue.leaving = chunk.len();
                    queue.usual = chunk.len();
                    Poll::Ready(Some(chunk.freeze()))
                }
                None if queue.closed => Poll::Ready(None),
                None => {
                    queue.is_idle = true;
                    // What an idle connection holds on to counts, where there are many.
                    queue.chunks.shrink_to_fit();
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// Sends all there is until the end.
    pub(crate) async fn drain_into<S>(&self, sink: &mut S) -> Result<(), String>
    where
        S: Sink<Bytes, Error: Display> + Unpin,
    {
        while let Some(bytes) = self.next().await {
            sink.send(bytes).await.map_err(|error| error.to_string())?;
        }
        sink.close().await.map_err(|error| error.to_string())
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().expect("encoders do not panic")
    }
}

impl Queue {
    fn append(&mut self, size: usize, encode: impl FnOnce(&mut BytesMut)) {
        let fits = |chunk: &BytesMut| chunk.len() + size <= CHUNK;
        if !self.chunks.back().is_some_and(fits) {
            self.chunks.push_back(BytesMut::with_capacity(self.usual.clamp(512, CHUNK).max(size)));
        }
        let Some(chunk) = self.chunks.back_mut() else {
            return;
        };
        let before = chunk.len();
        encode(chunk);
        self.waiting += chunk.len() - before;
        if chunk.is_empty() {
            self.chunks.pop_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn write(outbox: &Outbox, bytes: &[u8]) -> Result<(), Refused> {
        outbox.write(bytes.len(), |out| out.extend_from_slice(bytes))
    }

    #[test]
    fn what_waits_leaves_together_and_in_order() {
        let outbox = Outbox::new(1 << 20);
        write(&outbox, b"a").expect("room");
        write(&outbox, b"b").expect("room");
        write(&outbox, &[b'c'; CHUNK]).expect("room");
        outbox.close(|_| ());
        let chunks = std::iter::from_fn(|| outbox.next().now_or_never().expect("ready")).collect::<Vec<_>>();
        assert_eq!(chunks, [&b"ab"[..], &[b'c'; CHUNK]]);
    }

    #[test]
    fn the_bound_counts_what_the_transport_still_holds() {
        let outbox = Outbox::new(10);
        write(&outbox, &[0; 10]).expect("room");
        assert!(outbox.next().now_or_never().is_some());
        assert_eq!(write(&outbox, b"x"), Err(Refused::Full));
        assert!(outbox.next().now_or_never().is_none());
        assert_eq!(write(&outbox, b"x"), Ok(()));
    }

    #[test]
    fn a_cut_drops_what_waits_and_says_a_last_word() {
        let outbox = Outbox::new(10);
        write(&outbox, b"lost").expect("room");
        outbox.cut(|out| out.extend_from_slice(b"bye"));
        assert_eq!(write(&outbox, b"x"), Err(Refused::Closed));
        assert_eq!(outbox.next().now_or_never(), Some(Some(Bytes::from_static(b"bye"))));
        assert_eq!(outbox.next().now_or_never(), Some(None));
        assert!(outbox.closed().now_or_never().is_some());
    }
}
