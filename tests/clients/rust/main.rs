//! The cases of async-nats, `clients URL [CASE…]`: tells what became of each on the server, one JSON line per case.
//! Where none is named, these are all of the table; in others the suite does something to the server.
#![allow(clippy::print_stdout, reason = "it talks to the suite that started it over its standard output")]

mod connections;
mod delivery;
mod endings;
mod life;
mod talk;

use std::{env, error::Error, time::Duration};

use connections::Join;
use futures::future::LocalBoxFuture;
use serde_json::{Value, json};

/// The longest that a case may take.
const LIMIT: Duration = Duration::from_secs(30);

/// What came of a case.
type Outcome = Result<Value, Box<dyn Error>>;

/// A case, by its name, on connections of its own.
type Case = (&'static str, for<'a> fn(&'a Join) -> LocalBoxFuture<'a, Outcome>);

macro_rules! cases {
    ($($module:ident: $($case:ident)+;)+) => {
        [$($((stringify!($case), |join| Box::pin($module::$case(join)))),+),+]
    };
}

const TABLE: [Case; 24] = cases! {
    delivery:
        facts publish_and_subscribe star greater both_wildcards overlapping queue_group group_beside_subscriber request
        request_old_style no_responders no_answer headers echo_off burst many_subscriptions;
    endings:
        unsubscribe_after unsubscribe drain_subscription drain_connection largest_payload too_large_payload bad_subjects
        flush;
};

const LIVES: [Case; 4] = [
    ("restart", |join| Box::pin(life::restart(join))),
    ("cut", |join| Box::pin(life::cut(join))),
    ("slow", |join| Box::pin(life::slow(join))),
    ("lameDuck", |join| Box::pin(life::lame_duck(join))),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let join = Join::to(&arguments.next().ok_or("the first argument is the server's URL")?);
    let named: Vec<_> = arguments.collect();
    let cases = if named.is_empty() { &TABLE[..] } else { &LIVES[..] };
    for (name, case) in cases.iter().filter(|(name, _)| named.is_empty() || named.iter().any(|named| named == name)) {
        let outcome = match tokio::time::timeout(LIMIT, case(&join)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => json!({ "failed": error.to_string() }),
            Err(_) => json!({ "failed": "it takes too long" }),
        };
        talk::tell(name, &outcome);
    }
    Ok(())
}
