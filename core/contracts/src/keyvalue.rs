//! `wasmcloud:keyvalue`: numbers, texts, lists and sets under keys.

use serde::{Deserialize, Serialize};

/// The contract.
pub const CONTRACT: &str = "wasmcloud:keyvalue";

/// Operations, called by the actor. Single values go in bare.
pub mod operation {
    /// [`IncrementRequest`](super::IncrementRequest) → `i32`, the new value.
    pub const INCREMENT: &str = "KeyValue.Increment";
    /// Key → whether it exists.
    pub const CONTAINS: &str = "KeyValue.Contains";
    /// Key → whether it existed.
    pub const DEL: &str = "KeyValue.Del";
    /// Key → [`GetResponse`](super::GetResponse).
    pub const GET: &str = "KeyValue.Get";
    /// [`SetRequest`](super::SetRequest) → nothing.
    pub const SET: &str = "KeyValue.Set";
    /// [`ListAddRequest`](super::ListAddRequest) → `u32`, the new length.
    pub const LIST_ADD: &str = "KeyValue.ListAdd";
    /// List name → whether it existed.
    pub const LIST_CLEAR: &str = "KeyValue.ListClear";
    /// [`ListDelRequest`](super::ListDelRequest) → whether an item was removed.
    pub const LIST_DEL: &str = "KeyValue.ListDel";
    /// [`ListRangeRequest`](super::ListRangeRequest) → texts.
    pub const LIST_RANGE: &str = "KeyValue.ListRange";
    /// [`SetAddRequest`](super::SetAddRequest) → `u32`, 1 if it was added.
    pub const SET_ADD: &str = "KeyValue.SetAdd";
    /// [`SetDelRequest`](super::SetDelRequest) → `u32`, 1 if it was removed.
    pub const SET_DEL: &str = "KeyValue.SetDel";
    /// Set names → texts in all of them.
    pub const SET_INTERSECTION: &str = "KeyValue.SetIntersection";
    /// Set name → texts.
    pub const SET_QUERY: &str = "KeyValue.SetQuery";
    /// Set names → texts in any of them.
    pub const SET_UNION: &str = "KeyValue.SetUnion";
    /// Set name → whether it existed.
    pub const SET_CLEAR: &str = "KeyValue.SetClear";
}

/// Adds to a number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncrementRequest {
    /// The key; a missing one counts as 0.
    pub key: String,
    /// What to add.
    pub value: i32,
}

/// The value of a key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetResponse {
    /// The value; empty if there is none.
    pub value: String,
    /// Whether there is one.
    pub exists: bool,
}

/// Sets a value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRequest {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
    /// Seconds until it expires; 0 for never.
    #[serde(default)]
    pub expires: u32,
}

/// Adds to the end of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListAddRequest {
    /// The list.
    pub list_name: String,
    /// The item.
    pub value: String,
}

/// Removes the first item of that value from a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListDelRequest {
    /// The list.
    pub list_name: String,
    /// The item.
    pub value: String,
}

/// Part of a list. Negative positions count from the end, -1 being the last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListRangeRequest {
    /// The list.
    pub list_name: String,
    /// The first position, from 0.
    pub start: i32,
    /// The last position, included.
    pub stop: i32,
}

/// Adds to a set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetAddRequest {
    /// The set.
    pub set_name: String,
    /// The member.
    pub value: String,
}

/// Removes from a set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetDelRequest {
    /// The set.
    pub set_name: String,
    /// The member.
    pub value: String,
}
