//! Policies in files: rules, and questions with the answers that are expected.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;
use wisteria_core::policy::{Policy, PolicyError, Question};

/// A file that was read whole and is right.
#[derive(Debug)]
pub struct PolicyFile {
    /// The rules.
    pub policy: Policy,
    /// What it expects of itself.
    pub cases: Vec<Case>,
    /// The rules as pages read them.
    pub for_pages: Value,
}

/// A question, and the answer that is expected.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The question.
    pub ask: Question,
    /// The answer.
    pub expect: Expected,
    /// The rule that gives it, if that matters.
    pub rule: Option<String>,
}

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expected {
    /// It may be done.
    Allow,
    /// It may not.
    Deny,
}

/// Why a file is no policy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyFileError {
    /// It cannot be read.
    #[error("the policy {} cannot be read: {cause}; check the path", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// It says nothing that could be obeyed.
    #[error("the policy {} is wrong and not used: {cause}; correct it, and try it with: wisteria policy test", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong, and in which line.
        cause: serde_json::Error,
    },
}

/// The part of a file that only who tests it reads.
#[derive(Deserialize)]
struct Tests {
    #[serde(default)]
    tests: Vec<Case>,
}

impl PolicyFile {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or any part of it is wrong.
    pub fn read(path: &Path) -> Result<Self, PolicyFileError> {
        let text = fs::read_to_string(path).map_err(|cause| PolicyFileError::Read { path: path.to_owned(), cause })?;
        Self::parse(&text).map_err(|cause| PolicyFileError::Wrong { path: path.to_owned(), cause })
    }

    fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let mut for_pages: Value = serde_json::from_str(text)?;
        let policy = Policy::read(&for_pages).map_err(|error| at_its_line(text, error))?;
        let Tests { tests: cases } = serde_json::from_str(text)?;
        if let Some(members) = for_pages.as_object_mut() {
            members.remove("tests");
        }
        Ok(Self { policy, cases, for_pages })
    }
}

/// What is wrong with a policy, at the line of the rule that it is wrong with.
fn at_its_line(text: &str, error: PolicyError) -> serde_json::Error {
    let mut reader = serde_json::Deserializer::from_str(text);
    let found = reader.deserialize_map(ToRule { at: error.rule, what: &error.what });
    found.err().unwrap_or_else(|| serde_json::Error::custom(error.what))
}

/// Reads a policy up to a rule and fails there: readers of JSON know of lines only where they fail.
struct ToRule<'a> {
    at: Option<usize>,
    what: &'a str,
}

impl<'de> Visitor<'de> for ToRule<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a policy")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match (name.as_str(), self.at) {
                ("rules", Some(at)) => map.next_value_seed(Rules { at, what: self.what })?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Err(A::Error::custom(self.what))
    }
}

struct Rules<'a> {
    at: usize,
    what: &'a str,
}

impl<'de> DeserializeSeed<'de> for Rules<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rules<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rules")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rules: A) -> Result<(), A::Error> {
        for _ in 0..self.at {
            rules.next_element::<IgnoredAny>()?;
        }
        rules.next_element_seed(Rule(self.what)).map(drop)
    }
}

/// The rule that is wrong.
struct Rule<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Rule<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Rule<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a rule")
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(A::Error::custom(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_of_the_rules_and_not_of_their_tests() {
        let text = r#"{"default": "deny", "rules": [{"id": "a", "allow": "*"}],
            "tests": [{"ask": {"action": "link", "subject": "M"}, "expect": "allow", "rule": "a"}]}"#;
        let file = PolicyFile::parse(text).expect("a policy");
        assert_eq!(file.cases[0].expect, Expected::Allow);
        assert_eq!(file.for_pages, serde_json::json!({ "default": "deny", "rules": [{ "id": "a", "allow": "*" }] }));
    }

    #[test]
    fn what_is_wrong_has_the_line_where_its_rule_begins() {
        let check = |rule: &str, words: &[&str]| {
            let text =
                format!("{{\"default\": \"deny\",\n\"rules\": [\n{{\"id\": \"x\", \"allow\": \"*\"}},\n{rule}\n]}}");
            let error = PolicyFile::parse(&text).expect_err("wrong").to_string();
            words.iter().for_each(|word| assert!(error.contains(word), "{word} in {error}"));
        };
        check("{\"id\": \"a\",\n\"allow\": \"fly\"\n}", &["rule \"a\"", "fly", "line 4"]);
        check(r#"{"id": "x", "deny": "*"}"#, &["two rules", "line 4"]);
        check(r#"{"id": "a", "allow": "*", "if": 1}"#, &["\"if\"", "line 4"]);
        check(r#""a""#, &["a rule", "line 4"]);
        check(r#"{"id": "a" "allow": "*"}"#, &["line 4"]);
        let error = PolicyFile::parse("{\n\"rules\": []\n}").expect_err("no default").to_string();
        assert!(error.contains("default") && error.contains("line 3"), "{error}");
    }

    #[test]
    fn a_test_that_cannot_be_understood_makes_the_file_wrong() {
        let text = "{\"default\": \"deny\",\n\"tests\": [{\"ask\": {\"action\": \"fly\"}, \"expect\": \"deny\"}]}";
        let error = PolicyFile::parse(text).expect_err("wrong").to_string();
        assert!(error.contains("fly") && error.contains("line 2"), "{error}");
    }
}
