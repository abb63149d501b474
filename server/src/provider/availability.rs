//! Whether a product that is asked over the network is there. Once it is known to be away, this is told without asking,
//! until it has answered again; meanwhile it is tried after pauses that grow.

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use wisteria_core::{
    platform::{BoxFuture, Platform},
    provider::{LinkedActor, Links},
};

/// The first pause before another try, which doubles up to the last.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// Whether what a link leads to is well, by what `ask` says of it; a link that is gone is.
pub(super) fn health_of<'a, T: Clone + Send + Sync + 'a, Asked>(
    links: &Links<T>,
    link: &LinkedActor,
    ask: impl FnOnce(T) -> Asked + Send + 'a,
) -> BoxFuture<'a, Result<(), String>>
where
    Asked: Future<Output = Result<(), String>> + Send + 'a,
{
    let linked = links.all().get(link).cloned();
    Box::pin(async move {
        match linked {
            Some(linked) => ask(linked).await,
            None => Ok(()),
        }
    })
}

/// Whether a product is there, or why not.
#[derive(Debug)]
pub(super) struct Availability {
    /// Where it is, as logs say it.
    name: String,
    away: Mutex<Option<String>>,
    platform: Arc<dyn Platform>,
}

impl Availability {
    /// That of a product which is there, as far as is known.
    pub(super) fn new(name: String, platform: Arc<dyn Platform>) -> Arc<Self> {
        Arc::new(Self { name, away: Mutex::default(), platform })
    }

    /// Why it is away, where that is known.
    pub(super) fn check(&self) -> Result<(), String> {
        self.away().clone().map_or(Ok(()), Err)
    }

    /// Notes that it is away, and has it tried until it answers. A try is `None` once nobody needs it any more.
    pub(super) fn lost<Try, Tried>(self: &Arc<Self>, why: &str, attempt: Try)
    where
        Try: Fn() -> Option<Tried> + Send + 'static,
        Tried: Future<Output = Result<(), String>> + Send,
    {
        if self.away().replace(why.to_owned()).is_some() {
            // It is being tried already.
            return;
        }
        tracing::warn!(product = self.name, why, "a product that a provider stands on cannot be reached");
        let this = self.clone();
        self.platform.spawn(Box::pin(async move {
            let (mut pause, longest) = PAUSES;
            loop {
                this.platform.sleep(pause).await;
                pause = longest.min(pause * 2);
                let Some(tried) = attempt() else {
                    return;
                };
                match tried.await {
                    Ok(()) => break,
                    Err(why) => *this.away() = Some(why),
                }
            }
            *this.away() = None;
            tracing::info!(product = this.name, "a product that a provider stands on is there again");
        }));
    }

    fn away(&self) -> MutexGuard<'_, Option<String>> {
        self.away.lock().expect("nothing panics under this lock")
    }
}
