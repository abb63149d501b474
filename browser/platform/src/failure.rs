//! Failures as JavaScript sees them: an `Error` with a stable `code`.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use wisteria_core::error::LatticeError;

/// The error of a rejected promise.
pub fn to_js(error: &LatticeError) -> JsValue {
    let js = js_sys::Error::new(&error.message);
    // Setting a property of a fresh object cannot fail.
    Reflect::set(&js, &"code".into(), &error.code.as_str().into()).ok();
    js.into()
}

/// The words of whatever JavaScript threw.
pub fn text_of(thrown: &JsValue) -> String {
    match thrown.dyn_ref::<js_sys::Error>() {
        Some(error) => format!("{}: {}", String::from(error.name()), String::from(error.message())),
        None => thrown.as_string().unwrap_or_else(|| format!("{thrown:?}")),
    }
}
