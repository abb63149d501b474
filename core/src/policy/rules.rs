//! The rules of a policy, and what they say to a question.

use super::{
    patterns::Patterns,
    question::{Action, Question},
};

/// Rules with a default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub(super) otherwise: Effect,
    pub(super) rules: Vec<Rule>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) effect: Effect,
    pub(super) actions: Patterns,
    pub(super) when: Conditions,
    pub(super) unless: Option<Conditions>,
    pub(super) because: Option<String>,
}

/// All that are named must be met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    /// Each with the place of what it compares in [`Question::NAMES`].
    pub(super) facts: Vec<(usize, Patterns)>,
    pub(super) labels: Vec<(String, Patterns)>,
}

/// What a policy says to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may be done.
    pub allowed: bool,
    /// The rule that says so; none where the default does.
    pub rule: Option<String>,
    /// The rule's reason.
    pub because: Option<String>,
}

impl Default for Policy {
    /// Everything may be done.
    fn default() -> Self {
        Self { otherwise: Effect::Allow, rules: Vec::new() }
    }
}

impl Policy {
    /// Whether it allows everything, so that it need not be asked.
    pub fn is_open(&self) -> bool {
        self.otherwise == Effect::Allow && !self.rules.iter().any(|rule| rule.effect == Effect::Deny)
    }

    /// Whether a rule names this action.
    pub fn speaks_of(&self, action: Action) -> bool {
        self.rules.iter().any(|rule| rule.actions.match_text(action.as_str()))
    }

    /// Whether a rule has a condition on operations.
    pub fn knows_operations(&self) -> bool {
        self.conditions().any(|conditions| conditions.facts.iter().any(|(at, _)| Question::NAMES[*at] == "operation"))
    }

    /// The answer to a question.
    pub fn decide(&self, question: &Question) -> Decision {
        let first = |effect| self.rules.iter().find(|rule| rule.effect == effect && rule.applies(question));
        let rule = first(Effect::Deny).or_else(|| first(Effect::Allow));
        Decision {
            allowed: rule.map_or(self.otherwise, |rule| rule.effect) == Effect::Allow,
            rule: rule.map(|rule| rule.id.clone()),
            because: rule.and_then(|rule| rule.because.clone()),
        }
    }

    fn conditions(&self) -> impl Iterator<Item = &Conditions> {
        self.rules.iter().flat_map(|rule| [Some(&rule.when), rule.unless.as_ref()]).flatten()
    }
}

impl Rule {
    fn applies(&self, question: &Question) -> bool {
        self.actions.match_text(question.action.as_str())
            && self.when.are_met(question)
            && !self.unless.as_ref().is_some_and(|unless| unless.are_met(question))
    }
}

impl Conditions {
    fn are_met(&self, question: &Question) -> bool {
        let facts = question.facts();
        let is_met = |(at, patterns): &(usize, Patterns)| facts[*at].iter().any(|fact| patterns.match_text(fact));
        self.facts.iter().all(is_met)
            && self
                .labels
                .iter()
                .all(|(name, patterns)| question.labels.get(name).is_some_and(|value| patterns.match_text(value)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const ACCOUNT: &str = "ABRK5MP6QRTH7HXOVP2PR2TLDW6DPLBAF3LTGVWQRFVEF7W5VOUMACXB";

    fn policy(json: &str) -> Policy {
        Policy::read(&serde_json::from_str(json).expect("JSON")).expect("a policy")
    }

    fn link(issuer: Option<&str>, contract: &str) -> Question {
        Question {
            issuer: issuer.map(str::to_owned),
            contract: Some(contract.to_owned()),
            ..Question::new(Action::Link, "M1", "V1")
        }
    }

    #[test]
    fn a_rule_holds_unless_all_of_its_exception_is_met() {
        let policy = policy(&format!(
            r#"{{"default": "allow", "rules": [{{"id": "no-foreign-sql", "deny": "link", "when": {{"contract":
            "wasmcloud:sqldb"}}, "unless": {{"issuer": ["{ACCOUNT}"]}}, "because": "the data is ours"}}]}}"#
        ));
        let denied = policy.decide(&link(Some("A2"), "wasmcloud:sqldb"));
        assert_eq!((denied.allowed, denied.rule.as_deref()), (false, Some("no-foreign-sql")));
        assert_eq!(denied.because.as_deref(), Some("the data is ours"));
        assert!(!policy.decide(&link(None, "wasmcloud:sqldb")).allowed, "nobody vouches for it");
        assert!(policy.decide(&link(Some(ACCOUNT), "wasmcloud:sqldb")).allowed);
        assert!(policy.decide(&link(None, "wasmcloud:keyvalue")).allowed);
        assert!(policy.decide(&Question { action: Action::Invoke, ..link(None, "wasmcloud:sqldb") }).allowed);
    }

    #[test]
    fn deny_beats_allow_whatever_the_order_and_the_default_says_the_rest() {
        let policy = policy(
            r#"{"default": "deny", "rules": [
                {"id": "all", "allow": ["start-*", "invoke"]},
                {"id": "no-tabs", "deny": "start-actor", "when": {"labels": {"kind": "browser"}, "tags": ["batch", "big-*"]}}
            ]}"#,
        );
        let start = |kind: &str, tag: &str| {
            policy.decide(&Question {
                labels: BTreeMap::from([("kind".to_owned(), kind.to_owned())]),
                tags: vec!["other".to_owned(), tag.to_owned()],
                ..Question::new(Action::StartActor, "M1", "N1")
            })
        };
        assert_eq!(start("browser", "big-one").rule.as_deref(), Some("no-tabs"));
        assert_eq!(start("server", "big-one").rule.as_deref(), Some("all"));
        assert!(start("browser", "small").allowed);
        assert_eq!(
            policy.decide(&link(None, "wasmcloud:sqldb")),
            Decision { allowed: false, rule: None, because: None }
        );
    }

    #[test]
    fn every_condition_tells_questions_apart() {
        let full = Question {
            issuer: Some("A1".to_owned()),
            tags: vec!["t".to_owned()],
            target_issuer: Some("A2".to_owned()),
            target_tags: vec!["u".to_owned()],
            provider: Some("p".to_owned()),
            contract: Some("a:b".to_owned()),
            link: Some("default".to_owned()),
            operation: Some("Op".to_owned()),
            labels: BTreeMap::from([("k".to_owned(), "v".to_owned())]),
            ..Question::new(Action::Invoke, "M1", "M2")
        };
        for (condition, matching) in [
            ("subject", r#""M1""#),
            ("target", r#""M2""#),
            ("issuer", r#""A1*""#),
            ("tags", r#""t""#),
            ("target_issuer", r#""A2*""#),
            ("target_tags", r#""u""#),
            ("provider", r#""p""#),
            ("contract", r#""a:b""#),
            ("link", r#""default""#),
            ("operation", r#""Op""#),
            ("labels", r#"{"k": "v"}"#),
        ] {
            let rule = |value: &str| {
                policy(&format!(
                    r#"{{"default": "allow", "rules": [{{"id": "x", "deny": "*", "when": {{"{condition}": {value}}}}}]}}"#
                ))
            };
            assert!(!rule(matching).decide(&full).allowed, "{condition}");
            let other = if condition == "labels" { r#"{"k": "w"}"# } else { r#"["other*", "M3"]"# };
            let other = if condition.ends_with("issuer") { r#""other*""# } else { other };
            assert!(rule(other).decide(&full).allowed, "{condition}");
            assert!(rule(matching).decide(&Question::new(Action::Invoke, "", "")).allowed, "{condition} of nothing");
        }
    }

    #[test]
    fn a_policy_that_denies_nothing_need_not_be_asked() {
        assert!(Policy::default().is_open());
        assert!(policy(r#"{"default": "allow", "rules": [{"id": "a", "allow": "*"}], "tests": [1]}"#).is_open());
        assert!(!policy(r#"{"default": "deny"}"#).is_open());
        assert!(!policy(r#"{"default": "allow", "rules": [{"id": "a", "deny": "join"}]}"#).is_open());
    }
}
