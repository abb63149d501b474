//! Payloads above the limit of the bus: through a store where both hosts have one, by name where one has not.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use wisteria_core::{
    bus::DEFAULT_MAX_PAYLOAD,
    call::Target,
    error::{ErrorCode, LatticeError},
    host::{Host, PayloadStore, PayloadStoreError},
    identity::PublicKey,
    platform::BoxFuture,
};

use crate::common::Lattice;

/// Answers with what it got, up to 48 MiB.
const ECHO: &str = r#"(module
    (import "wapc" "__guest_request" (func $request (param i32 i32)))
    (import "wapc" "__guest_response" (func $response (param i32 i32)))
    (memory (export "memory") 769)
    (func (export "__guest_call") (param $op_len i32) (param $len i32) (result i32)
        (call $request (i32.const 0) (i32.const 1024))
        (call $response (i32.const 1024) (local.get $len))
        (i32.const 1)))"#;

/// More than a message takes.
const LARGE: usize = DEFAULT_MAX_PAYLOAD + 1;
/// More than the lattice carries at once.
const TOO_LARGE: usize = (32 << 20) + 1;

#[derive(Debug, Default)]
struct Payloads(Mutex<BTreeMap<String, Bytes>>);

impl Payloads {
    /// Completes when nothing is left.
    async fn emptied(&self) {
        let emptied = async {
            while !self.0.lock().expect("sound").is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), emptied).await.expect("nothing is left");
    }
}

impl PayloadStore for Payloads {
    fn put(&self, name: String, payload: Bytes) -> BoxFuture<'_, Result<(), PayloadStoreError>> {
        self.0.lock().expect("sound").insert(name, payload);
        Box::pin(async { Ok(()) })
    }

    fn take(&self, name: String, _limit: usize) -> BoxFuture<'_, Result<Bytes, PayloadStoreError>> {
        let taken = self.0.lock().expect("sound").remove(&name);
        Box::pin(async { taken.ok_or_else(|| PayloadStoreError("it is not there".to_owned())) })
    }

    fn discard(&self, name: String) -> BoxFuture<'_, ()> {
        self.0.lock().expect("sound").remove(&name);
        Box::pin(async {})
    }
}

async fn echo_on(host: &Host) -> PublicKey {
    host.start_actor(wat::parse_str(ECHO).expect("WAT").into(), None).await.expect("started")
}

async fn call(host: &Host, actor: PublicKey, size: usize) -> Result<Bytes, LatticeError> {
    host.call(Target::Actor(actor), "Echo", vec![7; size].into(), None).await
}

async fn refusal(host: &Host, actor: PublicKey, size: usize) -> String {
    let error = call(host, actor, size).await.expect_err("it is too large");
    assert_eq!(error.code, ErrorCode::PayloadTooLarge, "{error}");
    error.message
}

#[tokio::test]
async fn what_has_no_room_in_a_message_goes_through_the_store_and_leaves_nothing_there() {
    let (lattice, store) = (Lattice::new(), Arc::new(Payloads::default()));
    let near = lattice.host_with_payloads(store.clone()).await;
    let far = lattice.host_with_payloads(store.clone()).await;
    let actor = echo_on(&far).await;
    assert_eq!(call(&near, actor, LARGE).await.expect("echoed"), vec![7; LARGE]);
    store.emptied().await;
    assert!(refusal(&near, actor, TOO_LARGE).await.contains("33554432"));
    store.emptied().await;
    far.stop_actor(actor).await.expect("stopped");
    let error = call(&near, actor, LARGE).await.expect_err("nobody runs it");
    assert_eq!(error.code, ErrorCode::NoResponders, "{error}");
    store.emptied().await;
}

#[tokio::test]
async fn a_host_without_the_store_is_named_as_the_reason() {
    let (lattice, store) = (Lattice::new(), Arc::new(Payloads::default()));
    let with = lattice.host_with_payloads(store.clone()).await;
    let without = lattice.host().await;
    let actor = echo_on(&without).await;
    assert!(refusal(&with, actor, LARGE).await.contains("this host cannot reach"));
    store.emptied().await;
    assert!(refusal(&without, actor_of(&with).await, LARGE).await.contains("send less"));
}

/// An echo under a key of its own.
async fn actor_of(host: &Host) -> PublicKey {
    let other = ECHO.replace("(i32.const 1)))", "(drop (i32.const 0)) (i32.const 1)))");
    host.start_actor(wat::parse_str(other).expect("WAT").into(), None).await.expect("started")
}
