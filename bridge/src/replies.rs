//! The requests that a connection has been handed and has not answered yet.

use std::collections::{BTreeMap, HashMap};

use wisteria_core::bus::Subject;

/// Reply subjects in order of arrival, up to a bound.
#[derive(Debug)]
pub(crate) struct OpenReplies {
    limit: usize,
    next: u64,
    by_subject: HashMap<Subject, u64>,
    by_age: BTreeMap<u64, Subject>,
}

impl OpenReplies {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, next: 0, by_subject: HashMap::new(), by_age: BTreeMap::new() }
    }

    /// Adds one; beyond the bound the oldest is forgotten.
    pub(crate) fn insert(&mut self, reply: Subject) {
        if let Some(older) = self.by_subject.insert(reply.clone(), self.next) {
            self.by_age.remove(&older);
        }
        self.by_age.insert(self.next, reply);
        self.next += 1;
        if self.by_age.len() > self.limit
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.by_subject.remove(&oldest);
        }
    }

    /// Whether all were answered.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_age.is_empty()
    }

    /// Removes one that was answered, and says whether it was there.
    pub(crate) fn remove(&mut self, reply: &str) -> bool {
        match self.by_subject.remove(reply) {
            Some(age) => self.by_age.remove(&age).is_some(),
            None => false,
        }
    }

    /// Takes all, oldest first.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = Subject> + use<> {
        self.by_subject.clear();
        std::mem::take(&mut self.by_age).into_values()
    }
}

/// Whether a reply subject is that of a request that waits for it.
pub(crate) fn is_inbox(subject: &str) -> bool {
    subject.starts_with("_INBOX.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_bound_the_oldest_is_forgotten() {
        let subject = |text: &str| Subject::new(text).expect("a subject");
        let mut open = OpenReplies::new(2);
        for text in ["a", "b", "a", "c"] {
            open.insert(subject(text));
        }
        assert!(!open.remove(&subject("b")));
        assert!(open.remove(&subject("c")));
        assert!(!open.remove(&subject("c")));
        assert_eq!(open.take().collect::<Vec<_>>(), [subject("a")]);
        assert!(open.by_subject.is_empty());
    }
}
