//! What runs into a limit: its caller is told by a code, the lattice by an event, and the next call succeeds.

use std::time::Duration;

use serde_json::{Value, json};
use wisteria_core::{
    bus::{Subject, SubjectPattern, Subscription, message},
    call::Target,
    error::{ErrorCode, LatticeError},
    host::{Host, HostConfig},
    identity::PublicKey,
    lattice::control::ActorLimits,
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

/// Grows its memory to four pages; traps where it cannot.
const GROWS: &str = r#"(module (memory (export "memory") 1)
    (func (export "__guest_call") (param i32 i32) (result i32)
        (if (i32.eq (memory.grow (i32.const 3)) (i32.const -1)) (then (unreachable))) (i32.const 1)))"#;

async fn start_within(host: &Host, text: &str, limits: ActorLimits) -> Result<PublicKey, LatticeError> {
    let module = wat::parse_str(text).expect("WAT");
    host.start_actor_within(module.into(), Some(1), Some(limits)).await
}

fn limits(values: [Option<u64>; 6]) -> ActorLimits {
    ActorLimits::from_values(values)
}

#[tokio::test]
async fn an_actor_with_limits_of_its_own_runs_into_them_and_others_into_the_hosts() {
    let lattice = Lattice::new();
    let (host, mut heard) = host(&lattice, |config| config.limits.fuel = 50_000).await;
    let own = limits([Some(10_000), None, None, None, None, Some(60)]);
    let relay = start_within(&host, RELAY, own).await.expect("started");
    let (upper, spinner) = (start(&host, UPPER).await, start(&host, SPINS).await);
    assert_eq!(call(&host, relay, &"x".repeat(2_000)).await, Err(ErrorCode::OutOfFuel));
    assert_eq!(heard.next().await, event(&host, Some(relay), "fuel", 10_000));
    assert_eq!(call(&host, spinner, "x").await, Err(ErrorCode::OutOfFuel));
    assert_eq!(heard.next().await, event(&host, Some(spinner), "fuel", 50_000));
    assert_eq!(call(&host, relay, &format!("{upper} {}", "x".repeat(61))).await, Err(ErrorCode::GuestFailed));
    assert_eq!(heard.next().await, event(&host, Some(relay), "payload_bytes", 60));
    assert_eq!(call(&host, relay, &format!("{upper} {}", "x".repeat(60))).await, Ok(()));
    let inventory = host.inventory();
    let told = |actor: PublicKey| {
        let summary = inventory.actors.iter().find(|summary| summary.id == actor.to_string()).expect("it runs");
        summary.instances[0].limits
    };
    assert_eq!(told(relay), own);
    assert_eq!(told(upper), ActorLimits::default());
}

#[tokio::test]
async fn the_mailbox_and_the_depth_of_one_actor_are_its_own() {
    let lattice = Lattice::new();
    let (host, mut heard) = host(&lattice, |_| {}).await;
    let waiter = start_within(&host, WAITS, limits([None, None, None, Some(0), None, None])).await.expect("started");
    let running = host.clone();
    let running = tokio::spawn(async move { call(&running, waiter, "x").await });
    lattice.gate.waiting(1).await;
    assert_eq!(call(&host, waiter, "x").await, Err(ErrorCode::Overloaded));
    assert_eq!(heard.next().await, event(&host, Some(waiter), "mailbox", 0));
    lattice.gate.open();
    assert_eq!(running.await.expect("ran"), Ok(()));
    let upper = start_within(&host, UPPER, limits([None, None, None, None, Some(0), None])).await.expect("started");
    let relay = start(&host, RELAY).await;
    assert_eq!(call(&host, relay, &format!("{upper} x")).await, Err(ErrorCode::GuestFailed));
    assert_eq!(heard.next().await, event(&host, Some(upper), "depth", 0));
    assert_eq!(call(&host, upper, "x").await, Ok(()), "a call from outside comes through no actor");
}

#[tokio::test]
async fn an_actor_that_runs_gets_other_limits_from_its_next_call_on() {
    let lattice = Lattice::new();
    let (host, _heard) = host(&lattice, |_| {}).await;
    let pages = |pages: u64| limits([None, Some(pages << 16), None, None, None, None]);
    let actor = start_within(&host, GROWS, pages(3)).await.expect("started");
    assert_eq!(call(&host, actor, "").await, Err(ErrorCode::GuestTrapped));
    assert_eq!(start_within(&host, GROWS, pages(4)).await, Ok(actor));
    assert_eq!(call(&host, actor, "").await, Ok(()));
    // Its one instance has grown; what another gets shows once that has made room.
    let client = lattice.client();
    client.scale_actor(host.id(), actor, None, Some(pages(3))).await.expect("scaled");
    assert_eq!(call(&host, actor, "").await, Err(ErrorCode::GuestTrapped));
    client.scale_actor(host.id(), actor, Some(2), None).await.expect("scaled");
    assert_eq!(host.inventory().actors[0].instances[0].limits, pages(3), "without limits it keeps its own");
    client.scale_actor(host.id(), actor, None, Some(ActorLimits::default())).await.expect("scaled");
    assert_eq!(call(&host, actor, "").await, Ok(()), "it has the host's again");
}

#[tokio::test]
async fn a_limit_above_the_ceiling_is_refused_and_changes_nothing() {
    let lattice = Lattice::new();
    let (host, _heard) = host(&lattice, |config| {
        config.limits.instances = 8;
        config.limits.most.fuel = Some(2_000_000_000);
    })
    .await;
    let fuel = |fuel| limits([Some(fuel), None, None, None, None, None]);
    let memory = limits([None, Some(65 << 20), None, None, None, None]);
    for (above, words) in
        [(fuel(2_000_000_001), "--max-fuel 2000000001"), (memory, "memory of 68157440 is above 67108864")]
    {
        let error = start_within(&host, UPPER, above).await.expect_err("refused");
        assert_eq!(error.code, ErrorCode::LimitRefused);
        assert!(error.message.contains(words), "{error}");
    }
    assert_eq!(host.inventory().actors, []);
    let actor = start_within(&host, UPPER, fuel(2_000_000_000)).await.expect("started");
    let client = lattice.client();
    let error = client.scale_actor(host.id(), actor, Some(9), Some(fuel(1))).await.expect_err("too many instances");
    assert!(error.code == ErrorCode::LimitRefused && error.message.contains("--max-instances 9"), "{error}");
    assert_eq!(host.inventory().actors[0].instances[0].limits, fuel(2_000_000_000));
}

#[tokio::test]
async fn clients_of_wasmcloud_scale_as_ever_and_may_name_limits() {
    let lattice = Lattice::new();
    let (host, _heard) = host(&lattice, |config| config.limits.instances = 8).await;
    let own = limits([Some(7), None, None, None, None, None]);
    let actor = start_within(&host, UPPER, own).await.expect("started");
    let scale = async |request: Value| {
        let subject = Subject::new(format!("wasmbus.ctl.default.cmd.{}.scale", host.id())).expect("a subject");
        let mut scaled =
            lattice.bus().subscribe(SubjectPattern::new("wasmbus.evt.default.*").expect("a pattern"), None);
        let request = message(subject, request.to_string());
        let reply = lattice.bus().request(request, Duration::from_secs(5)).await.expect("a reply");
        let ack: Value = serde_json::from_slice(&reply.payload).expect("JSON");
        if ack["accepted"] == true {
            scaled.as_mut().expect("subscribed").next().await.expect("the event that it was scaled");
        }
        ack
    };
    let run = || host.inventory().actors[0].instances[0].clone();
    assert_eq!(scale(json!({ "actor_ref": actor, "count": 1000 })).await["accepted"], true);
    assert_eq!((run().max_instances, run().limits), (8, own));
    assert_eq!(scale(json!({ "actor_ref": actor, "count": 2, "limits": { "fuel": 9 } })).await["accepted"], true);
    assert_eq!((run().max_instances, run().limits.fuel), (2, Some(9)));
    let unknown = scale(json!({ "actor_ref": actor, "limits": { "disk": 9 } })).await;
    assert!(unknown["error"].as_str().expect("text").contains("disk"), "{unknown}");
}
