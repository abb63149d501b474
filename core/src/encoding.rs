//! Reads JSON and MessagePack for what is not said often, by way of one value that holds anything.
//!
//! A reader of each format for each type would be faster, and make a tab host a tenth larger. What every call carries
//! ([`crate::lattice::wire`]) has readers of its own.

use serde::de::DeserializeOwned;
use serde_json::Value;
use wisteria_contracts::codec::{self, DecodeError};

use crate::messagepack::Reader;

/// Reads JSON. The error says what is wrong.
pub fn from_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, String> {
    shape(serde_json::from_slice(text).map_err(|error| error.to_string())?)
}

/// Reads MessagePack that holds no bytes, as an argument or reply may be encoded. The error says what is wrong.
pub(crate) fn from_messagepack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    shape(plain_value(bytes).map_err(|error| error.to_string())?)
}

fn plain_value(bytes: &[u8]) -> Result<Value, DecodeError> {
    let body = codec::body(bytes)?;
    Reader::new(body).value().map_err(|error| DecodeError::MessagePack(error.to_string()))
}

fn shape<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}
