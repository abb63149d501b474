//! `wasmcloud:messaging`.

mod actors;
mod backends;
mod loss;

use self::backends::Messages;
use crate::conformance::run_all;

#[tokio::test]
async fn the_provider_on_the_lattice_does_as_all_others() {
    run_all("messaging", &Messages::on_lattice().await).await;
}

#[tokio::test]
async fn the_provider_on_nats_does_as_all_others() {
    run_all("messaging", &Messages::on_nats().await).await;
}
