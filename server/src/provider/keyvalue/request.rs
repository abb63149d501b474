//! The operations of the contract and their replies, as types.

use std::collections::BTreeSet;

use bytes::Bytes;
use wisteria_contracts::{
    codec,
    keyvalue::{
        GetResponse, IncrementRequest, ListAddRequest, ListDelRequest, ListRangeRequest, SetAddRequest, SetDelRequest,
        SetRequest, operation,
    },
};
use wisteria_core::provider::{ProviderCall, ProviderError, argument, keyvalue::OPERATIONS};

/// An operation with its argument.
#[derive(Debug)]
pub(super) enum Request {
    Increment(IncrementRequest),
    Contains(String),
    /// `Del`, `ListClear` and `SetClear`, which are the same.
    Delete(String),
    Get(String),
    Set(SetRequest),
    ListAdd(ListAddRequest),
    ListDel(ListDelRequest),
    ListRange(ListRangeRequest),
    SetAdd(SetAddRequest),
    SetDel(SetDelRequest),
    SetQuery(String),
    SetUnion(Vec<String>),
    SetIntersection(Vec<String>),
}

impl Request {
    /// Reads what is asked of the provider of that name.
    pub(super) fn read(provider: &'static str, call: &ProviderCall) -> Result<Self, ProviderError> {
        Ok(match &*call.operation {
            operation::INCREMENT => Self::Increment(argument(call)?),
            operation::CONTAINS => Self::Contains(argument(call)?),
            operation::DEL | operation::LIST_CLEAR | operation::SET_CLEAR => Self::Delete(argument(call)?),
            operation::GET => Self::Get(argument(call)?),
            operation::SET => Self::Set(argument(call)?),
            operation::LIST_ADD => Self::ListAdd(argument(call)?),
            operation::LIST_DEL => Self::ListDel(argument(call)?),
            operation::LIST_RANGE => Self::ListRange(argument(call)?),
            operation::SET_ADD => Self::SetAdd(argument(call)?),
            operation::SET_DEL => Self::SetDel(argument(call)?),
            operation::SET_QUERY => Self::SetQuery(argument(call)?),
            operation::SET_UNION => Self::SetUnion(argument(call)?),
            operation::SET_INTERSECTION => Self::SetIntersection(argument(call)?),
            _ => return Err(ProviderError::unknown(provider, call, &OPERATIONS)),
        })
    }

    /// Whether it may change anything.
    pub(super) const fn is_change(&self) -> bool {
        match self {
            Self::Contains(_)
            | Self::Get(_)
            | Self::ListRange(_)
            | Self::SetQuery(_)
            | Self::SetUnion(_)
            | Self::SetIntersection(_) => false,
            Self::Increment(_)
            | Self::Delete(_)
            | Self::Set(_)
            | Self::ListAdd(_)
            | Self::ListDel(_)
            | Self::SetAdd(_)
            | Self::SetDel(_) => true,
        }
    }
}

/// What comes of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Done,
    Number(i32),
    Count(u32),
    Flag(bool),
    Value(Option<String>),
    Texts(Vec<String>),
    /// In order, so that it is the same everywhere.
    Members(BTreeSet<String>),
}

impl Reply {
    /// The bytes that the actor gets.
    pub(super) fn encode(&self) -> Bytes {
        let encoded = match self {
            Self::Done => Vec::new(),
            Self::Number(number) => codec::encode(number),
            Self::Count(count) => codec::encode(count),
            Self::Flag(flag) => codec::encode(flag),
            Self::Value(value) => {
                codec::encode(&GetResponse { value: value.clone().unwrap_or_default(), exists: value.is_some() })
            }
            Self::Texts(texts) => codec::encode(texts),
            Self::Members(members) => codec::encode(members),
        };
        encoded.into()
    }
}
