//! The control interface: modules from host to host, updates under load, auctions, labels, health, and the events that
//! tell of calls.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::StreamExt;
use serde_json::{Value, json};
use wisteria_core::{
    bus::{Bus, Message, Subject, Subscription, message},
    call::Target,
    error::ErrorCode,
    host::Host,
    identity::PublicKey,
    lattice::Event,
};

use crate::common::{Lattice, RELAY, UPPER, signed, signed_with_revision};

async fn start(host: &Host, module: &[u8]) -> PublicKey {
    host.start_actor(module.to_vec().into(), Some(4)).await.expect("started")
}

async fn call(host: &Host, actor: PublicKey, payload: &str) -> Result<String, String> {
    let payload = payload.as_bytes().to_vec().into();
    let reply = host.call(Target::Actor(actor), "Op", payload, Some(Duration::from_secs(5))).await;
    reply.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(|error| error.message)
}

fn subject(text: String) -> Subject {
    Subject::new(text).expect("a subject")
}

/// Sends a request of the control interface as any client may, and returns the JSON of the reply.
async fn ask(bus: &Arc<dyn Bus>, suffix: &str, body: Value) -> Value {
    let request = message(subject(format!("wasmbus.ctl.default.{suffix}")), body.to_string());
    let reply = bus.request(request, Duration::from_secs(5)).await.expect("a reply");
    serde_json::from_slice(&reply.payload).expect("JSON")
}

async fn until_event(events: &mut Subscription, kind: &str) -> Event {
    loop {
        let message = events.next().await.expect("the bus stands");
        let event = Event::read(&message.payload).expect("an event");
        if event.kind() == kind {
            return event;
        }
    }
}

fn events(bus: &Arc<dyn Bus>) -> Subscription {
    bus.subscribe(subject("wasmbus.evt.default".to_owned()).into(), None).expect("subscribed")
}

#[tokio::test]
async fn an_actor_comes_to_another_host_by_its_key_or_the_reference_of_its_module() {
    let lattice = Lattice::new();
    let (one, two, three) = (lattice.keeper().await, lattice.host().await, lattice.host().await);
    let client = lattice.client();
    let module = wat::parse_str(UPPER).expect("WAT");
    let actor = client.start_actor(one.id(), module.into(), None, None).await.expect("started").actor_id;
    let by_key = client.start_reference(two.id(), &actor, None, None).await.expect("started");
    assert_eq!(by_key.actor_id, actor);
    let reference = one.inventory().actors[0].image_ref.clone().expect("a reference");
    let by_hash = client.start_reference(three.id(), &reference, None, None).await.expect("started");
    assert_eq!(by_hash.actor_id, actor);
    one.stop().await;
    two.stop().await;
    let actor = actor.parse().expect("a key");
    assert_eq!(call(&three, actor, "still here").await.as_deref(), Ok("STILL HERE"));
    three.stop_actor(actor).await.expect("stopped");
    let error = client.start_reference(three.id(), &actor.to_string(), None, None).await.expect_err("nobody has it");
    assert_eq!(error.code, ErrorCode::NoResponders, "{error}");
    let error =
        client.start_reference(three.id(), "registry.example/actor:1", None, None).await.expect_err("no registry");
    assert!(error.message.contains("cannot load \"registry.example/actor:1\""), "{error}");
}

#[tokio::test]
async fn an_update_under_load_fails_no_call_and_leaves_the_old_module_when_it_is_refused() {
    let lattice = Lattice::new();
    let (keeper, far) = (lattice.keeper().await, lattice.host().await);
    let client = lattice.client();
    let old = signed_with_revision(UPPER, 1);
    // The same guest, but that it answers with what it was given.
    let new = signed_with_revision(&UPPER.replace("(i32.const 32)", "(i32.const 0)"), 2);
    let actor = start(&keeper, &old).await;

    let loads: Vec<_> = (0..8)
        .map(|_| {
            let caller = far.clone();
            tokio::spawn(async move {
                let mut seen = Vec::new();
                while seen.last().map(String::as_str) != Some("word") {
                    seen.push(call(&caller, actor, "word").await.expect("no call fails"));
                }
                seen
            })
        })
        .collect();
    let other = wat::parse_str(RELAY).expect("WAT");
    let refused = client.update_actor(keeper.id(), actor, other.into()).await.expect_err("another key");
    assert!(refused.message.contains("start it beside the other"), "{refused}");
    assert_eq!(call(&far, actor, "word").await.as_deref(), Ok("WORD"));
    client.update_actor(keeper.id(), actor, new.into()).await.expect("updated");
    assert_eq!(call(&far, actor, "word").await.as_deref(), Ok("word"), "from the acknowledgement on");
    for load in loads {
        let seen = load.await.expect("ran");
        assert!(seen.iter().all(|word| word == "WORD" || word == "word"), "{seen:?}");
    }
    let run = &keeper.inventory().actors[0].instances[0];
    assert_eq!(run.revision, 2);
}

#[tokio::test]
async fn auctions_are_answered_by_the_hosts_whose_labels_fit() {
    let lattice = Lattice::new();
    let host = lattice.keeper_with(|config| config.labels = BTreeMap::from([("zone".into(), "a".into())])).await;
    let other = lattice.host().await;
    let (client, bus) = (lattice.client(), lattice.bus());
    let zone = |zone: &str| BTreeMap::from([("zone".to_owned(), zone.to_owned())]);
    let mut all = vec![host.id(), other.id()];
    all.sort_unstable();
    assert_eq!(client.auction_actor(BTreeMap::new()).await, Ok(all));
    assert_eq!(client.auction_actor(zone("a")).await, Ok(vec![host.id()]));
    let mut events = events(&bus);
    client.label_host(other.id(), "zone", Some("a")).await.expect("labelled");
    assert_eq!(until_event(&mut events, "labels_changed").await.data["labels"]["zone"], "a");
    client.label_host(host.id(), "zone", None).await.expect("taken away");
    assert_eq!(client.auction_actor(zone("a")).await, Ok(vec![other.id()]));
    assert_eq!(host.inventory().labels, BTreeMap::new());

    // A provider that runs already is no bid; under another link name it is.
    let auction = json!({ "provider_ref": "keyvalue-memory", "link_name": "cache", "constraints": { "zone": "a" } });
    assert_eq!(ask(&bus, "auction.provider", auction).await["host_id"], other.id().to_string());
    let runs = json!({ "provider_ref": "keyvalue-memory", "link_name": "default", "constraints": { "zone": "a" } });
    let request = message(subject("wasmbus.ctl.default.auction.provider".to_owned()), runs.to_string());
    assert!(bus.request(request, Duration::from_millis(50)).await.is_err(), "nobody bids");
}

#[tokio::test]
async fn clients_of_wasmcloud_are_acknowledged_and_hear_the_outcome_as_an_event() {
    let lattice = Lattice::new();
    let host = lattice.keeper().await;
    let bus = lattice.bus();
    let mut events = events(&bus);
    let cmd = |verb: &str| format!("cmd.{}.{verb}", host.id());
    let actor = start(&host, &wat::parse_str(UPPER).expect("WAT")).await.to_string();
    let scale = json!({ "actor_ref": actor, "host_id": host.id(), "count": 70_000, "annotations": null });
    assert_eq!(ask(&bus, &cmd("scale"), scale).await, json!({ "accepted": true, "error": "" }));
    until_event(&mut events, "actor_scaled").await;
    let missing = json!({ "actor_ref": "file:///none.wasm", "host_id": host.id(), "count": 1 });
    assert_eq!(ask(&bus, &cmd("scale"), missing).await["accepted"], true);
    let failed = until_event(&mut events, "actors_start_failed").await;
    assert_eq!(failed.data["image_ref"], "file:///none.wasm");
    let update = json!({ "actor_id": actor, "new_actor_ref": "file:///none.wasm", "host_id": host.id() });
    assert_eq!(ask(&bus, &cmd("upd"), update).await["accepted"], true);
    until_event(&mut events, "actor_update_failed").await;
    let unknown = ask(&bus, &cmd("dance"), json!({})).await;
    assert_eq!(
        (unknown["accepted"].clone(), unknown["error"].as_str().map(|text| text.contains("upd"))),
        (json!(false), Some(true))
    );
    let registries = json!({ "registry.example": { "username": "u", "password": "p", "registryType": "oci" } });
    assert_eq!(ask(&bus, "registries.put", registries).await["accepted"], true);
    assert_eq!(ask(&bus, "registries.put", json!([1])).await["accepted"], false);
    let stop = json!({ "actor_ref": actor, "host_id": host.id(), "annotations": {} });
    assert_eq!(ask(&bus, &cmd("sa"), stop).await["accepted"], true);
    until_event(&mut events, "actors_stopped").await;
}

#[tokio::test]
async fn the_claims_of_an_actor_reach_listeners_and_the_list_of_claims() {
    let lattice = Lattice::new();
    let (_keeper, far) = (lattice.keeper().await, lattice.host().await);
    let bus = lattice.bus();
    let mut events = events(&bus);
    let module = signed(&wat::parse_str(UPPER).expect("WAT"), &["wasmcloud:keyvalue", "wasmcloud:messaging"]);
    let actor = start(&far, &module).await.to_string();
    let started = until_event(&mut events, "actors_started").await.data;
    let claims = &started["claims"];
    assert_eq!(started["public_key"], actor);
    assert_eq!(claims["caps"], json!(["wasmcloud:keyvalue", "wasmcloud:messaging"]));
    assert_eq!((&claims["not_before_human"], &claims["expires_human"]), (&json!("immediately"), &json!("never")));
    let listed = ask(&bus, "get.claims", json!({})).await;
    let listed = &listed["claims"][0];
    assert_eq!((&listed["sub"], &listed["iss"]), (&json!(actor), &claims["issuer"]));
    assert_eq!(listed["caps"], "wasmcloud:keyvalue,wasmcloud:messaging");
}

#[tokio::test]
async fn a_provider_says_how_it_is_and_stops_when_asked() {
    let lattice = Lattice::new();
    let host = lattice.keeper().await;
    let bus = lattice.bus();
    let store =
        host.inventory().providers.iter().find(|p| p.contract_id == "wasmcloud:keyvalue").expect("runs").id.clone();
    let ask = |verb: &str| {
        let request = message(subject(format!("wasmbus.rpc.default.{store}.default.{verb}")), "");
        let bus = bus.clone();
        async move { bus.request(request, Duration::from_secs(5)).await.expect("a reply").payload }
    };
    // `{"healthy": true}` in MessagePack.
    assert_eq!(ask("health").await, &b"\x81\xa7healthy\xc3"[..]);
    let mut events = events(&bus);
    ask("shutdown").await;
    assert_eq!(until_event(&mut events, "provider_stopped").await.data["public_key"], store);
    assert!(host.inventory().providers.iter().all(|provider| provider.id != store));
}

#[tokio::test]
async fn invocations_are_told_to_whoever_listens() {
    let lattice = Lattice::new();
    let host = lattice.keeper().await;
    let bus = lattice.bus();
    let actor = start(&host, &wat::parse_str(UPPER).expect("WAT")).await;
    let mut told = bus.subscribe(subject("wasmbus.rpcevt.default".to_owned()).into(), None).expect("subscribed");
    assert_eq!(call(&host, actor, "ab").await.as_deref(), Ok("AB"));
    let event = Event::read(&told.next().await.expect("told").payload).expect("an event");
    assert_eq!(event.kind(), "invocation_succeeded");
    assert_eq!((&event.data["dest"]["public_key"], &event.data["bytes"]), (&json!(actor.to_string()), &json!(2)));
    call(&host, actor, "\0").await.expect_err("traps");
    let event = Event::read(&told.next().await.expect("told").payload).expect("an event");
    assert_eq!(event.kind(), "invocation_failed");
}

#[tokio::test]
async fn deadline_and_trace_reach_the_last_callee_of_a_chain() {
    let lattice = Lattice::new();
    let (near, far) = (lattice.keeper().await, lattice.host().await);
    let bus = lattice.bus();
    let relay = start(&near, &wat::parse_str(RELAY).expect("WAT")).await;
    let second =
        start(&far, &wat::parse_str(RELAY.replace(";; here", "(global i32 (i32.const 1))")).expect("WAT")).await;
    // The last callee is this test, which sees the request as it came over the bus.
    let last = PublicKey::from_bytes(wisteria_core::identity::KeyKind::Module, [42; 32]);
    let requests = bus.subscribe(subject(format!("wasmbus.rpc.default.{last}")).into(), None).expect("subscribed");
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let invocation = json!({
        "origin": { "public_key": "" }, "target": { "public_key": relay.to_string() }, "operation": "Op",
        "msg": [], "id": "1", "encoded_claims": "", "host_id": "", "traceContext": { "traceparent": trace },
    });
    let mut body = rmp_serde::to_vec_named(&invocation).expect("MessagePack");
    let text = format!("{second} {last} hello");
    // The payload is a binary value, which JSON does not know: a `bin 8` in the place of the empty array.
    let at = body.windows(5).position(|bytes| bytes == b"\xa3msg\x90").expect("the payload") + 4;
    body.splice(at..=at, [0xc4, u8::try_from(text.len()).expect("short")].into_iter().chain(text.bytes()));
    let mut request: Message = message(subject(format!("wasmbus.rpc.default.{relay}")), body);
    request.headers.insert("Wisteria-Deadline", "300");
    let asked = bus.request(request, Duration::from_secs(5));
    let seen = async { requests.into_future().await.0.expect("the last call") };
    let (outcome, seen) = futures::join!(asked, seen);
    assert_eq!(seen.headers.get("traceparent"), Some(trace));
    let left: u64 = seen.headers.get("Wisteria-Deadline").expect("a deadline").parse().expect("milliseconds");
    assert!((1..=300).contains(&left), "{left}");
    let reply = outcome.expect("a reply");
    let text = String::from_utf8_lossy(&reply.payload);
    assert!(text.contains("did not answer within"), "nobody answered the last call: {text}");
}
