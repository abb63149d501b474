//! JSON at the edge: what is asked, and what is answered.

use serde::Serialize;
use serde_json::{Value, json};
use wisteria_core::{
    error::{ErrorCode, LatticeError},
    manifest::{Application, Running},
};

pub(crate) fn read(manifest: &str) -> Result<Application, LatticeError> {
    let value: Value = serde_json::from_str(manifest).map_err(|error| bad_request(format!("the manifest: {error}")))?;
    Application::read(&value).map_err(|error| bad_request(error.to_string()))
}

pub(crate) fn read_running(running: &str) -> Result<Running, LatticeError> {
    serde_json::from_str(running).map_err(|error| bad_request(format!("what runs cannot be read: {error}")))
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
