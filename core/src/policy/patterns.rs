//! Texts that a condition may compare with: exact ones, and such with `*` for any characters.

/// One text or several; `*` in one stands for any characters, none included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patterns(Vec<String>);

impl Patterns {
    pub(super) fn new(patterns: Vec<String>) -> Self {
        Self(patterns)
    }

    /// Whether one of them matches.
    pub fn match_text(&self, text: &str) -> bool {
        self.0.iter().any(|pattern| matches(pattern, text))
    }

    /// Those without a `*`.
    pub(super) fn exact(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str).filter(|pattern| !pattern.contains('*'))
    }

    /// All of them.
    pub(super) fn all(&self) -> &[String] {
        &self.0
    }
}

/// Whether a text is what a pattern says.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(start) else {
        return false;
    };
    // Each part between two stars is taken where it comes first; the last one must end the text.
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        let check = |pattern: &str, yes: &[&str], no: &[&str]| {
            yes.iter().for_each(|text| assert!(matches(pattern, text), "{pattern} and {text}"));
            no.iter().for_each(|text| assert!(!matches(pattern, text), "{pattern} and {text}"));
        };
        check("a", &["a"], &["", "aa", "A", "*"]);
        check("*", &["", "a", "*"], &[]);
        check("wasmcloud:*", &["wasmcloud:", "wasmcloud:sqldb"], &["wasmcloud", "x wasmcloud:"]);
        check("*.Get", &["KeyValue.Get", ".Get"], &["KeyValue.GetAll", "Get"]);
        check("a*b*c", &["abc", "aXbYc", "abbcc", "abcbc"], &["ab", "acb", "abcd"]);
        check("ab*ba", &["abba", "abXba"], &["aba"]);
        check("**", &["", "a"], &[]);
        check("é*", &["éa"], &["e"]);
    }
}
