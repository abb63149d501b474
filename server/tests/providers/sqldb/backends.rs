//! Providers of the contract, and statements as JSON: a parameter is a value, or `{"cbor": "…"}` with the Base64 of what is
//! sent for it; what a query finds is its rows and the names of its columns.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use data_encoding::BASE64;
use minicbor::{Decoder, Encoder, data::Type};
use serde_json::{Value, json};
use tempfile::TempDir;
use wisteria_contracts::{
    codec,
    sqldb::{ExecuteResult, QueryResult, SqlDbError, Statement, operation},
};
use wisteria_core::provider::Provider;
use wisteria_server::{
    platform::NativePlatform,
    provider::{PostgresSqlDb, SqliteSqlDb},
};

use crate::{
    conformance::Backend,
    linked::{self, invoke, link},
    postgres_server::PostgresServer,
};

/// SQLite, with a new file for each case.
pub(super) struct Files {
    provider: SqliteSqlDb,
    cases: AtomicU64,
    _data_dir: TempDir,
}

impl Files {
    pub(super) fn new() -> Self {
        let data_dir = TempDir::new().expect("a temporary directory");
        let provider = SqliteSqlDb::new(Some(data_dir.path().to_owned()));
        Self { provider, cases: AtomicU64::new(0), _data_dir: data_dir }
    }
}

impl Backend for Files {
    async fn call(&self, operation: &str, argument: &Value) -> Result<Value, String> {
        call(&self.provider, operation, argument).await
    }

    async fn clear(&self) {
        let name = format!("case-{}", self.cases.fetch_add(1, Ordering::Relaxed));
        link(&self.provider, &[("FILE", &name)], true).await.expect("linked");
    }

    async fn pass_time(&self) {}
}

/// A Postgres of its own.
pub(super) struct Servers {
    provider: PostgresSqlDb,
    _server: PostgresServer,
}

impl Servers {
    pub(super) async fn start() -> Self {
        let server = PostgresServer::start();
        let provider = postgres();
        link(&provider, &[("URL", &server.url())], true).await.expect("linked");
        Self { provider, _server: server }
    }
}

impl Backend for Servers {
    async fn call(&self, operation: &str, argument: &Value) -> Result<Value, String> {
        call(&self.provider, operation, argument).await
    }

    async fn clear(&self) {
        execute(&self.provider, "DROP SCHEMA public CASCADE").await;
        execute(&self.provider, "CREATE SCHEMA public").await;
    }

    async fn pass_time(&self) {}
}

pub(super) fn postgres() -> PostgresSqlDb {
    PostgresSqlDb::new(Arc::new(NativePlatform::current()))
}

/// Has a statement carried out, which it is.
pub(super) async fn execute(provider: &dyn Provider, sql: &str) -> u64 {
    let reply = call(provider, operation::EXECUTE, &json!({ "sql": sql })).await.expect("answered");
    reply["rowsAffected"].as_u64().unwrap_or_else(|| panic!("{sql}: {reply}"))
}

/// The rows that a query finds.
pub(super) async fn query(provider: &dyn Provider, sql: &str) -> Value {
    let mut reply = call(provider, operation::QUERY, &json!({ "sql": sql })).await.expect("answered");
    assert!(reply.get("error").is_none(), "{sql}: {reply}");
    reply["rows"].take()
}

/// The code and the words of the failure of a statement.
pub(super) async fn failure(provider: &dyn Provider, sql: &str) -> String {
    let reply = call(provider, operation::QUERY, &json!({ "sql": sql })).await.expect("answered");
    let part = |name: &str| reply["error"][name].as_str().unwrap_or_else(|| panic!("{sql}: {reply}")).to_owned();
    format!("{}: {}", part("code"), part("message"))
}

/// Calls a provider with a statement.
pub(super) async fn call(provider: &dyn Provider, operation: &str, argument: &Value) -> Result<Value, String> {
    let Some(sql) = argument.get("sql").and_then(Value::as_str) else {
        return linked::call(provider, operation, argument).await;
    };
    let parameters =
        argument.get("parameters").map(|given| given.as_array().expect("a list").iter().map(cbor).collect());
    let database = argument.get("database").map(|name| name.as_str().expect("a name").to_owned());
    let statement = Statement { database, parameters, sql: sql.to_owned() };
    let reply = invoke(provider, operation, codec::encode(&statement)).await?;
    Ok(match operation {
        operation::QUERY => {
            let found: QueryResult = codec::decode(&reply).expect("a result");
            found.error.as_ref().map(failed).unwrap_or_else(|| {
                let rows = rows(&found.rows);
                assert_eq!(rows.len() as u64, found.num_rows);
                assert!(found.columns.iter().zip(0..).all(|(column, place)| column.ordinal == place));
                let names: Vec<_> = found.columns.into_iter().map(|column| column.name).collect();
                json!({ "columns": names, "rows": rows })
            })
        }
        _ => {
            let done: ExecuteResult = codec::decode(&reply).expect("a result");
            done.error.as_ref().map(failed).unwrap_or_else(|| json!({ "rowsAffected": done.rows_affected }))
        }
    })
}

fn failed(error: &SqlDbError) -> Value {
    json!({ "error": { "code": error.code, "message": error.message } })
}

fn cbor(value: &Value) -> Vec<u8> {
    let part = |name: &str| value.get(name).map(|text| BASE64.decode(text.as_str().expect("text").as_bytes()));
    if let Some(raw) = part("cbor") {
        return raw.expect("Base64");
    }
    let mut encoder = Encoder::new(Vec::new());
    let written = match value {
        Value::Null => encoder.null(),
        Value::Bool(value) => encoder.bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(number) => encoder.i64(number),
            None => encoder.f64(number.as_f64().expect("a number")),
        },
        Value::String(text) => encoder.str(text),
        _ => encoder.bytes(&part("base64").expect("bytes are Base64").expect("bytes are Base64")),
    };
    written.expect("a vector takes all");
    encoder.into_writer()
}

fn rows(cbor: &[u8]) -> Vec<Value> {
    let mut decoder = Decoder::new(cbor);
    let count = decoder.array().expect("rows").expect("so many");
    let rows = (0..count).map(|_| {
        let cells = decoder.array().expect("a row").expect("so many");
        (0..cells).map(|_| cell(&mut decoder)).collect()
    });
    let rows = rows.collect();
    assert_eq!(decoder.position(), cbor.len(), "nothing follows");
    rows
}

fn cell(decoder: &mut Decoder<'_>) -> Value {
    match decoder.datatype().expect("a value") {
        Type::Null => decoder.null().map(|()| Value::Null),
        Type::Bool => decoder.bool().map(Value::from),
        Type::F32 => decoder.f32().map(Value::from),
        Type::F64 => decoder.f64().map(Value::from),
        Type::String => decoder.str().map(Value::from),
        Type::Bytes => decoder.bytes().map(|bytes| json!({ "base64": BASE64.encode(bytes) })),
        _ => decoder.i64().map(Value::from),
    }
    .expect("it is what it says")
}
