//! Failures as JavaScript sees them: an `Error` with a stable `code`.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use wisteria_core::error::{ErrorCode, LatticeError};

/// The error of a rejected promise.
pub(crate) fn to_js(error: &LatticeError) -> JsValue {
    let js = js_sys::Error::new(&error.message);
    // Setting a property of a fresh object cannot fail.
    Reflect::set(&js, &"code".into(), &error.code.as_str().into()).ok();
    js.into()
}

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

/// The words of whatever JavaScript threw.
pub(crate) fn text_of(thrown: &JsValue) -> String {
    match thrown.dyn_ref::<js_sys::Error>() {
        Some(error) => format!("{}: {}", String::from(error.name()), String::from(error.message())),
        None => thrown.as_string().unwrap_or_else(|| format!("{thrown:?}")),
    }
}
