//! The provider: its links, and what ticks for each of their schedules.

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::watch,
    task::{JoinHandle, spawn_blocking},
    time::timeout,
};
use wisteria_contracts::cron::{CONTRACT, operation};
use wisteria_core::{
    host::{ActorCaller, ProviderContext},
    identity::PublicKey,
    platform::{BoxFuture, Platform},
    provider::{
        LinkRefused, LinkValue, LinkedActor, Links, Provider, ProviderCall, ProviderDescription, ProviderError,
        ProviderLink, ValueKind,
    },
};

use super::{
    places::{Named, Places},
    schedule::Schedule,
    ticker::{Sickness, Ticker},
};

const SCHEDULE: LinkValue = LinkValue::new(
    "schedule.*",
    ValueKind::Text,
    "when: minute, hour, day of the month, month and day of the week in UTC, or every so many s, m or h",
    "*/5 * * * *",
)
.required();

const TIMEOUT: LinkValue =
    LinkValue::new("TIMEOUT", ValueKind::Duration, "how long the actor may take for a tick, at most 1h", "1m")
        .or("10s");

/// Longest time for a tick.
const MOST_PATIENCE: Duration = Duration::from_secs(3600);

/// Most schedules of a link.
const SCHEDULES: usize = 100;

/// Longest name of a schedule.
const MAX_NAME: usize = 64;

/// For how long a link that ends waits for the ticks that its actor is at.
const GRACE: Duration = Duration::from_secs(2);

/// Calls actors by the clock of its host.
#[derive(Debug)]
pub struct Cron {
    platform: Arc<dyn Platform>,
    data_dir: Option<PathBuf>,
    caller: ActorCaller,
    links: Links<Linked>,
}

/// What ticks for a link. It ends when this is dropped, after the ticks under way.
#[derive(Debug)]
struct Linked {
    tasks: HashMap<String, JoinHandle<()>>,
    sickness: Sickness,
    _stop: watch::Sender<()>,
}

impl Cron {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "cron",
        contract: CONTRACT,
        title: "Calls at times that the link says",
        built_in: false,
        values: &[SCHEDULE, TIMEOUT],
    };

    /// A provider without links.
    pub fn new(context: ProviderContext) -> Self {
        Self { platform: context.platform, data_dir: context.data_dir, caller: context.caller, links: Links::default() }
    }

    async fn put(&self, link: ProviderLink) -> Result<(), String> {
        let now = u64::try_from(self.platform.unix_time().as_millis()).unwrap_or(u64::MAX);
        let patience = link.values.duration(TIMEOUT.name).expect("it has a default");
        if patience.is_zero() || patience > MOST_PATIENCE {
            return Err(format!("`TIMEOUT` is more than 0 and at most 1h; write it as TIMEOUT={}", TIMEOUT.example));
        }
        let owner: Arc<str> = format!("{}/{}/{}", self.caller.provider(), link.actor, link.link_name).into();
        let named = link.values.of_each(&SCHEDULE);
        let named = named.map(|(name, text)| Named { owner: owner.clone(), name: name.into(), text: text.into() });
        let named: Vec<Named> = named.collect();
        if named.len() > SCHEDULES {
            let count = named.len();
            return Err(format!("it has {count} schedules, and a link may have {SCHEDULES}; use a second link name"));
        }
        // That a day never comes takes a moment to find out.
        let schedules = spawn_blocking(move || named.into_iter().map(|named| read(named, now)).collect()).await;
        let schedules: Result<Vec<_>, _> = schedules.map_err(|error| error.to_string())?;
        let schedules = schedules?;
        let Some(data_dir) = &self.data_dir else {
            return Err("this host keeps nothing on disk; link a provider on a server".to_owned());
        };
        let places = Places::open(data_dir).await?;
        let named = schedules.iter().map(|(named, _)| named.clone()).collect();
        places.begin(owner, named, now).await.map_err(|error| error.to_string())?;
        // Taken out first, so that what it has under way can be waited for.
        let mut former = self.links.remove(link.actor, link.link_name.clone()).map(|linked| linked.tasks);
        let (stop, stopped) = watch::channel(());
        let sickness = Sickness::default();
        let tasks = schedules.into_iter().map(|(named, schedule)| {
            let name = named.name.clone();
            let former = former.as_mut().and_then(|tasks| tasks.remove(&name));
            let ticker = Ticker {
                actor: link.actor,
                named,
                schedule,
                patience,
                places: places.clone(),
                caller: self.caller.clone(),
                platform: self.platform.clone(),
                sickness: sickness.clone(),
            };
            (name, tokio::spawn(tick(former, ticker, stopped.clone())))
        });
        let linked = Linked { tasks: tasks.collect(), sickness: sickness.clone(), _stop: stop };
        self.links.put(link.actor, link.link_name, linked);
        Ok(())
    }

    async fn end(&self, actor: PublicKey, link_name: Arc<str>) {
        let Some(Linked { tasks, _stop, .. }) = self.links.remove(actor, link_name) else { return };
        drop(_stop);
        let aborts: Vec<_> = tasks.values().map(JoinHandle::abort_handle).collect();
        if timeout(GRACE, futures::future::join_all(tasks.into_values())).await.is_err() {
            aborts.iter().for_each(tokio::task::AbortHandle::abort);
        }
    }
}

/// Ticks from when what ticked for the schedule before has ended.
async fn tick(former: Option<JoinHandle<()>>, ticker: Ticker, stopped: watch::Receiver<()>) {
    if let Some(former) = former {
        // One that panicked has ended as well.
        drop(former.await);
    }
    ticker.run(stopped).await;
}

/// The schedule that a link says under a name.
fn read(named: Named, now: u64) -> Result<(Named, Schedule), String> {
    let Named { name, text, .. } = &named;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if name.len() > MAX_NAME || !name.bytes().all(is_plain) {
        return Err(format!(
            "`{name}` is no name of a schedule; use up to {MAX_NAME} letters, digits, '_', '-' and '.'"
        ));
    }
    match Schedule::read(text, now) {
        Ok(schedule) => Ok((named, schedule)),
        Err(why) => Err(format!(
            "`schedule.{name}={text}` is no schedule: {why}; write it as 'schedule.{name}={}' or 'schedule.{name}=every 30s'",
            SCHEDULE.example
        )),
    }
}

impl Provider for Cron {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move { self.put(link).await.map_err(LinkRefused) })
    }

    fn unlink(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        Box::pin(self.end(actor, link_name))
    }

    fn forget(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.end(actor, link_name.clone()).await;
            let owner = format!("{}/{actor}/{link_name}", self.caller.provider()).into();
            let forgotten = async {
                let Some(data_dir) = &self.data_dir else { return Ok(()) };
                let places = Places::open(data_dir).await?;
                places.begin(owner, Vec::new(), 0).await.map_err(|error| error.to_string())
            };
            if let Err(error) = forgotten.await {
                tracing::warn!(%actor, %link_name, error, "the schedules of a deleted link are kept, and go on if it is put again");
            }
        })
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        let known = format!("none for actors: it calls them by {}", operation::HANDLE_TICK);
        let unknown = ProviderError::unknown(Self::DESCRIPTION.name, &call, &[&known]);
        Box::pin(async { Err(unknown) })
    }

    fn link_health<'a>(&'a self, link: &'a LinkedActor) -> BoxFuture<'a, Result<(), String>> {
        let health = self.links.all().get(link).map_or(Ok(()), |linked| linked.sickness.check());
        Box::pin(async { health })
    }
}
