//! Clients that do anything beside one that behaves, and is served all the time.

use std::time::Duration;

use arbitrary::Arbitrary;
use bytes::Bytes;
use wisteria_bridge::{
    BrokerLimits,
    protocol::{ProtocolLimits, ServerOp},
};

use crate::{client::Client, served::Served, word::Word};

/// One step; `who` counts the open connections round.
#[derive(Debug, Arbitrary)]
pub(crate) enum Step<'a> {
    /// Another connection.
    Open,
    /// A connection says something sound.
    Say { who: u8, word: Word },
    /// A connection says anything.
    Raw { who: u8, bytes: &'a [u8] },
    /// A connection takes so many of its waiting frames.
    Take { who: u8, frames: u8 },
    /// A connection is closed by its client.
    Leave { who: u8 },
    /// The task that serves a connection is dropped.
    Drop { who: u8 },
    /// So many seconds pass, less than between two questions for a sign of life.
    Pass { seconds: u8 },
    /// The control connection tries whether it is still served.
    Check,
}

/// Clients at once.
const MOST_CLIENTS: usize = 8;

/// Small enough that the fuzzer reaches them; the control connection stays below, as it takes all it gets at each step.
fn limits() -> BrokerLimits {
    BrokerLimits {
        protocol: ProtocolLimits { line: 512, payload: 4096 },
        pending: 24 << 10,
        subscriptions: 4,
        open_requests: 4,
        ..BrokerLimits::default()
    }
}

/// Does all steps.
pub(crate) fn check(steps: &[Step<'_>]) {
    let mut lattice = Lattice::new();
    for step in steps {
        lattice.act(step);
        lattice.settle();
    }
    lattice.end();
}

/// A broker, the clients that the fuzzer leads, and one that behaves.
struct Lattice {
    served: Served,
    clients: Vec<Client>,
    control: Client,
    checks: usize,
}

impl Lattice {
    fn new() -> Self {
        let served = Served::new(limits());
        let control = served.open();
        control.say("CONNECT {\"headers\":true}\r\nSUB control 1\r\n");
        let mut lattice = Self { served, clients: Vec::new(), control, checks: 0 };
        lattice.settle();
        lattice
    }

    fn act(&mut self, step: &Step<'_>) {
        match step {
            Step::Open if self.clients.len() < MOST_CLIENTS => self.clients.push(self.served.open()),
            Step::Open => {}
            Step::Say { who, word } => self.with(*who, |client| client.say(word.bytes())),
            Step::Raw { who, bytes } => self.with(*who, |client| client.say(Bytes::copy_from_slice(bytes))),
            Step::Take { who, frames } => self.with(*who, |client| drop(client.take(usize::from(*frames)))),
            Step::Leave { who } => {
                if let Some(place) = self.place(*who) {
                    drop(self.clients.swap_remove(place));
                }
            }
            Step::Drop { who } => self.with(*who, |client| client.drop_task()),
            Step::Pass { seconds } => self.served.pass(Duration::from_secs(u64::from(seconds % 20))),
            Step::Check => self.check(),
        }
    }

    fn place(&self, who: u8) -> Option<usize> {
        usize::from(who).checked_rem(self.clients.len())
    }

    fn with(&mut self, who: u8, act: impl FnOnce(&mut Client)) {
        if let Some(place) = self.place(who) {
            act(&mut self.clients[place]);
        }
    }

    /// Lets all that can happen happen. Returns what the control connection got; signs of life it has given.
    fn settle(&mut self) -> Vec<ServerOp> {
        let mut got = Vec::new();
        loop {
            self.served.run();
            let ops = self.control.take(usize::MAX);
            if ops.is_empty() {
                return got;
            }
            if ops.contains(&ServerOp::Ping) {
                self.control.say("PONG\r\n");
            }
            got.extend(ops);
        }
    }

    /// The control connection gets what it publishes, and then the answer to its question.
    fn check(&mut self) {
        self.settle();
        // It may have been slowed down after it pressed somebody.
        self.served.pass(limits().pause);
        self.settle();
        self.checks += 1;
        let mark = self.checks.to_string();
        self.control.say(format!("PUB control {}\r\n{mark}\r\nPING\r\n", mark.len()));
        let got = self.settle();
        let at = |found: &dyn Fn(&ServerOp) -> bool| got.iter().position(found);
        let own = at(&|op| matches!(op, ServerOp::Message { message, .. } if message.payload == mark));
        let pong = at(&|op| *op == ServerOp::Pong);
        assert!(own.is_some() && own < pong, "the control connection got {got:?}");
    }

    /// All leave; the broker lets go of them.
    fn end(mut self) {
        self.check();
        drop((self.clients, self.control));
        self.served.end();
    }
}
