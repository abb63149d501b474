//! The engines' suite on the engines of a server.

use std::sync::Arc;

use wisteria_core::engine::{Engine, ModuleLimits, WasmiEngine};
use wisteria_server::engine::WasmtimeEngine;
use wisteria_tests::engine_suite::CASES;

async fn check(engine: Arc<dyn Engine>) {
    let mut failed = Vec::new();
    for case in CASES {
        if let Err(error) = (case.run)(engine.clone()).await {
            failed.push(format!("{}: {error}", case.name));
        }
    }
    assert!(failed.is_empty(), "{} of {} cases failed:\n{}", failed.len(), CASES.len(), failed.join("\n"));
}

#[tokio::test]
async fn wasmtime_passes_the_suite() {
    check(Arc::new(WasmtimeEngine::new(16, &ModuleLimits::default()).expect("set up"))).await;
}

#[tokio::test]
async fn wasmi_passes_the_suite() {
    check(Arc::new(WasmiEngine::new())).await;
}
