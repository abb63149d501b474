//! `wasmcloud:keyvalue`: numbers, texts, lists and sets under keys.

use wisteria_contracts::keyvalue::{
    CONTRACT, GetResponse, IncrementRequest, ListAddRequest, ListDelRequest, ListRangeRequest, SetAddRequest,
    SetDelRequest, SetRequest, operation,
};

use crate::{
    Result,
    call::{call_provider, tell_provider},
};

/// A key-value store, whatever the link leads to.
#[derive(Debug, Clone, Copy)]
pub struct KeyValue<'a> {
    link_name: &'a str,
}

/// The store linked under the name `default`.
pub fn default() -> KeyValue<'static> {
    linked("default")
}

/// The store linked under a name.
pub fn linked(link_name: &str) -> KeyValue<'_> {
    KeyValue { link_name }
}

impl KeyValue<'_> {
    /// Adds to the number under a key, from 0, and returns the sum.
    ///
    /// # Errors
    /// The key holds no number, or the sum leaves 32 bits.
    pub fn increment(&self, key: &str, value: i32) -> Result<i32> {
        let argument = IncrementRequest { key: key.to_owned(), value };
        call_provider(self.link_name, CONTRACT, operation::INCREMENT, &argument)
    }

    /// The text under a key, if there is one.
    ///
    /// # Errors
    /// The key holds something else.
    pub fn get(&self, key: &str) -> Result<Option<String>> {
        let found: GetResponse = call_provider(self.link_name, CONTRACT, operation::GET, key)?;
        Ok(found.exists.then_some(found.value))
    }

    /// Puts a text under a key, for `expires` seconds or, with 0, for good.
    ///
    /// # Errors
    /// The store failed.
    pub fn set(&self, key: &str, value: &str, expires: u32) -> Result<()> {
        let argument = SetRequest { key: key.to_owned(), value: value.to_owned(), expires };
        tell_provider(self.link_name, CONTRACT, operation::SET, &argument)
    }

    /// Removes a key; whether there was one.
    ///
    /// # Errors
    /// The store failed.
    pub fn del(&self, key: &str) -> Result<bool> {
        call_provider(self.link_name, CONTRACT, operation::DEL, key)
    }

    /// Whether a key exists.
    ///
    /// # Errors
    /// The store failed.
    pub fn contains(&self, key: &str) -> Result<bool> {
        call_provider(self.link_name, CONTRACT, operation::CONTAINS, key)
    }

    /// Adds to the end of a list and returns its length.
    ///
    /// # Errors
    /// The name holds something else.
    pub fn list_add(&self, list: &str, value: &str) -> Result<u32> {
        let argument = ListAddRequest { list_name: list.to_owned(), value: value.to_owned() };
        call_provider(self.link_name, CONTRACT, operation::LIST_ADD, &argument)
    }

    /// Part of a list; negative positions count from the end.
    ///
    /// # Errors
    /// The name holds something else.
    pub fn list_range(&self, list: &str, start: i32, stop: i32) -> Result<Vec<String>> {
        let argument = ListRangeRequest { list_name: list.to_owned(), start, stop };
        call_provider(self.link_name, CONTRACT, operation::LIST_RANGE, &argument)
    }

    /// Removes the first item of that value from a list; whether there was one.
    ///
    /// # Errors
    /// The name holds something else.
    pub fn list_del(&self, list: &str, value: &str) -> Result<bool> {
        let argument = ListDelRequest { list_name: list.to_owned(), value: value.to_owned() };
        call_provider(self.link_name, CONTRACT, operation::LIST_DEL, &argument)
    }

    /// Removes a list; whether there was one.
    ///
    /// # Errors
    /// The store failed.
    pub fn list_clear(&self, list: &str) -> Result<bool> {
        call_provider(self.link_name, CONTRACT, operation::LIST_CLEAR, list)
    }

    /// Adds to a set; 1 if it was not there yet.
    ///
    /// # Errors
    /// The name holds something else.
    pub fn set_add(&self, set: &str, value: &str) -> Result<u32> {
        let argument = SetAddRequest { set_name: set.to_owned(), value: value.to_owned() };
        call_provider(self.link_name, CONTRACT, operation::SET_ADD, &argument)
    }

    /// The members of a set.
    ///
    /// # Errors
    /// The name holds something else.
    pub fn set_query(&self, set: &str) -> Result<Vec<String>> {
        call_provider(self.link_name, CONTRACT, operation::SET_QUERY, set)
    }
    /// Removes from a set; 1 if it was there.
    ///
    /// # Errors
    /// The name holds something else.
    pub fn set_del(&self, set: &str, value: &str) -> Result<u32> {
        let argument = SetDelRequest { set_name: set.to_owned(), value: value.to_owned() };
        call_provider(self.link_name, CONTRACT, operation::SET_DEL, &argument)
    }

    /// The members of any of the sets.
    ///
    /// # Errors
    /// One of the names holds something else.
    pub fn set_union(&self, sets: &[&str]) -> Result<Vec<String>> {
        call_provider(self.link_name, CONTRACT, operation::SET_UNION, sets)
    }

    /// The members that all of the sets have.
    ///
    /// # Errors
    /// One of the names holds something else.
    pub fn set_intersection(&self, sets: &[&str]) -> Result<Vec<String>> {
        call_provider(self.link_name, CONTRACT, operation::SET_INTERSECTION, sets)
    }

    /// Removes a set; whether there was one.
    ///
    /// # Errors
    /// The store failed.
    pub fn set_clear(&self, set: &str) -> Result<bool> {
        call_provider(self.link_name, CONTRACT, operation::SET_CLEAR, set)
    }
}
