//! Where a connection may answer: the reply subjects of the requests it was handed, for a while and so many times.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use wisteria_core::bus::Subject;

use super::Responses;

/// Reply subjects in order of arrival, up to a bound.
#[derive(Debug)]
pub(super) struct OpenResponses {
    limit: usize,
    next: u64,
    by_subject: HashMap<Subject, Open>,
    by_age: BTreeMap<u64, Subject>,
}

#[derive(Debug)]
struct Open {
    age: u64,
    left: u64,
    until: Duration,
}

impl OpenResponses {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, next: 0, by_subject: HashMap::new(), by_age: BTreeMap::new() }
    }

    /// Notes a request; beyond the bound the oldest can be answered no more.
    pub(super) fn insert(&mut self, reply: Subject, allowed: Responses, now: Duration) {
        let open = Open { age: self.next, left: allowed.max, until: now.saturating_add(allowed.within) };
        self.next += 1;
        self.by_age.insert(open.age, reply.clone());
        if let Some(older) = self.by_subject.insert(reply, open) {
            self.by_age.remove(&older.age);
        }
        if self.by_age.len() > self.limit
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.by_subject.remove(&oldest);
        }
    }

    /// Whether an answer may go there; it counts.
    pub(super) fn take(&mut self, subject: &str, now: Duration) -> bool {
        let Some(open) = self.by_subject.get_mut(subject) else {
            return false;
        };
        let may = open.left > 0 && now <= open.until;
        open.left = open.left.saturating_sub(1);
        if !may || open.left == 0 {
            let age = open.age;
            self.by_subject.remove(subject);
            self.by_age.remove(&age);
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn subject(text: &str) -> Subject {
        Subject::new(text).expect("a subject")
    }

    #[test]
    fn a_request_is_answered_so_often_and_so_soon() {
        let mut open = OpenResponses::new(8);
        let twice = Responses { max: 2, within: SECOND };
        open.insert(subject("a"), twice, Duration::ZERO);
        open.insert(subject("b"), twice, Duration::ZERO);
        assert!(open.take("a", SECOND) && open.take("a", SECOND) && !open.take("a", SECOND));
        assert!(!open.take("b", SECOND * 2) && !open.take("b", Duration::ZERO), "it came too late once");
        assert!(!open.take("c", Duration::ZERO));
        assert!(open.by_age.is_empty() && open.by_subject.is_empty());
    }

    #[test]
    fn beyond_the_bound_the_oldest_is_answered_no_more() {
        let mut open = OpenResponses::new(2);
        for text in ["a", "b", "a", "c"] {
            open.insert(subject(text), Responses { max: 1, within: SECOND }, Duration::ZERO);
        }
        assert!(!open.take("b", Duration::ZERO) && open.take("a", Duration::ZERO) && open.take("c", Duration::ZERO));
    }
}
