//! The calls that wait for an instance of an actor, in turn and bounded, and how long those waited that did.

use std::{collections::VecDeque, time::Duration};

use futures::channel::oneshot;

/// Calls that wait for a `T`. All times are the platform's.
#[derive(Debug)]
pub(super) struct Mailbox<T> {
    bound: usize,
    waiting: VecDeque<Waiter<T>>,
    /// How long a call waited lately for each that was before it.
    turn: Duration,
}

#[derive(Debug)]
struct Waiter<T> {
    turn: oneshot::Sender<T>,
    since: Duration,
    /// How many waited when it came, with itself.
    place: u32,
}

impl<T> Mailbox<T> {
    /// One for `bound` calls.
    pub(super) fn new(bound: usize) -> Self {
        Self { bound, waiting: VecDeque::new(), turn: Duration::ZERO }
    }

    /// Changes how many calls may wait; those that do keep their turn.
    pub(super) fn set_bound(&mut self, bound: usize) {
        self.bound = bound;
    }

    /// How many calls wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether no call waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Has a call wait; nothing where it is full of others that still do.
    pub(super) fn enter(&mut self, now: Duration) -> Option<oneshot::Receiver<T>> {
        if self.waiting.len() >= self.bound {
            self.waiting.retain(|waiter| !waiter.turn.is_canceled());
        }
        if self.waiting.len() >= self.bound {
            return None;
        }
        let (turn, receiver) = oneshot::channel();
        self.waiting.push_back(Waiter { turn, since: now, place: self.next_place() });
        Some(receiver)
    }

    /// The turn of the call that has waited longest. It may have given up.
    pub(super) fn next(&mut self, now: Duration) -> Option<oneshot::Sender<T>> {
        let waiter = self.waiting.pop_front()?;
        let turn = now.saturating_sub(waiter.since) / waiter.place;
        self.turn = (self.turn * 3 + turn) / 4;
        Some(waiter.turn)
    }

    /// How long a call that enters now is likely to wait: as long as the first does by now, or as others did for each before
    /// them; for ever where it is full.
    pub(super) fn likely_wait(&self, now: Duration) -> Duration {
        if self.waiting.len() >= self.bound {
            return Duration::MAX;
        }
        let longest = self.waiting.front().map_or(Duration::ZERO, |waiter| now.saturating_sub(waiter.since));
        longest.max(self.turn.saturating_mul(self.next_place()))
    }

    fn next_place(&self) -> u32 {
        u32::try_from(self.waiting.len() + 1).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_call_is_likely_to_wait_as_long_as_others_did_for_each_before_it() {
        let mut mailbox = Mailbox::<()>::new(3);
        assert_eq!(mailbox.likely_wait(at(0)), at(0), "nobody has waited yet");
        let _turns = [mailbox.enter(at(0)), mailbox.enter(at(0))];
        assert_eq!(mailbox.likely_wait(at(40)), at(40), "the first waits for so long by now");
        mailbox.next(at(40)).expect("the first");
        assert_eq!(mailbox.likely_wait(at(10)), at(20), "a quarter of 40 ms for each of two");
        let _turns = [mailbox.enter(at(40)), mailbox.enter(at(40))];
        assert_eq!(mailbox.likely_wait(at(40)), Duration::MAX, "it is full");
    }

    #[test]
    fn calls_get_their_turn_as_they_came_and_who_gave_up_makes_room() {
        let mut mailbox = Mailbox::new(2);
        let (first, second) = (mailbox.enter(at(0)).expect("room"), mailbox.enter(at(0)).expect("room"));
        assert!(mailbox.enter(at(0)).is_none());
        drop(first);
        let mut third = mailbox.enter(at(0)).expect("the first gave up");
        drop(second);
        assert!(mailbox.next(at(1)).expect("the second").is_canceled());
        assert_eq!(mailbox.next(at(1)).expect("the third").send(3), Ok(()));
        assert_eq!(third.try_recv(), Ok(Some(3)));
        assert!(mailbox.is_empty());
    }
}
