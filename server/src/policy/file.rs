//! Policies in files: rules, and questions with the answers that are expected.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;
use wisteria_core::policy::{Policy, Question};

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
#[derive(Debug, Error)]
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
        let policy = serde_json::from_str(text)?;
        let Tests { tests: cases } = serde_json::from_str(text)?;
        let mut for_pages: Value = serde_json::from_str(text)?;
        if let Some(members) = for_pages.as_object_mut() {
            members.remove("tests");
        }
        Ok(Self { policy, cases, for_pages })
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
    fn a_test_that_cannot_be_understood_makes_the_file_wrong() {
        let text = "{\"default\": \"deny\",\n\"tests\": [{\"ask\": {\"action\": \"fly\"}, \"expect\": \"deny\"}]}";
        let error = PolicyFile::parse(text).expect_err("wrong").to_string();
        assert!(error.contains("fly") && error.contains("line 2"), "{error}");
    }
}
