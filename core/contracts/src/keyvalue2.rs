//! `wisteria:keyvalue2`: bytes under keys, with ETags, expiry, and transactions over several keys.
//!
//! A key is a text of 1 to 512 bytes. An ETag is a text that means nothing but which write a value is from: each write
//! gives a new one, even one of the same value, and no key ever gets an old one again. A value that has expired is as if
//! it had been deleted.

use serde::{Deserialize, Serialize};

/// The contract.
pub const CONTRACT: &str = "wisteria:keyvalue2";

/// Operations, called by the actor. Single values go in bare.
pub mod operation {
    /// Key → [`Entry`](super::Entry), or nil if there is none.
    pub const GET: &str = "KeyValue2.Get";
    /// [`SetRequest`](super::SetRequest) → [`WriteResponse`](super::WriteResponse), once it is kept.
    pub const SET: &str = "KeyValue2.Set";
    /// [`DeleteRequest`](super::DeleteRequest) → [`WriteResponse`](super::WriteResponse), once it is kept.
    pub const DELETE: &str = "KeyValue2.Delete";
    /// [`CompareAndSetRequest`](super::CompareAndSetRequest) → [`WriteResponse`](super::WriteResponse), once it is kept.
    pub const COMPARE_AND_SET: &str = "KeyValue2.CompareAndSet";
    /// [`TransactRequest`](super::TransactRequest) → [`TransactResponse`](super::TransactResponse), once it is kept.
    pub const TRANSACT: &str = "KeyValue2.Transact";
    /// [`ListRequest`](super::ListRequest) → [`ListResponse`](super::ListResponse).
    pub const LIST: &str = "KeyValue2.List";
}

/// How long a key may be, in bytes of UTF-8.
pub const MAX_KEY_BYTES: usize = 512;
/// How many steps a transaction may have.
pub const MAX_STEPS: usize = 100;
/// How many keys a listing answers where its limit is 0.
pub const DEFAULT_LIST_LIMIT: u32 = 100;
/// How many keys a listing answers at most.
pub const MAX_LIST_LIMIT: u32 = 1_000;

/// What a key holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The value.
    #[serde(with = "serde_bytes", default)]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
    pub value: Vec<u8>,
    /// Which write it is from.
    pub etag: String,
    /// Milliseconds until it expires; none for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
}

/// Which of two writers wins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Concurrency {
    /// The last: a write is always carried out, and an ETag with it means nothing.
    #[default]
    LastWrite,
    /// The first: a write is carried out only if the key has the given ETag, or, without one, if there is no such key.
    FirstWrite,
}

/// Sets a value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SetRequest {
    /// The key.
    pub key: String,
    /// The value.
    #[serde(with = "serde_bytes", default)]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
    pub value: Vec<u8>,
    /// Which of two writers wins.
    #[serde(default)]
    pub concurrency: Concurrency,
    /// The ETag that the key must have, where the first write wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Milliseconds until it expires, at least 1; none for never, whatever was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
}

/// Deletes a key. One that is not there is deleted already.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeleteRequest {
    /// The key.
    pub key: String,
    /// Which of two writers wins.
    #[serde(default)]
    pub concurrency: Concurrency,
    /// The ETag that the key must have, where the first write wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
}

/// Sets a value if the key holds another, known one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CompareAndSetRequest {
    /// The key.
    pub key: String,
    /// The value that it must hold; none if there must be no such key.
    #[serde(with = "serde_bytes", default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Bytes>"))]
    pub expected: Option<Vec<u8>>,
    /// The new value.
    #[serde(with = "serde_bytes", default)]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
    pub value: Vec<u8>,
    /// Milliseconds until it expires, at least 1; none for never, whatever was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
}

/// What became of a write.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WriteResponse {
    /// Whether it was carried out; if not, its condition does not hold.
    pub applied: bool,
    /// The ETag that the key has now; none if there is no such key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
}

/// Carries out all steps at once, or none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TransactRequest {
    /// The steps, 1 to 100, each with a key of its own.
    pub steps: Vec<Step>,
}

/// A step of a transaction: a map of one name, which says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// The key must have this ETag.
    Check(CheckRequest),
    /// Sets a value.
    Set(SetRequest),
    /// Deletes a key.
    Delete(DeleteRequest),
}

/// What must hold for a key that a transaction leaves as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CheckRequest {
    /// The key.
    pub key: String,
    /// The ETag that it must have; none if there must be no such key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
}

/// What became of a transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TransactResponse {
    /// Whether it was carried out; if not, nothing changed, as the condition of a step does not hold.
    pub applied: bool,
    /// The ETag that each step's key has now, in order; none where there is no such key.
    pub etags: Vec<Option<String>>,
    /// The first step, from 0, whose condition does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<u32>,
}

/// Lists keys, in the order of their bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListRequest {
    /// What they start with; all without it.
    #[serde(default)]
    pub prefix: String,
    /// Goes on where the answer with this cursor ended. The prefix must be the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// How many at most; 100 for 0, and never more than 1,000.
    #[serde(default)]
    pub limit: u32,
}

/// Keys. One that is there from the first listing to the last is listed once, whatever else is written meanwhile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListResponse {
    /// The keys.
    pub keys: Vec<String>,
    /// For the next listing; none if there are no more. It means nothing else, and never expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The contract in its own words.
#[cfg(feature = "schema")]
pub fn describe() -> crate::schema::Contract {
    crate::schema::Contract::new(CONTRACT, "Bytes under keys, with ETags, expiry and transactions")
        .by_actor::<String, Option<Entry>>(operation::GET, "The value of a key; null if there is none.")
        .by_actor::<SetRequest, WriteResponse>(operation::SET, "Sets the value of a key.")
        .by_actor::<DeleteRequest, WriteResponse>(operation::DELETE, "Deletes a key.")
        .by_actor::<CompareAndSetRequest, WriteResponse>(
            operation::COMPARE_AND_SET,
            "Sets the value of a key that holds a known one.",
        )
        .by_actor::<TransactRequest, TransactResponse>(operation::TRANSACT, "Writes several keys at once, or none.")
        .by_actor::<ListRequest, ListResponse>(operation::LIST, "The keys with a prefix, in order.")
}
