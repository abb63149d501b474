//! JSON at the edge: what is asked, and what is answered.

use serde::Serialize;
use serde_json::json;
use wisteria_core::{
    encoding,
    error::{ErrorCode, LatticeError},
    manifest::{Application, Running},
};

pub(crate) fn read(manifest: &str) -> Result<Application, LatticeError> {
    let value = encoding::value(manifest.as_bytes()).map_err(|error| bad_request(format!("the manifest: {error}")))?;
    Application::read(&value).map_err(|error| bad_request(error.to_string()))
}

pub(crate) fn read_running(running: &str) -> Result<Running, LatticeError> {
    encoding::from_json(running.as_bytes()).map_err(|error| bad_request(format!("what runs cannot be read: {error}")))
}

pub(crate) fn answer(outcome: Result<impl Serialize, LatticeError>) -> String {
    match outcome {
        Ok(value) => json!({ "value": value }).to_string(),
        Err(LatticeError { code, message, .. }) => {
            json!({ "error": { "code": code.as_str(), "message": message } }).to_string()
        }
    }
}

fn bad_request(message: String) -> LatticeError {
    LatticeError::new(ErrorCode::BadRequest, message)
}
