//! Failures as JavaScript sees them: an `Error` with a stable `code`.

use js_sys::Reflect;
use wasm_bindgen::JsValue;
pub(crate) use wisteria_browser_platform::{text_of, to_js};
use wisteria_core::error::{ErrorCode, LatticeError};

/// A request that cannot be read.
pub(crate) fn bad_request(message: impl Into<String>) -> LatticeError {
    LatticeError::new(ErrorCode::BadRequest, message)
}

/// What JavaScript threw, under its own code or another.
pub(crate) fn error_of(thrown: &JsValue, otherwise: ErrorCode) -> LatticeError {
    let property = |name: &str| Reflect::get(thrown, &name.into()).ok().and_then(|value| value.as_string());
    let code = property("code").map_or(otherwise, |code| ErrorCode::from_wire(&code));
    LatticeError::new(code, property("message").unwrap_or_else(|| text_of(thrown)))
}
