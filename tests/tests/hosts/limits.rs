//! What runs into a limit: its caller is told by a code, the lattice by an event, and the next call succeeds.

use std::time::Duration;

use serde_json::{Value, json};
use wisteria_core::{
    bus::{SubjectPattern, Subscription},
    call::Target,
    error::ErrorCode,
    host::{Host, HostConfig},
    identity::PublicKey,
};

use crate::common::{Lattice, RELAY, UPPER, WAITS};

/// Loops for ever, where it is given anything.
const SPINS: &str = r#"(module (memory (export "memory") 1)
    (func (export "__guest_call") (param $op_len i32) (param $len i32) (result i32)
        (if (local.get $len) (then (loop $ever (br $ever)))) (i32.const 1)))"#;

/// Events of limits, as the lattice hears them.
struct Heard(Subscription);

impl Heard {
    fn new(lattice: &Lattice) -> Self {
        let pattern = SubjectPattern::new("wasmbus.evt.default.limit_exceeded").expect("a pattern");
        Self(lattice.bus().subscribe(pattern, None).expect("subscribed"))
    }

    async fn next(&mut self) -> Value {
        let message = tokio::time::timeout(Duration::from_secs(10), self.0.next()).await.expect("in time");
        let event: Value = serde_json::from_slice(&message.expect("the bus stands").payload).expect("JSON");
        event["data"].clone()
    }
}

async fn call(host: &Host, actor: PublicKey, payload: &str) -> Result<(), ErrorCode> {
    let payload = payload.as_bytes().to_vec().into();
    let reply = host.call(Target::Actor(actor), "Op", payload, Some(Duration::from_secs(10))).await;
    reply.map(drop).map_err(|error| error.code)
}

async fn start(host: &Host, text: &str) -> PublicKey {
    let module = wat::parse_str(text).expect("WAT");
    host.start_actor(module.into(), Some(1)).await.expect("started")
}

async fn host(lattice: &Lattice, change: impl FnOnce(&mut HostConfig)) -> (Host, Heard) {
    let heard = Heard::new(lattice);
    (lattice.keeper_with(change).await, heard)
}

fn event(host: &Host, actor: Option<PublicKey>, limit: &str, value: u64) -> Value {
    json!({
        "actor": actor.map(|actor| actor.to_string()),
        "limit": limit,
        "value": value,
        "host_id": host.id().to_string(),
    })
}

#[tokio::test]
async fn an_endless_loop_ends_out_of_fuel_and_is_told_of_once_in_a_row() {
    let lattice = Lattice::new();
    let (host, mut heard) = host(&lattice, |config| config.limits.fuel = 10_000).await;
    let (spinner, other) = (start(&host, SPINS).await, start(&host, UPPER).await);
    for _ in 0..5 {
        assert_eq!(call(&host, spinner, "x").await, Err(ErrorCode::OutOfFuel));
    }
    assert_eq!(call(&host, spinner, "").await, Ok(()));
    // What comes after the one event of the spinner is that of another.
    assert_eq!(call(&host, other, &"x".repeat(5000)).await, Err(ErrorCode::OutOfFuel));
    assert_eq!(heard.next().await, event(&host, Some(spinner), "fuel", 10_000));
    assert_eq!(heard.next().await, event(&host, Some(other), "fuel", 10_000));
}

#[tokio::test]
async fn a_payload_of_a_host_call_has_a_limit_in_both_directions() {
    let lattice = Lattice::new();
    let (host, mut heard) = host(&lattice, |config| config.limits.payload_bytes = 100).await;
    let (relay, upper) = (start(&host, RELAY).await, start(&host, UPPER).await);
    let sends = |bytes: usize| format!("{upper} {}", "x".repeat(bytes));
    assert_eq!(call(&host, relay, &sends(100)).await, Ok(()));
    // The guest reads the refusal, and fails with it.
    assert_eq!(call(&host, relay, &sends(101)).await, Err(ErrorCode::GuestFailed));
    assert_eq!(heard.next().await, event(&host, Some(relay), "payload_bytes", 100));
    assert_eq!(call(&host, relay, &sends(99)).await, Ok(()));
}

#[tokio::test]
async fn a_reply_above_the_limit_of_host_calls_does_not_reach_the_guest() {
    const BABBLES: &str = r#"(module (import "wapc" "__guest_response" (func $response (param i32 i32)))
        (memory (export "memory") 1)
        (func (export "__guest_call") (param i32 i32) (result i32)
            (call $response (i32.const 0) (i32.const 101)) (i32.const 1)))"#;
    let lattice = Lattice::new();
    let (host, mut heard) = host(&lattice, |config| config.limits.payload_bytes = 100).await;
    let (relay, babbler) = (start(&host, RELAY).await, start(&host, BABBLES).await);
    assert_eq!(call(&host, relay, &format!("{babbler} ?")).await, Err(ErrorCode::GuestFailed));
    assert_eq!(heard.next().await, event(&host, Some(relay), "payload_bytes", 100));
    assert_eq!(call(&host, babbler, "").await, Ok(()), "callers from outside have their own limits");
}

#[tokio::test]
async fn a_module_above_a_limit_does_not_start_and_says_so() {
    let lattice = Lattice::new();
    let (host, mut heard) = host(&lattice, |config| {
        config.limits.module_bytes = 1000;
        config.limits.module.memory_bytes = 128 << 10;
    })
    .await;
    let code = async |text: &str| {
        let module = wat::parse_str(text).expect("WAT");
        host.start_actor(module.into(), None).await.expect_err("refused").code
    };
    assert_eq!(code(&UPPER.replace(r#""memory") 1"#, r#""memory") 3"#)).await, ErrorCode::ModuleLimit);
    assert_eq!(heard.next().await, event(&host, None, "module", 2));
    let data = format!(r#"(data (i32.const 0) "{}")"#, "x".repeat(1000));
    assert_eq!(code(&UPPER.replace(";; here", &data)).await, ErrorCode::ModuleLimit);
    assert_eq!(heard.next().await, event(&host, None, "module_bytes", 1000));
    let actor = start(&host, UPPER).await;
    assert_eq!(call(&host, actor, "x").await, Ok(()));
}

#[tokio::test]
async fn a_full_mailbox_and_too_deep_a_chain_are_told_of() {
    let lattice = Lattice::new();
    let (host, mut heard) = host(&lattice, |config| {
        config.limits.mailbox = 0;
        config.limits.depth = 1;
    })
    .await;
    let (waiter, relay, upper) = (start(&host, WAITS).await, start(&host, RELAY).await, start(&host, UPPER).await);
    let running = host.clone();
    let running = tokio::spawn(async move { call(&running, waiter, "x").await });
    lattice.gate.waiting(1).await;
    assert_eq!(call(&host, waiter, "x").await, Err(ErrorCode::Overloaded));
    assert_eq!(heard.next().await, event(&host, Some(waiter), "mailbox", 0));
    lattice.gate.open();
    assert_eq!(running.await.expect("ran"), Ok(()));
    host.scale_actor(relay, Some(2)).expect("scaled");
    assert_eq!(call(&host, relay, &format!("{relay} {upper} x")).await, Err(ErrorCode::GuestFailed));
    assert_eq!(heard.next().await, event(&host, Some(relay), "depth", 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guests_that_spin_with_fuel_left_end_by_their_deadline_and_leave_the_threads_to_others() {
    let lattice = Lattice::new();
    let host = lattice.server_with(|config| config.limits.fuel = u64::MAX).await;
    let spinner = start(&host, SPINS).await;
    host.scale_actor(spinner, Some(8)).expect("scaled");
    let upper = start(&host, UPPER).await;
    let spin = |host: Host| async move {
        let deadline = Some(Duration::from_secs(2));
        host.call(Target::Actor(spinner), "Op", "x".into(), deadline).await.map_err(|error| error.code)
    };
    let spinning: Vec<_> = (0..8).map(|_| tokio::spawn(spin(host.clone()))).collect();
    let began = std::time::Instant::now();
    // There are more of them than threads; each call of the other still gets its turn.
    for _ in 0..10 {
        assert_eq!(call(&host, upper, "x").await, Ok(()));
    }
    assert!(spinning.iter().any(|call| !call.is_finished()), "the other was answered while they spun");
    for call in spinning {
        assert_eq!(call.await.expect("ran"), Err(ErrorCode::Timeout));
    }
    assert!(began.elapsed() < Duration::from_secs(6), "they ended late: {:?}", began.elapsed());
    assert_eq!(call(&host, spinner, "").await, Ok(()), "their instances made room");
}
