//! What hosts tell of calls while somebody watches, and the faults that are put into them on purpose.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use wisteria_core::{
    bus::{Subject, SubjectPattern, Subscription, message},
    call::Target,
    error::{ErrorCode, LatticeError},
    host::Host,
    identity::PublicKey,
    lattice::control::LinkDefinition,
};

use crate::common::{Lattice, RELAY, UPPER, signed};

#[derive(Debug, Deserialize)]
struct Observation {
    host: String,
    edges: Vec<Edge>,
    calls: Vec<Call>,
    actors: Vec<Load>,
}

#[derive(Debug, Deserialize)]
struct Edge {
    target: String,
    count: u32,
    failed: u32,
}

#[derive(Debug, Deserialize)]
struct Load {
    actor: String,
    instances: u32,
}

#[derive(Debug, Deserialize)]
struct Call {
    trace: String,
    span: String,
    parent: Option<String>,
    origin: String,
    target: String,
    contract: Option<String>,
    operation: String,
    took: f64,
    fuel: Option<u64>,
    memory: Option<u64>,
    #[serde(default, with = "serde_bytes_or_nothing")]
    input: Option<Vec<u8>>,
    #[serde(default, with = "serde_bytes_or_nothing")]
    output: Option<Vec<u8>>,
    error: Option<Failure>,
}

#[derive(Debug, Deserialize)]
struct Failure {
    code: String,
}

/// Bytes as MessagePack has them.
mod serde_bytes_or_nothing {
    use serde::{Deserialize, Deserializer};

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(input: D) -> Result<Option<Vec<u8>>, D::Error> {
        Ok(Some(bytes::Bytes::deserialize(input)?.to_vec()))
    }
}

struct Watcher(Subscription);

impl Watcher {
    fn of(lattice: &Lattice) -> Self {
        let all = SubjectPattern::new("wisteria.calls.default.*").expect("a pattern");
        Self(lattice.bus().subscribe(all, None).expect("subscribed"))
    }

    async fn next(&mut self) -> Observation {
        let told = self.0.next().await.expect("the bus stands");
        let observation: Observation = rmp_serde::from_slice(&told.payload).expect("an observation");
        assert_eq!(told.subject.as_str(), format!("wisteria.calls.default.{}", observation.host));
        observation
    }

    /// The first calls that are told of these targets, in their order.
    async fn calls_of<const N: usize>(&mut self, targets: [PublicKey; N]) -> [(String, Call); N] {
        let mut found = targets.map(|_| None);
        while found.iter().any(Option::is_none) {
            let Observation { host, calls, .. } = self.next().await;
            for call in calls {
                if let Some(at) = targets.iter().position(|target| target.to_string() == call.target) {
                    found[at].get_or_insert((host.clone(), call));
                }
            }
        }
        found.map(|call| call.expect("found"))
    }
}

async fn call(host: &Host, actor: PublicKey, payload: &str) -> Result<String, LatticeError> {
    let reply = host.call(Target::Actor(actor), "Op", payload.as_bytes().to_vec().into(), None).await?;
    Ok(String::from_utf8_lossy(&reply).into_owned())
}

async fn start(host: &Host, module: &[u8]) -> PublicKey {
    host.start_actor(module.to_vec().into(), Some(2)).await.expect("started")
}

/// Asks a host to suffer a fault, and returns what it answers.
async fn fault(lattice: &Lattice, host: &Host, fault: Value) -> Value {
    let subject = Subject::new(format!("wasmbus.ctl.default.cmd.{}.fault", host.id())).expect("a subject");
    let reply = lattice.bus().request(message(subject, fault.to_string()), Duration::from_secs(5)).await;
    serde_json::from_slice(&reply.expect("a reply").payload).expect("JSON")
}

#[tokio::test]
async fn who_watches_sees_a_call_through_two_hosts_as_one_trace() {
    let lattice = Lattice::new();
    let (near, far) = (lattice.keeper().await, lattice.server_with(|_| {}).await);
    let relay = start(&near, &wat::parse_str(RELAY).expect("WAT")).await;
    let upper = start(&far, &wat::parse_str(UPPER).expect("WAT")).await;
    let mut watcher = Watcher::of(&lattice);
    // By the first call each host finds out that somebody watches.
    call(&near, relay, &format!("{upper} first")).await.expect("answered");
    watcher.calls_of([relay, upper]).await;
    assert_eq!(call(&near, relay, &format!("{upper} hello")).await, Ok("HELLO".to_owned()));

    let [(outer_host, outer), (inner_host, inner)] = watcher.calls_of([relay, upper]).await;
    assert_eq!((outer_host, inner_host), (near.id().to_string(), far.id().to_string()));
    assert_eq!((outer.trace.len(), outer.span.len(), outer.parent), (32, 16, None));
    assert_eq!((inner.trace, inner.parent), (outer.trace, Some(outer.span)));
    assert_eq!((outer.origin, inner.origin), (near.id().to_string(), relay.to_string()));
    assert_eq!((inner.operation.as_str(), inner.contract), ("Op", None));
    assert_eq!(inner.input.as_deref(), Some(&b"hello"[..]));
    assert_eq!(inner.output.as_deref(), Some(&b"HELLO"[..]));
    assert!(inner.fuel.is_some_and(|fuel| fuel > 0), "{:?}", inner.fuel);
    assert_eq!(inner.memory, Some(65_536), "one page");
    assert!(inner.error.is_none());
}

#[tokio::test]
async fn failures_are_counted_and_told_with_their_code() {
    let lattice = Lattice::new();
    let host = lattice.keeper().await;
    let relay = start(&host, &wat::parse_str(RELAY).expect("WAT")).await;
    let mut watcher = Watcher::of(&lattice);
    call(&host, relay, "nobody x").await.expect_err("nobody has this alias");
    let observation = watcher.next().await;
    assert_eq!(observation.calls[0].error.as_ref().expect("it failed").code, "guest-failed");
    let edge = &observation.edges[0];
    assert_eq!((edge.target.as_str(), edge.count, edge.failed), (relay.to_string().as_str(), 1, 1));
    let load = &observation.actors[0];
    assert_eq!((load.actor.as_str(), load.instances), (relay.to_string().as_str(), 1));
}

#[tokio::test]
async fn what_a_hostile_caller_makes_long_is_told_cut() {
    let lattice = Lattice::new();
    let host = lattice.keeper().await;
    let upper = start(&host, &wat::parse_str(UPPER).expect("WAT")).await;
    let mut watcher = Watcher::of(&lattice);
    let long = "é".repeat(1 << 20);
    let payload = long.clone().into_bytes();
    host.call(Target::Actor(upper), long, payload.into(), None).await.expect_err("its one page is too small for that");
    let [(_, told)] = watcher.calls_of([upper]).await;
    assert_eq!((told.operation.len(), told.input), (1024, None));
}

#[tokio::test]
async fn a_slow_link_makes_calls_late_until_it_is_mended() {
    let lattice = Lattice::new();
    let host = lattice.keeper().await;
    let module = signed(&wat::parse_str(RELAY).expect("WAT"), &["wasmcloud:keyvalue"]);
    let actor = start(&host, &module).await;
    let provider = host.inventory().providers.into_iter().find(|one| one.contract_id == "wasmcloud:keyvalue");
    let link = LinkDefinition {
        actor_id: actor.to_string(),
        provider_id: provider.expect("it brings one").id,
        link_name: "default".to_owned(),
        contract_id: "wasmcloud:keyvalue".to_owned(),
        ..LinkDefinition::default()
    };
    lattice.client().put_link(&link).await.expect("linked");
    let slow = |delay: u64| json!({ "kind": "slow-link", "actor_id": actor.to_string(), "contract_id": "wasmcloud:keyvalue", "delay_ms": delay });
    // The provider has no operation `Op`, and says so where the call reaches it.
    let reached = |outcome: Result<String, LatticeError>| outcome.expect_err("no such operation").code;
    let contains = "wasmcloud:keyvalue \u{3}";

    let provider = [link.provider_id.parse().expect("a key")];
    let mut watcher = Watcher::of(&lattice);
    assert_eq!(fault(&lattice, &host, slow(60_000)).await["accepted"], true);
    assert_eq!(reached(call(&host, actor, contains).await), ErrorCode::Timeout);
    // By the first call the host finds out that somebody watches.
    watcher.calls_of(provider).await;
    assert_eq!(fault(&lattice, &host, slow(200)).await["accepted"], true);
    assert_eq!(reached(call(&host, actor, contains).await), ErrorCode::GuestFailed);
    let [(_, Call { took, .. })] = watcher.calls_of(provider).await;
    assert!(took >= 200.0, "{took} ms");

    assert_eq!(fault(&lattice, &host, slow(0)).await["accepted"], true);
    assert_eq!(reached(call(&host, actor, contains).await), ErrorCode::GuestFailed);
}

#[tokio::test]
async fn a_fault_that_makes_no_sense_is_refused_with_the_reason() {
    let lattice = Lattice::new();
    let host = lattice.keeper().await;
    for (wrong, reason) in [
        (json!({ "kind": "flood" }), "there are slow-link and cut-off"),
        (json!({ "kind": "slow-link", "delay_ms": 5 }), "actor_id is no key"),
        (json!({ "kind": "slow-link" }), "needs delay_ms"),
        (json!({ "kind": "slow-link", "delay_ms": 60_001 }), "60000 at most"),
        (json!({ "kind": "cut-off", "for_ms": 10 }), "stop it instead"),
    ] {
        let answer = fault(&lattice, &host, wrong).await;
        assert_eq!(answer["accepted"], false);
        let error = answer["error"].as_str().expect("a text");
        assert!(error.contains(reason), "{error}");
    }
}
