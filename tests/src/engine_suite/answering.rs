//! Guests that call nobody and log nothing, which engines may run without a stack of their own.

use std::sync::Arc;

use wisteria_core::engine::{Engine, GuestError};

use super::{
    Outcome,
    guest::{Nobody, PLENTY, call, call_with, expect, guest, instance, payload, prepared},
};

fn answering(definitions: &str, body: &str) -> String {
    format!(
        r#"(module
            (import "wapc" "__guest_request" (func $request (param i32 i32)))
            (import "wapc" "__guest_response" (func $response (param i32 i32)))
            (import "wapc" "__guest_error" (func $error (param i32 i32)))
            (memory (export "memory") 1)
            {definitions}
            (func (export "__guest_call") (param $op_len i32) (param $len i32) (result i32)
                (call $request (i32.const 0) (i32.const 1024))
                {body}))"#
    )
}

pub(super) async fn ends(engine: Arc<dyn Engine>) -> Outcome {
    // Of several answers the last counts, as it was when it was given; `e` fails, `t` traps, and `f` never ends.
    let text = answering(
        "",
        "(call $response (i32.const 0) (i32.const 30000))
         (call $response (i32.const 0) (i32.const 2))
         (if (i32.eq (i32.load8_u (i32.const 1024)) (i32.const 116)) (then (unreachable)))
         (if (i32.eq (i32.load8_u (i32.const 1024)) (i32.const 102)) (then (loop (br 0))))
         (if (i32.eq (i32.load8_u (i32.const 1024)) (i32.const 101))
            (then (call $error (i32.const 1024) (local.get $len)) (return (i32.const 0))))
         (call $response (i32.const 1024) (local.get $len))
         (i32.store8 (i32.const 1024) (i32.const 33))
         (i32.const 1)",
    );
    expect(&prepared(&text)?.only_answers, &true)?;
    expect(&prepared(&guest("(i32.const 1)"))?.only_answers, &false)?;
    let mut one = instance(&*engine, &text).await?;
    for said in ["answer", "again", &"x".repeat(60_000)] {
        expect(&payload(call(&mut *one, said.as_bytes()).await)?, &said.as_bytes().to_vec())?;
    }
    expect(&call(&mut *one, b"error").await.err(), &Some(GuestError::Failed("error".to_owned())))?;
    expect(&payload(call(&mut *one, b"and on").await)?, &b"and on".to_vec())?;
    match call(&mut *one, &[b'x'; 65_536]).await {
        Err(GuestError::Trap(_)) => {}
        other => return Err(format!("expected a trap for what has no room, saw {other:?}")),
    }
    let mut other = instance(&*engine, &text).await?;
    match call(&mut *other, b"trap").await {
        Err(GuestError::Trap(_)) => {}
        other => return Err(format!("expected a trap, saw {other:?}")),
    }
    let mut last = instance(&*engine, &text).await?;
    let endless = call_with(&mut *last, b"forever", Arc::new(Nobody), 1_000_000).await;
    expect(&endless.err(), &Some(GuestError::OutOfFuel { fuel: 1_000_000 }))
}

pub(super) async fn end_of_stack(engine: Arc<dyn Engine>) -> Outcome {
    let text = answering(
        "(func $again (call $response (i32.const 0) (i32.const 4096)) (call $again))",
        "(if (local.get $len) (then (call $again)))
         (call $response (i32.const 0) (i32.const 2))
         (i32.const 1)",
    );
    for _ in 0..3 {
        let mut deep = instance(&*engine, &text).await?;
        match call_with(&mut *deep, b"deeper", Arc::new(Nobody), PLENTY).await {
            Err(GuestError::Trap(_) | GuestError::OutOfFuel { .. }) => {}
            other => return Err(format!("saw {other:?}")),
        }
        let mut shallow = instance(&*engine, &text).await?;
        expect(&payload(call(&mut *shallow, b"").await)?, &b"Op".to_vec())?;
    }
    Ok(())
}
