//! Places outside of the guest's memory.

use std::sync::Arc;

use wisteria_core::engine::{Engine, GuestError};

use super::{
    Outcome,
    guest::{ECHO, PLENTY, Recorder, call, call_with, expect, guest, instance, payload},
};

/// Uses of each import that name a place outside of a memory of 65,536 bytes; the payload has 10 bytes.
const OUTSIDE: [&str; 15] = [
    "(call $request (i32.const 65535) (i32.const 0))",
    "(call $request (i32.const 0) (i32.const 65527))",
    "(call $request (i32.const 0) (i32.const -1))",
    "(call $response (i32.const 65536) (i32.const 1))",
    "(call $response (i32.const 0) (i32.const 65537))",
    "(call $response (i32.const -1) (i32.const -1))",
    "(call $error (i32.const 65530) (i32.const 7))",
    "(call $console_log (i32.const 1) (i32.const -1))",
    "(call $call (i32.const -1) (i32.const 0) (i32.const 0) (i32.const 0))",
    "(call $call (i32.const 0) (i32.const 70000) (i32.const 0) (i32.const 0))",
    "(call $call (i32.const 0) (i32.const 0) (i32.const 65537) (i32.const 0))",
    "(call $call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 65537))",
    "(call $call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)) (call $host_response (i32.const 65536))",
    "(call $call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)) (call $host_response (i32.const -2))",
    "(call $fail) (call $host_error (i32.const 65530))",
];

/// `$call` names one byte at each of four places; `$fail` is a host call that the host refuses.
const DEFINITIONS: &str = r#"
    (func $call (param i32 i32 i32 i32)
        (drop (call $host_call (local.get 0) (i32.const 1) (local.get 1) (i32.const 1) (local.get 2) (i32.const 1)
            (local.get 3) (i32.const 1))))
    (func $fail (call $call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))"#;

pub(super) async fn every_import(engine: Arc<dyn Engine>) -> Outcome {
    for use_of_import in OUTSIDE {
        let text = super::guest::module(DEFINITIONS, &format!("{use_of_import} (i32.const 1)"));
        let mut instance = instance(&*engine, &text).await?;
        let outcome = match use_of_import.contains("$fail") {
            true => call(&mut *instance, &[1; 10]).await,
            false => call_with(&mut *instance, &[1; 10], Arc::new(Recorder::default()), PLENTY).await,
        };
        match outcome {
            Err(GuestError::Trap(_)) => {}
            other => return Err(format!("{use_of_import}: expected a trap, saw {other:?}")),
        }
    }
    let mut sound = instance(&*engine, &guest(ECHO)).await?;
    expect(&payload(call(&mut *sound, b"still here").await)?, &b"still here".to_vec())
}
