//! Where an actor was asked to send replies.

use std::{collections::VecDeque, sync::Mutex, time::Duration};

/// How many are remembered; the oldest are forgotten beyond it.
const BOUND: usize = 4096;

/// How long they are remembered.
const LONGEST: Duration = Duration::from_secs(600);

/// Subjects of replies that are still to be sent, the oldest first. Each may be used once.
#[derive(Debug, Default)]
pub(super) struct Replies(Mutex<VecDeque<(String, Duration)>>);

impl Replies {
    /// Remembers one.
    pub(super) fn expect(&self, subject: &str, now: Duration) {
        let mut all = self.0.lock().expect("nothing panics under this lock");
        while all.len() >= BOUND || all.front().is_some_and(|(_, until)| *until <= now) {
            all.pop_front();
        }
        all.push_back((subject.to_owned(), now + LONGEST));
    }

    /// Whether one is remembered, which it is no longer then.
    pub(super) fn take(&self, subject: &str, now: Duration) -> bool {
        let mut all = self.0.lock().expect("nothing panics under this lock");
        let found = all.iter().position(|(known, until)| known == subject && *until > now);
        found.is_some_and(|at| all.remove(at).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_sent_once_within_its_time_and_the_oldest_are_forgotten() {
        let (replies, start) = (Replies::default(), Duration::ZERO);
        replies.expect("a", start);
        assert!(!replies.take("b", start));
        assert!(replies.take("a", start) && !replies.take("a", start));
        replies.expect("a", start);
        assert!(!replies.take("a", LONGEST));
        for number in 0..=BOUND {
            replies.expect(&number.to_string(), LONGEST);
        }
        assert!(!replies.take("0", LONGEST) && replies.take("1", LONGEST));
    }
}
