//! A message and its headers.

use bytes::Bytes;

use super::Subject;

/// One message on the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where it goes.
    pub subject: Subject,
    /// Where an answer goes, if one is wanted.
    pub reply: Option<Subject>,
    /// Names with values, as in NATS; mostly empty.
    pub headers: Headers,
    /// The body.
    pub payload: Bytes,
}

/// Header names with their values, in order. Names compare without regard to ASCII case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The first value under a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Adds a value. Line breaks in it become spaces, as a header ends with its line.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let value: String = value.into();
        let value = match value.contains(['\r', '\n']) {
            true => value.replace(['\r', '\n'], " "),
            false => value,
        };
        self.0.push((name.into(), value));
    }

    /// All names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut headers = Self::default();
        for (name, value) in pairs {
            headers.insert(name, value);
        }
        headers
    }
}
