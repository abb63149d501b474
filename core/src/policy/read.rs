//! Reads a policy from JSON, and checks it: what is wrong is named, and nothing of it is used.
//!
//! By hand, as derived readers would add three times as much to a tab host.

use serde_json::{Map, Value};
use thiserror::Error;

use super::{
    patterns::{Patterns, matches},
    question::{Action, Question},
    rules::{Conditions, Effect, Policy, Rule},
};
use crate::identity::{KeyKind, PublicKey};

/// Why something is no policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what}")]
pub struct PolicyError {
    /// Which rule is wrong, counted from 0, if it is one.
    pub rule: Option<usize>,
    /// What is wrong.
    pub what: String,
}

/// How many characters a key has.
const KEY_LENGTH: usize = 56;

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(json: &Value) -> Result<Self, PolicyError> {
        let at = |rule| move |what| PolicyError { rule, what };
        let members = object(json, "a policy", &["default", "rules", "tests"]).map_err(at(None))?;
        let otherwise = match members.get("default").and_then(Value::as_str) {
            Some("allow") => Effect::Allow,
            Some("deny") => Effect::Deny,
            _ => return Err(at(None)("a policy states its \"default\", \"allow\" or \"deny\"".to_owned())),
        };
        let written = match members.get("rules") {
            None => &[],
            Some(Value::Array(rules)) => &rules[..],
            Some(_) => return Err(at(None)("\"rules\" are a list".to_owned())),
        };
        let mut rules: Vec<Rule> = Vec::new();
        for (place, rule) in written.iter().enumerate() {
            let rule = read_rule(rule).map_err(at(Some(place)))?;
            if rules.iter().any(|earlier| earlier.id == rule.id) {
                return Err(at(Some(place))(format!("two rules have the id \"{}\"; name them apart", rule.id)));
            }
            rules.push(rule);
        }
        Ok(Self { otherwise, rules })
    }
}

/// The members of an object that has no others than these.
fn object<'a>(json: &'a Value, what: &str, known: &[&str]) -> Result<&'a Map<String, Value>, String> {
    let members = json.as_object().ok_or_else(|| format!("{what} is an object, with {}", known.join(", ")))?;
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(members),
        Some(name) => Err(format!("{what} has no \"{name}\"; it has {}", known.join(", "))),
    }
}

fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("\"{name}\" is a text")),
    }
}

fn read_rule(json: &Value) -> Result<Rule, String> {
    let members = object(json, "a rule", &["id", "allow", "deny", "when", "unless", "because"])?;
    let Some(id) = text(members, "id")?.filter(|id| !id.is_empty()) else {
        return Err("a rule needs an \"id\", by which refusals name it".to_owned());
    };
    read_named_rule(members, &id).map_err(|what| format!("rule \"{id}\": {what}"))
}

fn read_named_rule(members: &Map<String, Value>, id: &str) -> Result<Rule, String> {
    let (effect, actions) = match (members.get("allow"), members.get("deny")) {
        (Some(actions), None) => (Effect::Allow, actions),
        (None, Some(actions)) => (Effect::Deny, actions),
        _ => return Err("give either \"allow\" or \"deny\", with the actions".to_owned()),
    };
    let actions = read_patterns(actions, "the actions")?;
    for pattern in actions.all() {
        if !Action::ALL.iter().any(|action| matches(pattern, action.as_str())) {
            let names = Action::ALL.map(Action::as_str).join(", ");
            return Err(format!("\"{pattern}\" is no action; there are {names}"));
        }
    }
    let conditions = |name: &str| members.get(name).map(|json| read_conditions(json, name)).transpose();
    let (when, unless) = (conditions("when")?.unwrap_or_default(), conditions("unless")?);
    Ok(Rule { id: id.to_owned(), effect, actions, when, unless, because: text(members, "because")? })
}

fn read_conditions(json: &Value, what: &str) -> Result<Conditions, String> {
    let mut known = Question::NAMES.to_vec();
    known.push("labels");
    let mut conditions = Conditions::default();
    for (name, value) in object(json, &format!("\"{what}\""), &known)? {
        match Question::NAMES.iter().position(|known| known == name) {
            Some(at) => {
                let patterns = read_patterns(value, name)?;
                check_keys(name, &patterns)?;
                conditions.facts.push((at, patterns));
            }
            None => {
                for (label, value) in value.as_object().ok_or("\"labels\" are an object")? {
                    conditions.labels.push((label.clone(), read_patterns(value, label)?));
                }
            }
        }
    }
    Ok(conditions)
}

fn read_patterns(json: &Value, name: &str) -> Result<Patterns, String> {
    let written = match json {
        Value::Array(list) => &list[..],
        one => std::slice::from_ref(one),
    };
    let texts: Option<Vec<String>> = written.iter().map(|text| text.as_str().map(str::to_owned)).collect();
    match texts {
        Some(texts) if !texts.is_empty() => Ok(Patterns::new(texts)),
        Some(_) => Err(format!("the list of {name} is empty and matches nothing; leave it out, or name something")),
        None => Err(format!("{name} is a text or a list of texts")),
    }
}

/// Refuses a key that is none, which would silently match nothing.
fn check_keys(name: &str, patterns: &Patterns) -> Result<(), String> {
    let is_issuer = name.ends_with("issuer");
    for text in patterns.exact() {
        match text.parse::<PublicKey>() {
            Ok(key) if is_issuer && key.kind() != KeyKind::Account => {
                return Err(format!("\"{text}\" is not the key of an account, A…"));
            }
            Err(error) if is_issuer || text.len() == KEY_LENGTH => {
                return Err(format!("\"{text}\" is not a key: {error}"));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ACCOUNT: &str = "ABRK5MP6QRTH7HXOVP2PR2TLDW6DPLBAF3LTGVWQRFVEF7W5VOUMACXB";

    #[test]
    fn what_is_wrong_is_named_with_its_rule() {
        let check = |json: Value, rule: Option<usize>, words: &[&str]| {
            let error = Policy::read(&json).expect_err("wrong");
            assert_eq!(error.rule, rule, "{error}");
            words.iter().for_each(|word| assert!(error.what.contains(word), "{word} in {error}"));
        };
        check(json!([]), None, &["object", "default"]);
        check(json!({ "rules": [] }), None, &["default"]);
        check(json!({ "default": "maybe" }), None, &["default", "deny"]);
        check(json!({ "default": "deny", "rule": [] }), None, &["\"rule\"", "rules"]);
        check(json!({ "default": "deny", "rules": {} }), None, &["list"]);
        let second = |rule: Value, words: &[&str]| {
            check(json!({ "default": "deny", "rules": [{ "id": "b", "allow": "*" }, rule] }), Some(1), words);
        };
        second(json!("a"), &["a rule is an object"]);
        second(json!({ "id": "a", "allow": "fly" }), &["\"a\"", "\"fly\"", "start-actor"]);
        second(json!({ "id": "a", "allow": [] }), &["\"a\"", "empty"]);
        second(json!({ "id": "a", "allow": 1 }), &["text or a list"]);
        second(json!({ "id": "a", "allow": ["*", 1] }), &["text or a list"]);
        second(json!({ "id": "a" }), &["\"a\"", "either"]);
        second(json!({ "id": "a", "allow": "*", "deny": "*" }), &["either"]);
        second(json!({ "id": "", "allow": "*" }), &["id"]);
        second(json!({ "allow": "*" }), &["id"]);
        second(json!({ "id": "a", "allow": "*", "because": 1 }), &["because"]);
        second(json!({ "id": "a", "allow": "*", "if": {} }), &["\"if\"", "when"]);
        second(json!({ "id": "a", "allow": "*", "when": { "isuer": "x" } }), &["\"when\"", "\"isuer\"", "issuer"]);
        second(json!({ "id": "a", "allow": "*", "when": { "labels": "x" } }), &["labels"]);
        second(json!({ "id": "a", "allow": "*", "when": { "issuer": "me" } }), &["\"me\""]);
        let module = PublicKey::from_bytes(KeyKind::Module, [1; 32]);
        second(json!({ "id": "a", "allow": "*", "when": { "issuer": module } }), &["account"]);
        let mistyped = ACCOUNT.replacen('B', "C", 1);
        second(json!({ "id": "a", "allow": "*", "unless": { "subject": mistyped } }), &[&mistyped]);
        second(json!({ "id": "b", "deny": "*" }), &["two rules", "\"b\""]);
    }
}
