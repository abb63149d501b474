//! The subscriptions of a router by the tokens of their patterns.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::AtomicUsize},
};

use super::router::{Sink, SubscriptionId};

/// One place of the tree of tokens.
#[derive(Debug, Default)]
pub(super) struct Node {
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

/// A subscription and what takes its messages.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) id: SubscriptionId,
    pub(super) sink: Arc<dyn Sink>,
}

/// The members of a queue group. Each group counts its own turns: with a common count, calls that alternate between
/// two groups would always meet the same members.
#[derive(Debug, Clone)]
pub(super) struct Group {
    queue: Arc<str>,
    pub(super) members: Vec<Entry>,
    pub(super) turn: Arc<AtomicUsize>,
}

/// All that listen to one subject.
#[derive(Debug, Default)]
pub(super) struct Receivers {
    pub(super) single: Vec<Entry>,
    /// One for each name, whatever the patterns of its members.
    pub(super) groups: Vec<Group>,
}

impl Node {
    /// Adds a subscription.
    pub(super) fn add(&mut self, pattern: &str, queue: Option<&str>, entry: Entry) {
        self.place(pattern).add(queue, entry);
    }

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
    pub(super) fn remove(&mut self, pattern: &str, id: SubscriptionId) {
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

    /// Whether nothing listens here or below.
    pub(super) fn is_empty(&self) -> bool {
        self.here.is_empty() && self.tail.is_empty() && self.children.is_empty() && self.any_token.is_none()
    }

    /// All that listen to a subject.
    pub(super) fn receivers(&self, subject: &str) -> Receivers {
        let mut receivers = Receivers::default();
        self.collect(subject, &mut receivers);
        receivers
    }

    fn collect(&self, subject: &str, receivers: &mut Receivers) {
        self.tail.collect(receivers);
        let (token, rest) = first_token(subject);
        for child in [self.children.get(token), self.any_token.as_deref()].into_iter().flatten() {
            match rest {
                Some(rest) => child.collect(rest, receivers),
                None => child.here.collect(receivers),
            }
        }
    }
}

impl Listeners {
    fn add(&mut self, queue: Option<&str>, entry: Entry) {
        let Some(queue) = queue else {
            return self.single.push(entry);
        };
        match self.groups.iter_mut().find(|group| &*group.queue == queue) {
            Some(group) => group.members.push(entry),
            None => self.groups.push(Group { queue: queue.into(), members: vec![entry], turn: Arc::default() }),
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

    fn collect(&self, receivers: &mut Receivers) {
        receivers.single.extend_from_slice(&self.single);
        for group in &self.groups {
            match receivers.groups.iter_mut().find(|known| known.queue == group.queue) {
                Some(known) => known.members.extend_from_slice(&group.members),
                None => receivers.groups.push(group.clone()),
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
