//! How the program talks to the suite that started it: one JSON value a line.

use serde_json::{Value, json};

/// Tells what came of a case.
pub(crate) fn tell(name: &str, outcome: &Value) {
    println!("{}", json!({ "case": name, "outcome": outcome }));
}
