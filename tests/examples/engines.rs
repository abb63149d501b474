//! What a call costs on the engines of a server: `cargo run --release -p wisteria-tests --example engines`.
#![allow(clippy::print_stdout, reason = "a benchmark prints a table")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use wisteria_core::engine::{Engine, GuestCall, Instance, ModuleLimits, WasmiEngine, prepare};
use wisteria_server::engine::WasmtimeEngine;
use wisteria_tests::ends::Answers;

const IMPORTS: &str = r#"
    (import "wapc" "__guest_request" (func $request (param i32 i32)))
    (import "wapc" "__guest_response" (func $response (param i32 i32)))
    (import "wapc" "__host_call" (func $host_call (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)"#;

/// What is measured: a name, the guest's body, and how often it is called.
const GUESTS: [(&str, &str, u32); 3] = [
    (
        "echo of 64 bytes",
        "(call $request (i32.const 0) (i32.const 1024)) (call $response (i32.const 1024) (local.get 1)) (i32.const 1)",
        100_000,
    ),
    (
        "the same with a host call",
        "(call $request (i32.const 0) (i32.const 1024))
         (drop (call $host_call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1)
            (i32.const 1024) (local.get 1)))
         (call $response (i32.const 1024) (local.get 1)) (i32.const 1)",
        100_000,
    ),
    (
        "a loop of a million turns",
        "(local $i i32) (loop (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get $i) (i32.const 1000000)))) (i32.const 1)",
        20,
    ),
];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let wasmtime = WasmtimeEngine::new(16, &ModuleLimits::default()).expect("set up");
    let engines: [Arc<dyn Engine>; 2] = [Arc::new(wasmtime), Arc::new(WasmiEngine::new())];
    println!("| a call | {} | {} |\n|---|---|---|", engines[0].name(), engines[1].name());
    for (name, body, times) in GUESTS {
        let mut row = Vec::new();
        for engine in &engines {
            let mut instance = instance(&**engine, body).await;
            run(&mut *instance, times / 10).await;
            let took = run(&mut *instance, times).await;
            row.push(format!("{:.2} µs", took.as_secs_f64() * 1e6 / f64::from(times)));
        }
        println!("| {name} | {} |", row.join(" | "));
    }
}

async fn instance(engine: &dyn Engine, body: &str) -> Box<dyn Instance> {
    let text = format!("(module {IMPORTS} (func (export \"__guest_call\") (param i32 i32) (result i32) {body}))");
    let module = wat::parse_str(text).expect("WAT");
    let prepared = prepare(&module, &ModuleLimits::default()).expect("prepared");
    let compiled = engine.compile(&prepared).await.expect("compiled");
    compiled.instantiate(1_000_000_000).await.expect("instantiated")
}

async fn run(instance: &mut dyn Instance, times: u32) -> Duration {
    let host = Arc::new(Answers);
    let payload = Bytes::from_static(&[7; 64]);
    let started = Instant::now();
    for _ in 0..times {
        let call =
            GuestCall { operation: "Op".into(), payload: payload.clone(), fuel: 1_000_000_000, host: host.clone() };
        instance.call(call).await.expect("answered");
    }
    started.elapsed()
}
