//! Several addresses of one lattice, tried one after the other.

use std::sync::atomic::{AtomicUsize, Ordering};

use wisteria_core::platform::BoxFuture;

use super::{Connector, Pipe, TransportError};

/// Connects to the first that answers, beginning with the one that did last.
#[derive(Debug)]
pub struct InTurn<C> {
    connectors: Vec<C>,
    /// Where the next attempt begins.
    next: AtomicUsize,
}

impl<C: Connector> InTurn<C> {
    /// One connector for these, in this order.
    pub fn new(connectors: Vec<C>) -> Self {
        Self { connectors, next: AtomicUsize::new(0) }
    }

    async fn first_that_answers(&self) -> Result<Pipe, TransportError> {
        let mut causes = Vec::new();
        let first = self.next.load(Ordering::Relaxed);
        for index in (first..first + self.connectors.len()).map(|index| index % self.connectors.len()) {
            // Whoever gives up on this one begins with the next.
            self.next.store(index + 1, Ordering::Relaxed);
            match self.connectors[index].connect().await {
                Ok(pipe) => {
                    self.next.store(index, Ordering::Relaxed);
                    return Ok(pipe);
                }
                Err(error) => causes.push(error.0),
            }
        }
        Err(TransportError(causes.join("; ")))
    }
}

impl<C: Connector> Connector for InTurn<C> {
    fn connect(&self) -> BoxFuture<'_, Result<Pipe, TransportError>> {
        Box::pin(self.first_that_answers())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, atomic::AtomicBool};

    use futures::{FutureExt, SinkExt, StreamExt, sink, stream};

    use super::*;

    #[derive(Debug)]
    struct Switch {
        name: &'static str,
        on: Arc<AtomicBool>,
        tried: AtomicUsize,
    }

    impl Connector for Switch {
        fn connect(&self) -> BoxFuture<'_, Result<Pipe, TransportError>> {
            self.tried.fetch_add(1, Ordering::Relaxed);
            let outgoing = Box::pin(sink::drain().sink_map_err(|never| match never {}));
            let outcome = match self.on.load(Ordering::Relaxed) {
                true => Ok(Pipe { incoming: stream::empty().boxed(), outgoing }),
                false => Err(TransportError(self.name.to_owned())),
            };
            async { outcome }.boxed()
        }
    }

    #[test]
    fn the_one_that_answered_last_is_asked_first() {
        let on = Arc::new(AtomicBool::new(true));
        let switch = |name, on: &Arc<AtomicBool>| Switch { name, on: on.clone(), tried: AtomicUsize::new(0) };
        let both = InTurn::new(vec![switch("a", &Arc::default()), switch("b", &on)]);
        let connects = || both.connect().now_or_never().expect("nothing to wait for").map(drop);
        assert_eq!(connects(), Ok(()));
        assert_eq!(connects(), Ok(()));
        let tried = || both.connectors.iter().map(|switch| switch.tried.load(Ordering::Relaxed)).collect::<Vec<_>>();
        assert_eq!(tried(), [1, 2]);
        on.store(false, Ordering::Relaxed);
        assert_eq!(connects(), Err(TransportError("b; a".to_owned())));
        assert_eq!(tried(), [2, 3]);
    }
}
