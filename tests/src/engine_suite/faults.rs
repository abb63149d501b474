//! Guests that do not end well.

use std::sync::Arc;

use wisteria_core::engine::{Engine, GuestError};

use super::{
    Outcome,
    guest::{Nobody, PLENTY, call, call_with, compile, expect, guest, instance, module, payload},
};

/// Fuel for guests that use it all.
const LITTLE: u64 = 1_000_000;

pub(super) async fn trap(engine: Arc<dyn Engine>) -> Outcome {
    let body = "(if (local.get $len) (then (unreachable))) (i32.const 1)";
    let compiled = compile(&*engine, &guest(body)).await?;
    let mut broken = compiled.instantiate(PLENTY).await.map_err(|error| error.to_string())?;
    match call(&mut *broken, b"x").await {
        Err(GuestError::Trap(_)) => {}
        other => return Err(format!("expected a trap, saw {other:?}")),
    }
    drop(broken);
    let mut other = compiled.instantiate(PLENTY).await.map_err(|error| error.to_string())?;
    payload(call(&mut *other, b"").await).map(drop)
}

pub(super) async fn recursion(engine: Arc<dyn Engine>) -> Outcome {
    let text = module("(func $again (call $again))", "(call $again) (i32.const 1)");
    let mut instance = instance(&*engine, &text).await?;
    match call(&mut *instance, b"").await {
        Err(GuestError::Trap(_) | GuestError::OutOfFuel { .. }) => Ok(()),
        other => Err(format!("saw {other:?}")),
    }
}

pub(super) async fn endless_loop(engine: Arc<dyn Engine>) -> Outcome {
    let mut instance = instance(&*engine, &guest("(loop (br 0)) (i32.const 1)")).await?;
    let outcome = call_with(&mut *instance, b"", Arc::new(Nobody), LITTLE).await;
    expect(&outcome.err(), &Some(GuestError::OutOfFuel { fuel: LITTLE }))
}

pub(super) async fn endless_start(engine: Arc<dyn Engine>) -> Outcome {
    for start in [r#"(func (export "_start") (loop (br 0)))"#, "(start $section) (func $section (loop (br 0)))"] {
        let compiled = compile(&*engine, &module(start, "(i32.const 1)")).await?;
        let outcome = compiled.instantiate(LITTLE).await;
        expect(&outcome.err(), &Some(GuestError::OutOfFuel { fuel: LITTLE }))?;
    }
    Ok(())
}

pub(super) async fn wasi_stubs(engine: Arc<dyn Engine>) -> Outcome {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (import "wapc" "__guest_response" (func $response (param i32 i32)))
        (memory (export "memory") 1)
        (func (export "__guest_call") (param $op_len i32) (param $len i32) (result i32)
            (if (local.get $len) (then (call $exit (i32.const 0))))
            (i32.store8 (i32.const 0) (call $write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))
            (call $response (i32.const 0) (i32.const 1))
            (i32.const 1)))"#;
    let mut instance = instance(&*engine, text).await?;
    expect(&payload(call(&mut *instance, b"").await)?, &vec![52])?;
    match call(&mut *instance, b"x").await {
        Err(GuestError::Trap(text)) if text.contains("proc_exit") => Ok(()),
        other => Err(format!("expected a trap that names proc_exit, saw {other:?}")),
    }
}
