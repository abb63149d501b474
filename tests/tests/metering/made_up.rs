//! Modules that are made up by chance, on both engines of a server.
//!
//! `WISTERIA_TEST_MODULES` says how many, or which (`FROM..TO`).

use std::{
    env,
    ops::Range,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use wisteria_core::engine::{ModuleLimits, WasmiEngine, prepare, rewrite_module};
use wisteria_server::engine::WasmtimeEngine;
use wisteria_tests::ends::{End, ends};

use super::{
    compiled::Compiled,
    interpreted::Interpreted,
    machine::{Failure, Machine, PLENTY, UNBOUNDED, Value},
    smith::Smith,
};

/// How many are tried where nobody says.
const MODULES: u64 = 1_000;

/// The host's functions without a host: a module, so that both engines have the same.
const WAPC: &str = r#"(module
    (func (export "__guest_request") (param i32 i32)) (func (export "__guest_response") (param i32 i32))
    (func (export "__guest_error") (param i32 i32)) (func (export "__console_log") (param i32 i32))
    (func (export "__host_call") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 1))
    (func (export "__host_response_len") (result i32) (i32.const 5)) (func (export "__host_response") (param i32))
    (func (export "__host_error_len") (result i32) (i32.const 7)) (func (export "__host_error") (param i32)))"#;

/// What is called, in this order, and again.
const CALLS: [(&str, &[Value]); 6] = [
    ("__guest_call", &[Value::I32(2), Value::I32(9)]),
    ("integers", &[Value::I32(-1), Value::I64(65_535)]),
    ("floats", &[Value::F32(0x3f80_0000), Value::F64(0xc059_0000_0000_0000)]),
    ("vectors", &[Value::I32(16), Value::V128(0x0123_4567_89ab_cdef << 32)]),
    ("pairs", &[Value::I64(i64::MIN), Value::F32(0x7f80_0000)]),
    ("nothing", &[]),
];

const GLOBALS: [&str; 5] = ["i32", "i64", "f32", "f64", "v128"];

#[test]
fn modules_made_up_by_chance_do_the_same_when_they_are_metered_and_cost_the_same_on_both_engines() {
    let (returned, trapped) = (AtomicUsize::new(0), AtomicUsize::new(0));
    in_parallel(|seeds, failures| {
        let smith = Smith::new();
        for seed in seeds {
            let original = smith.ending(seed);
            if !is_taken(&original, failures) {
                continue;
            }
            let metered = rewrite_module(&original, &UNBOUNDED).unwrap_or_else(|error| panic!("{seed}: {error}"));
            let traces = [
                Trace::of(&mut Compiled::new(), &original),
                Trace::of(&mut Compiled::new(), &metered),
                Trace::of(&mut Interpreted::new(), &original),
                Trace::of(&mut Interpreted::new(), &metered),
            ];
            let [compiled, metered, interpreted, interpreted_metered] = traces;
            let good = metered.calls.iter().filter(|(outcome, _)| outcome.is_ok()).count();
            returned.fetch_add(good, Ordering::Relaxed);
            trapped.fetch_add(metered.calls.len() - good, Ordering::Relaxed);
            let mut compare = |what: &str, left: &Trace, right: &Trace, with_fuel: bool| {
                if let Some(difference) = left.differs(right, with_fuel) {
                    failures.push(format!("{seed}: {what}: {difference}"));
                }
            };
            compare("wasmtime, original and metered", &compiled, &metered, false);
            compare("wasmi, original and metered", &interpreted, &interpreted_metered, false);
            compare("wasmtime and wasmi, metered", &metered, &interpreted_metered, true);
        }
    });
    let (returned, trapped) = (returned.into_inner(), trapped.into_inner());
    assert!(returned > trapped / 10 && trapped > returned / 10, "{returned} calls returned, {trapped} trapped");
}

#[test]
fn modules_made_up_by_chance_end_the_same_on_both_engines_of_a_server() {
    in_parallel(|seeds, failures| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let smith = Smith::new();
        let limits = ModuleLimits::default();
        let wasmtime = WasmtimeEngine::new(4, &limits).expect("set up");
        let wasmi = WasmiEngine::new();
        for seed in seeds {
            let original = smith.any(seed);
            if !is_taken(&original, failures) {
                continue;
            }
            let prepared = prepare(&original, &limits).unwrap_or_else(|error| panic!("{seed}: {error}"));
            let compiled = runtime.block_on(ends(&wasmtime, &prepared));
            let interpreted = runtime.block_on(ends(&wasmi, &prepared));
            // Where a stack ends is each engine's own affair.
            let exhausted = [&compiled, &interpreted].iter().any(|ends| ends.contains(&End::Exhausted));
            if compiled != interpreted && !exhausted {
                failures.push(format!("{seed}: wasmtime {compiled:?}, wasmi {interpreted:?}"));
            }
        }
    });
}

/// Gives each core its part of the seeds, and fails with all that failed.
fn in_parallel(check: impl Fn(Range<u64>, &mut Vec<String>) + Sync) {
    let seeds = seeds();
    let cores = thread::available_parallelism().map_or(1, usize::from) as u64;
    let each = (seeds.end - seeds.start).div_ceil(cores);
    let failures: Vec<String> = thread::scope(|scope| {
        let parts: Vec<_> = (0..cores)
            .map(|core| {
                let start = seeds.start + core * each;
                let part = start..(start + each).min(seeds.end);
                let check = &check;
                scope.spawn(move || {
                    let mut failures = Vec::new();
                    check(part, &mut failures);
                    failures
                })
            })
            .collect();
        parts.into_iter().flat_map(|part| part.join().expect("a module made it panic")).collect()
    });
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

/// Whether the server's engine takes a module before anything is done to it. It has no references of the host's.
fn is_taken(module: &[u8], failures: &mut Vec<String>) -> bool {
    let outcome = Compiled::new().compiles(module);
    if let Err(Failure::Compile(reason)) = &outcome
        && !reason.contains("gc types are disallowed")
    {
        failures.push(format!("not taken: {reason}"));
    }
    outcome.is_ok()
}

fn seeds() -> Range<u64> {
    let Ok(wanted) = env::var("WISTERIA_TEST_MODULES") else {
        return 0..MODULES;
    };
    let number = |text: &str| text.parse::<u64>().unwrap_or_else(|error| panic!("WISTERIA_TEST_MODULES: {error}"));
    match wanted.split_once("..") {
        Some((from, to)) => number(from)..number(to),
        None => 0..number(&wanted),
    }
}

/// How a call ended, and the fuel that it left, where fuel is counted.
type Called = (Result<Vec<Value>, Failure>, Option<i64>);

/// All that is seen of a module from outside.
#[derive(Debug, PartialEq, Eq)]
struct Trace {
    /// What keeps it from being instantiated.
    stillborn: Option<Failure>,
    /// Fuel that its start left.
    started: Option<i64>,
    calls: Vec<Called>,
    globals: Vec<Result<Value, Failure>>,
    memory: Option<Vec<u8>>,
}

impl Trace {
    fn of(machine: &mut dyn Machine, module: &[u8]) -> Self {
        let wapc = wat::parse_str(WAPC).expect("WAT");
        let wapc = machine.instantiate(&wapc).expect("it imports nothing");
        machine.register("wapc", wapc);
        let instance = match machine.begin(module) {
            Ok(instance) => instance,
            Err(failure) => {
                return Self {
                    stillborn: Some(failure),
                    started: None,
                    calls: Vec::new(),
                    globals: Vec::new(),
                    memory: None,
                };
            }
        };
        let started = machine.settle_fuel(instance, PLENTY);
        let calls = CALLS.iter().chain(&CALLS).map(|(function, arguments)| {
            let outcome = machine.call(instance, function, arguments);
            (outcome, machine.settle_fuel(instance, PLENTY))
        });
        let calls = calls.collect();
        let globals = GLOBALS.iter().map(|name| machine.global(instance, name)).collect();
        Self { stillborn: None, started, calls, globals, memory: machine.memory(instance, "memory") }
    }

    /// The first difference, if there is one.
    fn differs(&self, other: &Self, with_fuel: bool) -> Option<String> {
        // Where a stack ends is each engine's own affair.
        let exhausted = |outcome: Option<&Failure>| outcome == Some(&Failure::Exhausted);
        if exhausted(self.stillborn.as_ref()) || exhausted(other.stillborn.as_ref()) {
            return None;
        }
        if self.stillborn != other.stillborn {
            return Some(format!("instantiated {:?} and {:?}", self.stillborn, other.stillborn));
        }
        if with_fuel && self.started != other.started {
            return Some(format!("its start left {:?} and {:?}", self.started, other.started));
        }
        for (index, (left, right)) in self.calls.iter().zip(&other.calls).enumerate() {
            if [left, right].iter().any(|(outcome, _)| exhausted(outcome.as_ref().err())) {
                return None;
            }
            if left.0 != right.0 || with_fuel && left.1 != right.1 {
                return Some(format!("{}: {left:?} and {right:?}", CALLS[index % CALLS.len()].0));
            }
        }
        if self.globals != other.globals {
            return Some(format!("globals: {:?} and {:?}", self.globals, other.globals));
        }
        let place = || {
            let (left, right) = (self.memory.as_ref()?, other.memory.as_ref()?);
            left.iter().zip(right).position(|(left, right)| left != right)
        };
        (self.memory != other.memory).then(|| format!("memory, first at {:?}", place()))
    }
}
