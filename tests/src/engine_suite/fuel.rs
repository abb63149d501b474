//! What a call costs: the same on every engine.

use std::sync::Arc;

use wisteria_core::engine::{Engine, GuestError};

use super::{
    Outcome,
    guest::{Nobody, PLENTY, call_with, expect, instance, module},
};

/// Guests with the fuel that one call of theirs uses.
const COSTS: [(&str, &str, u64); 10] = [
    ("", "(i32.const 1)", 2),
    ("", "(drop (i32.const 1)) (nop) (i32.const 1)", 5),
    // Twelve turns at ten: nine instructions and the loop itself. Three more outside: the loop, a constant, the end.
    (
        "",
        "(local $i i32) (loop (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get $i) (i32.const 12)))) (i32.const 1)",
        123,
    ),
    ("(func $f (nop) (nop))", "(call $f) (call $f) (i32.const 1)", 10),
    ("", "(memory.fill (i32.const 0) (i32.const 1) (i32.const 4096)) (i32.const 1)", 518),
    ("", "(drop (memory.grow (i32.const 1))) (i32.const 1)", 8197),
    // Growth that is refused costs no more than the instruction.
    ("", "(drop (memory.grow (i32.const -1))) (i32.const 1)", 5),
    ("(table 1 funcref)", "(drop (table.grow (ref.null func) (i32.const 90))) (i32.const 1)", 96),
    ("(table 1 funcref)", "(drop (table.grow (ref.null func) (i32.const -1))) (i32.const 1)", 6),
    (
        "(func $two (param i32) (result i32 i32) (loop (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
            (br_if 0 (local.get 0))) (i32.const 1) (i32.const 2))
         (table funcref (elem $two)) (type $t (func (param i32) (result i32 i32)))",
        "(call_indirect (type $t) (i32.const 5) (i32.const 0)) (drop) (drop) (i32.const 1)",
        51,
    ),
];

pub(super) async fn equal(engine: Arc<dyn Engine>) -> Outcome {
    for (definitions, body, cost) in COSTS {
        let mut guest = instance(&*engine, &module(definitions, body)).await?;
        for _ in 0..2 {
            let reply = call_with(&mut *guest, b"", Arc::new(Nobody), PLENTY).await;
            let used = reply.map_err(|error| error.to_string())?.fuel_used;
            expect(&used, &cost).map_err(|error| format!("{body}: {error}"))?;
        }
    }
    Ok(())
}

pub(super) async fn just_enough(engine: Arc<dyn Engine>) -> Outcome {
    for (definitions, body, cost) in COSTS {
        let text = module(definitions, body);
        let mut guest = instance(&*engine, &text).await?;
        let enough = call_with(&mut *guest, b"", Arc::new(Nobody), cost).await;
        expect(&enough.map(|reply| reply.fuel_used), &Ok(cost)).map_err(|error| format!("{body}: {error}"))?;
        let mut guest = instance(&*engine, &text).await?;
        let short = call_with(&mut *guest, b"", Arc::new(Nobody), cost - 1).await;
        expect(&short.err(), &Some(GuestError::OutOfFuel { fuel: cost - 1 }))
            .map_err(|error| format!("{body}: {error}"))?;
    }
    Ok(())
}
