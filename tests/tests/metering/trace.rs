//! Runs scripts of the specification on one engine.

use std::collections::HashMap;

use wisteria_core::engine::rewrite_module;

use super::{
    compiled::Compiled,
    interpreted::Interpreted,
    machine::{Failure, Machine, PLENTY, UNBOUNDED, Value},
    script::{Act, Step},
};

/// What a host of the specification exports. It is a module itself, so that both engines have the same.
const SPECTEST: &str = r#"(module
    (func (export "print")) (func (export "print_i32") (param i32)) (func (export "print_i64") (param i64))
    (func (export "print_f32") (param f32)) (func (export "print_f64") (param f64))
    (func (export "print_i32_f32") (param i32 f32)) (func (export "print_f64_f64") (param f64 f64))
    (global (export "global_i32") i32 (i32.const 666)) (global (export "global_i64") i64 (i64.const 666))
    (global (export "global_f32") f32 (f32.const 666.6)) (global (export "global_f64") f64 (f64.const 666.6))
    (table (export "table") 10 20 funcref) (memory (export "memory") 1 2))"#;

/// The metered module, or why it is refused, by us or by an engine that has less than the specification.
pub(crate) fn take(module: &[u8]) -> Result<Vec<u8>, String> {
    let metered = rewrite_module(module, &UNBOUNDED).map_err(|error| error.to_string())?;
    Compiled::new().compiles(module).map_err(|error| format!("wasmtime: {error:?}"))?;
    Interpreted::new().compiles(module).map_err(|error| format!("wasmi: {error:?}"))?;
    match Compiled::new().imports(module) {
        true => Err("it is linked to other modules".to_owned()),
        false => Ok(metered),
    }
}

/// What a step came to, and the fuel that it left.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) outcome: Result<Vec<Value>, Failure>,
    pub(crate) fuel: Option<i64>,
}

/// Runs a script, with the modules that `module` gives for its steps.
pub(crate) fn trace<'a>(
    machine: &mut dyn Machine,
    steps: &[Step],
    module: impl Fn(usize) -> Option<&'a [u8]>,
) -> Vec<Entry> {
    let spectest = wat::parse_str(SPECTEST).expect("WAT");
    let spectest = machine.instantiate(&spectest).expect("it imports nothing");
    machine.register("spectest", spectest);
    let mut named = HashMap::new();
    let mut current = None;
    let mut entries = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let find = |name: &Option<String>| match name {
            Some(name) => named.get(name).copied().flatten(),
            None => current,
        };
        let mut touched = None;
        let outcome = match &step.act {
            Act::Module { name, .. } => {
                let made = module(index).map_or(Err(Failure::Absent), |bytes| machine.begin(bytes));
                current = made.clone().ok();
                touched = current;
                if let Some(name) = name {
                    named.insert(name.clone(), current);
                }
                made.map(|_| Vec::new())
            }
            Act::Stillborn(_) => {
                module(index).map_or(Err(Failure::Absent), |bytes| machine.begin(bytes)).map(|_| Vec::new())
            }
            Act::Register { name, instance } => match find(instance) {
                Some(instance) => {
                    machine.register(name, instance);
                    Ok(Vec::new())
                }
                None => Err(Failure::Absent),
            },
            Act::Call { instance, function, arguments, .. } => {
                touched = find(instance);
                touched.map_or(Err(Failure::Absent), |instance| machine.call(instance, function, arguments))
            }
            Act::Global { instance, name } => find(instance)
                .map_or(Err(Failure::Absent), |instance| machine.global(instance, name))
                .map(|value| vec![value]),
            Act::Invalid(_) | Act::Other(_) => Ok(Vec::new()),
        };
        let fuel = touched.and_then(|instance| machine.settle_fuel(instance, PLENTY));
        // Where a stack ends is each engine's own affair.
        let fuel = fuel.filter(|_| outcome != Err(Failure::Exhausted));
        entries.push(Entry { outcome, fuel });
    }
    entries
}
