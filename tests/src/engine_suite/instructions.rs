//! Instructions that an engine once got wrong.

use std::sync::Arc;

use wisteria_core::engine::Engine;

use super::{
    Outcome,
    guest::{call, expect, guest, instance, payload},
};

/// Stores one lane of each width, by an address in a local, a computed one and a constant, 70,000 bytes from it.
const STORES: &str = "(local $vector v128) (local $at i32)
    (drop (memory.grow (i32.const 1)))
    (local.set $vector (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15))
    (local.set $at (i32.const 16))
    (v128.store8_lane offset=70000 3 (local.get $at) (local.get $vector))
    (v128.store16_lane offset=70000 3 (i32.add (local.get $at) (i32.const 2)) (local.get $vector))
    (v128.store32_lane offset=70000 1 (i32.const 20) (local.get $vector))
    (v128.store64_lane offset=70000 1 (i32.add (local.get $at) (i32.const 8)) (local.get $vector))
    (v128.store8_lane offset=70000 4 (i32.add (local.get $at) (i32.const 1)) (local.get $vector))
    (v128.store16_lane offset=70000 0 (i32.const 32) (local.get $vector))
    (call $response (i32.const 70016) (i32.const 18))
    (i32.const 1)";

/// An interpreter read these instructions at another length than it had written them.
pub(super) async fn lanes_far_from_an_address(engine: Arc<dyn Engine>) -> Outcome {
    let mut instance = instance(&*engine, &guest(STORES)).await?;
    let stored = vec![3, 4, 6, 7, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1];
    expect(&payload(call(&mut *instance, b"").await)?, &stored)
}

/// Answers with the length of what it got, or with 1 where that is 0.
const AT_LEAST_ONE: &str = "(local.set $len (select (i32.const 1) (local.get $len) (i32.eqz (local.get $len))))
    (i32.store8 (i32.const 0) (local.get $len))
    (call $response (i32.const 0) (i32.const 1))
    (i32.const 1)";

/// An interpreter made one instruction of the two, and took its condition from the wrong place.
pub(super) async fn select_by_zero(engine: Arc<dyn Engine>) -> Outcome {
    let mut instance = instance(&*engine, &guest(AT_LEAST_ONE)).await?;
    for (sent, answer) in [("", 1), ("a", 1), ("abc", 3)] {
        expect(&payload(call(&mut *instance, sent.as_bytes()).await)?, &vec![answer])?;
    }
    Ok(())
}
