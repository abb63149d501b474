//! Arguments of the form `K=V`: labels and link values.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// A name with its value, which Debug does not show: some settings are passwords.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) name: String,
    pub(super) value: String,
}

impl Pair {
    pub(super) fn into_parts(self) -> (String, String) {
        (self.name, self.value)
    }
}

/// Why a text is no pair.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("{0:?} is not of the form NAME=VALUE")]
pub(super) struct PairError(String);

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pair({})", self.name)
    }
}

impl FromStr for Pair {
    type Err = PairError;

    fn from_str(text: &str) -> Result<Self, PairError> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Self { name: name.to_owned(), value: value.to_owned() }),
            _ => Err(PairError(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_equals_sign_divides() {
        let parts = |text: &str| text.parse().map(Pair::into_parts);
        let pair = |name: &str, value: &str| Ok((name.to_owned(), value.to_owned()));
        assert_eq!(parts("a=b=c"), pair("a", "b=c"));
        assert_eq!(parts("a="), pair("a", ""));
        assert_eq!(parts("=b"), Err(PairError("=b".to_owned())));
        assert_eq!(parts("a"), Err(PairError("a".to_owned())));
    }
}
