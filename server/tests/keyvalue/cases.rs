//! Reads the cases and runs them.

use std::{fs, path::Path};

use serde_json::Value;

use crate::backends::{Backend, Files, Memory, Redis};

/// How often `until` asks before it gives up.
const MOST_ROUNDS: usize = 100;

#[tokio::test]
async fn the_provider_in_memory_does_as_all_others() {
    run_all(&Memory::new()).await;
}

#[tokio::test]
async fn the_provider_on_redb_does_as_all_others() {
    run_all(&Files::new()).await;
}

#[tokio::test]
async fn the_provider_on_redis_does_as_all_others() {
    run_all(&Redis::start().await).await;
}

async fn run_all(backend: &impl Backend) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keyvalue/cases");
    let mut cases: Vec<_> = fs::read_dir(&folder).expect("a folder").map(|file| file.expect("a file").path()).collect();
    cases.sort();
    assert!(cases.len() >= 11, "the cases are found");
    let mut failures = Vec::new();
    for case in &cases {
        let text = fs::read_to_string(case).expect("text");
        backend.clear().await;
        if let Err(failure) = run(backend, &text).await {
            failures.push(format!("{}: {failure}", case.file_stem().expect("a name").display()));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

async fn run(backend: &impl Backend, text: &str) -> Result<(), String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    for (number, line) in lines {
        let (asked, expected) = line.split_once(" -> ").expect("a line has what comes of it");
        let (is_until, asked) = asked.strip_prefix("until ").map_or((false, asked), |asked| (true, asked));
        let (operation, argument) = asked.split_once(' ').expect("an operation has an argument");
        let argument: Value = serde_json::from_str(argument).expect("an argument is JSON");
        let mut rounds = 0;
        loop {
            let answer = backend.call(&format!("KeyValue.{operation}"), &argument).await;
            match (differs(&answer, expected), is_until && rounds < MOST_ROUNDS) {
                (None, _) => break,
                (Some(_), true) => backend.pass_time().await,
                (Some(found), false) => return Err(format!("line {}: {asked} gives {found}", number + 1)),
            }
            rounds += 1;
        }
    }
    Ok(())
}

/// What came instead of what was expected.
fn differs(answer: &Result<Value, String>, expected: &str) -> Option<String> {
    match answer {
        Ok(reply) => {
            let expected: Option<Value> = serde_json::from_str(expected).ok();
            (expected.as_ref() != Some(reply)).then(|| reply.to_string())
        }
        Err(error) => {
            let mut rest = error.as_str();
            let mut parts = expected.split('*');
            let starts = parts.next().and_then(|first| rest.strip_prefix(first));
            let fits = starts.is_some_and(|after| {
                rest = after;
                parts.all(|part| rest.find(part).map(|at| rest = &rest[at + part.len()..]).is_some())
            });
            let is_whole = expected.ends_with('*') || rest.is_empty();
            (!fits || !is_whole).then(|| error.clone())
        }
    }
}

#[test]
fn a_case_that_does_not_hold_is_noticed() {
    let failed = |text: &str| Err(text.to_owned());
    assert_eq!(differs(&Ok(Value::from(1)), "1"), None);
    assert_eq!(differs(&Ok(Value::from(1)), "2"), Some("1".to_owned()));
    assert_eq!(differs(&Ok(Value::Null), "provider-failed: no"), Some("null".to_owned()));
    assert_eq!(differs(&failed("code: a b c"), "code: a * c"), None);
    assert_eq!(differs(&failed("code: a b c"), "code: a *"), None);
    for expected in ["code: a", "code: a * d", "other: *", "1"] {
        assert!(differs(&failed("code: a b c"), expected).is_some(), "{expected}");
    }
}
