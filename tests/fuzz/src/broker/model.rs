//! What clients of a broker should get, found in the plainest way: each message is held against every subscription.

use wisteria_bridge::protocol::{ClientOp, ConnectOptions, ServerOp, Sid};
use wisteria_core::bus::{Headers, Message, Status, Subject};

/// The clients of a broker, in the order in which they came.
#[derive(Debug)]
pub(crate) struct Model {
    clients: Vec<Client>,
    /// How many subscriptions each may have.
    most: usize,
}

#[derive(Debug)]
struct Client {
    options: ConnectOptions,
    subscriptions: Vec<Subscription>,
    /// Where requests that it was handed wait for their replies, oldest first.
    owes: Vec<Subject>,
    has_ended: bool,
}

#[derive(Debug)]
struct Subscription {
    sid: Sid,
    pattern: String,
    queue: Option<String>,
    delivered: u64,
    max: Option<u64>,
}

/// A subscription that a message is for.
#[derive(Debug, Clone)]
struct Place {
    client: usize,
    sid: Sid,
    queue: Option<String>,
}

/// What each client got in one step; the model takes away what it expects.
#[derive(Debug)]
pub(crate) struct Got(Vec<Vec<ServerOp>>);

impl Got {
    pub(crate) fn new(got: Vec<Vec<ServerOp>>) -> Self {
        Self(got)
    }

    fn take(&mut self, client: usize, op: &ServerOp) {
        let place = self.0[client].iter().position(|got| got == op);
        let Some(place) = place else {
            panic!("client {client} should get {op:?}, and all got {self:?}");
        };
        self.0[client].remove(place);
    }

    fn has(&self, client: usize, op: &ServerOp) -> bool {
        self.0[client].contains(op)
    }

    pub(crate) fn check_empty(&self) {
        assert!(self.0.iter().all(Vec::is_empty), "nobody should get {self:?}");
    }
}

impl Model {
    pub(crate) fn new(most: usize) -> Self {
        Self { clients: Vec::new(), most }
    }

    /// Another client.
    pub(crate) fn open(&mut self) {
        // Who does not say otherwise wants to hear all.
        let options = ConnectOptions { verbose: true, ..ConnectOptions::default() };
        self.clients.push(Client { options, subscriptions: Vec::new(), owes: Vec::new(), has_ended: false });
    }

    /// A client leaves. Who waits for its replies learns that none will come.
    pub(crate) fn leave(&mut self, who: usize, got: &mut Got) {
        let client = &mut self.clients[who];
        client.has_ended = true;
        client.subscriptions.clear();
        for reply in std::mem::take(&mut client.owes) {
            self.route(&Status::HostLost.message(reply), None, got);
        }
    }

    /// A client that has left is no longer counted.
    pub(crate) fn forget(&mut self, who: usize) {
        self.clients.remove(who);
    }

    /// A client says something.
    pub(crate) fn say(&mut self, who: usize, op: ClientOp, got: &mut Got) {
        let client = &mut self.clients[who];
        if client.has_ended {
            return;
        }
        match op {
            ClientOp::Ping => return got.take(who, &ServerOp::Pong),
            ClientOp::Pong => return,
            ClientOp::Connect(options) => {
                if options.no_responders && !options.headers {
                    got.take(who, &ServerOp::Error("no responders requires headers support".to_owned()));
                    return self.leave(who, got);
                }
                client.options = *options;
            }
            ClientOp::Publish(message) if !message.headers.is_empty() && !client.options.headers => {
                return self.leave(who, got);
            }
            ClientOp::Publish(message) => return self.publish(who, &message, got),
            ClientOp::Subscribe { sid, pattern, queue } => {
                let is_known = client.subscriptions.iter().any(|known| known.sid == sid);
                if !is_known && client.subscriptions.len() >= self.most {
                    return got.take(who, &ServerOp::Error("maximum subscriptions exceeded".to_owned()));
                }
                if !is_known {
                    let pattern = pattern.to_string();
                    client.subscriptions.push(Subscription { sid, pattern, queue, delivered: 0, max: None });
                }
            }
            ClientOp::Unsubscribe { sid, max } => client.subscriptions.retain_mut(|known| {
                if known.sid == sid {
                    known.max = Some(max.unwrap_or(0));
                }
                !known.is_over()
            }),
        }
        self.acknowledge(who, got);
    }

    fn publish(&mut self, who: usize, message: &Message, got: &mut Got) {
        self.acknowledge(who, got);
        let client = &mut self.clients[who];
        client.owes.retain(|reply| *reply != message.subject);
        let options = client.options.clone();
        let taken = self.route(message, (!options.echo).then_some(who), got);
        if let Some(reply) = &message.reply
            && taken == 0
            && options.no_responders
        {
            let mut status = Status::NoResponders.message(reply.clone());
            status.headers.insert("Nats-Subject", message.subject.as_str());
            self.route(&status, None, got);
        }
    }

    /// Takes away what one message should lead to, and returns how many should have got it.
    fn route(&mut self, message: &Message, unheard_by: Option<usize>, got: &mut Got) -> usize {
        let matching = self.matching(&message.subject);
        let (queued, single): (Vec<_>, Vec<_>) = matching.into_iter().partition(|place| place.queue.is_some());
        let mut queues: Vec<_> = queued.iter().map(|place| place.queue.clone()).collect();
        queues.sort();
        queues.dedup();
        let is_only = single.len() + queues.len() == 1;
        let is_heard = |place: &Place| Some(place.client) != unheard_by;
        let mut taken = 0;
        for place in single.iter().filter(|place| is_heard(place)) {
            self.deliver(place, message, is_only, got);
            taken += 1;
        }
        for queue in queues {
            let members = queued.iter().filter(|place| place.queue == queue && is_heard(place)).collect::<Vec<_>>();
            let mut chosen = members.iter().filter(|place| got.has(place.client, &self.delivery(place, message)));
            match (chosen.next(), chosen.next()) {
                (Some(member), None) => {
                    self.deliver(member, message, true, got);
                    taken += 1;
                }
                (None, None) if members.is_empty() => {}
                _ => panic!("one of {members:?} should get {message:?}, and all got {got:?}"),
            }
        }
        taken
    }

    fn matching(&self, subject: &str) -> Vec<Place> {
        let places = self.clients.iter().enumerate().flat_map(|(client, Client { subscriptions, .. })| {
            let matching = subscriptions.iter().filter(|known| matches(&known.pattern, subject));
            matching.map(move |Subscription { sid, queue, .. }| Place {
                client,
                sid: sid.clone(),
                queue: queue.clone(),
            })
        });
        places.collect()
    }

    fn deliver(&mut self, place: &Place, message: &Message, answers: bool, got: &mut Got) {
        got.take(place.client, &self.delivery(place, message));
        let client = &mut self.clients[place.client];
        client.subscriptions.retain_mut(|known| {
            known.delivered += u64::from(known.sid == place.sid);
            !known.is_over()
        });
        if let Some(reply) = message.reply.as_ref().filter(|reply| answers && reply.starts_with("_INBOX.")) {
            client.owes.retain(|known| known != reply);
            client.owes.push(reply.clone());
        }
    }

    /// What a client gets of a message.
    fn delivery(&self, place: &Place, message: &Message) -> ServerOp {
        let mut message = message.clone();
        if !self.clients[place.client].options.headers {
            message.headers = Headers::default();
        }
        ServerOp::Message { sid: place.sid.clone(), message }
    }

    fn acknowledge(&self, who: usize, got: &mut Got) {
        if self.clients[who].options.verbose {
            got.take(who, &ServerOp::Ok);
        }
    }
}

impl Subscription {
    fn is_over(&self) -> bool {
        self.max.is_some_and(|max| self.delivered >= max)
    }
}

/// Whether a subject is one of those that a pattern stands for.
fn matches(pattern: &str, subject: &str) -> bool {
    let (pattern, subject) = (pattern.split('.').collect::<Vec<_>>(), subject.split('.').collect::<Vec<_>>());
    let fits = |(pattern, token): (&&str, &&str)| matches!(*pattern, "*" | ">") || pattern == token;
    let is_long_enough = match pattern.last() {
        Some(&">") => subject.len() >= pattern.len(),
        _ => subject.len() == pattern.len(),
    };
    is_long_enough && pattern.iter().zip(&subject).all(fits)
}
