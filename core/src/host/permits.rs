//! What the policy says to what is done here: asked before it is done, and remembered for calls.

use std::{
    pin::Pin,
    sync::{Arc, RwLock},
    task::{Context, Poll},
    time::Duration,
};

use litemap::LiteMap;
use serde_json::{Map, Value};

use super::{config::HostPolicy, exceeded::Bound, links::Link, state::HostState};
use crate::{
    call::Call,
    error::{ErrorCode, LatticeError},
    identity::{ActorClaims, KeyKind, PublicKey},
    lattice::control::ClaimsSummary,
    platform::BoxFuture,
    policy::{Action, Advise, Decision, Question},
};

/// Decisions that are remembered; with one more all are forgotten.
const MOST_REMEMBERED: usize = 4096;

/// A host's policy, and what it said lately.
#[derive(Debug)]
pub(super) struct Permits {
    /// Nothing needs to be asked.
    is_open: bool,
    /// Operations have decisions of their own.
    by_operation: bool,
    remembered: RwLock<Remembered>,
}

#[derive(Debug, Default)]
struct Remembered {
    /// Counts how often all was forgotten.
    generation: u64,
    decisions: LiteMap<CallKind, (Arc<Decision>, Option<Duration>)>,
}

/// Calls to which a policy says the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct CallKind {
    subject: PublicKey,
    target: PublicKey,
    /// Contract and link name.
    provider: Option<(Arc<str>, Arc<str>)>,
    operation: Option<Arc<str>>,
}

/// What a policy says, for whoever awaits it.
pub(super) enum Permit {
    /// It said it at once.
    Said(Result<(), LatticeError>),
    /// A service is asked.
    Asked(BoxFuture<'static, Result<(), LatticeError>>),
}

impl Future for Permit {
    type Output = Result<(), LatticeError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Said(said) => Poll::Ready(std::mem::replace(said, Ok(()))),
            Self::Asked(asked) => asked.as_mut().poll(context),
        }
    }
}

impl Permits {
    pub(super) fn new(policy: &HostPolicy) -> Self {
        Self {
            is_open: policy.rules.is_open() && policy.service.is_none(),
            by_operation: policy.rules.knows_operations(),
            remembered: RwLock::default(),
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
    fn remember(&self, kind: CallKind, generation: u64, decision: Arc<Decision>, until: Option<Duration>) {
        let mut remembered = self.remembered.write().expect("nothing panics under this lock");
        if remembered.generation != generation {
            return;
        }
        if remembered.decisions.len() >= MOST_REMEMBERED {
            remembered.decisions.clear();
        }
        remembered.decisions.insert(kind, (decision, until));
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
        match self.permits.is_open {
            true => Permit::Said(Ok(())),
            false => self.decide_call(call, target, provider),
        }
    }

    fn decide_call(
        self: &Arc<Self>,
        call: &Call,
        target: PublicKey,
        provider: Option<(&Arc<str>, &Arc<str>)>,
    ) -> Permit {
        let permits = &self.permits;
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
        let question = self.question_of_call(&kind, permits.by_operation.then_some(&call.operation));
        let decision = Arc::new(self.config.policy.rules.decide(&question));
        match self.advisor([Some(call.origin), Some(target)]) {
            Some(advisor) if decision.allowed => {
                let (host, advice) = (self.clone(), advisor.advise(question));
                Permit::Asked(Box::pin(async move {
                    let (decision, kept) = advice.await?;
                    let said = host.heed_call(&kind, &decision);
                    host.permits.remember(kind, generation, decision, Some(host.platform.now() + kept));
                    said
                }))
            }
            _ => {
                let said = self.heed_call(&kind, &decision);
                permits.remember(kind, generation, decision, None);
                Permit::Said(said)
            }
        }
    }

    /// Who is to be asked about what these do. An actor that decides is not asked about what it does itself.
    fn advisor(&self, concerned: [Option<PublicKey>; 2]) -> Option<&dyn Advise> {
        let advisor = self.config.policy.service.as_ref()?.advisor();
        let actor = advisor.actor();
        (actor.is_none() || !concerned.contains(&actor)).then_some(advisor)
    }

    /// Whether an actor may start here.
    pub(super) fn permit_actor(self: &Arc<Self>, key: PublicKey, claims: Option<&ActorClaims>) -> Permit {
        let mut question = Question::new(Action::StartActor, key.to_string(), self.id().to_string());
        question.describe_subject(&ClaimsSummary::of(&question.subject, claims));
        self.permit_start(question, Some(key), true)
    }

    /// Whether a provider may start here. A host asks the rules only for those that it starts by itself.
    pub(super) fn permit_provider(
        self: &Arc<Self>,
        key: PublicKey,
        kind: &str,
        contract: &str,
        link_name: &str,
        by_itself: bool,
    ) -> Permit {
        let mut question = Question::new(Action::StartProvider, key.to_string(), self.id().to_string());
        question.provider = Some(kind.to_owned());
        question.contract = Some(contract.to_owned());
        question.link = Some(link_name.to_owned());
        self.permit_start(question, None, !by_itself)
    }

    fn permit_start(self: &Arc<Self>, question: Question, key: Option<PublicKey>, asks_service: bool) -> Permit {
        let (question, said) = self.ask_rules(question);
        match self.advisor([key, None]) {
            Some(advisor) if asks_service && said.is_ok() => {
                let (host, advice) = (self.clone(), advisor.advise(question.clone()));
                Permit::Asked(Box::pin(async move { host.heed(&question, &advice.await?.0) }))
            }
            _ => Permit::Said(said),
        }
    }

    /// Whether a link may be put.
    pub(crate) fn permit_link(&self, link: &Link) -> Result<(), LatticeError> {
        let mut question = Question::new(Action::Link, link.key.actor.to_string(), link.provider.to_string());
        question.contract = Some(link.key.contract.to_string());
        question.link = Some(link.key.link_name.to_string());
        if let Some(claims) = self.claims_of(link.key.actor) {
            question.describe_subject(&claims);
        }
        self.ask_rules(question).1
    }

    fn ask_rules(&self, mut question: Question) -> (Question, Result<(), LatticeError>) {
        question.labels = self.labels();
        let said = self.heed(&question, &self.config.policy.rules.decide(&question));
        (question, said)
    }

    fn question_of_call(&self, kind: &CallKind, operation: Option<&Arc<str>>) -> Question {
        let mut question = Question::new(Action::Invoke, kind.subject.to_string(), kind.target.to_string());
        question.labels = self.labels();
        question.operation = operation.map(ToString::to_string);
        if let Some((contract, link_name)) = &kind.provider {
            question.contract = Some(contract.to_string());
            question.link = Some(link_name.to_string());
        }
        if let Some(claims) = self.claims_of(kind.subject) {
            question.describe_subject(&claims);
        }
        if let Some(claims) = self.claims_of(kind.target) {
            question.target_issuer = issuer(&claims);
            question.target_tags = list(&claims.tags);
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

    fn heed(&self, question: &Question, decision: &Decision) -> Result<(), LatticeError> {
        match decision.allowed {
            true => Ok(()),
            false => Err(self.refuse(true, question.action, &question.subject, &question.target, decision)),
        }
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
        let by = rule.as_ref().map_or_else(|| "as no rule allows it".to_owned(), |rule| format!("by \"{rule}\""));
        let why = because.as_ref().map(|because| format!(" ({because})")).unwrap_or_default();
        if is_told {
            let known = [
                ("action", Some(action.as_str())),
                ("subject", Some(subject)),
                ("target", Some(target)),
                ("rule", rule.as_deref()),
                ("reason", because.as_deref()),
                ("host_id", Some(&id)),
            ];
            let mut data = Map::new();
            for (name, text) in known {
                data.insert(name.to_owned(), text.map_or(Value::Null, |text| Value::String(text.to_owned())));
            }
            self.emit("policy_denied", Value::Object(data));
        }
        LatticeError::new(
            ErrorCode::PolicyDenied,
            format!(
                "the policy of host {id} denies {action} of {subject} to {target}, {by}{why}; who runs that host can \
                 allow it: wisteria up --policy (in a page: policy)"
            ),
        )
    }
}

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
