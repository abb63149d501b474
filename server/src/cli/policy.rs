//! `wisteria policy`: who may do what, and by which rule.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use thiserror::Error;
use wisteria_core::policy::{Action, Decision, Policy, Question};

use super::{output::Output, pairs::Pair, run::CommandError, table::table};
use crate::policy::{Case, Expected, PolicyFile, PolicyFileError};

/// What to do with a policy.
#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Ask it: the questions of its own tests, or one of the command line
    Test(Box<TestPolicy>),
}

/// Asks a policy.
#[derive(Debug, Args)]
pub(super) struct TestPolicy {
    /// The policy, as for: wisteria up --policy
    file: PathBuf,
    #[command(flatten)]
    question: QuestionArgs,
}

/// One question.
#[derive(Debug, Args)]
#[command(next_help_heading = "One question, instead of those in the file")]
struct QuestionArgs {
    /// start-actor, start-provider, invoke, link or join
    #[arg(long, value_parser = action)]
    action: Option<Action>,
    /// Who does it, or what starts
    #[arg(long, value_name = "KEY", requires = "action")]
    subject: Option<String>,
    /// To whom, or where it starts
    #[arg(long, value_name = "KEY", requires = "action")]
    target: Option<String>,
    /// The account that vouches for the subject
    #[arg(long, value_name = "A…", requires = "action")]
    issuer: Option<String>,
    /// A tag that the subject claims; may be given several times
    #[arg(long = "tag", value_name = "TAG", requires = "action")]
    tags: Vec<String>,
    /// The account that vouches for the target
    #[arg(long, value_name = "A…", requires = "action")]
    target_issuer: Option<String>,
    /// A tag that the target claims; may be given several times
    #[arg(long = "target-tag", value_name = "TAG", requires = "action")]
    target_tags: Vec<String>,
    /// The name of the provider that starts
    #[arg(long, value_name = "NAME", requires = "action")]
    provider: Option<String>,
    /// The contract
    #[arg(long, requires = "action")]
    contract: Option<String>,
    /// The link name
    #[arg(long, value_name = "NAME", requires = "action")]
    link: Option<String>,
    /// The operation
    #[arg(long, requires = "action")]
    operation: Option<String>,
    /// A label of the host that asks; may be given several times
    #[arg(long = "label", alias = "labels", value_name = "K=V", value_delimiter = ',', requires = "action")]
    labels: Vec<Pair>,
}

/// Why a policy is not what its author thinks.
#[derive(Debug, Error)]
pub(super) enum PolicyTestError {
    #[error(transparent)]
    File(#[from] PolicyFileError),
    #[error("{} has no tests; write some under \"tests\", or ask one question with --action", .0.display())]
    NoTests(PathBuf),
    #[error("{unmet} of {all} expectations are not met; correct the rules or the tests")]
    Unmet { unmet: usize, all: usize },
}

impl PolicyCommand {
    pub(super) fn run(self, output: Output) -> Result<(), CommandError> {
        let Self::Test(args) = self;
        let file = PolicyFile::read(&args.file).map_err(PolicyTestError::File)?;
        if let Some(question) = args.question.question() {
            let decision = file.policy.decide(&question);
            return Ok(output.print(&said(&decision), |_| sentence(&decision))?);
        }
        if file.cases.is_empty() {
            return Err(PolicyTestError::NoTests(args.file).into());
        }
        let tested: Vec<Tested> = file.cases.iter().map(|case| Tested::new(&file.policy, case)).collect();
        output.print(&tested.iter().map(Tested::json).collect::<Vec<_>>(), |_| {
            let rows: Vec<[String; 4]> = tested.iter().map(Tested::row).collect();
            table(["QUESTION", "ANSWER", "RULE", "EXPECTED"], &rows)
        })?;
        match tested.iter().filter(|tested| !tested.is_met()).count() {
            0 => Ok(()),
            unmet => Err(PolicyTestError::Unmet { unmet, all: tested.len() }.into()),
        }
    }
}

impl QuestionArgs {
    fn question(self) -> Option<Question> {
        Some(Question {
            issuer: self.issuer,
            tags: self.tags,
            target_issuer: self.target_issuer,
            target_tags: self.target_tags,
            provider: self.provider,
            contract: self.contract,
            link: self.link,
            operation: self.operation,
            labels: self.labels.into_iter().map(Pair::into_parts).collect(),
            ..Question::new(self.action?, self.subject.unwrap_or_default(), self.target.unwrap_or_default())
        })
    }
}

fn action(text: &str) -> Result<Action, String> {
    let known = Action::ALL.into_iter().find(|action| action.as_str() == text);
    known.ok_or_else(|| format!("there are {}", Action::ALL.map(Action::as_str).join(", ")))
}

/// A test and what came of it.
struct Tested<'a> {
    case: &'a Case,
    decision: Decision,
}

impl<'a> Tested<'a> {
    fn new(policy: &Policy, case: &'a Case) -> Self {
        Self { case, decision: policy.decide(&case.ask) }
    }

    fn is_met(&self) -> bool {
        let Case { expect, rule, .. } = self.case;
        self.decision.allowed == (*expect == Expected::Allow) && (rule.is_none() || *rule == self.decision.rule)
    }

    fn row(&self) -> [String; 4] {
        let Case { expect, rule, ask } = self.case;
        let expected = match (self.is_met(), rule) {
            (true, _) => "as expected".to_owned(),
            (false, None) => format!("NOT {}", effect(*expect == Expected::Allow)),
            (false, Some(rule)) => format!("NOT {} by {rule}", effect(*expect == Expected::Allow)),
        };
        [words(ask), effect(self.decision.allowed).to_owned(), by(&self.decision).to_owned(), expected]
    }

    fn json(&self) -> Value {
        let Case { expect, rule, ask } = self.case;
        let mut json = said(&self.decision);
        json["question"] = json!(ask);
        json["expected"] = json!({ "allowed": *expect == Expected::Allow, "rule": rule });
        json["met"] = json!(self.is_met());
        json
    }
}

/// A question on one line, with what is known.
fn words(question: &Question) -> String {
    let text = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name}={value}"));
    let list = |name: &str, all: &[String]| (!all.is_empty()).then(|| format!("{name}={}", all.join(",")));
    let short = |name: &str, key: &str| (!key.is_empty()).then(|| format!("{name}={key}"));
    let mut words = vec![question.action.to_string()];
    words.extend(
        [
            short("subject", &question.subject),
            short("target", &question.target),
            text("issuer", &question.issuer),
            list("tags", &question.tags),
            text("target_issuer", &question.target_issuer),
            list("target_tags", &question.target_tags),
            text("provider", &question.provider),
            text("contract", &question.contract),
            text("link", &question.link),
            text("operation", &question.operation),
        ]
        .into_iter()
        .flatten(),
    );
    words.extend(question.labels.iter().map(|(name, value)| format!("{name}={value}")));
    words.join(" ")
}

const fn effect(allowed: bool) -> &'static str {
    if allowed { "allow" } else { "deny" }
}

fn by(decision: &Decision) -> &str {
    decision.rule.as_deref().unwrap_or("the default")
}

fn said(decision: &Decision) -> Value {
    json!({ "allowed": decision.allowed, "rule": decision.rule, "because": decision.because })
}

fn sentence(decision: &Decision) -> String {
    let because = decision.because.as_ref().map(|because| format!(": {because}")).unwrap_or_default();
    format!("{} by {}{because}", effect(decision.allowed), by(decision))
}
