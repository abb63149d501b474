//! What a connection may publish and subscribe to.

use std::time::Duration;

use serde::Deserialize;
use wisteria_core::{
    bus::{SubjectPattern, is_of_users},
    identity::{KeyKind, PublicKey},
    lattice::origin_of,
};

/// What one connection may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Where it may publish.
    pub publish: Allowed,
    /// What it may subscribe to.
    pub subscribe: Allowed,
    /// Whether it may answer what it is asked, where it may publish for no other reason.
    pub responses: Option<Responses>,
    /// Where it may have answers to its own questions sent; anywhere without.
    pub replies: Option<Allowed>,
    /// Whose events it may tell; anyone's without.
    pub events: Option<OwnEvents>,
    /// In whose name it may call; in anyone's without.
    pub calls: Option<OwnCalls>,
}

impl Permissions {
    /// Everything.
    pub const ALL: Self = Self {
        publish: Allowed::ALL,
        subscribe: Allowed::ALL,
        responses: None,
        replies: None,
        events: None,
        calls: None,
    };

    /// Whether a message, as far as it is an event or a call, is told or made in the client's own name.
    pub(crate) fn speaks_for_itself(&self, subject: &str, payload: &[u8]) -> bool {
        let events = self.events.as_ref().is_none_or(|events| events.allow(subject, payload));
        events && self.calls.as_ref().is_none_or(|calls| calls.allow(subject, payload))
    }
}

/// How often and how long a request may be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Responses {
    /// Answers per request.
    pub max: u64,
    /// How long after the request.
    pub within: Duration,
}

/// A set of subjects: those that a rule allows, all where there are no rules, without those that are denied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    /// What is allowed.
    pub allow: Option<Vec<Rule>>,
    /// What is not, even so.
    pub deny: Vec<SubjectPattern>,
}

/// A rule that allows subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Those of a pattern.
    Pattern(SubjectPattern),
    /// Those that name one thing of a kind after a prefix, never all of them at once.
    One {
        /// Tokens before the name, with the dot after them.
        before: String,
        /// What the name must be.
        kind: TokenKind,
        /// What may follow it; nothing without.
        after: Option<SubjectPattern>,
    },
    /// All that are left to users.
    OfUsers,
}

/// What a token names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A key of that kind.
    Key(KeyKind),
    /// A SHA-256 in hexadecimal digits.
    Hash,
}

/// The events of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnEvents {
    /// The first tokens of subjects that carry events.
    pub below: Vec<String>,
    /// Whose events they must be.
    pub source: PublicKey,
    /// The actors of which they may tell; any without.
    pub actors: Option<Vec<PublicKey>>,
}

/// The calls of one host and its actors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnCalls {
    /// What subjects of calls begin with.
    pub below: String,
    /// The host and its actors.
    pub origins: Vec<PublicKey>,
}

impl OwnCalls {
    /// Whether a message may be published, as far as it is a call. What goes beyond an actor's key, or a provider's and a link
    /// name, is a question to a provider.
    fn allow(&self, subject: &str, payload: &[u8]) -> bool {
        let is_own = || origin_of(payload).is_some_and(|origin| self.origins.contains(&origin));
        let target = subject.strip_prefix(&self.below);
        target.is_none_or(|target| target.split('.').count() > 2) || is_own()
    }
}

impl Allowed {
    /// All subjects.
    pub const ALL: Self = Self { allow: None, deny: Vec::new() };

    /// Those of the patterns.
    pub fn only(patterns: impl IntoIterator<Item = SubjectPattern>) -> Self {
        Self { allow: Some(patterns.into_iter().map(Rule::Pattern).collect()), deny: Vec::new() }
    }

    /// Whether every subject that `pattern` stands for is allowed, and not every one denied; a plain subject stands for
    /// itself.
    pub fn covers(&self, pattern: &str) -> bool {
        let allowed = self.allow.as_ref().is_none_or(|rules| rules.iter().any(|rule| rule.covers(pattern)));
        allowed && !self.denies(pattern)
    }

    /// Whether every subject that `pattern` stands for is denied.
    pub fn denies(&self, pattern: &str) -> bool {
        self.deny.iter().any(|denied| denied.covers(pattern))
    }

    /// Whether a subject that `pattern` stands for is denied.
    pub fn denies_some_of(&self, pattern: &str) -> bool {
        self.deny.iter().any(|denied| overlaps(denied, pattern))
    }
}

impl Rule {
    /// Whether it allows every subject that `pattern` stands for.
    fn covers(&self, pattern: &str) -> bool {
        match self {
            Self::Pattern(allowed) => allowed.covers(pattern),
            Self::OfUsers => is_of_users(pattern),
            Self::One { before, kind, after } => pattern.strip_prefix(before.as_str()).is_some_and(|rest| {
                let (name, rest) = rest.split_once('.').map_or((rest, None), |(name, rest)| (name, Some(rest)));
                let follows = match (after, rest) {
                    (None, None) => true,
                    (Some(after), Some(rest)) => after.covers(rest),
                    _ => false,
                };
                follows && kind.is(name)
            }),
        }
    }

    /// The pattern that says the same as nearly as NATS can, if any does.
    pub fn as_pattern(&self) -> Option<String> {
        match self {
            Self::Pattern(pattern) => Some(pattern.to_string()),
            Self::One { before, after: None, .. } => Some(format!("{before}*")),
            Self::One { before, after: Some(after), .. } => Some(format!("{before}*.{after}")),
            Self::OfUsers => None,
        }
    }
}

impl TokenKind {
    fn is(self, token: &str) -> bool {
        match self {
            Self::Key(kind) => token.parse::<PublicKey>().is_ok_and(|key| key.kind() == kind),
            Self::Hash => token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit()),
        }
    }
}

impl OwnEvents {
    /// Whether a message may be published, as far as it is an event.
    fn allow(&self, subject: &str, payload: &[u8]) -> bool {
        #[derive(Deserialize)]
        struct Told {
            source: String,
            #[serde(rename = "type")]
            kind: String,
            #[serde(default)]
            data: About,
        }
        #[derive(Default, Deserialize)]
        struct About {
            public_key: Option<String>,
        }
        let rest = self.below.iter().find_map(|below| subject.strip_prefix(below.as_str()));
        let kind = match rest {
            Some("") => None,
            Some(rest) if rest.starts_with('.') => Some(rest),
            _ => return true,
        };
        let Ok(told) = serde_json::from_slice::<Told>(payload) else {
            return false;
        };
        let is_of_actor = kind.is_some_and(|kind| kind.starts_with(".actor"));
        let may_tell_of = |key: &str| match (&self.actors, key.parse()) {
            (Some(actors), Ok(key)) => actors.contains(&key),
            _ => self.actors.is_none(),
        };
        told.source == self.source.to_string()
            && kind.is_none_or(|kind| told.kind.ends_with(kind))
            && (!is_of_actor || told.data.public_key.as_deref().is_none_or(may_tell_of))
    }
}

/// Whether two patterns stand for a common subject.
fn overlaps(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.split('.'), other.split('.'));
    loop {
        match (one.next(), other.next()) {
            (Some(">"), Some(_)) | (Some(_), Some(">")) | (None, None) => return true,
            (Some(a), Some(b)) if a == b || a == "*" || b == "*" => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pattern_covers_what_stands_for_no_more_than_itself() {
        let covers = |wide: &str, narrow: &str| SubjectPattern::new(wide).expect("a pattern").covers(narrow);
        for (wide, narrow) in [("a", "a"), (">", "a.b"), (">", ">"), ("a.*", "a.b"), ("a.*", "a.*"), ("a.>", "a.*.c")] {
            assert!(covers(wide, narrow), "{wide} {narrow}");
        }
        for (wide, narrow) in [("a", "*"), ("a", "a.b"), ("a.b", "a"), ("a.*", "a.>"), ("*", ">"), ("a.>", "a")] {
            assert!(!covers(wide, narrow), "{wide} {narrow}");
        }
    }

    #[test]
    fn patterns_overlap_where_one_subject_is_of_both() {
        for (one, other) in [("a", "a"), ("a.*", "*.b"), (">", "a.b"), ("a.>", "*.b.c"), ("a.b", "a.>")] {
            assert!(overlaps(one, other) && overlaps(other, one), "{one} {other}");
        }
        for (one, other) in [("a", "b"), ("a.*", "a"), ("a.>", "a"), ("a.*", "b.>"), ("a.*.c", "a.b")] {
            assert!(!overlaps(one, other) && !overlaps(other, one), "{one} {other}");
        }
    }

    #[test]
    fn one_thing_at_a_time_is_named_by_itself() {
        let key = PublicKey::from_bytes(KeyKind::Module, [1; 32]);
        let other = PublicKey::from_bytes(KeyKind::Provider, [1; 32]);
        let rule = |after: Option<&str>| Rule::One {
            before: "rpc.".to_owned(),
            kind: TokenKind::Key(KeyKind::Module),
            after: after.map(|after| SubjectPattern::new(after).expect("a pattern")),
        };
        assert!(rule(None).covers(&format!("rpc.{key}")));
        assert!(rule(Some(">")).covers(&format!("rpc.{key}.*.a")));
        for refused in
            ["rpc.*".to_owned(), "rpc.>".to_owned(), format!("rpc.{other}"), format!("rpc.{key}.a"), ">".to_owned()]
        {
            assert!(!rule(None).covers(&refused), "{refused}");
        }
        assert!(!rule(Some(">")).covers(&format!("rpc.{key}")));
    }

    #[test]
    fn a_denied_subject_is_denied_whatever_allows_it() {
        let pattern = |text: &str| SubjectPattern::new(text).expect("a pattern");
        let allowed = Allowed { deny: vec![pattern("a.secret")], ..Allowed::only([pattern("a.>")]) };
        assert!(allowed.covers("a.b") && allowed.covers("a.*") && !allowed.covers("a.secret"));
        assert!(allowed.denies_some_of("a.*") && !allowed.denies_some_of("a.b"));
    }

    #[test]
    fn events_of_others_and_of_other_kinds_are_told_apart() {
        let key = |kind, byte| PublicKey::from_bytes(kind, [byte; 32]);
        let (host, actor) = (key(KeyKind::Host, 1), key(KeyKind::Module, 1));
        let events = OwnEvents { below: vec!["evt.l".to_owned()], source: host, actors: Some(vec![actor]) };
        let check = |subject: &str, source: PublicKey, kind: &str, about: PublicKey, expected| {
            let told = json!({ "source": source, "type": format!("com.wasmcloud.lattice.{kind}"), "data": { "public_key": about } });
            assert_eq!(events.allow(subject, told.to_string().as_bytes()), expected, "{subject} {told}");
        };
        check("evt.l", host, "host_started", actor, true);
        check("evt.l.actors_started", host, "actors_started", actor, true);
        check("evt.l.actors_started", host, "actors_started", key(KeyKind::Module, 2), false);
        check("evt.l.host_stopped", key(KeyKind::Host, 2), "host_stopped", actor, false);
        check("evt.l.host_heartbeat", host, "linkdef_set", actor, false);
        assert!(events.allow("evt.lattice", b"") && !events.allow("evt.l.x", b"no JSON"));
    }
}
