//! The policy service of wasmCloud 0.82: what it is asked, and what becomes of its answers.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::{Value, json};
use wisteria_core::{
    bus::{Bus, LocalBus, Router, SubjectPattern, message},
    identity::{KeyKind, PublicKey},
    platform::{Platform, timeout},
    policy::{Action, Answer, PolicyService, Question, SERVICE_LIMIT},
};
use wisteria_server::{
    platform::NativePlatform,
    policy::{LatticePolicyService, ServiceAddress},
};

struct Lattice {
    bus: Arc<LocalBus>,
    platform: Arc<dyn Platform>,
    service: LatticePolicyService,
}

fn host() -> PublicKey {
    PublicKey::from_bytes(KeyKind::Host, [7; 32])
}

impl Lattice {
    fn new(address: &str) -> Self {
        let platform: Arc<dyn Platform> = Arc::new(NativePlatform::current());
        let bus = Arc::new(LocalBus::new(Arc::new(Router::new()), platform.clone()));
        let address: ServiceAddress = address.parse().expect("an address");
        let service = LatticePolicyService::new(address, bus.clone(), platform.clone(), host(), "default");
        Self { bus, platform, service: service.expect("a lattice") }
    }

    /// Answers each question with what `answer` makes of it; hands out the questions.
    fn answer(&self, answer: impl Fn(&Value) -> Option<String> + Send + 'static) -> tokio::sync::mpsc::Receiver<Value> {
        let pattern = SubjectPattern::new("policy.evaluator").expect("a pattern");
        let mut questions = self.bus.subscribe(pattern, None).expect("subscribed");
        let (sender, asked) = tokio::sync::mpsc::channel(8);
        let bus = self.bus.clone();
        tokio::spawn(async move {
            while let Some(question) = questions.next().await {
                let request: Value = serde_json::from_slice(&question.payload).expect("JSON");
                if let Some(text) = answer(&request) {
                    bus.publish(message(question.reply.expect("a request"), text)).expect("published");
                }
                sender.send(request).await.expect("the test reads");
            }
        });
        asked
    }

    async fn ask(&self, question: Question) -> Option<Result<Answer, String>> {
        timeout(&*self.platform, SERVICE_LIMIT, self.service.ask(question)).await
    }
}

fn call() -> Question {
    Question {
        issuer: Some("A1".to_owned()),
        target_issuer: Some("A2".to_owned()),
        contract: Some("wasmcloud:keyvalue".to_owned()),
        link: Some("default".to_owned()),
        labels: BTreeMap::from([("kind".to_owned(), "server".to_owned())]),
        capabilities: vec!["wasmcloud:keyvalue".to_owned()],
        ..Question::new(Action::Invoke, "M1", "V1")
    }
}

#[tokio::test]
async fn a_question_has_the_shape_of_wasmcloud_and_its_answer_counts() {
    let lattice = Lattice::new("policy.evaluator");
    let mut asked = lattice.answer(|request| {
        let permitted = request["action"] == "start_actor";
        Some(json!({ "requestId": request["requestId"], "permitted": permitted, "message": "as ever" }).to_string())
    });
    let said = lattice.ask(call()).await.expect("in time");
    assert_eq!(said, Ok(Answer { permitted: false, message: Some("as ever".to_owned()) }));
    let mut request = asked.recv().await.expect("it was asked");
    assert!(request["requestId"].take().as_str().is_some_and(|id| !id.is_empty()));
    let source = json!({
        "publicKey": "M1", "contractId": null, "linkName": null, "capabilities": ["wasmcloud:keyvalue"],
        "issuer": "A1", "issuedOn": null, "expiresAt": null, "expired": false,
    });
    let expected = json!({
        "requestId": null,
        "action": "perform_invocation",
        "source": source,
        "target": { "publicKey": "V1", "issuer": "A2", "contractId": "wasmcloud:keyvalue", "linkName": "default" },
        "host": {
            "publicKey": host(), "latticeId": "default", "labels": { "kind": "server" }, "clusterIssuers": [],
        },
    });
    assert_eq!(request, expected);

    let start = Question { issuer: Some("A1".to_owned()), ..Question::new(Action::StartActor, "M1", "N1") };
    assert!(lattice.ask(start).await.expect("in time").expect("an answer").permitted);
    let request = asked.recv().await.expect("it was asked");
    assert_eq!(request["source"]["publicKey"], Value::Null);
    assert_eq!((&request["target"]["publicKey"], &request["target"]["issuer"]), (&json!("M1"), &json!("A1")));
}

#[tokio::test]
async fn what_is_no_answer_is_named() {
    for (answer, words) in [
        ("yes", "cannot be read"),
        (r#"{"requestId": "1"}"#, "permitted"),
        (r#"{"requestId": "1", "permitted": "yes"}"#, "cannot be read"),
        (r#"{"requestId": "1", "permitted": true}"#, "\"1\", which was not asked"),
        ("", "cannot be read"),
    ] {
        let lattice = Lattice::new("policy.evaluator");
        let _asked = lattice.answer(move |_| Some(answer.to_owned()));
        let error = lattice.ask(call()).await.expect("in time").expect_err(answer);
        assert!(error.contains(words), "{words} in {error}");
    }
    let error = Lattice::new("policy.evaluator").ask(call()).await.expect("at once").expect_err("nobody is there");
    assert!(error.contains("nobody listens at policy.evaluator"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn silence_ends_after_a_second() {
    let lattice = Lattice::new("policy.evaluator");
    let _asked = lattice.answer(|_| None);
    let began = tokio::time::Instant::now();
    if let Some(answer) = lattice.ask(call()).await {
        answer.expect_err("nobody answered");
    }
    let elapsed = began.elapsed();
    assert!(elapsed >= SERVICE_LIMIT && elapsed < SERVICE_LIMIT + Duration::from_millis(50), "{elapsed:?}");
}

#[test]
fn an_address_is_a_subject_or_an_actor() {
    let key = PublicKey::from_bytes(KeyKind::Module, [1; 32]);
    assert_eq!(key.to_string().parse::<ServiceAddress>().expect("an actor"), ServiceAddress::Actor(key));
    assert!(matches!("a.b".parse::<ServiceAddress>(), Ok(ServiceAddress::Subject(_))));
    let error = "a b".parse::<ServiceAddress>().expect_err("neither").to_string();
    assert!(error.contains("\"a b\"") && error.contains("M…"), "{error}");
}
