//! The rules of a policy, and what they say to a question.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::{
    patterns::{Patterns, matches},
    question::{Action, Question},
};
use crate::identity::{KeyKind, PublicKey};

/// Rules with a default. Reading one checks it: what is wrong is named, and nothing of it is used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    #[serde(rename = "default")]
    otherwise: Effect,
    #[serde(default, deserialize_with = "distinct")]
    rules: Vec<Rule>,
    /// Questions with their answers; for who tests the policy.
    #[serde(default, rename = "tests")]
    _tests: Skipped,
}

/// What is read past.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Skipped;

impl<'de> Deserialize<'de> for Skipped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    id: String,
    effect: Effect,
    actions: Patterns,
    when: Conditions,
    unless: Option<Conditions>,
    because: Option<String>,
}

/// A rule as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    id: String,
    allow: Option<Patterns>,
    deny: Option<Patterns>,
    #[serde(default)]
    when: Conditions,
    unless: Option<Conditions>,
    because: Option<String>,
}

/// All that are named must be met.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Conditions {
    subject: Option<Patterns>,
    target: Option<Patterns>,
    issuer: Option<Patterns>,
    tags: Option<Patterns>,
    target_issuer: Option<Patterns>,
    target_tags: Option<Patterns>,
    provider: Option<Patterns>,
    contract: Option<Patterns>,
    link: Option<Patterns>,
    operation: Option<Patterns>,
    #[serde(default)]
    labels: BTreeMap<String, Patterns>,
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
        Self { otherwise: Effect::Allow, rules: Vec::new(), _tests: Skipped }
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
        self.conditions().any(|conditions| conditions.operation.is_some())
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
        let text = |condition: &Option<Patterns>, text: Option<&String>| match condition {
            None => true,
            Some(patterns) => text.is_some_and(|text| patterns.match_text(text)),
        };
        let any = |condition: &Option<Patterns>, texts: &[String]| match condition {
            None => true,
            Some(patterns) => texts.iter().any(|text| patterns.match_text(text)),
        };
        text(&self.subject, Some(&question.subject))
            && text(&self.target, Some(&question.target))
            && text(&self.issuer, question.issuer.as_ref())
            && any(&self.tags, &question.tags)
            && text(&self.target_issuer, question.target_issuer.as_ref())
            && any(&self.target_tags, &question.target_tags)
            && text(&self.provider, question.provider.as_ref())
            && text(&self.contract, question.contract.as_ref())
            && text(&self.link, question.link.as_ref())
            && text(&self.operation, question.operation.as_ref())
            && self
                .labels
                .iter()
                .all(|(name, patterns)| question.labels.get(name).is_some_and(|value| patterns.match_text(value)))
    }

    /// A key that is none, which would silently match nothing.
    fn check(&self) -> Result<(), String> {
        for issuer in [&self.issuer, &self.target_issuer].into_iter().flatten().flat_map(Patterns::exact) {
            let is_account = issuer.parse::<PublicKey>().is_ok_and(|key| key.kind() == KeyKind::Account);
            if !is_account {
                return Err(format!("\"{issuer}\" is not the key of an account, A…"));
            }
        }
        for name in [&self.subject, &self.target].into_iter().flatten().flat_map(Patterns::exact) {
            if name.len() == KEY_LENGTH
                && let Err(error) = name.parse::<PublicKey>()
            {
                return Err(format!("\"{name}\" is not a key: {error}"));
            }
        }
        Ok(())
    }
}

/// How many characters a key has.
const KEY_LENGTH: usize = 56;

impl WrittenRule {
    /// The rule, or what is wrong with it.
    fn check(self) -> Result<Rule, String> {
        let Self { id, allow, deny, when, unless, because } = self;
        let bad = |what: String| format!("rule \"{id}\": {what}");
        if id.is_empty() {
            return Err("a rule needs an id, by which refusals name it".to_owned());
        }
        let (effect, actions) = match (allow, deny) {
            (Some(actions), None) => (Effect::Allow, actions),
            (None, Some(actions)) => (Effect::Deny, actions),
            _ => return Err(bad("give either \"allow\" or \"deny\", with the actions".to_owned())),
        };
        for pattern in actions.all() {
            if !Action::ALL.iter().any(|action| matches(pattern, action.as_str())) {
                let names = Action::ALL.map(Action::as_str).join(", ");
                return Err(bad(format!("\"{pattern}\" is no action; there are {names}")));
            }
        }
        when.check().and_then(|()| unless.as_ref().map_or(Ok(()), Conditions::check)).map_err(bad)?;
        Ok(Rule { id, effect, actions, when, unless, because })
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ReadRule)
    }
}

/// Checks a rule before its reader goes on, so that what is wrong is said of its own line.
struct ReadRule;

impl<'de> Visitor<'de> for ReadRule {
    type Value = Rule;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a rule")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Rule, A::Error> {
        WrittenRule::deserialize(MapAccessDeserializer::new(map))?.check().map_err(A::Error::custom)
    }
}

/// Rules of which no two have the same id, as refusals name rules by it.
fn distinct<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Rule>, D::Error> {
    let rules = Vec::<Rule>::deserialize(deserializer)?;
    for (at, rule) in rules.iter().enumerate() {
        if rules[..at].iter().any(|earlier| earlier.id == rule.id) {
            return Err(D::Error::custom(format_args!("two rules have the id \"{}\"; name them apart", rule.id)));
        }
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "ABRK5MP6QRTH7HXOVP2PR2TLDW6DPLBAF3LTGVWQRFVEF7W5VOUMACXB";

    fn policy(json: &str) -> Policy {
        serde_json::from_str(json).expect("a policy")
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
    fn what_is_wrong_is_named_with_its_line() {
        let check = |json: &str, words: &[&str]| {
            let error = serde_json::from_str::<Policy>(json).expect_err(json).to_string();
            words.iter().for_each(|word| assert!(error.contains(word), "{word} in {error}"));
        };
        check(r#"{"rules": []}"#, &["default"]);
        check(r#"{"default": "maybe"}"#, &["maybe", "allow", "line 1"]);
        check("{\"default\": \"deny\",\n\"rule\": []}", &["rule", "line 2"]);
        let rule = |rule: &str| format!("{{\"default\": \"deny\",\n\"rules\": [\n{rule}\n]}}");
        check(&rule(r#"{"id": "a", "allow": "fly"}"#), &["\"a\"", "\"fly\"", "start-actor", "line 3"]);
        check(&rule(r#"{"id": "a", "allow": []}"#), &["empty list", "line 3"]);
        check(&rule(r#"{"id": "a"}"#), &["\"a\"", "either", "line 3"]);
        check(&rule(r#"{"id": "a", "allow": "*", "deny": "*"}"#), &["either"]);
        check(&rule(r#"{"id": "", "allow": "*"}"#), &["id"]);
        check(&rule(r#"{"id": "a", "allow": "*", "when": {"isuer": "x"}}"#), &["isuer", "line 3"]);
        check(&rule(r#"{"id": "a", "allow": "*", "when": {"issuer": "me"}}"#), &["\"me\"", "account"]);
        let key = ACCOUNT.replacen('B', "C", 1);
        check(&rule(&format!(r#"{{"id": "a", "allow": "*", "unless": {{"subject": "{key}"}}}}"#)), &[&key]);
        let two = r#"{"id": "a", "allow": "*"}, {"id": "a", "deny": "*"}"#;
        check(&rule(two), &["two rules", "\"a\"", "line "]);
    }

    #[test]
    fn a_policy_that_denies_nothing_need_not_be_asked() {
        assert!(Policy::default().is_open());
        assert!(policy(r#"{"default": "allow", "rules": [{"id": "a", "allow": "*"}], "tests": [1]}"#).is_open());
        assert!(!policy(r#"{"default": "deny"}"#).is_open());
        assert!(!policy(r#"{"default": "allow", "rules": [{"id": "a", "deny": "join"}]}"#).is_open());
    }
}
