//! Who gets which message: subscriptions by subject, one member per queue group.

use std::{
    collections::HashMap,
    fmt::Debug,
    sync::{
        Arc, RwLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use super::{Message, SubjectPattern};
use crate::platform::{MaybeSend, MaybeSync};

/// Takes messages for a subscription.
pub trait Sink: Debug + MaybeSend + MaybeSync + 'static {
    /// Takes one message. Must not block; what it cannot take it drops and counts.
    fn deliver(&self, delivery: Delivery<'_>);
}

/// A message on its way to one subscription.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The message.
    pub message: &'a Message,
}

/// Names a subscription of a router, never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriptionId(u64);

/// The subscriptions of one bus.
#[derive(Debug, Default)]
pub struct Router {
    next_id: AtomicU64,
    /// Turns of the queue groups.
    turn: AtomicUsize,
    root: RwLock<Node>,
}

/// What listens at one place of the tree of tokens.
#[derive(Debug, Default)]
struct Node {
    children: HashMap<Box<str>, Node>,
    any_token: Option<Box<Node>>,
    here: Vec<Entry>,
    /// Listens to this place with a last `>`.
    tail: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    id: SubscriptionId,
    queue: Option<Arc<str>>,
    sink: Arc<dyn Sink>,
}

impl Router {
    /// A router without subscriptions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a subscription, which gets messages from now on.
    pub fn subscribe(
        &self,
        pattern: &SubjectPattern,
        queue: Option<&str>,
        sink: Arc<dyn Sink>,
    ) -> SubscriptionId {
        let id = SubscriptionId(self.next_id.fetch_add(1, Ordering::Relaxed));
        let entry = Entry {
            id,
            queue: queue.map(Arc::from),
            sink,
        };
        let mut root = self.root.write().expect("nothing panics under this lock");
        root.place(pattern).push(entry);
        id
    }

    /// Ends a subscription; `pattern` is the one it was made with. It gets no message once this has returned, but
    /// for those that are being delivered.
    pub fn unsubscribe(&self, pattern: &SubjectPattern, id: SubscriptionId) {
        let mut root = self.root.write().expect("nothing panics under this lock");
        root.remove(pattern, id);
    }

    /// Delivers a message to every subscription outside queue groups, and to one member of each group in turn.
    /// Returns how many got it.
    pub fn route(&self, message: &Message) -> usize {
        let receivers = self.receivers(&message.subject);
        for receiver in &receivers {
            receiver.sink.deliver(Delivery {
                subscription: receiver.id,
                message,
            });
        }
        receivers.len()
    }

    /// Whether anyone listens to a subject.
    pub fn has_receiver(&self, subject: &str) -> bool {
        !self.receivers(subject).is_empty()
    }

    fn receivers(&self, subject: &str) -> Vec<Entry> {
        let mut matching = Vec::new();
        {
            let root = self.root.read().expect("nothing panics under this lock");
            root.collect(subject, &mut matching);
        }
        if matching.iter().all(|entry| entry.queue.is_none()) {
            return matching;
        }
        let (grouped, mut receivers): (Vec<Entry>, Vec<Entry>) =
            matching.into_iter().partition(|entry| entry.queue.is_some());
        let mut groups: Vec<(Option<Arc<str>>, Vec<Entry>)> = Vec::new();
        for entry in grouped {
            match groups.iter_mut().find(|(queue, _)| *queue == entry.queue) {
                Some((_, members)) => members.push(entry),
                None => groups.push((entry.queue.clone(), vec![entry])),
            }
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        receivers.extend(groups.into_iter().map(|(_, mut members)| {
            let chosen = turn % members.len();
            members.swap_remove(chosen)
        }));
        receivers
    }
}

impl Node {
    fn place(&mut self, pattern: &str) -> &mut Vec<Entry> {
        let mut node = self;
        for token in pattern.split('.') {
            node = match token {
                ">" => return &mut node.tail,
                "*" => node.any_token.get_or_insert_default(),
                token => node.children.entry(token.into()).or_default(),
            };
        }
        &mut node.here
    }

    /// Removes a subscription and the branches that it leaves empty.
    fn remove(&mut self, pattern: &str, id: SubscriptionId) {
        let (token, rest) = match pattern.split_once('.') {
            Some((token, rest)) => (token, Some(rest)),
            None => (pattern, None),
        };
        if token == ">" {
            return self.tail.retain(|entry| entry.id != id);
        }
        let child = match token {
            "*" => self.any_token.as_deref_mut(),
            token => self.children.get_mut(token),
        };
        let Some(child) = child else {
            return;
        };
        match rest {
            Some(rest) => child.remove(rest, id),
            None => child.here.retain(|entry| entry.id != id),
        }
        if child.is_empty() {
            match token {
                "*" => self.any_token = None,
                token => drop(self.children.remove(token)),
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.here.is_empty() && self.tail.is_empty() && self.children.is_empty() && self.any_token.is_none()
    }

    fn collect(&self, subject: &str, found: &mut Vec<Entry>) {
        found.extend_from_slice(&self.tail);
        let (token, rest) = match subject.split_once('.') {
            Some((token, rest)) => (token, Some(rest)),
            None => (subject, None),
        };
        for child in [self.children.get(token), self.any_token.as_deref()].into_iter().flatten() {
            match rest {
                Some(rest) => child.collect(rest, found),
                None => found.extend_from_slice(&child.here),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::bus::{Subject, message};

    #[derive(Debug, Default)]
    struct Seen(Mutex<Vec<String>>);

    impl Sink for Seen {
        fn deliver(&self, delivery: Delivery<'_>) {
            self.0.lock().expect("no panic").push(delivery.message.subject.to_string());
        }
    }

    fn pattern(text: &str) -> SubjectPattern {
        SubjectPattern::new(text).expect("a pattern")
    }

    fn route(router: &Router, subject: &str) -> usize {
        router.route(&message(Subject::new(subject).expect("a subject"), ""))
    }

    #[test]
    fn patterns_match_as_in_nats() {
        let check = |listens: &str, subject: &str, expected: bool| {
            let router = Router::new();
            router.subscribe(&pattern(listens), None, Arc::new(Seen::default()));
            assert_eq!(route(&router, subject) == 1, expected, "{listens} ~ {subject}");
        };
        check("a.b", "a.b", true);
        check("a.b", "a", false);
        check("a.b", "a.b.c", false);
        check("a.*", "a.b", true);
        check("a.*", "a", false);
        check("a.*.c", "a.b.c", true);
        check("a.*", "a.b.c", false);
        check("a.>", "a.b.c", true);
        check("a.>", "a", false);
        check(">", "a", true);
        check("*.*", "a.b", true);
    }

    #[test]
    fn one_member_of_a_queue_group_gets_each_message_in_turn() {
        let router = Router::new();
        let members = [Arc::new(Seen::default()), Arc::new(Seen::default())];
        for member in &members {
            router.subscribe(&pattern("a"), Some("q"), member.clone());
        }
        for _ in 0..10 {
            assert_eq!(route(&router, "a"), 1);
        }
        for member in members {
            assert_eq!(member.0.lock().expect("no panic").len(), 5);
        }
    }

    #[test]
    fn groups_and_single_subscriptions_each_get_their_copy() {
        let router = Router::new();
        router.subscribe(&pattern("a"), Some("p"), Arc::new(Seen::default()));
        router.subscribe(&pattern("*"), Some("q"), Arc::new(Seen::default()));
        router.subscribe(&pattern("a"), None, Arc::new(Seen::default()));
        assert_eq!(route(&router, "a"), 3);
    }

    #[test]
    fn an_ended_subscription_leaves_nothing_behind() {
        let router = Router::new();
        let patterns = ["a.b.c", "a.*.>", ">", "*"].map(pattern);
        let ids = patterns.clone().map(|pattern| router.subscribe(&pattern, None, Arc::new(Seen::default())));
        for (pattern, id) in patterns.iter().zip(ids) {
            router.unsubscribe(pattern, id);
        }
        assert_eq!(route(&router, "a.b.c"), 0);
        assert!(router.root.read().expect("no panic").is_empty());
    }
}
