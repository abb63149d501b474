//! The router against the plainest matcher there is: whatever was subscribed and unsubscribed before, and whoever
//! remembers his routes.

use std::sync::{Arc, Mutex};

use proptest::{collection::vec, option, prelude::*, sample::Index};

use super::{Delivery, Message, ROUTES_BOUND, Router, Routes, Sink, Subject, SubjectPattern, SubscriptionId, message};

/// What happens to the router.
#[derive(Debug, Clone)]
enum Action {
    Subscribe {
        pattern: SubjectPattern,
        queue: Option<&'static str>,
        takes: bool,
    },
    Unsubscribe(Index),
    Publish {
        publisher: Index,
        subject: Subject,
    },
    /// More subjects than a publisher remembers.
    PublishMany {
        publisher: Index,
    },
}

fn token() -> impl Strategy<Value = &'static str> {
    // The last is a plain token, as the asterisk does not stand alone.
    prop::sample::select(vec!["a", "b", "_INBOX", "a*"])
}

fn subject() -> impl Strategy<Value = Subject> {
    vec(token(), 1..4).prop_map(|tokens| Subject::new(tokens.join(".")).unwrap())
}

fn pattern() -> impl Strategy<Value = SubjectPattern> {
    let tokens = vec(prop_oneof![2 => token(), 1 => Just("*")], 0..4);
    (tokens, any::<bool>()).prop_map(|(mut tokens, has_tail)| {
        if has_tail || tokens.is_empty() {
            tokens.push(">");
        }
        SubjectPattern::new(tokens.join(".")).unwrap()
    })
}

fn action() -> impl Strategy<Value = Action> {
    let queue = option::of(prop::sample::select(vec!["q", "r"]));
    let subscribe = (pattern(), queue, prop::bool::weighted(0.8));
    prop_oneof![
        30 => subscribe.prop_map(|(pattern, queue, takes)| Action::Subscribe { pattern, queue, takes }),
        20 => any::<Index>().prop_map(Action::Unsubscribe),
        60 => (any::<Index>(), subject()).prop_map(|(publisher, subject)| Action::Publish { publisher, subject }),
        1 => any::<Index>().prop_map(|publisher| Action::PublishMany { publisher }),
    ]
}

/// A delivery as it was seen: which subscription, whether for a queue group, whether alone responsible for an answer.
type Seen = (SubscriptionId, bool, bool);

/// Takes all messages or none.
#[derive(Debug)]
struct Receiver {
    takes: bool,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Sink for Receiver {
    fn deliver(&self, delivery: Delivery<'_>) -> bool {
        if self.takes {
            self.seen.lock().unwrap().push((delivery.subscription, delivery.queued, delivery.answers));
        }
        self.takes
    }
}

#[derive(Debug)]
struct Subscribed {
    id: SubscriptionId,
    pattern: SubjectPattern,
    queue: Option<&'static str>,
    takes: bool,
}

/// A router, and a list of what should be in it.
#[derive(Debug, Default)]
struct Bus {
    router: Router,
    listed: Vec<Subscribed>,
    publishers: [Routes; 3],
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Bus {
    fn act(&mut self, action: Action) {
        match action {
            Action::Subscribe { pattern, queue, takes } => self.subscribe(pattern, queue, takes),
            Action::Unsubscribe(index) => {
                if !self.listed.is_empty() {
                    let ended = self.listed.swap_remove(index.index(self.listed.len()));
                    self.router.unsubscribe(&ended.pattern, ended.id);
                }
            }
            Action::Publish { publisher, subject } => self.publish(publisher.index(4), subject),
            Action::PublishMany { publisher } => {
                for number in 0..=ROUTES_BOUND {
                    self.publish(publisher.index(4), Subject::new(format!("a.{number}")).unwrap());
                }
            }
        }
    }

    fn subscribe(&mut self, pattern: SubjectPattern, queue: Option<&'static str>, takes: bool) {
        let receiver = Receiver { takes, seen: self.seen.clone() };
        let id = self.router.subscribe(&pattern, queue, Arc::new(receiver));
        self.listed.push(Subscribed { id, pattern, queue, takes });
    }

    /// Publishes by one of those who remember their routes, or by the last, who does not, and checks who got it.
    fn publish(&mut self, publisher: usize, subject: Subject) {
        let message = message(subject, "");
        let count = self.route(publisher, &message);
        let mut seen = std::mem::take(&mut *self.seen.lock().unwrap());
        assert_eq!(count, seen.len(), "the count of {seen:?}");
        let matching = self.listed.iter().filter(|listed| matches(&listed.pattern, &message.subject));
        let (queued, single): (Vec<_>, Vec<_>) = matching.partition(|listed| listed.queue.is_some());
        let groups =
            ["q", "r"].map(|queue| queued.iter().filter(|listed| listed.queue == Some(queue)).collect::<Vec<_>>());
        let answers = single.len() + groups.iter().filter(|group| !group.is_empty()).count() == 1;
        let mut take = |id, queued, answers| {
            let place = seen.iter().position(|seen| *seen == (id, queued, answers));
            place.map(|place| seen.remove(place)).is_some()
        };
        for listed in &single {
            assert_eq!(take(listed.id, false, answers), listed.takes, "{listed:?}");
        }
        for group in groups {
            let takers = group.iter().filter(|listed| take(listed.id, true, true)).count();
            assert_eq!(takers, usize::from(group.iter().any(|listed| listed.takes)), "one of {group:?}");
        }
        assert!(seen.is_empty(), "{seen:?} besides");
        assert_eq!(self.router.has_receiver(&message.subject), !(single.is_empty() && queued.is_empty()));
    }

    fn route(&mut self, publisher: usize, message: &Message) -> usize {
        match self.publishers.get_mut(publisher) {
            Some(routes) => self.router.route_by(routes, message.into(), None),
            None => self.router.route(message),
        }
    }
}

/// Token by token.
fn matches(pattern: &str, subject: &str) -> bool {
    let (mut pattern, mut subject) = (pattern.split('.'), subject.split('.'));
    loop {
        match (pattern.next(), subject.next()) {
            (Some(">"), Some(_)) | (None, None) => return true,
            (Some(listens), Some(token)) if listens == "*" || listens == token => {}
            _ => return false,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn messages_go_where_the_plainest_matcher_says_whatever_came_before(actions in vec(action(), 1..120)) {
        let mut bus = Bus::default();
        for action in actions {
            bus.act(action);
        }
        for ended in bus.listed {
            bus.router.unsubscribe(&ended.pattern, ended.id);
        }
        prop_assert!(bus.router.is_empty(), "{:?}", bus.router);
    }

    #[test]
    fn members_of_a_group_take_turns_whatever_their_patterns_and_whoever_publishes(
        patterns in vec(prop::sample::select(vec!["a.b", "a.*", "*.b", "a.>", ">"]), 1..8),
        publishers in vec(any::<Index>(), 1..8),
        rounds in 1..4_usize,
    ) {
        let mut bus = Bus::default();
        for pattern in &patterns {
            bus.subscribe(SubjectPattern::new(pattern).unwrap(), Some("q"), true);
        }
        let message = message(Subject::new("a.b").unwrap(), "");
        for publisher in publishers.iter().cycle().take(rounds * patterns.len()) {
            bus.route(publisher.index(4), &message);
        }
        let seen = bus.seen.lock().unwrap();
        for listed in &bus.listed {
            prop_assert_eq!(seen.iter().filter(|(id, ..)| *id == listed.id).count(), rounds);
        }
    }
}
