//! What the providers of `wasmcloud:keyvalue` have in common, so that actors do not tell them apart: the operations, what
//! a number is, which part of a list is meant, and the words of errors.

use std::{collections::BTreeSet, ops::Range};

use serde::{Deserialize, Serialize};
use wisteria_contracts::keyvalue::{IncrementRequest, ListRangeRequest, operation};

use super::ProviderError;
use crate::encoding;

/// How many keys go from one provider to another at once, and how many bytes of them at most, but for the last.
pub const EXPORTED: (usize, usize) = (200, 512 << 10);

/// All operations of the contract.
pub const OPERATIONS: [&str; 15] = [
    operation::INCREMENT,
    operation::CONTAINS,
    operation::DEL,
    operation::GET,
    operation::SET,
    operation::LIST_ADD,
    operation::LIST_CLEAR,
    operation::LIST_DEL,
    operation::LIST_RANGE,
    operation::SET_ADD,
    operation::SET_DEL,
    operation::SET_INTERSECTION,
    operation::SET_QUERY,
    operation::SET_UNION,
    operation::SET_CLEAR,
];

/// The error of an operation on a key that holds something else than it is about.
pub fn wrong_kind(key: &str, found: &str, wanted: &str) -> ProviderError {
    ProviderError::Failed(format!("\"{key}\" holds {found}, not {wanted}; use another key, or delete it first"))
}

/// The error of counting with a text that is no number.
pub fn no_number(key: &str) -> ProviderError {
    ProviderError::Failed(format!("\"{key}\" holds a text that is no whole number of 32 bits; set it to one first"))
}

/// The error of counting too far.
pub fn out_of_range(key: &str) -> ProviderError {
    ProviderError::Failed(format!("\"{key}\" would leave the range of 32 bits; count under several keys"))
}

/// What a text becomes by an increment. A number is written as programs print it: no sign `+`, no zeros before it.
pub fn incremented(text: &str, request: &IncrementRequest) -> Result<i32, ProviderError> {
    let number = text.parse::<i32>().ok().filter(|number| number.to_string() == text);
    let number = number.ok_or_else(|| no_number(&request.key))?;
    number.checked_add(request.value).ok_or_else(|| out_of_range(&request.key))
}

/// The positions of a list of that length that are asked for.
pub fn positions(length: usize, request: &ListRangeRequest) -> Range<usize> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let from_end = |position: i32| match i64::from(position) {
        position if position < 0 => length + position,
        position => position,
    };
    let start = usize::try_from(from_end(request.start).clamp(0, length)).unwrap_or(usize::MAX);
    let end = usize::try_from((from_end(request.stop) + 1).clamp(0, length)).unwrap_or(0);
    start..end.max(start)
}

/// A key on its way from one provider to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The key.
    pub key: String,
    /// What it holds.
    pub value: Value,
    /// When it expires, in milliseconds since 1970.
    #[serde(default)]
    pub expires: Option<u64>,
}

/// What a key holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// A text, which may be a number.
    Text(String),
    /// A list that is not empty.
    List(Vec<String>),
    /// A set that is not empty.
    Set(BTreeSet<String>),
}

impl Value {
    /// As errors name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
        }
    }
}

impl Record {
    /// As it travels.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers are JSON")
    }

    /// What [`Record::encode`] wrote.
    ///
    /// # Errors
    /// It is none of this contract's.
    pub fn decode(text: &str) -> Result<Self, ProviderError> {
        encoding::from_json(text.as_bytes())
            .map_err(|cause| ProviderError::Failed(format!("a record of another provider cannot be read: {cause}")))
    }
}
