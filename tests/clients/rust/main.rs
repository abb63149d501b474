//! The table of cases for async-nats: tells what became of each on the server at a URL, one JSON line per case.
#![allow(clippy::print_stdout, reason = "it talks to the suite that started it over its standard output")]

mod connections;
mod delivery;
mod endings;
mod talk;

use std::{env, error::Error, time::Duration};

use connections::Join;
use futures::future::LocalBoxFuture;
use serde_json::{Value, json};

/// The longest that a case may take.
const LIMIT: Duration = Duration::from_secs(60);

/// What came of a case.
type Outcome = Result<Value, Box<dyn Error>>;

/// A case, by its name, on connections of its own.
type Case = (&'static str, for<'a> fn(&'a Join) -> LocalBoxFuture<'a, Outcome>);

macro_rules! cases {
    ($($module:ident: $($case:ident)+;)+) => {
        [$($((stringify!($case), |join| Box::pin($module::$case(join)))),+),+]
    };
}

const CASES: [Case; 24] = cases! {
    delivery:
        facts publish_and_subscribe star greater both_wildcards overlapping queue_group group_beside_subscriber request
        request_old_style no_responders no_answer headers echo_off burst many_subscriptions;
    endings:
        unsubscribe_after unsubscribe drain_subscription drain_connection largest_payload too_large_payload bad_subjects
        flush;
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let join = Join::to(&env::args().nth(1).ok_or("the argument is the server's URL")?);
    for (name, case) in CASES {
        let outcome = match tokio::time::timeout(LIMIT, case(&join)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => json!({ "failed": error.to_string() }),
            Err(_) => json!({ "failed": "it takes too long" }),
        };
        talk::tell(name, &outcome);
    }
    Ok(())
}
