//! Requests, replies, errors and log lines.

use std::sync::Arc;

use wisteria_core::engine::{Engine, GuestError};

use super::{
    Outcome,
    guest::{ECHO, PLENTY, Recorder, call, call_with, expect, guest, instance, module, payload},
};

pub(super) async fn echo(engine: Arc<dyn Engine>) -> Outcome {
    let mut guest = instance(&*engine, &guest(ECHO)).await?;
    for sent in [&b"hello"[..], b"", b"again"] {
        expect(&payload(call(&mut *guest, sent).await)?, &sent.to_vec())?;
    }
    Ok(())
}

pub(super) async fn wasmbus_imports(engine: Arc<dyn Engine>) -> Outcome {
    let mut guest = instance(&*engine, &guest(ECHO).replace("\"wapc\"", "\"wasmbus\"")).await?;
    expect(&payload(call(&mut *guest, b"hello").await)?, &b"hello".to_vec())
}

pub(super) async fn start_order(engine: Arc<dyn Engine>) -> Outcome {
    let note = |name: &str, letter: char| {
        format!(
            r#"(func {name}
                (i32.store8 (i32.add (i32.const 100) (global.get $count)) (i32.const {}))
                (global.set $count (i32.add (global.get $count) (i32.const 1))))"#,
            u32::from(letter)
        )
    };
    let definitions = format!(
        "(global $count (mut i32) (i32.const 0)) (start $section) {} {} {}",
        note(r#"(export "wapc_init")"#, 'I'),
        note(r#"(export "_start")"#, 'S'),
        note("$section", 'A')
    );
    let text = module(&definitions, "(call $response (i32.const 100) (global.get $count)) (i32.const 1)");
    let mut guest = instance(&*engine, &text).await?;
    for _ in 0..2 {
        expect(&payload(call(&mut *guest, b"").await)?, &b"ASI".to_vec())?;
    }
    Ok(())
}

pub(super) async fn other_starts(engine: Arc<dyn Engine>) -> Outcome {
    let definitions = r#"(func (export "_start") (param i32) (unreachable))
        (func (export "wapc_init") (result i32) (unreachable))"#;
    let mut guest = instance(&*engine, &module(definitions, ECHO)).await?;
    expect(&payload(call(&mut *guest, b"hello").await)?, &b"hello".to_vec())
}

pub(super) async fn data_and_start(engine: Arc<dyn Engine>) -> Outcome {
    let definitions = r#"(data (i32.const 10) "da_a") (start $set)
        (func $set (i32.store8 (i32.const 12) (i32.const 116)))"#;
    let text = module(definitions, "(call $response (i32.const 10) (i32.const 4)) (i32.const 1)");
    let mut guest = instance(&*engine, &text).await?;
    expect(&payload(call(&mut *guest, b"").await)?, &b"data".to_vec())
}

pub(super) async fn guest_error(engine: Arc<dyn Engine>) -> Outcome {
    let body = "(call $request (i32.const 0) (i32.const 1024))
        (call $error (i32.const 1024) (local.get $len)) (i32.const 0)";
    let mut guest = instance(&*engine, &guest(body)).await?;
    for text in ["no such thing", "nor that"] {
        let error = call(&mut *guest, text.as_bytes()).await;
        expect(&error.err(), &Some(GuestError::Failed(text.to_owned())))?;
    }
    Ok(())
}

pub(super) async fn error_without_reason(engine: Arc<dyn Engine>) -> Outcome {
    let mut guest = instance(&*engine, &guest("(i32.const 0)")).await?;
    match call(&mut *guest, b"").await {
        Err(GuestError::Failed(_)) => Ok(()),
        other => Err(format!("saw {other:?}")),
    }
}

pub(super) async fn end_of_memory(engine: Arc<dyn Engine>) -> Outcome {
    let body = "(call $request
            (i32.sub (i32.const 65536) (local.get $op_len))
            (i32.sub (i32.const 65536) (local.get $len)))
        (call $response (i32.sub (i32.const 65536) (local.get $len)) (local.get $len))
        (call $response (i32.sub (i32.const 65536) (local.get $len)) (local.get $len))
        (i32.const 1)";
    let mut guest = instance(&*engine, &guest(body)).await?;
    expect(&payload(call(&mut *guest, b"to the end").await)?, &b"to the end".to_vec())?;
    // Nothing lies just behind the last byte.
    expect(&payload(call(&mut *guest, b"").await)?, &Vec::new())
}

pub(super) async fn growth(engine: Arc<dyn Engine>) -> Outcome {
    let body = "(drop (memory.grow (i32.const 2)))
        (call $request (i32.const 0) (i32.const 131072))
        (call $response (i32.const 131072) (local.get $len)) (i32.const 1)";
    let mut guest = instance(&*engine, &guest(body)).await?;
    for _ in 0..3 {
        expect(&payload(call(&mut *guest, b"grown").await)?, &b"grown".to_vec())?;
    }
    Ok(())
}

pub(super) async fn large_payload(engine: Arc<dyn Engine>) -> Outcome {
    let body = "(if (i32.eq (memory.size) (i32.const 1)) (then (drop (memory.grow (i32.const 17)))))
        (call $request (i32.const 0) (i32.const 65536))
        (call $response (i32.const 65536) (local.get $len)) (i32.const 1)";
    let mut guest = instance(&*engine, &guest(body)).await?;
    let sent: Vec<u8> = (0..1 << 20).map(|at: u32| ((at * 31) >> 3) as u8).collect();
    let reply = payload(call(&mut *guest, &sent).await)?;
    match reply == sent {
        true => Ok(()),
        false => Err(format!("{} bytes came back changed", reply.len())),
    }
}

pub(super) async fn ten_thousand_calls(engine: Arc<dyn Engine>) -> Outcome {
    let body = "(call $request (i32.const 0) (i32.const 1024))
        (i32.store (i32.const 0) (memory.size))
        (call $response (i32.const 0) (i32.const 4)) (i32.const 1)";
    let mut guest = instance(&*engine, &guest(body)).await?;
    for _ in 0..10_000 {
        expect(&payload(call(&mut *guest, &[7; 64]).await)?, &vec![1, 0, 0, 0])?;
    }
    Ok(())
}

pub(super) async fn console_log(engine: Arc<dyn Engine>) -> Outcome {
    let body = "(call $request (i32.const 0) (i32.const 1024))
        (call $console_log (i32.const 1024) (local.get $len)) (i32.const 1)";
    let mut guest = instance(&*engine, &guest(body)).await?;
    let host = Arc::new(Recorder::default());
    payload(call_with(&mut *guest, b"a line", host.clone(), PLENTY).await)?;
    let lines = host.lines.lock().expect("no panic");
    expect(&*lines, &vec!["a line".to_owned()])
}
