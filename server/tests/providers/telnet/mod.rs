//! `wisteria:telnet`, over real TCP.

mod bounds;
mod links;
mod terminal;

use self::terminal::Terminals;
use crate::conformance::run_all;

#[tokio::test]
async fn the_provider_does_as_all_others() {
    run_all("telnet", &Terminals::start().await).await;
}
