//! How a program of cases talks to the suite that started it: one JSON value a line, and a line back for what it asks.

use std::{error::Error, io};

use serde_json::{Value, json};

/// Tells what came of a case.
pub(crate) fn tell(name: &str, outcome: &Value) {
    println!("{}", json!({ "case": name, "outcome": outcome }));
}

/// Asks the suite for something that is done to the server; returns once it is done.
pub(crate) async fn ask(question: Value) -> Result<(), Box<dyn Error>> {
    println!("{question}");
    let mut line = String::new();
    let read = tokio::task::spawn_blocking(move || io::stdin().read_line(&mut line)).await??;
    if read == 0 {
        return Err(format!("the suite went away instead of answering {question}").into());
    }
    Ok(())
}
