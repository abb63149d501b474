//! What one read brought is acted on in one go: each connection that gets something of it is woken once, at the end.

use std::{cell::RefCell, sync::Arc};

use super::connection::Connection;

#[derive(Debug, Default)]
struct Batch {
    is_open: bool,
    to_wake: Vec<Arc<Connection>>,
    presses: bool,
}

thread_local! {
    static BATCH: RefCell<Batch> = RefCell::default();
}

/// Does what follows from one read, without waiting. True says that it pressed somebody hard: the connection has more
/// than half of what may wait for it waiting.
pub(super) fn batch<E>(work: impl FnOnce() -> Result<(), E>) -> Result<bool, E> {
    let open = Open::new();
    let outcome = work();
    let presses = open.close();
    outcome.map(|()| presses)
}

/// Wakes a connection at the end of the batch, or now if there is none.
pub(super) fn wake(connection: &Arc<Connection>) {
    let is_later = BATCH.with_borrow_mut(|batch| {
        if batch.is_open {
            batch.to_wake.push(connection.clone());
        }
        batch.is_open
    });
    if !is_later {
        connection.outbox.wake();
    }
}

/// Notes that the batch presses somebody hard.
pub(super) fn press() {
    BATCH.with_borrow_mut(|batch| batch.presses = true);
}

/// The batch of this thread. It ends in any case: who is not woken would wait forever.
struct Open;

impl Open {
    fn new() -> Self {
        BATCH.with_borrow_mut(|batch| (batch.is_open, batch.presses) = (true, false));
        Self
    }

    fn close(self) -> bool {
        BATCH.with_borrow(|batch| batch.presses)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut to_wake = BATCH.with_borrow_mut(|batch| {
            batch.is_open = false;
            std::mem::take(&mut batch.to_wake)
        });
        for connection in to_wake.drain(..) {
            connection.outbox.wake();
        }
        // Its room is of use to the next batch.
        BATCH.with_borrow_mut(|batch| batch.to_wake = to_wake);
    }
}
