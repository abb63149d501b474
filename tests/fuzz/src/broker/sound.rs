//! Clients that keep to the protocol: what each gets is compared with the model, step by step.

use arbitrary::{Arbitrary, Result, Unstructured};
use bytes::Bytes;
use wisteria_bridge::{
    BrokerLimits,
    protocol::{ClientOp, ClientSide, Decoder, ProtocolLimits, ServerOp},
};

use crate::{
    client::Client,
    model::{Got, Model},
    served::Served,
    word::Word,
};

/// One step; `who` counts the open connections round.
#[derive(Debug)]
pub(crate) enum Step {
    /// Another connection.
    Open,
    /// A connection says something, in two frames.
    Say { who: u8, word: Word, cut: u8 },
    /// A connection is closed by its client.
    Leave { who: u8 },
    /// The task that serves a connection is dropped.
    Drop { who: u8 },
}

impl<'a> Arbitrary<'a> for Step {
    /// Mostly they talk: where all leave soon, nothing happens.
    fn arbitrary(from: &mut Unstructured<'a>) -> Result<Self> {
        let kind = from.int_in_range(0..=31)?;
        if kind == 0 {
            return Ok(Self::Open);
        }
        let who = from.arbitrary()?;
        Ok(match kind {
            1 => Self::Leave { who },
            2 => Self::Drop { who },
            _ => Self::Say { who, word: from.arbitrary()?, cut: from.arbitrary()? },
        })
    }
}

/// Clients at once.
const MOST_CLIENTS: usize = 6;

/// Clients at the start.
const FIRST_CLIENTS: usize = 3;

/// Subscriptions of a client, few enough that the fuzzer reaches the bound.
const SUBSCRIPTIONS: usize = 4;

/// Does all steps.
pub(crate) fn check(steps: &[Step]) {
    let mut lattice = Lattice {
        served: Served::new(BrokerLimits { subscriptions: SUBSCRIPTIONS, ..BrokerLimits::default() }),
        clients: Vec::new(),
        model: Model::new(SUBSCRIPTIONS),
    };
    for step in [const { Step::Open }; FIRST_CLIENTS].iter().chain(steps) {
        lattice.act(step);
    }
    while !lattice.clients.is_empty() {
        lattice.act(&Step::Leave { who: 0 });
    }
    lattice.served.end();
}

/// A broker and its clients, and what should become of them.
struct Lattice {
    served: Served,
    clients: Vec<Client>,
    model: Model,
}

impl Lattice {
    fn act(&mut self, step: &Step) {
        match step {
            Step::Open => {
                if self.clients.len() < MOST_CLIENTS {
                    self.clients.push(self.served.open());
                    self.model.open();
                    let mut got = self.settle();
                    let greeting = got.pop().and_then(|mut ops| ops.pop());
                    assert!(matches!(greeting, Some(ServerOp::Info(_))), "a client was greeted by {greeting:?}");
                }
            }
            Step::Say { who, word, cut } => {
                if let Some(place) = self.place(*who) {
                    self.say(place, word, usize::from(*cut));
                }
            }
            Step::Leave { who } => {
                if let Some(place) = self.place(*who) {
                    drop(self.clients.remove(place));
                    let mut got = self.settle();
                    // It does not hear what becomes of itself.
                    got.insert(place, Vec::new());
                    self.compare(got, |model, got| model.leave(place, got));
                    self.model.forget(place);
                }
            }
            Step::Drop { who } => {
                if let Some(place) = self.place(*who) {
                    self.clients[place].drop_task();
                    let got = self.settle();
                    self.compare(got, |model, got| model.leave(place, got));
                }
            }
        }
    }

    fn say(&mut self, place: usize, word: &Word, cut: usize) {
        let mut bytes = Bytes::from(word.bytes());
        let op = read(&bytes);
        let rest = bytes.split_off(cut.min(bytes.len()));
        self.clients[place].say(bytes);
        self.served.run();
        self.clients[place].say(rest);
        let got = self.settle();
        self.compare(got, |model, got| model.say(place, op, got));
    }

    fn place(&self, who: u8) -> Option<usize> {
        usize::from(who).checked_rem(self.clients.len())
    }

    /// Lets all happen that can, and returns what each client got.
    fn settle(&mut self) -> Vec<Vec<ServerOp>> {
        let mut got = vec![Vec::new(); self.clients.len()];
        loop {
            self.served.run();
            let mut more = false;
            for (client, got) in self.clients.iter_mut().zip(&mut got) {
                let ops = client.take(usize::MAX);
                more |= !ops.is_empty();
                got.extend(ops);
            }
            if !more {
                return got;
            }
        }
    }

    /// All that the model expects was got, and nothing beyond.
    fn compare(&mut self, got: Vec<Vec<ServerOp>>, act: impl FnOnce(&mut Model, &mut Got)) {
        let mut got = Got::new(got);
        act(&mut self.model, &mut got);
        got.check_empty();
    }
}

fn read(bytes: &[u8]) -> ClientOp {
    let mut decoder = Decoder::<ClientSide>::new(ProtocolLimits::default());
    decoder.push(bytes);
    decoder.next_op().expect("a sound word").expect("a whole word")
}
