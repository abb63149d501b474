//! What metering costs: `cargo xtask bench metering` gives it the kernels, the place for the rewritten ones, and a number
//! of rounds.
#![allow(clippy::print_stdout, reason = "a benchmark prints a table")]

use std::{env, error::Error, fs, time::Duration};

use wisteria_core::engine::{FUEL_EXPORT, ModuleLimits, rewrite_module};

/// The exports that are measured.
const KERNELS: [&str; 4] = ["matrix", "sha256", "json", "recursion"];

/// One measurement takes at least as long.
const LONG: Duration = Duration::from_millis(50);

/// Has a kernel do its work so many times over.
type Run = Box<dyn FnMut(u32)>;

/// Makes an engine run an export of a module.
type Load = fn(&[u8], &str) -> Run;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [kernels, metered, rounds] = &arguments[..] else {
        return Err("usage: metering KERNELS METERED ROUNDS".into());
    };
    let original = fs::read(kernels)?;
    let rewritten = rewrite_module(&original, &ModuleLimits::default())?;
    fs::write(metered, &rewritten)?;
    let rounds: usize = rounds.parse()?;
    let engines: [(&str, Load); 2] = [("wasmtime", compiled), ("wasmi", interpreted)];
    for (engine, load) in engines {
        for kernel in KERNELS {
            let (median, least, most) = ratio(load(&original, kernel), load(&rewritten, kernel), rounds);
            println!("| {kernel} | {engine} | {median:.2} | {least:.2}–{most:.2} |");
        }
    }
    Ok(())
}

/// How much longer the second takes: the median, the least and the most of rounds in which they take turns.
fn ratio(mut original: Run, mut metered: Run, rounds: usize) -> (f64, f64, f64) {
    let mut times = 1;
    while took(&mut original, times) < LONG {
        times *= 2;
    }
    took(&mut metered, times);
    let mut ratios: Vec<f64> = (0..rounds)
        .map(|_| {
            let before = took(&mut original, times);
            took(&mut metered, times).as_secs_f64() / before.as_secs_f64()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    (ratios[rounds / 2], ratios[0], ratios[rounds - 1])
}

fn took(run: &mut Run, times: u32) -> Duration {
    let began = computed();
    run(times);
    computed() - began
}

/// For how long this thread has had a processor: what else the machine does is not counted.
fn computed() -> Duration {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells");
    let nanoseconds = statistics.split(' ').next().and_then(|number| number.parse().ok());
    Duration::from_nanos(nanoseconds.expect("a number"))
}

/// On the server's engine, interrupted by epochs as there.
fn compiled(module: &[u8], kernel: &str) -> Run {
    let mut config = wasmtime::Config::new();
    config.epoch_interruption(true);
    let engine = wasmtime::Engine::new(&config).expect("set up");
    let module = wasmtime::Module::new(&engine, module).expect("compiled");
    let mut store = wasmtime::Store::new(&engine, ());
    store.set_epoch_deadline(u64::MAX / 2);
    let instance = wasmtime::Instance::new(&mut store, &module, &[]).expect("it imports nothing");
    let function = instance.get_typed_func::<u32, u32>(&mut store, kernel).expect("it is exported");
    let fuel = instance.get_global(&mut store, FUEL_EXPORT);
    Box::new(move |times| {
        if let Some(fuel) = fuel {
            fuel.set(&mut store, wasmtime::Val::I64(i64::MAX)).expect("it is a mutable i64");
        }
        function.call(&mut store, times).expect("it returns");
    })
}

fn interpreted(module: &[u8], kernel: &str) -> Run {
    let engine = wasmi::Engine::default();
    let module = wasmi::Module::new(&engine, module).expect("compiled");
    let mut store = wasmi::Store::new(&engine, ());
    let linker = wasmi::Linker::new(&engine);
    let instance = linker.instantiate_and_start(&mut store, &module).expect("it imports nothing");
    let function = instance.get_typed_func::<u32, u32>(&store, kernel).expect("it is exported");
    let fuel = instance.get_global(&store, FUEL_EXPORT);
    Box::new(move |times| {
        if let Some(fuel) = fuel {
            fuel.set(&mut store, wasmi::Val::I64(i64::MAX)).expect("it is a mutable i64");
        }
        function.call(&mut store, times).expect("it returns");
    })
}
