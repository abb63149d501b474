//! What a failure of S3 means, and how it is said: without the parts of its answers that repeat what was signed.

use std::error::Error as StdError;

use object_store::{
    Error,
    client::{HttpError, HttpErrorKind},
};

/// Why S3 did not do something.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is no such thing.
    NotFound,
    /// It cannot be reached.
    Lost(String),
    /// It is there, and cannot do it now, or does not let this server in.
    Unable(String),
    /// It does not do this.
    Refused(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let chain = || chain(&error);
        let cause = chain().last().map(ToString::to_string).unwrap_or_default();
        if let Some(http) = chain().find_map(|error| error.downcast_ref::<HttpError>()) {
            return match http.kind() {
                HttpErrorKind::Decode => Self::Unable(format!("its answer cannot be read: {cause}")),
                HttpErrorKind::Timeout => Self::Lost("it did not answer in time".to_owned()),
                _ => Self::Lost(cause),
            };
        }
        // The library keeps its type for what S3 answered to itself; the words end with status and body.
        let status = cause.split_once("status code: ").and_then(|(_, rest)| rest.get(..3)?.parse::<u16>().ok());
        let code = element(&cause, "Code");
        let told = match (status, code, element(&cause, "Message")) {
            (Some(status), Some(code), Some(message)) => format!("it answers {status} ({code}: {message})"),
            (Some(status), ..) => format!("it answers {status}"),
            (None, Some(code), Some(message)) => format!("it answers {code}: {message}"),
            // An answer in XML may repeat what was signed.
            (None, ..) if !cause.contains('<') => cause.clone(),
            (None, ..) => "it answers what cannot be understood".to_owned(),
        };
        match (status, error) {
            (Some(404), _) if code == Some("NoSuchBucket") => Self::Unable(told),
            (Some(404), _) | (None, Error::NotFound { .. }) => Self::NotFound,
            (Some(401 | 403 | 429 | 500..), _) => Self::Unable(told),
            _ => Self::Refused(told),
        }
    }
}

/// The text of the first such element of an answer in XML.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let start = xml.find(&format!("<{name}>"))? + name.len() + 2;
    let length = xml[start..].find('<')?;
    Some(&xml[start..start + length])
}

/// An error and what it comes from.
fn chain(error: &Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(Some(error as &(dyn StdError + 'static)), |error| (**error).source())
}
