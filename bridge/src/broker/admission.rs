//! Who is let in, and what a connection may publish and subscribe to.

use std::fmt::Debug;

use wisteria_core::{
    bus::SubjectPattern,
    platform::{MaybeSend, MaybeSync},
};

use crate::protocol::ConnectOptions;

/// Decides about each connection once, when it says `CONNECT`.
pub trait Gatekeeper: Debug + MaybeSend + MaybeSync + 'static {
    /// What the connection may do; nothing where it is not let in. `nonce` is what a client with a key has signed.
    fn admit(&self, options: &ConnectOptions, nonce: &str) -> Option<Permissions>;
}

/// Lets everyone do everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenGate;

impl Gatekeeper for OpenGate {
    fn admit(&self, _: &ConnectOptions, _: &str) -> Option<Permissions> {
        Some(Permissions::default())
    }
}

/// What one connection may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Where it may publish.
    pub publish: Allowed,
    /// What it may subscribe to.
    pub subscribe: Allowed,
}

/// A set of subjects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Allowed {
    /// All of them.
    #[default]
    All,
    /// Those that one of the patterns covers.
    Only(Vec<SubjectPattern>),
}

impl Allowed {
    /// Whether every subject that `pattern` stands for is in the set; a plain subject stands for itself.
    pub fn covers(&self, pattern: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(patterns) => patterns.iter().any(|allowed| covers(allowed, pattern)),
        }
    }
}

/// Whether one pattern stands for all that another stands for.
fn covers(wide: &str, narrow: &str) -> bool {
    let (mut wide, mut narrow) = (wide.split('.'), narrow.split('.'));
    loop {
        match (wide.next(), narrow.next()) {
            (Some(">"), Some(_)) | (None, None) => return true,
            (Some("*"), Some(token)) if token != ">" => {}
            (Some(wide), Some(narrow)) if wide == narrow => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_stands_for_no_more_than_itself() {
        for (wide, narrow) in [("a", "a"), (">", "a.b"), (">", ">"), ("a.*", "a.b"), ("a.*", "a.*"), ("a.>", "a.*.c")] {
            assert!(covers(wide, narrow), "{wide} {narrow}");
        }
        for (wide, narrow) in [("a", "*"), ("a", "a.b"), ("a.b", "a"), ("a.*", "a.>"), ("*", ">"), ("a.>", "a")] {
            assert!(!covers(wide, narrow), "{wide} {narrow}");
        }
    }
}
