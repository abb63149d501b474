//! What a Vault says of a secret.

use std::collections::BTreeMap;

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use wisteria_core::{
    host::{FoundSecret, SecretError},
    secret::Secret,
};

use super::MAX_SECRET;

/// The field that is the secret, where there are several.
const FIELD: &str = "value";

/// How many fields an error names.
const NAMED_FIELDS: usize = 8;

#[derive(Deserialize)]
struct Answer {
    data: Version,
}

/// A version of a secret. One that was deleted has metadata alone.
#[derive(Deserialize)]
struct Version {
    data: Option<BTreeMap<String, Value>>,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    version: Option<u64>,
}

/// The secret in an answer; none where there is none at that path.
pub(super) fn secret(status: StatusCode, body: &[u8], path: &str) -> Result<Option<FoundSecret>, SecretError> {
    // What the parser says could show the secret, and is said nowhere.
    let version = serde_json::from_slice::<Answer>(body).map(|answer| answer.data);
    match (status, version) {
        (StatusCode::OK, Ok(Version { data: Some(fields), metadata })) => {
            let secret = field(fields, path).map_err(SecretError::Unusable)?;
            Ok(Some(FoundSecret { secret, version: metadata.version.map(|number| number.to_string()) }))
        }
        // Said with status 404.
        (StatusCode::OK | StatusCode::NOT_FOUND, Ok(_)) => Err(SecretError::Unknown(format!(
            "{path} was deleted; restore it with vault kv undelete, or write it anew"
        ))),
        (StatusCode::OK, Err(_)) => Err(SecretError::Unavailable(format!(
            "what it says of {path} is no answer of a key-value engine of version 2; name one with --vault-mount"
        ))),
        (StatusCode::NOT_FOUND, Err(_)) => Ok(None),
        (status, _) => Err(SecretError::Unavailable(format!(
            "it answers with status {}: {}",
            status.as_u16(),
            remedy(status, path)
        ))),
    }
}

fn field(mut fields: BTreeMap<String, Value>, path: &str) -> Result<Secret, String> {
    let value = match (fields.remove(FIELD), fields.len()) {
        (Some(value), _) => value,
        (None, 1) => fields.pop_first().expect("it has one").1,
        (None, 0) => return Err(format!("{path} has no field; write the secret to its field \"{FIELD}\"")),
        (None, _) => {
            let names = fields.keys().take(NAMED_FIELDS).map(String::as_str).collect::<Vec<_>>().join(", ");
            return Err(format!(
                "{path} has several fields ({names}), none of them \"{FIELD}\"; write the secret to its field \"{FIELD}\""
            ));
        }
    };
    match value {
        Value::String(text) if text.len() <= MAX_SECRET => Ok(Secret::new(text)),
        Value::String(_) => {
            Err(format!("the secret at {path} has more than {MAX_SECRET} bytes; keep a shorter one there"))
        }
        _ => Err(format!("the secret at {path} is no text; write it as a string")),
    }
}

/// What is wrong, and what to do about it.
fn remedy(status: StatusCode, path: &str) -> String {
    match status.as_u16() {
        403 => format!(
            "its token is wrong or has expired, or no policy lets it read {path}; renew the token, or give it a policy with \
             the capability \"read\" there"
        ),
        300..400 => "it redirects, which is not followed; name the store that is active with --vault-addr".to_owned(),
        429 | 472 | 473 => "it is on standby or busy; name the store that is active with --vault-addr".to_owned(),
        503 => "it is sealed or under maintenance; unseal it".to_owned(),
        _ => format!(
            "it does not tell of {path}; see that --vault-addr, --vault-mount and --vault-namespace are right, and what its \
             log says"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, body: &str) -> Result<Option<(String, Option<String>)>, SecretError> {
        let status = StatusCode::from_u16(status).expect("a status");
        let found = secret(status, body.as_bytes(), "secret/data/wisteria/NAME")?;
        Ok(found.map(|found| (found.secret.expose().to_owned(), found.version)))
    }

    fn version(fields: &str) -> String {
        format!(r#"{{"data":{{"data":{fields},"metadata":{{"version":1}}}}}}"#)
    }

    #[test]
    fn the_secret_is_the_field_value_or_the_only_one() {
        for fields in [r#"{"value":"x","other":"y"}"#, r#"{"password":"x"}"#] {
            let found = Some(("x".to_owned(), Some("1".to_owned())));
            assert_eq!(said(200, &version(fields)), Ok(found), "{fields}");
        }
        assert_eq!(said(404, r#"{"errors":[]}"#), Ok(None));
    }

    #[test]
    fn what_is_no_secret_is_named_with_its_remedy_and_without_its_values() {
        let long = version(&format!(r#"{{"value":"{}"}}"#, "x".repeat(MAX_SECRET + 1)));
        for (status, body, words) in [
            (200, version(r#"{"user":"lovelace","password":"lovelace"}"#), "(password, user)"),
            (200, version("{}"), "has no field"),
            (200, version(r#"{"value":{"a":"lovelace"}}"#), "is no text"),
            (200, version("null"), "was deleted"),
            (404, version("null"), "was deleted"),
            (200, version("\"lovelace\""), "--vault-mount"),
            (200, r#"{"data":{"value":"lovelace"}}"#.to_owned(), "--vault-mount"),
            (200, "lovelace".to_owned(), "--vault-mount"),
            (200, long, "more than 65536 bytes"),
            (403, r#"{"errors":["lovelace"]}"#.to_owned(), "renew the token"),
            (307, String::new(), "not followed"),
            (473, String::new(), "standby"),
            (503, r#"{"errors":["Vault is sealed"]}"#.to_owned(), "unseal"),
            (500, version(r#"{"value":"lovelace"}"#), "status 500"),
        ] {
            let why = said(status, &body).expect_err("no secret").to_string();
            assert!(why.contains(words) && !why.contains("lovelace"), "{words} in {why}");
        }
    }
}
