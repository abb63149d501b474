//! A guest's calls to its host.

use std::{future::pending, sync::Arc};

use bytes::Bytes;
use futures::FutureExt;
use wisteria_core::{
    engine::{Engine, HostCall, HostCalls, Instance, wapc::NOT_CALLED},
    platform::BoxFuture,
};

use super::{
    Outcome,
    guest::{ECHO, PLENTY, Recorder, call, call_with, compile, expect, guest, instance, module, payload},
};

/// Calls the host with binding `bd`, namespace `a:ns`, operation `Do` and the own payload; answers with what comes, an
/// error with `!` before it.
const RELAY: &str = r#"(call $request (i32.const 0) (i32.const 1024))
    (if (result i32)
        (call $host_call (i32.const 100) (i32.const 2) (i32.const 102) (i32.const 4) (i32.const 106) (i32.const 2)
            (i32.const 1024) (local.get $len))
        (then
            (call $host_response (i32.const 4096))
            (call $response (i32.const 4096) (call $host_response_len))
            (i32.const 1))
        (else
            (i32.store8 (i32.const 4096) (i32.const 33))
            (call $host_error (i32.const 4097))
            (call $response (i32.const 4096) (i32.add (i32.const 1) (call $host_error_len)))
            (i32.const 1)))"#;

fn relay() -> String {
    module(r#"(data (i32.const 100) "bda:nsDo")"#, RELAY)
}

pub(super) async fn answer(engine: Arc<dyn Engine>) -> Outcome {
    let mut guest = instance(&*engine, &relay()).await?;
    let host = Arc::new(Recorder::default());
    for sent in [&b"one"[..], b"two"] {
        let reply = payload(call_with(&mut *guest, sent, host.clone(), PLENTY).await)?;
        expect(&reply, &[b"re:", sent].concat())?;
    }
    let calls = host.calls.lock().expect("no panic");
    let expected = HostCall {
        binding: "bd".to_owned(),
        namespace: "a:ns".to_owned(),
        operation: "Do".to_owned(),
        payload: Bytes::from_static(b"one"),
    };
    expect(&calls[0], &expected)
}

pub(super) async fn error(engine: Arc<dyn Engine>) -> Outcome {
    let mut guest = instance(&*engine, &relay()).await?;
    expect(&payload(call(&mut *guest, b"x").await)?, &b"!nobody answers Do".to_vec())
}

pub(super) async fn while_starting(engine: Arc<dyn Engine>) -> Outcome {
    for start in [r#"(func (export "_start")"#, "(start $section) (func $section"] {
        let definitions = format!(
            r#"(global $length (mut i32) (i32.const 0))
        {start}
            (if (call $host_call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
                    (i32.const 0) (i32.const 0))
                (then (unreachable)))
            (call $host_error (i32.const 4096))
            (global.set $length (call $host_error_len)))"#
        );
        let text = module(&definitions, "(call $response (i32.const 4096) (global.get $length)) (i32.const 1)");
        let mut guest = instance(&*engine, &text).await?;
        expect(&payload(call(&mut *guest, b"").await)?, &NOT_CALLED.as_bytes().to_vec())?;
    }
    Ok(())
}

/// Answers by calling another guest.
#[derive(Debug)]
struct Through {
    next: Arc<futures::lock::Mutex<Box<dyn Instance>>>,
    host: Arc<dyn HostCalls>,
}

impl HostCalls for Through {
    fn call(&self, call: HostCall) -> BoxFuture<'static, Result<Bytes, String>> {
        let (next, host) = (self.next.clone(), self.host.clone());
        Box::pin(async move {
            let mut next = next.lock().await;
            let reply = call_with(&mut **next, &call.payload, host, PLENTY).await;
            payload(reply).map(Bytes::from)
        })
    }

    fn log(&self, _text: &str) {}
}

pub(super) async fn reentry(engine: Arc<dyn Engine>) -> Outcome {
    let a = compile(&*engine, &relay()).await?;
    let make = async || a.instantiate(PLENTY).await.map_err(|error| error.to_string());
    let mut outer = make().await?;
    let inner = Arc::new(futures::lock::Mutex::new(make().await?));
    let b = Arc::new(futures::lock::Mutex::new(instance(&*engine, &relay()).await?));
    let from_b = Arc::new(Through { next: inner, host: Arc::new(Recorder::default()) });
    let from_a = Arc::new(Through { next: b, host: from_b });
    expect(&payload(call_with(&mut *outer, b"x", from_a, PLENTY).await)?, &b"re:x".to_vec())
}

/// Never answers.
#[derive(Debug)]
struct Silent;

impl HostCalls for Silent {
    fn call(&self, _call: HostCall) -> BoxFuture<'static, Result<Bytes, String>> {
        Box::pin(pending())
    }

    fn log(&self, _text: &str) {}
}

pub(super) async fn abandoned(engine: Arc<dyn Engine>) -> Outcome {
    let waiting = compile(&*engine, &relay()).await?;
    let mut stuck = waiting.instantiate(PLENTY).await.map_err(|error| error.to_string())?;
    let answered_at_once = call_with(&mut *stuck, b"x", Arc::new(Silent), PLENTY).now_or_never();
    if let Some(outcome) = answered_at_once {
        return Err(format!("it did not wait: {outcome:?}"));
    }
    drop(stuck);
    let mut other = waiting.instantiate(PLENTY).await.map_err(|error| error.to_string())?;
    let reply = call_with(&mut *other, b"x", Arc::new(Recorder::default()), PLENTY).await;
    expect(&payload(reply)?, &b"re:x".to_vec())?;
    let mut echo = instance(&*engine, &guest(ECHO)).await?;
    expect(&payload(call(&mut *echo, b"y").await)?, &b"y".to_vec())
}
