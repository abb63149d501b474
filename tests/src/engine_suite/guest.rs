//! Guests in WebAssembly text, and the host they call.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use wisteria_core::{
    engine::{
        Engine, GuestCall, GuestError, GuestReply, HostCall, HostCalls, Instance, Module, ModuleLimits, PreparedModule,
        prepare,
    },
    platform::BoxFuture,
};

/// Fuel that no case uses up by accident.
pub(super) const PLENTY: u64 = 1_000_000_000;

/// All imports of waPC; guests have one page of memory.
pub(super) const IMPORTS: &str = r#"
    (import "wapc" "__guest_request" (func $request (param i32 i32)))
    (import "wapc" "__guest_response" (func $response (param i32 i32)))
    (import "wapc" "__guest_error" (func $error (param i32 i32)))
    (import "wapc" "__host_call" (func $host_call (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "wapc" "__host_response_len" (func $host_response_len (result i32)))
    (import "wapc" "__host_response" (func $host_response (param i32)))
    (import "wapc" "__host_error_len" (func $host_error_len (result i32)))
    (import "wapc" "__host_error" (func $host_error (param i32)))
    (import "wapc" "__console_log" (func $console_log (param i32 i32)))"#;

/// A guest with `body` as its `__guest_call`, whose parameters are `$op_len` and `$len`.
pub(super) fn guest(body: &str) -> String {
    module("", body)
}

/// The same with further definitions.
pub(super) fn module(definitions: &str, body: &str) -> String {
    format!(
        r#"(module {IMPORTS} (memory (export "memory") 1) {definitions}
            (func (export "__guest_call") (param $op_len i32) (param $len i32) (result i32) {body}))"#
    )
}

/// Answers with the payload, by way of the addresses 0 (operation) and 1024 (payload).
pub(super) const ECHO: &str = "(call $request (i32.const 0) (i32.const 1024))
    (call $response (i32.const 1024) (local.get $len)) (i32.const 1)";

/// Prepares text as the host does.
pub(super) fn prepared(text: &str) -> Result<PreparedModule, String> {
    let bytes = wat::parse_str(text).map_err(|error| error.to_string())?;
    prepare(&bytes, &ModuleLimits::default()).map_err(|error| error.to_string())
}

/// Compiles text.
pub(super) async fn compile(engine: &dyn Engine, text: &str) -> Result<Arc<dyn Module>, String> {
    engine.compile(&prepared(text)?).await.map_err(|error| error.to_string())
}

/// Makes an instance of text.
pub(super) async fn instance(engine: &dyn Engine, text: &str) -> Result<Box<dyn Instance>, String> {
    let module = compile(engine, text).await?;
    module.instantiate(PLENTY).await.map_err(|error| error.to_string())
}

/// Calls a guest that calls nobody.
pub(super) async fn call(instance: &mut dyn Instance, payload: &[u8]) -> Result<GuestReply, GuestError> {
    call_with(instance, payload, Arc::new(Nobody), PLENTY).await
}

/// Calls a guest.
pub(super) async fn call_with(
    instance: &mut dyn Instance,
    payload: &[u8],
    host: Arc<dyn HostCalls>,
    fuel: u64,
) -> Result<GuestReply, GuestError> {
    let payload = Bytes::copy_from_slice(payload);
    instance.call(GuestCall { operation: "Op".into(), payload, fuel, host }).await
}

/// Whether a value is the expected one.
pub(super) fn expect<T: PartialEq + Debug>(seen: &T, expected: &T) -> Result<(), String> {
    match seen == expected {
        true => Ok(()),
        false => Err(format!("expected {expected:?}, saw {seen:?}")),
    }
}

/// The payload of a reply.
pub(super) fn payload(reply: Result<GuestReply, GuestError>) -> Result<Vec<u8>, String> {
    reply.map(|reply| reply.payload.to_vec()).map_err(|error| error.to_string())
}

/// A host that refuses every call.
#[derive(Debug)]
pub(super) struct Nobody;

impl HostCalls for Nobody {
    fn call(&self, call: HostCall) -> BoxFuture<'static, Result<Bytes, String>> {
        Box::pin(async move { Err(format!("nobody answers {}", call.operation)) })
    }

    fn log(&self, _text: &str) {}
}

/// A host that keeps what it is asked and told, and answers after having let others run.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    pub(super) calls: Mutex<Vec<HostCall>>,
    pub(super) lines: Mutex<Vec<String>>,
}

impl HostCalls for Recorder {
    fn call(&self, call: HostCall) -> BoxFuture<'static, Result<Bytes, String>> {
        self.calls.lock().expect("no panic").push(call.clone());
        Box::pin(async move {
            yield_once().await;
            Ok([b"re:", &call.payload[..]].concat().into())
        })
    }

    fn log(&self, text: &str) {
        self.lines.lock().expect("no panic").push(text.to_owned());
    }
}

/// Lets the executor run something else.
async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if yielded {
            return std::task::Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}
