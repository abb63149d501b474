//! `wasmcloud:sqldb`.

mod backends;
mod bounds;
mod files;
mod loss;
mod postgres;
mod session;

use crate::conformance::run_all;
use backends::{Files, Servers};

#[tokio::test]
async fn the_provider_on_sqlite_does_as_all_others() {
    run_all("sqldb", &Files::new()).await;
}

#[tokio::test]
async fn the_provider_on_postgres_does_as_all_others() {
    run_all("sqldb", &Servers::start().await).await;
}
