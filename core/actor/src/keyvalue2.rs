//! `wisteria:keyvalue2`: bytes under keys, with ETags, expiry, and transactions over several keys.
//!
//! ```
//! use wisteria_actor::{Result, keyvalue2::{self, Step}};
//!
//! /// Moves what is under one key to another, unless somebody writes either of them meanwhile.
//! fn rename(from: &str, to: &str) -> Result<bool> {
//!     let store = keyvalue2::default();
//!     let Some(entry) = store.get(from)? else { return Ok(false) };
//!     let steps = [Step::delete_if(from, Some(entry.etag)), Step::set_if(to, &entry.value, None)];
//!     Ok(store.transact(steps)?.applied)
//! }
//! ```

use wisteria_contracts::keyvalue2::{self as contract, CONTRACT, CheckRequest, TransactRequest, operation};
pub use wisteria_contracts::keyvalue2::{
    CompareAndSetRequest, Concurrency, DeleteRequest, Entry, ListRequest, ListResponse, SetRequest, TransactResponse,
    WriteResponse,
};

use crate::{Result, call::call_provider};

/// A key-value store, wherever the link leads.
#[derive(Debug, Clone, Copy)]
pub struct KeyValue2<'a> {
    link_name: &'a str,
}

/// The store linked under the name `default`.
pub fn default() -> KeyValue2<'static> {
    linked("default")
}

/// The store linked under a name.
pub fn linked(link_name: &str) -> KeyValue2<'_> {
    KeyValue2 { link_name }
}

/// A step of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step(contract::Step);

impl Step {
    /// Sets a value, whatever is there.
    pub fn set(key: &str, value: &[u8]) -> Self {
        let request = SetRequest { key: key.to_owned(), value: value.to_vec(), ..SetRequest::default() };
        Self(contract::Step::Set(request))
    }

    /// Sets a value if the key has that ETag, or with none, if there is no such key.
    pub fn set_if(key: &str, value: &[u8], etag: Option<String>) -> Self {
        let concurrency = Concurrency::FirstWrite;
        let request = SetRequest { key: key.to_owned(), value: value.to_vec(), concurrency, etag, ttl_ms: None };
        Self(contract::Step::Set(request))
    }

    /// Deletes a key, whatever it has.
    pub fn delete(key: &str) -> Self {
        Self(contract::Step::Delete(DeleteRequest { key: key.to_owned(), ..DeleteRequest::default() }))
    }

    /// Deletes a key if it has that ETag.
    pub fn delete_if(key: &str, etag: Option<String>) -> Self {
        let request = DeleteRequest { key: key.to_owned(), concurrency: Concurrency::FirstWrite, etag };
        Self(contract::Step::Delete(request))
    }

    /// Writes nothing, but the key must have that ETag, or with none, there must be no such key.
    pub fn check(key: &str, etag: Option<String>) -> Self {
        Self(contract::Step::Check(CheckRequest { key: key.to_owned(), etag }))
    }
}

impl KeyValue2<'_> {
    /// What a key holds, if there is one.
    ///
    /// # Errors
    /// It cannot be a key, or the store failed.
    pub fn get(&self, key: &str) -> Result<Option<Entry>> {
        call_provider(self.link_name, CONTRACT, operation::GET, key)
    }

    /// Sets a value. For what more can be said, see [`SetRequest`].
    ///
    /// # Errors
    /// It cannot be a key, or the store failed.
    pub fn set(&self, request: &SetRequest) -> Result<WriteResponse> {
        call_provider(self.link_name, CONTRACT, operation::SET, request)
    }

    /// Deletes a key.
    ///
    /// # Errors
    /// It cannot be a key, or the store failed.
    pub fn delete(&self, request: &DeleteRequest) -> Result<WriteResponse> {
        call_provider(self.link_name, CONTRACT, operation::DELETE, request)
    }

    /// Sets a value if the key holds a known one.
    ///
    /// # Errors
    /// It cannot be a key, or the store failed.
    pub fn compare_and_set(&self, request: &CompareAndSetRequest) -> Result<WriteResponse> {
        call_provider(self.link_name, CONTRACT, operation::COMPARE_AND_SET, request)
    }

    /// Carries out all steps at once, or none.
    ///
    /// # Errors
    /// There are none, too many, or two for one key, or the store failed.
    pub fn transact(&self, steps: impl IntoIterator<Item = Step>) -> Result<TransactResponse> {
        let steps = steps.into_iter().map(|step| step.0).collect();
        call_provider(self.link_name, CONTRACT, operation::TRANSACT, &TransactRequest { steps })
    }

    /// Keys that start with a prefix, in the order of their bytes.
    ///
    /// # Errors
    /// The cursor is of another prefix, or the store failed.
    pub fn list(&self, request: &ListRequest) -> Result<ListResponse> {
        call_provider(self.link_name, CONTRACT, operation::LIST, request)
    }
}
