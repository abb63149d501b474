//! Whether somebody listens, so that what is told of calls costs nothing while nobody does.
//!
//! A message on the bus costs as much as the call it tells of, and mostly nobody wants to hear. So once a second one
//! message goes out with a reply subject; where nobody listens the bus answers it with "no responders", and those until
//! the next such question are not sent. Whoever starts to listen hears of the calls of the next second on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::json;

use super::state::HostState;
use crate::{
    bus::{Message, Subject, message},
    call::{Call, Target},
    error::LatticeError,
    lattice::{Event, control::to_json},
};

/// How often it is found out whether somebody listens.
const QUESTION: Duration = Duration::from_secs(1);

/// Whether somebody listens to one kind of messages.
#[derive(Debug)]
pub(super) struct Audience {
    listens: AtomicBool,
    /// Milliseconds of the platform's time.
    next_question: AtomicU64,
    /// The reply subject of questions.
    pub(super) answers_to: Subject,
}

impl Audience {
    pub(super) fn new(answers_to: Subject) -> Self {
        Self { listens: AtomicBool::new(false), next_question: AtomicU64::new(0), answers_to }
    }

    /// Whether what happens now is to be noted: somebody listens, or it is time to ask.
    pub(super) fn is_wanted(&self, now: Duration) -> bool {
        self.has_listeners() || now.as_millis() as u64 >= self.next_question.load(Ordering::Relaxed)
    }

    /// Whether somebody listened when it was last asked.
    pub(super) fn has_listeners(&self) -> bool {
        self.listens.load(Ordering::Relaxed)
    }

    /// Whether a message is to be sent now, and whether it asks for listeners.
    pub(super) fn turn(&self, now: Duration) -> Option<bool> {
        let (now, next) = (now.as_millis() as u64, self.next_question.load(Ordering::Relaxed));
        let asks = now >= next
            && self
                .next_question
                .compare_exchange(next, now + QUESTION.as_millis() as u64, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if asks {
            self.listens.store(true, Ordering::Relaxed);
        }
        self.listens.load(Ordering::Relaxed).then_some(asks)
    }

    fn hears(&self, answer: &Message) {
        if answer.status().is_some() {
            self.listens.store(false, Ordering::Relaxed);
        }
    }
}

impl HostState {
    /// Hears the bus's answers until the host stops.
    pub(super) fn hear_audience(self: &Arc<Self>) -> Result<(), LatticeError> {
        let mut of_events = self.bus.subscribe(self.audience.answers_to.clone().into(), None)?;
        let mut of_observations = self.bus.subscribe(self.observing.audience.answers_to.clone().into(), None)?;
        let host = self.clone();
        self.run_task(async move {
            while let Some(answer) = of_events.next().await {
                host.audience.hears(&answer);
            }
        });
        let host = self.clone();
        self.run_task(async move {
            while let Some(answer) = of_observations.next().await {
                host.observing.audience.hears(&answer);
            }
        });
        Ok(())
    }

    /// Tells of a call that was handled here: `invocation_succeeded` or `invocation_failed`.
    pub(super) fn tell_of_invocation(&self, call: &Told, succeeded: bool) {
        let Some(asks) = self.audience.turn(self.platform.now()) else {
            return;
        };
        let kind = if succeeded { "invocation_succeeded" } else { "invocation_failed" };
        let data = json!({
            "source": { "public_key": call.source },
            "dest": { "public_key": call.dest, "contract_id": call.contract.as_deref(), "link_name": call.link_name.as_deref() },
            "operation": &*call.operation,
            "bytes": call.bytes,
        });
        let event = Event::new(&*self.platform, self.id(), kind, data);
        let mut event: Message = message(self.subjects.invocation_events(), to_json(&event));
        event.reply = asks.then(|| self.audience.answers_to.clone());
        if let Err(error) = self.bus.publish(event) {
            tracing::debug!(%error, "an invocation event was not published");
        }
    }
}

/// What is told of a call.
#[derive(Debug, Clone)]
pub(super) struct Told {
    source: String,
    dest: String,
    contract: Option<Arc<str>>,
    link_name: Option<Arc<str>>,
    operation: Arc<str>,
    bytes: usize,
}

impl HostState {
    /// What would be told of a call to `dest`; nothing where nobody listens and it is not the time to ask.
    pub(super) fn note_invocation(&self, call: &Call, dest: crate::identity::PublicKey) -> Option<Told> {
        if !self.audience.is_wanted(self.platform.now()) {
            return None;
        }
        let (contract, link_name) = match &call.target {
            Target::Provider { contract, link_name } => (Some(contract.clone()), Some(link_name.clone())),
            Target::Actor(_) | Target::Alias(_) => (None, None),
        };
        Some(Told {
            source: call.origin.to_string(),
            dest: dest.to_string(),
            contract,
            link_name,
            operation: call.operation.clone(),
            bytes: call.payload.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_a_second_asks_and_the_others_follow_what_was_heard() {
        let audience = Audience {
            listens: AtomicBool::new(false),
            next_question: AtomicU64::new(0),
            answers_to: Subject::new("a").expect("a subject"),
        };
        let at = Duration::from_millis;
        assert_eq!(audience.turn(at(0)), Some(true));
        assert_eq!(audience.turn(at(1)), Some(false), "nothing was heard against it");
        audience.listens.store(false, Ordering::Relaxed);
        assert_eq!(audience.turn(at(999)), None);
        assert_eq!(audience.turn(at(1_000)), Some(true));
    }
}
