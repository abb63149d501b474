//! The broker: whatever some clients do, others are served, each message gets where it should, and nothing stays of
//! clients that have gone.
#![no_main]

mod anything;
mod client;
mod model;
mod served;
mod sound;
mod virtual_time;
mod word;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;

/// What several clients do, one after another.
#[derive(Debug, Arbitrary)]
enum Conversation<'a> {
    /// Things that are not sound among it: the broker must bear them.
    Anything(Vec<anything::Step<'a>>),
    /// What is sound only: all that clients get is known beforehand.
    Sound(Vec<sound::Step>),
}

fuzz_target!(|conversation: Conversation<'_>| {
    match conversation {
        Conversation::Anything(steps) => anything::check(&steps),
        Conversation::Sound(steps) => sound::check(&steps),
    }
});
