//! The functions of `shim.js` as Rust sees them.

use js_sys::{Function, Promise, WebAssembly};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/engine/shim.js")]
extern "C" {
    #[wasm_bindgen(js_name = isSupported)]
    pub(super) fn is_supported() -> bool;

    pub(super) fn compile(bytes: &[u8]) -> Promise;

    #[derive(Debug, Clone)]
    pub(super) type Guest;

    #[wasm_bindgen(constructor, catch)]
    pub(super) fn new(
        module: &WebAssembly::Module,
        core: &JsValue,
        stubs: Vec<String>,
        starts: Vec<String>,
        only_answers: bool,
        enosys: i32,
        fuel_name: &str,
        reserve: &Function,
        host_call: &Function,
        log: &Function,
        settle: &Function,
    ) -> Result<Guest, JsValue>;

    #[wasm_bindgen(method)]
    pub(super) fn start(this: &Guest, fuel: f64) -> Promise;

    #[wasm_bindgen(method)]
    pub(super) fn call(
        this: &Guest,
        operation: *const u8,
        operation_length: usize,
        payload: *const u8,
        payload_length: usize,
        fuel: f64,
    );

    #[wasm_bindgen(method, js_name = fuelLeft)]
    pub(super) fn fuel_left(this: &Guest) -> f64;

    #[wasm_bindgen(method, getter, js_name = memoryBytes)]
    pub(super) fn memory_bytes(this: &Guest) -> f64;

    #[wasm_bindgen(method)]
    pub(super) fn abandon(this: &Guest);

    #[wasm_bindgen(method)]
    pub(super) fn answered(this: &Guest, ok: bool, start: *const u8, length: usize);

    #[wasm_bindgen(method, getter)]
    pub(super) fn trap(this: &Guest) -> String;
}
