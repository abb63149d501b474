//! What is no actor.

use std::sync::Arc;

use wisteria_core::engine::{Engine, ModuleLimits, prepare};

use super::{
    Outcome,
    guest::{ECHO, guest, prepared},
};

const GUEST_CALL: &str = r#"(func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1))"#;

pub(super) async fn unusable(engine: Arc<dyn Engine>) -> Outcome {
    let refused = [
        (GUEST_CALL.to_owned(), "memory"),
        (r#"(memory (export "memory") 1)"#.to_owned(), "__guest_call"),
        (format!(r#"(import "env" "abort" (func)) (memory (export "memory") 1) {GUEST_CALL}"#), "env.abort"),
        (format!(r#"(import "wapc" "__magic" (func)) (memory (export "memory") 1) {GUEST_CALL}"#), "wapc.__magic"),
        (format!(r#"(memory (export "memory") 60000) {GUEST_CALL}"#), "above the limit"),
    ];
    for (definitions, part) in refused {
        match prepared(&format!("(module {definitions})")) {
            Err(error) if error.contains(part) => {}
            other => return Err(format!("{definitions}: expected a refusal that names {part}, saw {other:?}")),
        }
    }
    // Without names, so that every section matters.
    let whole = format!(r#"(module (memory (export "memory") 1) {GUEST_CALL})"#);
    let whole = wat::parse_str(whole).map_err(|error| error.to_string())?;
    for end in 0..whole.len() {
        if prepare(&whole[..end], &ModuleLimits::default()).is_ok() {
            return Err(format!("a module cut at byte {end} was taken"));
        }
    }
    // What passes here must compile there.
    engine.compile(&prepared(&guest(ECHO))?).await.map(drop).map_err(|error| error.to_string())
}
