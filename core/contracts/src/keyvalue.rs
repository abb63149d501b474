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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IncrementRequest {
    /// The key; a missing one counts as 0.
    pub key: String,
    /// What to add.
    pub value: i32,
}

/// The value of a key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GetResponse {
    /// The value; empty if there is none.
    pub value: String,
    /// Whether there is one.
    pub exists: bool,
}

/// Sets a value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListAddRequest {
    /// The list.
    pub list_name: String,
    /// The item.
    pub value: String,
}

/// Removes the first item of that value from a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListDelRequest {
    /// The list.
    pub list_name: String,
    /// The item.
    pub value: String,
}

/// Part of a list. Negative positions count from the end, -1 being the last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SetAddRequest {
    /// The set.
    pub set_name: String,
    /// The member.
    pub value: String,
}

/// Removes from a set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SetDelRequest {
    /// The set.
    pub set_name: String,
    /// The member.
    pub value: String,
}

/// The contract in its own words.
#[cfg(feature = "schema")]
pub fn describe() -> crate::schema::Contract {
    crate::schema::Contract::new(CONTRACT, "Numbers, texts, lists and sets under keys")
        .by_actor::<IncrementRequest, i32>(operation::INCREMENT, "Adds to a number; answers the new value.")
        .by_actor::<String, bool>(operation::CONTAINS, "Whether a key exists.")
        .by_actor::<String, bool>(operation::DEL, "Deletes a key; answers whether it existed.")
        .by_actor::<String, GetResponse>(operation::GET, "The value of a key.")
        .by_actor::<SetRequest, ()>(operation::SET, "Sets the value of a key.")
        .by_actor::<ListAddRequest, u32>(operation::LIST_ADD, "Adds to the end of a list; answers its length.")
        .by_actor::<String, bool>(operation::LIST_CLEAR, "Removes a list; answers whether it existed.")
        .by_actor::<ListDelRequest, bool>(
            operation::LIST_DEL,
            "Removes the first such item of a list; answers whether there was one.",
        )
        .by_actor::<ListRangeRequest, Vec<String>>(operation::LIST_RANGE, "Part of a list.")
        .by_actor::<SetAddRequest, u32>(operation::SET_ADD, "Adds to a set; answers 1 if it was not in it.")
        .by_actor::<SetDelRequest, u32>(operation::SET_DEL, "Removes from a set; answers 1 if it was in it.")
        .by_actor::<Vec<String>, Vec<String>>(operation::SET_INTERSECTION, "What is in all of these sets.")
        .by_actor::<String, Vec<String>>(operation::SET_QUERY, "What is in a set.")
        .by_actor::<Vec<String>, Vec<String>>(operation::SET_UNION, "What is in any of these sets.")
        .by_actor::<String, bool>(operation::SET_CLEAR, "Removes a set; answers whether it existed.")
}
