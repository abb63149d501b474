//! Sends the ticks of one schedule, one at a time.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::watch;
use wisteria_contracts::{
    codec,
    cron::{Tick, operation},
};
use wisteria_core::{
    error::{ErrorCode, LatticeError},
    host::ActorCaller,
    identity::PublicKey,
    platform::Platform,
    provider::ProviderError,
};

use super::{
    places::{Named, Places},
    schedule::Schedule,
};

/// How long the clock goes unwatched at most, which may be set, or go on while the machine sleeps.
const LOOK: u64 = 30_000;

/// How far the clock may be set back without what was sent before being sent again: one hour.
const SET_BACK: u64 = 3_600_000;

/// The first pause before a tick that could not be sent is tried again, which doubles up to the last.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// Why the places of a link cannot be kept now, if so.
#[derive(Debug, Clone, Default)]
pub(super) struct Sickness(Arc<Mutex<Option<String>>>);

impl Sickness {
    /// Whether all is well, or why not.
    pub(super) fn check(&self) -> Result<(), String> {
        self.why().clone().map_or(Ok(()), Err)
    }

    fn note<T>(&self, outcome: Result<T, ProviderError>) -> Option<T> {
        let (done, why) = match outcome {
            Ok(done) => (Some(done), None),
            Err(error) => (None, Some(error.to_string())),
        };
        *self.why() = why;
        done
    }

    fn why(&self) -> MutexGuard<'_, Option<String>> {
        self.0.lock().expect("nothing panics under this lock")
    }
}

/// What sends the ticks of a schedule.
#[derive(Debug)]
pub(super) struct Ticker {
    pub(super) actor: PublicKey,
    pub(super) named: Named,
    pub(super) schedule: Schedule,
    /// How long the actor may take for a tick.
    pub(super) patience: Duration,
    pub(super) places: Arc<Places>,
    pub(super) caller: ActorCaller,
    pub(super) platform: Arc<dyn Platform>,
    pub(super) sickness: Sickness,
}

/// What became of a tick.
enum Sent {
    /// The actor has got it, as far as is known.
    Gone,
    /// Nobody has.
    Nowhere(LatticeError),
}

impl Ticker {
    /// Sends ticks until the link has the schedule no more, or `stop` has no sender. A tick under way ends first.
    pub(super) async fn run(self, mut stop: watch::Receiver<()>) {
        // What could not be done how many times in a row.
        let mut failures = 0;
        let mut known = None;
        loop {
            if failures > 0 {
                self.wait(pause(failures), &mut stop).await;
            }
            if stop.has_changed().is_err() {
                return;
            }
            let place = match known {
                Some(place) => place,
                None => match self.sickness.note(self.places.of(self.named.clone()).await) {
                    Some(Some(place)) => place,
                    Some(None) => return,
                    None => {
                        failures += 1;
                        continue;
                    }
                },
            };
            let place = self.within_reach(place);
            known = Some(place);
            let now = self.now();
            let Some((due, count)) = self.schedule.due(place, now) else {
                failures = 0;
                let Some(next) = self.schedule.next_after(place) else { return };
                let left = next.saturating_sub(now).clamp(1, LOOK);
                self.wait(Duration::from_millis(left), &mut stop).await;
                continue;
            };
            // Noted before it is sent: a tick is sent once at most, whenever this process ends.
            match self.sickness.note(self.places.put(self.named.clone(), due).await) {
                Some(true) => {}
                Some(false) => return,
                None => {
                    failures += 1;
                    continue;
                }
            }
            match self.send(due, count - 1).await {
                Sent::Gone => (known, failures) = (Some(due), 0),
                Sent::Nowhere(error) => {
                    let (actor, schedule) = (self.actor, &self.named.name);
                    if failures == 0 {
                        tracing::warn!(%actor, schedule, %error, "a tick finds nobody, and is sent when its actor is there");
                    }
                    failures += 1;
                    // Where that fails, this tick is lost and the next one comes.
                    if self.sickness.note(self.places.put(self.named.clone(), place).await).is_none() {
                        known = Some(due);
                    }
                }
            }
        }
    }

    async fn send(&self, due: u64, missed: u64) -> Sent {
        let tick = Tick {
            name: self.named.name.clone(),
            scheduled_time: due,
            sent_time: self.now(),
            missed: u32::try_from(missed).unwrap_or(u32::MAX),
        };
        let argument = Bytes::from(codec::encode(&tick));
        let answer = self.caller.call(self.actor, operation::HANDLE_TICK, argument, Some(self.patience), None).await;
        match answer {
            Ok(_) => Sent::Gone,
            // Nothing ran.
            Err(error)
                if matches!(error.code, ErrorCode::NoResponders | ErrorCode::Overloaded | ErrorCode::Unreachable) =>
            {
                Sent::Nowhere(error)
            }
            Err(error) => {
                let (actor, schedule, code) = (self.actor, &self.named.name, error.code.as_str());
                tracing::warn!(%actor, schedule, due, code, %error, "an actor did not handle a tick");
                Sent::Gone
            }
        }
    }

    /// The place, or now where the clock was set back so far that nothing would come for long.
    fn within_reach(&self, place: u64) -> u64 {
        let now = self.now();
        if place <= now.saturating_add(SET_BACK) {
            return place;
        }
        let (actor, schedule) = (self.actor, &self.named.name);
        tracing::warn!(%actor, schedule, "the clock was set back by more than an hour, so a schedule begins anew");
        now
    }

    /// Milliseconds since 1970.
    fn now(&self) -> u64 {
        u64::try_from(self.platform.unix_time().as_millis()).unwrap_or(u64::MAX)
    }

    async fn wait(&self, time: Duration, stop: &mut watch::Receiver<()>) {
        tokio::select! {
            () = self.platform.sleep(time) => {}
            _ = stop.changed() => {}
        }
    }
}

/// How long to wait after so many failures.
fn pause(failures: u32) -> Duration {
    let (first, longest) = PAUSES;
    first.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(longest)
}
