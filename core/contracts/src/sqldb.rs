//! `wasmcloud:sqldb`: statements for a relational database.
//!
//! Values of SQL are CBOR (RFC 8949) inside the MessagePack: null, booleans, integers, floats, text and byte strings.

use serde::{Deserialize, Serialize};

/// The contract.
pub const CONTRACT: &str = "wasmcloud:sqldb";

/// Operations, called by the actor.
pub mod operation {
    /// [`Statement`](super::Statement) → [`ExecuteResult`](super::ExecuteResult).
    pub const EXECUTE: &str = "SqlDb.Execute";
    /// [`Statement`](super::Statement) → [`QueryResult`](super::QueryResult).
    pub const QUERY: &str = "SqlDb.Query";
}

/// A statement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Statement {
    /// The database to use, where the provider knows several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// What the placeholders stand for, in order: the CBOR of one value each. On the wire each is an array of numbers,
    /// not bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Vec<Vec<u8>>>,
    /// The SQL, with the database's own placeholders: `?` or `$1`.
    #[serde(default)]
    pub sql: String,
}

/// What a statement changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExecuteResult {
    /// How many rows.
    #[serde(default)]
    pub rows_affected: u64,
    /// Why it failed; the rest then means nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<SqlDbError>,
}

/// What a query found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct QueryResult {
    /// How many rows.
    #[serde(default)]
    pub num_rows: u64,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// The rows: the CBOR of an array of rows, each an array of values in the order of the columns.
    #[serde(with = "serde_bytes", default)]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
    pub rows: Vec<u8>,
    /// Why it failed; the rest then means nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<SqlDbError>,
}

/// A column of a result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Column {
    /// Its place, from 0.
    #[serde(default)]
    pub ordinal: u32,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its type, as the database calls it.
    #[serde(default)]
    pub db_type: String,
}

/// Why a statement failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SqlDbError {
    /// What kind of failure.
    #[serde(default)]
    pub code: String,
    /// What the database says.
    #[serde(default)]
    pub message: String,
}

/// The contract in its own words.
#[cfg(feature = "schema")]
pub fn describe() -> crate::schema::Contract {
    crate::schema::Contract::new(CONTRACT, "Statements for a relational database")
        .by_actor::<Statement, ExecuteResult>(
            operation::EXECUTE,
            "Carries out a statement; answers how many rows it changed.",
        )
        .by_actor::<Statement, QueryResult>(operation::QUERY, "Carries out a query; answers its rows.")
}
