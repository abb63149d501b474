//! Reads JSON and MessagePack for what is not said often, by way of one value that holds anything.
//!
//! A reader of each format for each type would be faster, and make a tab host a tenth larger. What every call carries
//! is read without it ([`crate::messagepack`]).

pub(crate) mod by_name;
pub(crate) mod shape;

use serde::de::DeserializeOwned;
use serde_json::Value;
use wisteria_contracts::codec::{self, DecodeError};

use self::shape::shape;
use crate::messagepack::Reader;

/// Reads JSON. The error says what is wrong.
pub fn from_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, String> {
    from_value(value(text)?)
}

/// Reads JSON of any shape. The error says what is wrong.
pub fn value(text: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(text).map_err(|error| error.to_string())
}

/// Reads MessagePack that holds no bytes, as an argument or reply may be encoded. The error says what is wrong.
pub(crate) fn from_messagepack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    from_value(plain_value(bytes).map_err(|error| error.to_string())?)
}

fn plain_value(bytes: &[u8]) -> Result<Value, DecodeError> {
    let body = codec::body(bytes)?;
    Reader::new(body).value().map_err(|error| DecodeError::MessagePack(error.to_string()))
}

/// Reads a value that JSON holds. The error says what is wrong.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    shape(value).map_err(|error| error.to_string())
}
