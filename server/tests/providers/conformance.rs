//! Cases that every provider of a contract must pass: `tests/conformance` has a folder of them for each contract.
//!
//! A line of a case is an operation, its argument, and what comes of it: a reply, or a code with the words of the error,
//! in which `*` stands for anything. `until` repeats the operation, while time passes, for as long as something else comes.
//! In a reply, the text `"*"` stands for any value, and `"$NAME"` for the one that it stood for before in this case, or
//! where it has not, for any that it stands for from then on, in arguments as well, where more may follow a name that
//! stands for a text: `"$SITE/path"`. Bytes are texts, or `{"base64": "…"}` where they are none.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Value, json};

/// How often `until` asks before it gives up.
const MOST_ROUNDS: usize = 100;

/// What the cases run against.
pub(crate) trait Backend {
    /// The reply, or the code and the words of the error.
    async fn call(&self, operation: &str, argument: &Value) -> Result<Value, String>;

    /// Forgets everything.
    async fn clear(&self);

    /// Lets time pass, so that something may expire.
    async fn pass_time(&self);

    /// What names stand for from the start, such as where a server is.
    fn names(&self) -> Names {
        Names::new()
    }
}

/// Runs the cases of that folder.
pub(crate) async fn run_all(contract: &str, backend: &impl Backend) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance").join(contract);
    let mut cases: Vec<_> = fs::read_dir(&folder).expect("a folder").map(|file| file.expect("a file").path()).collect();
    cases.sort();
    assert!(!cases.is_empty(), "there are cases in {}", folder.display());
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

/// What names stand for.
pub(crate) type Names = BTreeMap<String, Value>;

async fn run(backend: &impl Backend, text: &str) -> Result<(), String> {
    let mut names = backend.names();
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    for (number, line) in lines {
        let (asked, expected) = line.split_once(" -> ").expect("a line has what comes of it");
        let (is_until, asked) = asked.strip_prefix("until ").map_or((false, asked), |asked| (true, asked));
        let (operation, argument) = asked.split_once(' ').expect("an operation has an argument");
        let argument = filled(serde_json::from_str(argument).expect("an argument is JSON"), &names);
        let mut rounds = 0;
        loop {
            let answer = backend.call(operation, &argument).await;
            match (differs(&answer, expected, &mut names), is_until && rounds < MOST_ROUNDS) {
                (None, _) => break,
                (Some(_), true) => backend.pass_time().await,
                (Some(found), false) => return Err(format!("line {}: {asked} gives {found}", number + 1)),
            }
            rounds += 1;
        }
    }
    Ok(())
}

/// An argument with what the names in it stand for.
fn filled(argument: Value, names: &Names) -> Value {
    match argument {
        Value::String(text) => match text.strip_prefix('$') {
            Some(text) => {
                let end = text.find(|character: char| !is_of_name(character)).unwrap_or(text.len());
                let (name, rest) = text.split_at(end);
                match names.get(name).unwrap_or_else(|| panic!("${name} stands for nothing yet")) {
                    Value::String(start) => Value::String(format!("{start}{rest}")),
                    value if rest.is_empty() => value.clone(),
                    value => panic!("${name} stands for {value}, which nothing can follow"),
                }
            }
            None => Value::String(text),
        },
        Value::Array(items) => items.into_iter().map(|item| filled(item, names)).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, filled(value, names))).collect(),
        other => other,
    }
}

fn is_of_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// What came instead of what was expected.
fn differs(answer: &Result<Value, String>, expected: &str, names: &mut Names) -> Option<String> {
    match answer {
        Ok(reply) => {
            let mut found = names.clone();
            let expected: Option<Value> = serde_json::from_str(expected).ok();
            let fits = expected.is_some_and(|expected| is_as(reply, &expected, &mut found));
            if fits {
                *names = found;
            }
            (!fits).then(|| reply.to_string())
        }
        Err(error) => (!is_said_by(expected, error)).then(|| error.clone()),
    }
}

fn is_as(reply: &Value, expected: &Value, names: &mut Names) -> bool {
    match (reply, expected) {
        (_, Value::String(text)) if text == "*" => true,
        (_, Value::String(text)) if text.starts_with('$') => {
            names.entry(text[1..].to_owned()).or_insert_with(|| reply.clone()) == reply
        }
        (Value::Array(reply), Value::Array(expected)) => {
            reply.len() == expected.len()
                && reply.iter().zip(expected).all(|(reply, wanted)| is_as(reply, wanted, names))
        }
        (Value::Object(reply), Value::Object(expected)) => {
            reply.len() == expected.len()
                && expected
                    .iter()
                    .all(|(name, wanted)| reply.get(name).is_some_and(|reply| is_as(reply, wanted, names)))
        }
        _ => reply == expected,
    }
}

/// Whether an error is what is expected of it.
fn is_said_by(expected: &str, error: &str) -> bool {
    let mut rest = error;
    let mut parts = expected.split('*');
    let starts = parts.next().and_then(|first| rest.strip_prefix(first));
    let fits = starts.is_some_and(|after| {
        rest = after;
        parts.all(|part| rest.find(part).map(|at| rest = &rest[at + part.len()..]).is_some())
    });
    fits && (expected.ends_with('*') || rest.is_empty())
}

#[test]
fn a_case_that_does_not_hold_is_noticed() {
    let failed = |text: &str| Err(text.to_owned());
    let mut names = Names::new();
    let mut differs = |answer: &Result<Value, String>, expected: &str| differs(answer, expected, &mut names);
    assert_eq!(differs(&Ok(json!(1)), "1"), None);
    assert_eq!(differs(&Ok(json!(1)), "2"), Some("1".to_owned()));
    assert_eq!(differs(&Ok(Value::Null), "provider-failed: no"), Some("null".to_owned()));
    assert_eq!(differs(&Ok(json!({ "a": [1, "x"], "b": 2 })), r#"{"a": ["*", "$x"], "b": "$y"}"#), None);
    for expected in [r#""$x""#, r#""$z""#, r#""*""#] {
        assert_eq!(differs(&Ok(json!("x")), expected), None, "{expected}");
    }
    for expected in [r#""$y""#, "{}", r#"["x"]"#, "x"] {
        assert!(differs(&Ok(json!("x")), expected).is_some(), "{expected}");
    }
    assert!(differs(&Ok(json!({ "a": 1 })), r#"{"a": 1, "b": "*"}"#).is_some());
    assert!(differs(&Ok(json!({ "a": 1, "b": 1 })), r#"{"a": 1}"#).is_some());
    assert_eq!(differs(&failed("code: a b c"), "code: a * c"), None);
    assert_eq!(differs(&failed("code: a b c"), "code: a *"), None);
    for expected in ["code: a", "code: a * d", "other: *", "1"] {
        assert!(differs(&failed("code: a b c"), expected).is_some(), "{expected}");
    }
}
