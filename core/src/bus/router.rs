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
    pub message: &'a Message,
    /// Whether the reply, where one is wanted, can come from nowhere else: no one but this subscription got the
    /// message, or it did for its queue group.
    pub answers: bool,
}

/// Names a subscription of a router, never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriptionId(u64);

/// The subscriptions of one bus.
#[derive(Debug, Default)]
pub struct Router {
    next_id: AtomicU64,
    root: RwLock<Node>,
}

/// What listens at one place of the tree of tokens.
#[derive(Debug, Default)]
struct Node {
    children: HashMap<Box<str>, Node>,
    any_token: Option<Box<Node>>,
    here: Listeners,
    /// Listens to this place with a last `>`.
    tail: Listeners,
}

#[derive(Debug, Default)]
struct Listeners {
    single: Vec<Entry>,
    groups: Vec<Group>,
}

/// The members of a queue group under one pattern. Each group counts its own turns: with a common count, calls that
/// alternate between two groups would always meet the same members.
#[derive(Debug)]
struct Group {
    queue: Arc<str>,
    members: Vec<Entry>,
    turn: AtomicUsize,
}

#[derive(Debug, Clone)]
struct Entry {
    id: SubscriptionId,
    sink: Arc<dyn Sink>,
}

/// The member whose turn it is, and how many others could take its place.
struct Chosen {
    queue: Arc<str>,
    member: Entry,
    others: usize,
}

impl Router {
    /// A router without subscriptions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a subscription, which gets messages from now on.
    pub fn subscribe(&self, pattern: &SubjectPattern, queue: Option<&str>, sink: Arc<dyn Sink>) -> SubscriptionId {
        let id = SubscriptionId(self.next_id.fetch_add(1, Ordering::Relaxed));
        let mut root = self.root.write().expect("nothing panics under this lock");
        root.place(pattern).add(queue, Entry { id, sink });
        id
    }

    /// Ends a subscription; `pattern` is the one it was made with. It gets no message once this has returned, but
    /// for those that are being delivered.
    pub fn unsubscribe(&self, pattern: &SubjectPattern, id: SubscriptionId) {
        let mut root = self.root.write().expect("nothing panics under this lock");
        root.remove(pattern, id);
    }

    /// Delivers a message to every subscription outside queue groups, and to one member of each group in turn.
    /// Returns how many took it.
    pub fn route(&self, message: &Message) -> usize {
        self.route_except(message, |_| false)
    }

    /// The same, passing over some subscriptions.
    pub fn route_except(&self, message: &Message, except: impl Fn(SubscriptionId) -> bool) -> usize {
        let (single, chosen) = self.receivers(&message.subject);
        let alone = single.len() + chosen.len() == 1;
        let deliver = |entry: &Entry, answers| {
            let delivery = Delivery { subscription: entry.id, message, answers };
            !except(entry.id) && entry.sink.deliver(delivery)
        };
        let taken = single.iter().filter(|entry| deliver(entry, alone)).count();
        taken + chosen.into_iter().filter(|chosen| self.deliver_to_group(chosen, message, &deliver)).count()
    }

    /// Whether anyone listens to a subject.
    pub fn has_receiver(&self, subject: &str) -> bool {
        let (single, chosen) = self.receivers(subject);
        !single.is_empty() || !chosen.is_empty()
    }

    fn deliver_to_group(&self, chosen: &Chosen, message: &Message, deliver: &impl Fn(&Entry, bool) -> bool) -> bool {
        if deliver(&chosen.member, true) {
            return true;
        }
        (0..chosen.others)
            .filter_map(|_| {
                let (_, again) = self.receivers(&message.subject);
                again.into_iter().find(|other| other.queue == chosen.queue)
            })
            .any(|other| deliver(&other.member, true))
    }

    fn receivers(&self, subject: &str) -> (Vec<Entry>, Vec<Chosen>) {
        let (mut single, mut groups) = (Vec::new(), Vec::new());
        let root = self.root.read().expect("nothing panics under this lock");
        root.collect(subject, &mut single, &mut groups);
        let mut chosen: Vec<Chosen> = Vec::with_capacity(groups.len());
        for (position, group) in groups.iter().enumerate() {
            if chosen.iter().all(|known| known.queue != group.queue) {
                chosen.extend(choose(&groups[position..]));
            }
        }
        (single, chosen)
    }
}

/// Whose turn it is among the members of the first group and of those of the same name after it.
fn choose(groups: &[&Group]) -> Option<Chosen> {
    let first = groups.first()?;
    let same = || groups.iter().filter(|group| group.queue == first.queue);
    let count = same().map(|group| group.members.len()).sum::<usize>();
    let turn = first.turn.fetch_add(1, Ordering::Relaxed) % count.max(1);
    let member = same().flat_map(|group| &group.members).nth(turn)?;
    Some(Chosen { queue: first.queue.clone(), member: member.clone(), others: count - 1 })
}

impl Listeners {
    fn add(&mut self, queue: Option<&str>, entry: Entry) {
        let Some(queue) = queue else {
            return self.single.push(entry);
        };
        match self.groups.iter_mut().find(|group| &*group.queue == queue) {
            Some(group) => group.members.push(entry),
            None => self.groups.push(Group { queue: queue.into(), members: vec![entry], turn: AtomicUsize::new(0) }),
        }
    }

    fn remove(&mut self, id: SubscriptionId) {
        self.single.retain(|entry| entry.id != id);
        for group in &mut self.groups {
            group.members.retain(|entry| entry.id != id);
        }
        self.groups.retain(|group| !group.members.is_empty());
    }

    fn is_empty(&self) -> bool {
        self.single.is_empty() && self.groups.is_empty()
    }

    fn collect<'a>(&'a self, single: &mut Vec<Entry>, groups: &mut Vec<&'a Group>) {
        single.extend_from_slice(&self.single);
        groups.extend(&self.groups);
    }
}

impl Node {
    fn place(&mut self, pattern: &str) -> &mut Listeners {
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
        let (token, rest) = first_token(pattern);
        if token == ">" {
            return self.tail.remove(id);
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
            None => child.here.remove(id),
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

    fn collect<'a>(&'a self, subject: &str, single: &mut Vec<Entry>, groups: &mut Vec<&'a Group>) {
        self.tail.collect(single, groups);
        let (token, rest) = first_token(subject);
        for child in [self.children.get(token), self.any_token.as_deref()].into_iter().flatten() {
            match rest {
                Some(rest) => child.collect(rest, single, groups),
                None => child.here.collect(single, groups),
            }
        }
    }
}

fn first_token(subject: &str) -> (&str, Option<&str>) {
    match subject.split_once('.') {
        Some((token, rest)) => (token, Some(rest)),
        None => (subject, None),
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
        fn deliver(&self, delivery: Delivery<'_>) -> bool {
            self.0.lock().expect("no panic").push(delivery.message.subject.to_string());
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
        let except = |id| id == SubscriptionId(1);
        assert_eq!(router.route_except(&message(Subject::new("a").expect("a subject"), ""), except), 0);
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
