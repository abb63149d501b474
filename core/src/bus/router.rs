//! Who gets which message: subscriptions by subject, one member per queue group.

use std::{
    collections::HashMap,
    fmt::Debug,
    sync::{
        Arc, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    Message, Passing, SubjectPattern,
    tree::{Entry, Group, Node, Receivers},
};
use crate::platform::{MaybeSend, MaybeSync};

/// Takes messages for a subscription.
pub trait Sink: Debug + MaybeSend + MaybeSync + 'static {
    /// Takes one message and says whether it did. Must not block; what it cannot take it drops and counts, and another
    /// member of its queue group gets the message.
    fn deliver(&self, delivery: Delivery<'_>) -> bool;
}

/// A message on its way to one subscription.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The message.
    pub message: Passing<'a>,
    /// Whether the reply, where one is wanted, can come from nowhere else: no one but this subscription got the
    /// message, or it did for its queue group.
    pub answers: bool,
    /// Whether it came for a queue group, of which another member could have it.
    pub queued: bool,
    /// Who published it, where that one must not hear itself.
    pub unheard_by: Option<u64>,
}

/// Names a subscription of a router, never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriptionId(u64);

/// The subscriptions of one bus.
#[derive(Debug, Default)]
pub struct Router {
    next_id: AtomicU64,
    /// Counts the changes of the tree; what was found in an earlier state of it may be wrong.
    generation: AtomicU64,
    root: RwLock<Node>,
}

/// Who listened to the subjects that one publisher used last, so that it need not ask the router again. As long as
/// nobody subscribes or leaves, it publishes without any lock that it shares with others.
#[derive(Debug, Default)]
pub struct Routes {
    generation: u64,
    known: HashMap<Box<str>, Receivers>,
}

/// How many subjects a publisher remembers; beyond it, it starts anew.
pub const ROUTES_BOUND: usize = 512;

impl Router {
    /// A router without subscriptions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a subscription, which gets messages from now on.
    pub fn subscribe(&self, pattern: &SubjectPattern, queue: Option<&str>, sink: Arc<dyn Sink>) -> SubscriptionId {
        let id = SubscriptionId(self.next_id.fetch_add(1, Ordering::Relaxed));
        let mut root = self.root.write().expect(NO_PANIC);
        root.add(pattern, queue, Entry { id, sink });
        self.generation.fetch_add(1, Ordering::Release);
        id
    }

    /// Ends a subscription; `pattern` is the one it was made with. It gets no message once this has returned, but
    /// for those that are being delivered.
    pub fn unsubscribe(&self, pattern: &SubjectPattern, id: SubscriptionId) {
        let mut root = self.root.write().expect(NO_PANIC);
        root.remove(pattern, id);
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Delivers a message to every subscription outside queue groups, and to one member of each group in turn.
    /// Returns how many took it.
    pub fn route(&self, message: &Message) -> usize {
        self.receivers(&message.subject).1.deliver(message.into(), None)
    }

    /// The same for a publisher that remembers its routes, and passing over subscriptions of `unheard_by`.
    pub fn route_by(&self, routes: &mut Routes, message: Passing<'_>, unheard_by: Option<u64>) -> usize {
        let subject = message.subject().as_str();
        if is_used_once(subject) {
            return self.receivers(subject).1.deliver(message, unheard_by);
        }
        if routes.generation != self.generation.load(Ordering::Acquire) {
            routes.known.clear();
        }
        if let Some(receivers) = routes.known.get(subject) {
            return receivers.deliver(message, unheard_by);
        }
        let (generation, receivers) = self.receivers(subject);
        if routes.generation != generation || routes.known.len() >= ROUTES_BOUND {
            routes.known.clear();
            routes.generation = generation;
        }
        routes.known.entry(subject.into()).or_insert(receivers).deliver(message, unheard_by)
    }

    /// Whether anyone listens to a subject.
    pub fn has_receiver(&self, subject: &str) -> bool {
        let (_, receivers) = self.receivers(subject);
        !receivers.single.is_empty() || !receivers.groups.is_empty()
    }

    /// Whether nobody listens to anything.
    pub fn is_empty(&self) -> bool {
        self.root.read().expect(NO_PANIC).is_empty()
    }

    /// Who listens to a subject, and in which state of the tree.
    fn receivers(&self, subject: &str) -> (u64, Receivers) {
        let root = self.root.read().expect(NO_PANIC);
        // It changes under the lock only.
        (self.generation.load(Ordering::Relaxed), root.receivers(subject))
    }
}

/// Whether a subject is one of those that requests make up for their reply: there is no use in remembering it.
fn is_used_once(subject: &str) -> bool {
    subject.starts_with("_INBOX.")
}

impl Receivers {
    fn deliver(&self, message: Passing<'_>, unheard_by: Option<u64>) -> usize {
        let answers = self.single.len() + self.groups.len() == 1;
        let single = |entry: &&Entry| {
            let subscription = entry.id;
            entry.sink.deliver(Delivery { subscription, message, answers, queued: false, unheard_by })
        };
        self.single.iter().filter(single).count()
            + self.groups.iter().filter(|group| group.deliver(message, unheard_by)).count()
    }
}

impl Group {
    /// Delivers to the member whose turn it is, or to the next that takes it.
    fn deliver(&self, message: Passing<'_>, unheard_by: Option<u64>) -> bool {
        let first = self.turn.fetch_add(1, Ordering::Relaxed) % self.members.len().max(1);
        let (before, after) = self.members.split_at(first);
        after.iter().chain(before).any(|member| {
            let subscription = member.id;
            member.sink.deliver(Delivery { subscription, message, answers: true, queued: true, unheard_by })
        })
    }
}

const NO_PANIC: &str = "nothing panics under this lock";

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::bus::{Subject, message};

    #[derive(Debug, Default)]
    struct Seen(Mutex<Vec<String>>);

    impl Sink for Seen {
        fn deliver(&self, delivery: Delivery<'_>) -> bool {
            self.0.lock().expect("no panic").push(delivery.message.subject().as_str().to_owned());
            true
        }
    }

    #[derive(Debug)]
    struct Full;

    impl Sink for Full {
        fn deliver(&self, _: Delivery<'_>) -> bool {
            false
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
    fn calls_that_alternate_between_groups_still_reach_every_member() {
        let router = Router::new();
        let members = [Arc::new(Seen::default()), Arc::new(Seen::default())];
        for member in &members {
            router.subscribe(&pattern("actor"), Some("q"), member.clone());
        }
        router.subscribe(&pattern("provider"), Some("rpc"), Arc::new(Seen::default()));
        for _ in 0..10 {
            route(&router, "actor");
            route(&router, "provider");
        }
        for member in members {
            assert_eq!(member.0.lock().expect("no panic").len(), 5);
        }
    }

    #[test]
    fn another_member_takes_what_one_refuses() {
        let router = Router::new();
        let member = Arc::new(Seen::default());
        router.subscribe(&pattern("a"), Some("q"), Arc::new(Full));
        router.subscribe(&pattern("*"), Some("q"), member.clone());
        for _ in 0..4 {
            assert_eq!(route(&router, "a"), 1);
        }
        assert_eq!(member.0.lock().expect("no panic").len(), 4);
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
        assert!(router.is_empty());
    }
}
