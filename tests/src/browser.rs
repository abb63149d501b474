//! The suites as a tab runs them.
#![cfg(target_family = "wasm")]

use std::sync::Arc;

use serde_json::json;
use wasm_bindgen::prelude::wasm_bindgen;
use wisteria_browser::engine::JspiEngine;
use wisteria_core::engine::{Engine, WasmiEngine};

use crate::engine_suite;

/// Runs the engines' suite on `jspi` or `wasmi`; returns a JSON list of `{name, error}`, where `error` is null for a
/// case that passed.
#[wasm_bindgen]
pub async fn run_engine_suite(engine: String) -> String {
    let engine: Arc<dyn Engine> = match engine.as_str() {
        "jspi" => Arc::new(JspiEngine),
        _ => Arc::new(WasmiEngine::new()),
    };
    let mut outcomes = Vec::new();
    for case in engine_suite::CASES {
        let error = (case.run)(engine.clone()).await.err();
        outcomes.push(json!({ "name": case.name, "error": error }));
    }
    serde_json::Value::from(outcomes).to_string()
}
