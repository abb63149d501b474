//! The suites as a tab runs them.
#![cfg(target_family = "wasm")]

use std::sync::Arc;

use serde_json::json;
use wasm_bindgen::prelude::wasm_bindgen;
use wisteria_browser::engine::JspiEngine;
use wisteria_core::engine::{Engine, ModuleLimits, WasmiEngine, prepare, rewrite_module};

use crate::{ends::ends, engine_suite};

/// Runs the engines' suite on `jspi` or `wasmi`; returns a JSON list of `{name, error}`, where `error` is null for a
/// case that passed.
#[wasm_bindgen]
pub async fn run_engine_suite(engine: String) -> String {
    let engine = named(&engine);
    let mut outcomes = Vec::new();
    for case in engine_suite::CASES {
        let error = (case.run)(engine.clone()).await.err();
        outcomes.push(json!({ "name": case.name, "error": error }));
    }
    serde_json::Value::from(outcomes).to_string()
}

/// Starts and calls a module that was made up by chance on `jspi` or `wasmi`; returns how that ended, as
/// `examples/made_up.rs` tells it.
#[wasm_bindgen]
pub async fn run_made_up(engine: String, module: Vec<u8>) -> String {
    let prepared = prepare(&module, &ModuleLimits::default());
    match prepared {
        Ok(prepared) => format!("{:?}", ends(&*named(&engine), &prepared).await),
        Err(error) => error.to_string(),
    }
}

/// Rewrites a module as [`prepare`] does, actor or not, and bounds nothing.
///
/// # Errors
/// Why it cannot be rewritten.
#[wasm_bindgen]
pub fn rewrite(module: &[u8]) -> Result<Vec<u8>, String> {
    let unbounded = ModuleLimits { memory_bytes: 4 << 30, table_elements: u32::MAX.into(), tables: u32::MAX };
    rewrite_module(module, &unbounded).map_err(|error| error.to_string())
}

fn named(engine: &str) -> Arc<dyn Engine> {
    match engine {
        "jspi" => Arc::new(JspiEngine),
        _ => Arc::new(WasmiEngine::new()),
    }
}
