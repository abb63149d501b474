//! Modules that wasm-smith makes up, for tabs to run: `made_up COUNT` prints each as JSON on a line, in base64, with how it
//! ends on wasmtime, or null where that does not take it.
#![allow(clippy::print_stdout, reason = "it prints cases")]

#[path = "../tests/metering/smith.rs"]
#[allow(dead_code, reason = "tests use what is left")]
mod smith;

use std::env;

use data_encoding::BASE64;
use serde_json::json;
use wisteria_core::engine::{Engine, ModuleLimits, prepare};
use wisteria_server::engine::WasmtimeEngine;
use wisteria_tests::ends::ends;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let count = env::args().nth(1).and_then(|count| count.parse().ok()).expect("usage: made_up COUNT");
    let limits = ModuleLimits::default();
    let engine = WasmtimeEngine::new(4, &limits).expect("set up");
    let smith = smith::Smith::new();
    for seed in 0..count {
        let module = smith.any(seed);
        let prepared = prepare(&module, &limits).expect("prepared");
        // Servers have no references of the host's, and do not take what uses them.
        let ends = match engine.compile(&prepared).await {
            Ok(_) => Some(format!("{:?}", ends(&engine, &prepared).await)),
            Err(_) => None,
        };
        println!("{}", json!({ "module": BASE64.encode(&module), "ends": ends }));
    }
}
