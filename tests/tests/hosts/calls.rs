//! Whole hosts on one bus, with guests in WebAssembly text: who may call whom, what happens at each bound, and what a
//! caller is told.

use std::time::Duration;

use crate::common::{Lattice, RELAY, UPPER, WAITS, signed};
use wisteria_core::{
    call::Target,
    error::ErrorCode,
    host::{Host, HostConfig, Trust},
    identity::{self, PublicKey},
    lattice::control::LinkDefinition,
};

async fn call(host: &Host, actor: PublicKey, payload: &str) -> Result<String, (ErrorCode, String)> {
    let payload = payload.as_bytes().to_vec().into();
    let reply = host.call(Target::Actor(actor), "Op", payload, Some(Duration::from_secs(5))).await;
    reply.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(|error| (error.code, error.message))
}

async fn start(host: &Host, text: &str, max_instances: usize) -> PublicKey {
    let module = wat::parse_str(text).expect("WAT");
    host.start_actor(module.into(), Some(max_instances)).await.expect("started")
}

#[track_caller]
fn refused(outcome: Result<String, (ErrorCode, String)>, code: ErrorCode, part: &str) {
    let (seen, message) = outcome.expect_err("refused");
    assert_eq!(seen, code, "{message}");
    assert!(message.contains(part), "{message}");
}

#[tokio::test]
async fn an_actor_answers_on_its_host_and_on_another() {
    let lattice = Lattice::new();
    let (near, far) = (lattice.keeper().await, lattice.host().await);
    let actor = start(&near, UPPER, 2).await;
    assert_eq!(call(&near, actor, "near").await, Ok("NEAR".to_owned()));
    assert_eq!(call(&far, actor, "far").await, Ok("FAR".to_owned()));
}

#[tokio::test]
async fn calls_are_shared_between_hosts_that_run_the_actor() {
    let lattice = Lattice::new();
    let (caller, one, two) = (lattice.keeper().await, lattice.host().await, lattice.host().await);
    let actor = start(&one, WAITS, 1).await;
    assert_eq!(start(&two, WAITS, 1).await, actor);
    let (first, second) = (tokio::spawn(waits(&caller, actor)), tokio::spawn(waits(&caller, actor)));
    // Each of the two has one instance, and neither answers before it is told to.
    lattice.gate.waiting(2).await;
    lattice.gate.open();
    assert!(first.await.expect("ran").is_ok() && second.await.expect("ran").is_ok());
}

#[tokio::test]
async fn calls_that_would_wait_on_their_own_host_go_to_another_that_runs_the_actor() {
    let lattice = Lattice::new();
    let (near, far) = (lattice.keeper().await, lattice.host().await);
    let actor = start(&near, WAITS, 1).await;
    let mut calls = vec![tokio::spawn(waits(&near, actor)), tokio::spawn(waits(&near, actor))];
    lattice.gate.waiting(1).await;
    assert_eq!(start(&far, WAITS, 1).await, actor);
    // Once the second has waited for long enough, each that comes goes to either of the two.
    while tokio::time::timeout(Duration::from_millis(1), lattice.gate.waiting(2)).await.is_err() {
        calls.push(tokio::spawn(waits(&near, actor)));
    }
    lattice.gate.open();
    for call in calls {
        assert!(call.await.expect("ran").is_ok());
    }
}

fn waits(host: &Host, actor: PublicKey) -> impl Future<Output = Result<String, (ErrorCode, String)>> + use<> {
    let host = host.clone();
    async move { call(&host, actor, "x").await }
}

#[tokio::test]
async fn an_actor_that_nobody_runs_is_named_with_the_remedy() {
    let lattice = Lattice::new();
    let host = lattice.keeper().await;
    let actor = start(&host, UPPER, 1).await;
    host.stop_actor(actor).await.expect("stopped");
    refused(call(&host, actor, "x").await, ErrorCode::NoResponders, "start it");
}

#[tokio::test]
async fn a_call_in_a_cycle_takes_another_instance_or_is_told_so() {
    let lattice = Lattice::new();
    let host = lattice.keeper().await;
    let actor = start(&host, RELAY, 1).await;
    let once = format!("{actor} !");
    refused(call(&host, actor, &once).await, ErrorCode::GuestFailed, "came back to actor");
    host.scale_actor(actor, Some(2)).expect("scaled");
    assert_eq!(call(&host, actor, &once).await, Ok("!".to_owned()));
}

#[tokio::test]
async fn a_chain_of_calls_ends_at_the_limit() {
    let lattice = Lattice::new();
    let host = lattice.keeper_with(|config| config.limits.depth = 3).await;
    let actor = start(&host, RELAY, 10).await;
    let chain = |hops: usize| format!("{}!", format!("{actor} ").repeat(hops));
    assert_eq!(call(&host, actor, &chain(3)).await, Ok("!".to_owned()));
    refused(call(&host, actor, &chain(4)).await, ErrorCode::GuestFailed, "above the limit of 3");
}

#[tokio::test]
async fn a_full_mailbox_answers_overloaded_and_loses_no_other_call() {
    let lattice = Lattice::new();
    let host = lattice.keeper_with(|config| config.limits.mailbox = 2).await;
    let actor = start(&host, WAITS, 1).await;
    let running = tokio::spawn(waits(&host, actor));
    lattice.gate.waiting(1).await;
    let queued = [tokio::spawn(waits(&host, actor)), tokio::spawn(waits(&host, actor))];
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    refused(call(&host, actor, "x").await, ErrorCode::Overloaded, "2 calls wait");
    lattice.gate.open();
    assert!(running.await.expect("ran").is_ok());
    for call in queued {
        assert!(call.await.expect("ran").is_ok());
    }
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_given_up_and_poisons_nothing() {
    let lattice = Lattice::new();
    let host = lattice.keeper().await;
    let actor = start(&host, WAITS, 1).await;
    let deadline = Some(Duration::from_millis(50));
    let outcome = host.call(Target::Actor(actor), "Op", b"x".to_vec().into(), deadline).await;
    let error = outcome.expect_err("given up");
    assert_eq!(error.code, ErrorCode::Timeout, "{}", error.message);
    assert!(error.message.contains("may have run"), "{}", error.message);
    lattice.gate.open();
    assert!(call(&host, actor, "x").await.is_ok());
}

#[tokio::test]
async fn a_trap_poisons_no_other_call() {
    let lattice = Lattice::new();
    let host = lattice.keeper().await;
    let actor = start(&host, UPPER, 1).await;
    refused(call(&host, actor, "\0").await, ErrorCode::GuestTrapped, "trapped");
    assert_eq!(call(&host, actor, "fine").await, Ok("FINE".to_owned()));
}

#[tokio::test]
async fn stopping_an_actor_answers_the_calls_that_wait_for_it() {
    let lattice = Lattice::new();
    let host = lattice.keeper().await;
    let actor = start(&host, WAITS, 1).await;
    let running = tokio::spawn(waits(&host, actor));
    lattice.gate.waiting(1).await;
    let queued = tokio::spawn(waits(&host, actor));
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    host.stop_actor(actor).await.expect("stopped");
    refused(queued.await.expect("ran"), ErrorCode::NoResponders, "stopped");
    lattice.gate.open();
    assert!(running.await.expect("ran").is_ok(), "a call in flight finishes");
}

#[tokio::test]
async fn many_actors_share_few_instances() {
    let lattice = Lattice::new();
    let host = lattice.keeper_with(|config| config.limits.instances = 2).await;
    let mut actors = Vec::new();
    for number in 0..6 {
        let text = UPPER.replace(";; here", &format!("(global i32 (i32.const {number}))"));
        actors.push(start(&host, &text, 2).await);
    }
    for actor in actors.iter().chain(&actors) {
        assert_eq!(call(&host, *actor, "x").await, Ok("X".to_owned()));
    }
}

#[tokio::test]
async fn an_unsigned_module_needs_leave() {
    let lattice = Lattice::new();
    let strict = |config: &mut HostConfig| config.allow_unsigned = false;
    let host = lattice.keeper_with(strict).await;
    let module = wat::parse_str(UPPER).expect("WAT");
    let error = host.start_actor(module.clone().into(), None).await.expect_err("refused");
    assert_eq!(error.code, ErrorCode::UnsignedModule);
    assert!(error.message.contains("--allow-unsigned"), "{}", error.message);
    let actor = host.start_actor(signed(&module, &[]).into(), None).await.expect("a signed one starts");
    assert_eq!(call(&host, actor, "x").await, Ok("X".to_owned()));
}

#[tokio::test]
async fn a_provider_needs_claim_and_link() {
    let lattice = Lattice::new();
    let (keeper, other) = (lattice.keeper().await, lattice.host().await);
    let module = wat::parse_str(RELAY).expect("WAT");
    let claiming = other.start_actor(signed(&module, &["wasmcloud:keyvalue"]).into(), None).await.expect("started");
    let other_module = wat::parse_str(RELAY.replace(";; here", "(global i32 (i32.const 1))")).expect("WAT");
    let unclaiming = other.start_actor(signed(&other_module, &[]).into(), None).await.expect("started");
    // `KeyValue.Contains` of the text `key`, in MessagePack.
    let contains = "wasmcloud:keyvalue \u{3}";
    refused(call(&other, unclaiming, contains).await, ErrorCode::GuestFailed, "does not claim wasmcloud:keyvalue");
    refused(call(&other, claiming, contains).await, ErrorCode::GuestFailed, "wisteria link put");

    let provider =
        keeper.inventory().providers.into_iter().find(|provider| provider.contract_id == "wasmcloud:keyvalue");
    let link = |actor: PublicKey, contract: &str| LinkDefinition {
        actor_id: actor.to_string(),
        provider_id: provider.as_ref().expect("it brings one").id.clone(),
        link_name: "default".to_owned(),
        contract_id: contract.to_owned(),
        ..LinkDefinition::default()
    };
    let client = lattice.client();
    client.put_link(&link(claiming, "wasmcloud:keyvalue")).await.expect("linked");
    // The guest's operation is `Op`, which the provider does not have: the call has reached it.
    refused(call(&other, claiming, contains).await, ErrorCode::GuestFailed, "KeyValue.Increment");
    let error = client.put_link(&link(unclaiming, "wasmcloud:keyvalue")).await.expect_err("refused");
    assert_eq!(error.code, ErrorCode::NotClaimed);
    let error = client.put_link(&link(claiming, "wasmcloud:messaging")).await.expect_err("refused");
    assert_eq!(error.code, ErrorCode::NotClaimed, "{}", error.message);
}

#[tokio::test]
async fn a_stopped_host_is_gone_at_once() {
    let lattice = Lattice::new();
    let (keeper, other) = (lattice.keeper().await, lattice.host().await);
    let actor = start(&other, UPPER, 1).await;
    assert_eq!(lattice.client().hosts().await.expect("answered").len(), 2);
    other.stop().await;
    refused(call(&keeper, actor, "x").await, ErrorCode::NoResponders, &actor.to_string());
    assert_eq!(lattice.client().hosts().await.expect("answered").len(), 1);
}

#[tokio::test]
async fn a_signed_module_needs_an_issuer_that_its_host_trusts() {
    let lattice = Lattice::new();
    let module = signed(&wat::parse_str(UPPER).expect("WAT"), &[]);
    let issuer = identity::inspect(&module, Duration::ZERO).expect("valid").expect("signed").issuer;
    let nobody = lattice.keeper_with(|config| config.trust = Trust::default()).await;
    let error = nobody.start_actor(module.clone().into(), None).await.expect_err("refused");
    assert_eq!(error.code, ErrorCode::UntrustedIssuer);
    for words in [&*issuer.to_string(), "actor M", "wisteria up --trust"] {
        assert!(error.message.contains(words), "{error}");
    }
    let trusting = lattice.keeper_with(|config| config.trust = [issuer].into_iter().collect()).await;
    trusting.start_actor(module.into(), None).await.expect("it starts");
}
