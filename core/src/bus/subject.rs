//! The names on the bus: tokens joined by dots, and patterns over them.

use std::{borrow::Borrow, fmt, ops::Deref, sync::Arc};

use thiserror::Error;

/// A name that messages are published under: tokens joined by dots, without wildcards.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(Arc<str>);

/// What a subscription listens to: a subject, where `*` stands for one token and a last `>` for one or more.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectPattern(Arc<str>);

/// Why a text is no subject or pattern.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SubjectError {
    /// It has an empty token, or is empty.
    #[error("the subject \"{0}\" has an empty token; join tokens by single dots")]
    EmptyToken(String),
    /// It contains white space or a control character.
    #[error("the subject {0:?} contains white space; subjects have none")]
    WhiteSpace(String),
    /// It is not UTF-8.
    #[error("the subject {0:?} is not UTF-8")]
    NotText(String),
    /// It contains a wildcard where none may stand.
    #[error("the subject \"{0}\" has a wildcard where none may stand")]
    Wildcard(String),
    /// It has dots but must be one token.
    #[error("\"{0}\" contains a dot; use letters, digits, - and _")]
    NotOneToken(String),
}

impl Subject {
    /// Checks a subject.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn new(text: impl AsRef<str>) -> Result<Self, SubjectError> {
        let text = text.as_ref();
        check_subject(text).map(|()| Self(text.into()))
    }

    /// A subject from a text that was checked before.
    pub(super) fn from_checked(text: &str) -> Self {
        debug_assert!(check_subject(text).is_ok(), "{text:?} was checked");
        Self(text.into())
    }

    /// The subject as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SubjectPattern {
    /// Checks a pattern.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn new(text: impl AsRef<str>) -> Result<Self, SubjectError> {
        let text = text.as_ref();
        check_tokens(text)?;
        let misplaced = text.strip_suffix('>').unwrap_or(text).split('.').any(|token| token == ">");
        match misplaced {
            true => Err(SubjectError::Wildcard(text.to_owned())),
            false => Ok(Self(text.into())),
        }
    }

    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it stands for all that another pattern stands for; a subject stands for itself.
    pub fn covers(&self, narrow: &str) -> bool {
        let (mut wide, mut narrow) = (self.0.split('.'), narrow.split('.'));
        loop {
            match (wide.next(), narrow.next()) {
                (Some(">"), Some(_)) | (None, None) => return true,
                (Some("*"), Some(token)) if token != ">" => {}
                (Some(wide), Some(narrow)) if wide == narrow => {}
                _ => return false,
            }
        }
    }
}

/// What subjects of the lattice itself start with.
const OF_THE_LATTICE: [&str; 2] = ["wasmbus", "wisteria"];

/// Whether a subject, or whatever a pattern stands for, is left to users: neither the lattice's own, nor what brokers keep for
/// themselves (`$…`), nor an inbox (`_…`).
pub fn is_of_users(pattern: &str) -> bool {
    let first = pattern.split('.').next().unwrap_or_default();
    !first.is_empty()
        && !first.starts_with(['$', '_'])
        && !["*", ">"].contains(&first)
        && !OF_THE_LATTICE.contains(&first)
}

impl Borrow<str> for Subject {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<Subject> for SubjectPattern {
    fn from(subject: Subject) -> Self {
        Self(subject.0)
    }
}

/// Checks that a text is a subject.
pub(super) fn check_subject(text: &str) -> Result<(), SubjectError> {
    check_tokens(text)?;
    let is_wildcard = |token: &str| matches!(token, "*" | ">");
    match text.bytes().any(|byte| matches!(byte, b'*' | b'>')) && text.split('.').any(is_wildcard) {
        true => Err(SubjectError::Wildcard(text.to_owned())),
        false => Ok(()),
    }
}

fn check_tokens(text: &str) -> Result<(), SubjectError> {
    // The first and the last token have a dot beside them, too, in this view.
    let mut before = b'.';
    let (mut is_plain, mut has_empty) = (true, false);
    for byte in text.bytes() {
        has_empty |= byte == b'.' && before == b'.';
        is_plain &= matches!(byte, 0x21..=0x7e);
        before = byte;
    }
    if has_empty || before == b'.' {
        return Err(SubjectError::EmptyToken(text.to_owned()));
    }
    match !is_plain && text.chars().any(|character| character.is_whitespace() || character.is_control()) {
        true => Err(SubjectError::WhiteSpace(text.to_owned())),
        false => Ok(()),
    }
}

macro_rules! reads_as_text {
    ($type:ty) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl Deref for $type {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }
    };
}

reads_as_text!(Subject);
reads_as_text!(SubjectPattern);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_users_is_nothing_that_a_system_may_say_or_hear() {
        for pattern in ["orders", "orders.new", "orders.>", "orders.*", "wasmbusses", "wasmcloud.echo", "a$", "o_"] {
            assert!(is_of_users(pattern), "{pattern}");
        }
        for pattern in [
            "wasmbus",
            "wasmbus.>",
            "wasmbus.rpc.default.M",
            "wisteria.meta",
            ">",
            "*",
            "*.new",
            "*.>",
            "$SYS.>",
            "$JS.API.INFO",
            "_INBOX.a",
            "_R_.a",
            "",
        ] {
            assert!(!is_of_users(pattern), "{pattern}");
        }
    }

    #[test]
    fn subjects_are_checked() {
        let check = |text: &str, valid| assert_eq!(Subject::new(text).is_ok(), valid, "{text:?}");
        check("a.b-c._d$", true);
        for bad in ["", ".", "a.", ".a", "a..b", "a b", "a\r\n", "a.*", ">", "a.\u{85}"] {
            check(bad, false);
        }
        check("a*.b>", true);
    }

    #[test]
    fn a_tail_wildcard_stands_last() {
        let check = |text: &str, valid| assert_eq!(SubjectPattern::new(text).is_ok(), valid, "{text:?}");
        check(">", true);
        check("a.>", true);
        check("*.b.*", true);
        check("a.>.b", false);
        check(">.>", false);
    }
}
