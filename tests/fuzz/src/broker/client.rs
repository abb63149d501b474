//! The client's end of a connection within the process.

use std::{cell::Cell, rc::Rc};

use bytes::Bytes;
use futures::{
    channel::mpsc,
    executor::LocalSpawner,
    future::{AbortHandle, Abortable},
    task::LocalSpawnExt,
};
use wisteria_bridge::{
    Broker,
    protocol::{Decoder, ProtocolLimits, ServerOp, ServerSide},
};

/// A connection. All that the broker says on it must be sound.
pub(crate) struct Client {
    outgoing: mpsc::UnboundedSender<Bytes>,
    incoming: mpsc::Receiver<Bytes>,
    decoder: Decoder<ServerSide>,
    served: AbortHandle,
}

/// Frames that a client's transport holds before the broker's outbox fills.
const FRAMES: usize = 2;

/// The broker puts a long subject, reply and name of a subscription into one line.
const LIMITS: ProtocolLimits = ProtocolLimits { line: 16 << 10, payload: 1 << 20 };

impl Client {
    /// Connects; `open` counts the connections that the broker still serves.
    pub(crate) fn open(broker: &Broker, spawner: &LocalSpawner, open: &Rc<Cell<usize>>) -> Self {
        let (outgoing, from_client) = mpsc::unbounded();
        let (to_client, incoming) = mpsc::channel(FRAMES);
        let (served, registration) = AbortHandle::new_pair();
        let serving = Abortable::new(broker.serve(from_client, to_client), registration);
        let open = open.clone();
        open.set(open.get() + 1);
        let task = async move {
            // How it ended is none of the fuzzer's business.
            drop(serving.await);
            open.set(open.get() - 1);
        };
        spawner.spawn_local(task).expect("the pool lives");
        Self { outgoing, incoming, decoder: Decoder::new(LIMITS), served }
    }

    /// Sends bytes, if the broker still takes them.
    pub(crate) fn say(&self, bytes: impl Into<Bytes>) {
        // A connection that has ended takes nothing, as with a socket.
        drop(self.outgoing.unbounded_send(bytes.into()));
    }

    /// Takes up to so many frames that wait, and returns what they say.
    pub(crate) fn take(&mut self, frames: usize) -> Vec<ServerOp> {
        let mut ops = Vec::new();
        for _ in 0..frames {
            let Ok(frame) = self.incoming.try_recv() else {
                return ops;
            };
            self.decoder.push(&frame);
            while let Some(op) = self.decoder.next_op().expect("the broker speaks the protocol") {
                ops.push(op);
            }
        }
        ops
    }

    /// Drops the task that serves the connection.
    pub(crate) fn drop_task(&self) {
        self.served.abort();
    }
}
