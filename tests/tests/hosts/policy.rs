//! What a policy denies is refused where it is to be done, with the rule's name, and the lattice is told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use wisteria_core::{
    bus::{SubjectPattern, Subscription},
    call::Target,
    error::{ErrorCode, LatticeError},
    host::{Host, HostPolicy},
    identity::{KeyKind, KeyPair, PublicKey},
    lattice::control::LinkDefinition,
    platform::BoxFuture,
    policy::{Answer, Policy, PolicyService, Question, Service},
};

use wisteria_server::platform::NativePlatform;

use crate::common::{Lattice, RELAY, UPPER, WAITS, signed};

const KEY_VALUE: &str = "wasmcloud:keyvalue";

fn rules(default: &str, rules: &Value) -> Policy {
    Policy::read(&json!({ "default": default, "rules": rules })).expect("a policy")
}

fn only(rules: Policy) -> HostPolicy {
    HostPolicy { rules, service: None }
}

async fn keeper(lattice: &Lattice, policy: HostPolicy) -> Host {
    lattice.keeper_with(|config| config.policy = policy).await
}

async fn start(host: &Host, text: &str) -> PublicKey {
    let module = wat::parse_str(text).expect("WAT");
    host.start_actor(module.into(), Some(2)).await.expect("started")
}

async fn call(host: &Host, actor: PublicKey, payload: &str) -> Result<String, LatticeError> {
    let payload = payload.as_bytes().to_vec().into();
    let reply = host.call(Target::Actor(actor), "Op", payload, Some(Duration::from_secs(10))).await;
    reply.map(|reply| String::from_utf8_lossy(&reply).into_owned())
}

/// Denials, as the lattice hears of them.
struct Heard(Subscription);

impl Heard {
    fn new(lattice: &Lattice) -> Self {
        let pattern = SubjectPattern::new("wasmbus.evt.default.policy_denied").expect("a pattern");
        Self(lattice.bus().subscribe(pattern, None).expect("subscribed"))
    }

    async fn next(&mut self) -> Value {
        let message = tokio::time::timeout(Duration::from_secs(10), self.0.next()).await.expect("in time");
        let event: Value = serde_json::from_slice(&message.expect("the bus stands").payload).expect("JSON");
        event["data"].clone()
    }
}

#[tokio::test]
async fn an_actor_that_a_rule_denies_does_not_start_and_the_lattice_hears_why() {
    let lattice = Lattice::new();
    let mut heard = Heard::new(&lattice);
    let account = KeyPair::from_raw(KeyKind::Account, [1; 32]).public_key().to_string();
    let policy = rules(
        "allow",
        &json!([{ "id": "ours-only", "deny": "start-actor", "unless": { "issuer": account }, "because": "of strangers" }]),
    );
    let host = keeper(&lattice, only(policy)).await;
    let module = wat::parse_str(UPPER).expect("WAT");
    let error = host.start_actor(module.clone().into(), None).await.expect_err("nobody vouches for it");
    assert_eq!(error.code, ErrorCode::PolicyDenied);
    for words in ["start-actor", "\"ours-only\"", "of strangers", "--policy", &host.id().to_string()] {
        assert!(error.message.contains(words), "{words} in {error}");
    }
    let event = heard.next().await;
    assert_eq!((&event["rule"], &event["reason"]), (&json!("ours-only"), &json!("of strangers")));
    assert_eq!((&event["action"], &event["target"]), (&json!("start-actor"), &json!(host.id().to_string())));
    let vouched = signed(&module, &[]);
    let actor = host.start_actor(vouched.clone().into(), None).await.expect("ours starts");
    assert_eq!(call(&host, actor, "x").await.as_deref(), Ok("X"));
}

#[tokio::test]
async fn a_call_is_denied_at_the_callers_host_and_at_that_of_the_actor() {
    let lattice = Lattice::new();
    let mut heard = Heard::new(&lattice);
    let plain = keeper(&lattice, HostPolicy::default()).await;
    let upper = start(&plain, UPPER).await;
    let deny = json!([{ "id": "quiet", "deny": "invoke", "when": { "operation": "Shout" } }]);
    let strict = keeper(&lattice, only(rules("allow", &deny))).await;
    let relay = start(&strict, RELAY).await;
    let shout = async |host: &Host, actor: PublicKey| {
        let outcome = host.call(Target::Actor(actor), "Shout", "x".into(), None).await;
        outcome.map(drop).map_err(|error| error.code)
    };
    assert_eq!(shout(&plain, upper).await, Ok(()), "the rule is the other host's");
    assert_eq!(shout(&strict, upper).await, Err(ErrorCode::PolicyDenied), "at the caller's host");
    let event = heard.next().await;
    assert_eq!((&event["subject"], &event["target"]), (&json!(strict.id()), &json!(upper)));
    for _ in 0..2 {
        assert_eq!(shout(&plain, relay).await, Err(ErrorCode::PolicyDenied), "at the actor's host");
    }
    let event = heard.next().await;
    assert_eq!((&event["subject"], &event["host_id"]), (&json!(plain.id()), &json!(strict.id())));
    assert_eq!(call(&strict, upper, "x").await.as_deref(), Ok("X"));
    assert_eq!(call(&plain, relay, &format!("{upper} x")).await.as_deref(), Ok("X"));
}

#[tokio::test]
async fn a_guest_reads_why_its_call_is_denied() {
    let lattice = Lattice::new();
    let upper = start(&keeper(&lattice, HostPolicy::default()).await, UPPER).await;
    let deny = json!([{ "id": "quiet", "deny": "invoke", "when": { "subject": "M*", "target": upper } }]);
    let strict = keeper(&lattice, only(rules("allow", &deny))).await;
    let relay = start(&strict, RELAY).await;
    let denied = call(&strict, relay, &format!("{upper} x")).await.expect_err("denied");
    assert_eq!(denied.code, ErrorCode::GuestFailed);
    assert!(denied.message.contains("\"quiet\""), "{denied}");
    assert_eq!(call(&strict, upper, "x").await.as_deref(), Ok("X"), "the rule is about actors");
}

#[tokio::test]
async fn operations_and_contracts_of_calls_have_rules_of_their_own() {
    let lattice = Lattice::new();
    let policy = rules(
        "allow",
        &json!([
            { "id": "no-clear", "deny": "invoke", "when": { "contract": KEY_VALUE, "operation": "*Clear" } },
            { "id": "no-dice", "deny": "invoke", "when": { "contract": "wasmcloud:builtin:numbergen" } },
        ]),
    );
    let host = keeper(&lattice, only(policy)).await;
    let relay = start(&host, RELAY).await;
    put_link(&lattice, &host, relay).await.expect("linked");
    let ask = async |contract: &str, operation: &str| {
        // The guest passes its own operation on, with an argument that no provider takes.
        let payload = format!("{contract} \u{1}").into_bytes().into();
        let reply = host.call(Target::Actor(relay), operation, payload, None).await;
        reply.expect_err("neither denied nor understood").message
    };
    for _ in 0..2 {
        assert!(ask(KEY_VALUE, "KeyValue.ListClear").await.contains("\"no-clear\""));
        assert!(!ask(KEY_VALUE, "KeyValue.Get").await.contains("policy"));
        assert!(ask("wasmcloud:builtin:numbergen", "NumberGen.Random32").await.contains("\"no-dice\""));
    }
}

async fn put_link(lattice: &Lattice, host: &Host, actor: PublicKey) -> Result<(), LatticeError> {
    let inventory = host.inventory();
    let provider = inventory.providers.iter().find(|provider| provider.contract_id == KEY_VALUE).expect("one");
    let link = LinkDefinition {
        actor_id: actor.to_string(),
        provider_id: provider.id.clone(),
        contract_id: KEY_VALUE.to_owned(),
        ..LinkDefinition::default()
    };
    lattice.client().put_link(&link).await.map(drop)
}

#[tokio::test]
async fn a_link_is_denied_by_its_keeper_and_by_the_host_of_its_provider() {
    let lattice = Lattice::new();
    let mut heard = Heard::new(&lattice);
    let deny = json!([{ "id": "unlinked", "deny": "link", "when": { "contract": KEY_VALUE } }]);
    let strict = keeper(&lattice, only(rules("allow", &deny))).await;
    let actor = start(&strict, UPPER).await;
    let error = put_link(&lattice, &strict, actor).await.expect_err("the keeper denies it");
    assert_eq!(error.code, ErrorCode::PolicyDenied);
    assert_eq!(heard.next().await["rule"], "unlinked");
    assert_eq!(lattice.client().links().await.expect("links"), []);
    drop(strict);

    let lattice = Lattice::new();
    let _keeper = keeper(&lattice, HostPolicy::default()).await;
    let tab = lattice.host_with(|config| config.policy = only(rules("allow", &deny))).await;
    let actor = start(&tab, UPPER).await;
    let error = put_link(&lattice, &tab, actor).await.expect_err("the provider's host denies it");
    assert_eq!(error.code, ErrorCode::LinkRefused);
    assert!(error.message.contains("\"unlinked\""), "{error}");
}

#[tokio::test]
async fn providers_that_a_rule_denies_are_left_out_and_not_started_for_anyone() {
    let lattice = Lattice::new();
    let policy = rules(
        "deny",
        &json!([{ "id": "second-only", "allow": "start-provider",
            "when": { "provider": "keyvalue-*", "contract": KEY_VALUE, "link": "second" } }]),
    );
    let host = keeper(&lattice, only(policy)).await;
    let serves = |link: &str| {
        let inventory = host.inventory();
        inventory.providers.iter().any(|provider| provider.contract_id == KEY_VALUE && provider.link_name == link)
    };
    assert!(!serves("default"));
    let client = lattice.client();
    let error = client.start_provider(host.id(), "keyvalue-memory", "third").await.expect_err("denied");
    assert_eq!(error.code, ErrorCode::PolicyDenied);
    assert!(error.message.contains("no rule allows it"), "{error}");
    client.start_provider(host.id(), "keyvalue-memory", "second").await.expect("started");
    assert!(serves("second"));
}

#[tokio::test]
async fn a_decision_is_taken_anew_once_the_labels_of_the_host_have_changed() {
    let lattice = Lattice::new();
    let deny = json!([{ "id": "closed", "deny": "invoke", "when": { "labels": { "open": "no" } } }]);
    let host = keeper(&lattice, only(rules("allow", &deny))).await;
    let actor = start(&host, UPPER).await;
    let client = lattice.client();
    for (value, is_open) in [("yes", true), ("no", false), ("yes", true)] {
        client.label_host(host.id(), "open", Some(value)).await.expect("labelled");
        assert_eq!(call(&host, actor, "x").await.is_ok(), is_open, "{value}");
    }
}

/// Answers after the first `silent` questions, and counts them.
#[derive(Debug)]
struct Counting {
    asked: AtomicUsize,
    silent: usize,
    permitted: bool,
    actor: Option<PublicKey>,
}

impl Counting {
    fn new(silent: usize, permitted: bool) -> Self {
        Self { asked: AtomicUsize::new(0), silent, permitted, actor: None }
    }

    fn count(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl PolicyService for Counting {
    fn ask(&self, _: Question) -> BoxFuture<'static, Result<Answer, String>> {
        if self.asked.fetch_add(1, Ordering::SeqCst) < self.silent {
            return Box::pin(std::future::pending());
        }
        let answer = Answer { permitted: self.permitted, message: Some("said so".to_owned()) };
        Box::pin(async move { Ok(answer) })
    }

    fn actor(&self) -> Option<PublicKey> {
        self.actor
    }
}

fn asking(service: &Arc<Counting>, permits_without_answer: bool) -> HostPolicy {
    let platform = Arc::new(NativePlatform::current());
    let service = Service::new(platform, service.clone(), permits_without_answer);
    HostPolicy { rules: Policy::default(), service: Some(service) }
}

#[tokio::test]
async fn a_service_is_asked_once_for_many_calls_and_its_words_reach_the_caller() {
    let lattice = Lattice::new();
    let plain = keeper(&lattice, HostPolicy::default()).await;
    let service = Arc::new(Counting::new(0, true));
    let host = keeper(&lattice, asking(&service, false)).await;
    let actor = start(&host, UPPER).await;
    assert_eq!(service.count(), 1, "about the start");
    for _ in 0..5 {
        call(&plain, actor, "x").await.expect("permitted");
    }
    assert_eq!(service.count(), 2, "and once about the calls");

    let service = Arc::new(Counting::new(0, false));
    let host = keeper(&lattice, asking(&service, true)).await;
    let module = wat::parse_str(RELAY).expect("WAT");
    let error = host.start_actor(module.into(), None).await.expect_err("denied");
    assert_eq!(error.code, ErrorCode::PolicyDenied);
    assert!(error.message.contains("said so") && error.message.contains("policy-service"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_within_a_second_the_default_holds() {
    for permits in [true, false] {
        let lattice = Lattice::new();
        let service = Arc::new(Counting::new(usize::MAX, true));
        let host = keeper(&lattice, asking(&service, permits)).await;
        let module = wat::parse_str(UPPER).expect("WAT");
        let began = tokio::time::Instant::now();
        let started = host.start_actor(module.into(), None).await;
        assert_eq!(began.elapsed().as_millis() / 10, 100, "it is waited for one second");
        assert_eq!(started.is_ok(), permits);
        if let Err(error) = started {
            assert!(error.message.contains("did not answer within 1 s"), "{error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn more_calls_than_may_wait_for_a_service_are_refused_at_once() {
    let lattice = Lattice::new();
    let service = Arc::new(Counting::new(usize::MAX, true));
    let host = keeper(&lattice, asking(&service, false)).await;
    let target = PublicKey::from_bytes(KeyKind::Module, [9; 32]);
    let calls = (0..1_030).map(|_| call(&host, target, "x"));
    let codes: Vec<ErrorCode> =
        futures::future::join_all(calls).await.into_iter().map(|reply| reply.expect_err("none is made").code).collect();
    let count = |code| codes.iter().filter(|found| **found == code).count();
    assert_eq!((count(ErrorCode::PolicyDenied), count(ErrorCode::Overloaded)), (1_024, 6));
    assert_eq!(service.count(), 1, "all are of one kind");
}

#[tokio::test]
async fn an_actor_that_answers_is_not_asked_about_itself() {
    let lattice = Lattice::new();
    let module = wat::parse_str(WAITS).expect("WAT");
    let actor = keeper(&lattice, HostPolicy::default()).await.start_actor(module.clone().into(), None).await;
    let own = Counting { actor: Some(actor.expect("started")), ..Counting::new(usize::MAX, true) };
    let service = Arc::new(own);
    let host = keeper(&lattice, asking(&service, false)).await;
    let actor = host.start_actor(module.into(), None).await.expect("nobody was asked");
    lattice.gate.open();
    call(&host, actor, "").await.expect("nobody was asked");
    assert_eq!(service.count(), 0);
}
