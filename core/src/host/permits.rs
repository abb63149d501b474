//! What the policy says to what is done here: asked before it is done, and remembered for calls.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use futures::{
    FutureExt,
    future::{Shared, WeakShared},
};
use serde_json::json;

use super::{config::HostPolicy, exceeded::Bound, links::Link, state::HostState};
use crate::{
    call::Call,
    error::{ErrorCode, LatticeError},
    identity::{ActorClaims, KeyKind, PublicKey},
    lattice::control::ClaimsSummary,
    platform::{BoxFuture, timeout},
    policy::{Action, Decision, Question, SERVICE_LIMIT, Service},
};

/// How long the answer of a policy service is remembered.
const ANSWER_KEPT: Duration = Duration::from_secs(60);

/// How long it is remembered that a service gave none.
const SILENCE_KEPT: Duration = Duration::from_secs(1);

/// Decisions that are remembered; with one more all are forgotten.
const MOST_REMEMBERED: usize = 4096;

/// Calls that may wait for a policy service at once.
const MOST_ASKING: usize = 1024;

/// A host's policy, and what it said lately.
pub(super) struct Permits {
    policy: HostPolicy,
    /// Nothing needs to be asked.
    is_open: bool,
    /// Operations have decisions of their own.
    by_operation: bool,
    remembered: RwLock<Remembered>,
    asking: Mutex<HashMap<CallKind, WeakShared<Asking>>>,
}

type Asking = BoxFuture<'static, Arc<Decision>>;

#[derive(Default)]
struct Remembered {
    /// Counts how often all was forgotten.
    generation: u64,
    decisions: HashMap<CallKind, (Arc<Decision>, Option<Duration>)>,
}

/// Calls to which a policy says the same.
#[derive(Clone, PartialEq, Eq, Hash)]
struct CallKind {
    subject: PublicKey,
    target: PublicKey,
    /// Contract and link name.
    provider: Option<(Arc<str>, Arc<str>)>,
    operation: Option<Arc<str>>,
}

/// What a policy says to a call.
pub(super) enum Permit {
    /// It said it at once.
    Said(Result<(), LatticeError>),
    /// A service is asked.
    Asked(BoxFuture<'static, Result<(), LatticeError>>),
}

impl Permit {
    pub(super) async fn wait(self) -> Result<(), LatticeError> {
        match self {
            Self::Said(said) => said,
            Self::Asked(asked) => asked.await,
        }
    }
}

impl Permits {
    pub(super) fn new(policy: HostPolicy) -> Self {
        Self {
            is_open: policy.rules.is_open() && policy.service.is_none(),
            by_operation: policy.rules.knows_operations(),
            policy,
            remembered: RwLock::default(),
            asking: Mutex::default(),
        }
    }

    /// Forgets all decisions, as something changed that they may depend on.
    pub(super) fn forget(&self) {
        if !self.is_open {
            let mut remembered = self.remembered.write().expect("nothing panics under this lock");
            remembered.generation += 1;
            remembered.decisions.clear();
        }
    }

    fn recall(&self, kind: &CallKind, now: Duration) -> Result<Arc<Decision>, u64> {
        let remembered = self.remembered.read().expect("nothing panics under this lock");
        match remembered.decisions.get(kind) {
            Some((decision, until)) if until.is_none_or(|until| now < until) => Ok(decision.clone()),
            _ => Err(remembered.generation),
        }
    }

    /// Remembers a decision, unless what it was taken by has changed since `generation`.
    fn remember(&self, kind: CallKind, generation: u64, decision: &Arc<Decision>, until: Option<Duration>) {
        let mut remembered = self.remembered.write().expect("nothing panics under this lock");
        if remembered.generation != generation {
            return;
        }
        if remembered.decisions.len() >= MOST_REMEMBERED {
            remembered.decisions.clear();
        }
        remembered.decisions.insert(kind, (decision.clone(), until));
    }

    /// The service to ask about what these do. It is not asked about what it does itself.
    fn service(&self, concerned: [Option<PublicKey>; 2]) -> Option<&Service> {
        let service = self.policy.service.as_ref()?;
        let actor = service.service.actor();
        (actor.is_none() || !concerned.contains(&actor)).then_some(service)
    }
}

impl HostState {
    /// Whether a call may be made. `provider` is the contract and the link name where `target` is a provider.
    pub(super) fn permit_call(
        self: &Arc<Self>,
        call: &Call,
        target: PublicKey,
        provider: Option<(&Arc<str>, &Arc<str>)>,
    ) -> Permit {
        let permits = &self.permits;
        if permits.is_open {
            return Permit::Said(Ok(()));
        }
        let kind = CallKind {
            subject: call.origin,
            target,
            provider: provider.map(|(contract, link_name)| (contract.clone(), link_name.clone())),
            operation: permits.by_operation.then(|| call.operation.clone()),
        };
        let generation = match permits.recall(&kind, self.platform.now()) {
            Ok(decision) => return Permit::Said(self.heed_call(&kind, &decision)),
            Err(generation) => generation,
        };
        let question = self.question_of_call(&kind, call);
        let decision = Arc::new(permits.policy.rules.decide(&question));
        match permits.service([Some(call.origin), Some(target)]) {
            Some(service) if decision.allowed => self.ask_about_call(service.clone(), question, kind, generation),
            _ => {
                let said = self.heed_call(&kind, &decision);
                permits.remember(kind, generation, &decision, None);
                Permit::Said(said)
            }
        }
    }

    /// Whether an actor may start here.
    pub(super) async fn permit_actor(&self, key: PublicKey, claims: Option<&ActorClaims>) -> Result<(), LatticeError> {
        let question = || {
            let mut question = Question::new(Action::StartActor, key.to_string(), self.id().to_string());
            question.describe_subject(&ClaimsSummary::of(&question.subject, claims));
            question
        };
        self.permit_start(question, Some(key), true).await
    }

    /// Whether a provider may start here. A host asks the rules only for those that it starts by itself.
    pub(super) async fn permit_provider(
        &self,
        key: PublicKey,
        kind: &str,
        contract: &str,
        link_name: &str,
        by_itself: bool,
    ) -> Result<(), LatticeError> {
        let question = || Question {
            provider: Some(kind.to_owned()),
            contract: Some(contract.to_owned()),
            link: Some(link_name.to_owned()),
            ..Question::new(Action::StartProvider, key.to_string(), self.id().to_string())
        };
        self.permit_start(question, None, !by_itself).await
    }

    async fn permit_start(
        &self,
        question: impl FnOnce() -> Question,
        key: Option<PublicKey>,
        asks_service: bool,
    ) -> Result<(), LatticeError> {
        let permits = &self.permits;
        if permits.is_open {
            return Ok(());
        }
        let question = Question { labels: self.labels(), ..question() };
        self.heed(&question, &permits.policy.rules.decide(&question))?;
        match permits.service([key, None]).filter(|_| asks_service) {
            Some(service) => self.heed(&question, &self.ask_service(service, question.clone()).await.0),
            None => Ok(()),
        }
    }

    /// Whether a link may be put.
    pub(crate) fn permit_link(&self, link: &Link) -> Result<(), LatticeError> {
        if self.permits.is_open {
            return Ok(());
        }
        let mut question = Question {
            contract: Some(link.key.contract.to_string()),
            link: Some(link.key.link_name.to_string()),
            labels: self.labels(),
            ..Question::new(Action::Link, link.key.actor.to_string(), link.provider.to_string())
        };
        if let Some(claims) = self.claims_of(link.key.actor) {
            question.describe_subject(&claims);
        }
        self.heed(&question, &self.permits.policy.rules.decide(&question))
    }

    fn question_of_call(&self, kind: &CallKind, call: &Call) -> Question {
        let (contract, link) = kind.provider.clone().unzip();
        let mut question = Question {
            contract: contract.map(|contract| contract.to_string()),
            link: link.map(|link| link.to_string()),
            operation: Some(call.operation.to_string()),
            labels: self.labels(),
            ..Question::new(Action::Invoke, kind.subject.to_string(), kind.target.to_string())
        };
        if let Some(claims) = self.claims_of(kind.subject) {
            question.describe_subject(&claims);
        }
        if let Some(claims) = self.claims_of(kind.target) {
            (question.target_issuer, question.target_tags) = (issuer(&claims), list(&claims.tags));
        }
        question
    }

    /// What an actor claims: proved where it runs here, else as its host told the lattice.
    fn claims_of(&self, key: PublicKey) -> Option<ClaimsSummary> {
        if key.kind() != KeyKind::Module {
            return None;
        }
        match self.actor(key) {
            Some(actor) => Some(ClaimsSummary::of(&key.to_string(), actor.code().claims.as_ref())),
            None => self.claims.read().expect("nothing panics under this lock").get(&key).cloned(),
        }
    }

    /// Asks a service about a call. Calls of one kind wait for one answer.
    fn ask_about_call(
        self: &Arc<Self>,
        service: Service,
        question: Question,
        kind: CallKind,
        generation: u64,
    ) -> Permit {
        let asking = {
            // Nothing that panics under it leaves it half changed.
            let mut asking = self.permits.asking.lock().unwrap_or_else(PoisonError::into_inner);
            match asking.get(&kind).and_then(WeakShared::upgrade) {
                Some(asked) => asked,
                None => {
                    asking.retain(|_, asked| asked.upgrade().is_some());
                    if asking.len() >= MOST_ASKING {
                        return Permit::Said(Err(LatticeError::new(
                            ErrorCode::Overloaded,
                            format!("{MOST_ASKING} questions wait for the policy service already; call again later"),
                        )));
                    }
                    let asked = self.clone().decision_about_call(service, question, kind.clone(), generation);
                    asked.downgrade().map(|weak| asking.insert(kind.clone(), weak));
                    asked
                }
            }
        };
        let host = self.clone();
        Permit::Asked(Box::pin(async move {
            let decision = asking.await;
            host.heed_call(&kind, &decision)
        }))
    }

    fn decision_about_call(
        self: Arc<Self>,
        service: Service,
        question: Question,
        kind: CallKind,
        generation: u64,
    ) -> Shared<Asking> {
        let asking: Asking = Box::pin(async move {
            let (decision, kept) = self.ask_service(&service, question).await;
            let decision = Arc::new(decision);
            self.permits.remember(kind, generation, &decision, Some(self.platform.now() + kept));
            decision
        });
        asking.shared()
    }

    /// What a service says within its limit, and how long that is to be remembered.
    async fn ask_service(&self, service: &Service, question: Question) -> (Decision, Duration) {
        let rule = Some(SERVICE.to_owned());
        let cause = match timeout(&*self.platform, SERVICE_LIMIT, service.service.ask(question)).await {
            Some(Ok(answer)) => {
                return (Decision { allowed: answer.permitted, rule, because: answer.message }, ANSWER_KEPT);
            }
            Some(Err(cause)) => cause,
            None => format!("it did not answer within {} s", SERVICE_LIMIT.as_secs()),
        };
        tracing::warn!(cause, "the policy service gave no answer");
        (Decision { allowed: service.permits_without_answer, rule, because: Some(cause) }, SILENCE_KEPT)
    }

    fn heed(&self, question: &Question, decision: &Decision) -> Result<(), LatticeError> {
        if decision.allowed {
            return Ok(());
        }
        let Question { action, subject, target, .. } = question;
        Err(self.refuse(true, *action, subject, target, decision))
    }

    fn heed_call(&self, kind: &CallKind, decision: &Decision) -> Result<(), LatticeError> {
        if decision.allowed {
            return Ok(());
        }
        let is_told = self.exceeded.is_due(Some(kind.subject), Bound::Policy, self.platform.now());
        Err(self.refuse(is_told, Action::Invoke, &kind.subject.to_string(), &kind.target.to_string(), decision))
    }

    fn refuse(&self, is_told: bool, action: Action, subject: &str, target: &str, decision: &Decision) -> LatticeError {
        let Decision { rule, because, .. } = decision;
        let id = self.id().to_string();
        let by = match rule {
            Some(rule) => format!("by \"{rule}\""),
            None => "as no rule allows it".to_owned(),
        };
        let why = because.as_ref().map(|because| format!(" ({because})")).unwrap_or_default();
        let message = format!(
            "the policy of host {id} denies {action} of {subject} to {target}, {by}{why}; who runs that host can allow \
             it: wisteria up --policy (in a page: policy)"
        );
        if is_told {
            self.emit(
                "policy_denied",
                json!({
                    "action": action.as_str(),
                    "subject": subject,
                    "target": target,
                    "rule": rule,
                    "reason": because,
                    "host_id": id,
                }),
            );
        }
        LatticeError::new(ErrorCode::PolicyDenied, message)
    }
}

/// What stands for a service where rules are named.
const SERVICE: &str = "policy-service";

impl Question {
    fn describe_subject(&mut self, claims: &ClaimsSummary) {
        self.issuer = issuer(claims);
        self.tags = list(&claims.tags);
        self.capabilities = list(&claims.caps);
    }
}

fn issuer(claims: &ClaimsSummary) -> Option<String> {
    claims.is_signed().then(|| claims.iss.clone())
}

fn list(text: &str) -> Vec<String> {
    text.split(',').filter(|member| !member.is_empty()).map(str::to_owned).collect()
}

impl fmt::Debug for Permits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Permits").field(&self.policy).finish()
    }
}
