//! `wisteria:cron`, by a clock that goes on when it is told to.

mod clock;
mod ticks;

use self::clock::Clock;
use crate::conformance::run_all;

#[tokio::test]
async fn the_provider_does_as_all_others() {
    run_all("cron", &Clock::start().await).await;
}
