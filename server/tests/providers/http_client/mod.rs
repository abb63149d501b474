//! `wasmcloud:httpclient`.

mod backend;
mod boundary;
mod site;

use self::backend::Client;
use crate::conformance::run_all;

#[tokio::test]
async fn the_provider_of_servers_does_as_all_others() {
    run_all("httpclient", &Client::start().await).await;
}
