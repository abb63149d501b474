//! `wasmcloud:sqldb`.

mod failure;
mod postgres;
mod postgres_columns;
mod postgres_database;
mod postgres_failure;
mod postgres_numeric;
mod postgres_parameters;
mod postgres_settings;
mod request;
mod rows;
mod sqlite;
mod sqlite_connection;
mod sqlite_database;
mod sqlite_walls;
mod turns;
mod value;
mod words;

pub use postgres::PostgresSqlDb;
pub use sqlite::SqliteSqlDb;
