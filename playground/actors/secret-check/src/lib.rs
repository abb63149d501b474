//! Says whether a text is a secret of its host, and which version of it there is; the secret itself it keeps.

use wisteria_actor::{handlers, secrets, Result};

handlers! {
    "Secret.Matches" => matches,
    "Secret.Version" => version,
}

/// Whether the secret of that name is this text; nothing where there is no such secret.
fn matches((name, text): (String, String)) -> Result<Option<bool>> {
    let found = secrets::default().get(&name)?;
    Ok(found.map(|secret| is_same(&secret.value, text.as_bytes())))
}

/// How long it takes tells nothing of where they differ.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |found, (one, other)| found | (one ^ other));
    one.len() == other.len() && differences == 0
}

fn version(name: String) -> Result<Option<String>> {
    Ok(secrets::default().get(&name)?.and_then(|secret| secret.version))
}
