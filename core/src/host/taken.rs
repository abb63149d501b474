//! What a provider that runs here knows of a link that it took.

use std::sync::Arc;

use futures::{
    FutureExt,
    channel::oneshot,
    future::{BoxFuture, Shared},
};

use crate::metadata::Stamp;

/// A link that a provider took.
#[derive(Debug)]
pub(super) struct Taken {
    /// The link's stamp.
    pub(super) stamp: Stamp,
    /// Why it is of no use now, if it is not.
    pub(super) sick: Option<String>,
    /// Each call through it has a copy.
    busy: Arc<()>,
    held: Option<Held>,
}

/// Calls wait for as long as this lives.
#[derive(Debug)]
struct Held {
    number: usize,
    released: Released,
    _release: oneshot::Sender<()>,
}

/// Comes once a link is not held any more.
pub(super) type Released = Shared<BoxFuture<'static, ()>>;

impl Taken {
    /// A link that is well and that nobody holds.
    pub(super) fn new(stamp: Stamp) -> Self {
        Self { stamp, sick: None, busy: Arc::new(()), held: None }
    }

    /// The place of a call, or what it has to wait for.
    pub(super) fn enter(&self) -> Result<Arc<()>, Released> {
        match &self.held {
            None => Ok(self.busy.clone()),
            Some(held) => Err(held.released.clone()),
        }
    }

    /// Has further calls wait.
    pub(super) fn hold(&mut self, number: usize) {
        let (release, released) = oneshot::channel::<()>();
        let released = released.map(drop).boxed().shared();
        self.held = Some(Held { number, released, _release: release });
    }

    /// Lets calls go on, where they still wait for that very hold or for any.
    pub(super) fn release(&mut self, number: Option<usize>) {
        self.held.take_if(|held| number.is_none_or(|number| held.number == number));
    }

    /// Whether a call through it is under way.
    pub(super) fn is_busy(&self) -> bool {
        Arc::strong_count(&self.busy) > 1
    }
}
