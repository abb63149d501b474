//! Manifests as a page has them: plain data in and out.

use js_sys::JSON;
use serde::Serialize;
use serde_json::Value;
use wasm_bindgen::prelude::*;
use wisteria_core::{
    error::{ErrorCode, LatticeError},
    identity,
    manifest::{Application, ComponentKind, Plan, Running},
};

use crate::{
    error::{bad_request, text_of, to_js},
    host::from_js,
};

/// The manifest as it is understood: what would be said by default is left out.
#[wasm_bindgen(js_name = readManifest)]
pub fn read_manifest(manifest: &JsValue) -> Result<JsValue, JsValue> {
    plain(read(manifest).map(|application| application.write()))
}

/// The steps that are missing of a manifest, where `{hosts, links, actors}` runs: inventories, links, and the keys of the
/// manifest's actors by component, as far as they are known.
#[wasm_bindgen(js_name = planManifest)]
pub fn plan_manifest(manifest: &JsValue, running: &JsValue) -> Result<JsValue, JsValue> {
    plain(read(manifest).and_then(|application| {
        let plan = Plan::new(&application, &from_js("inventory", running)?);
        plan.map(|plan| plan.steps).map_err(|error| LatticeError::new(ErrorCode::HostNotFound, error.to_string()))
    }))
}

/// The key of the actor that a module is.
#[wasm_bindgen(js_name = actorOf)]
pub fn actor_of(module: &[u8]) -> Result<String, JsValue> {
    let examined = identity::examine(module)
        .map_err(|error| to_js(&LatticeError::new(ErrorCode::InvalidModule, error.to_string())))?;
    let key = examined.map_or_else(|| identity::module_key_of_hash(module), |examined| examined.claims.subject);
    Ok(key.to_string())
}

/// The key of the provider that stands for a capability of a manifest, if one runs.
#[wasm_bindgen(js_name = providerOfComponent)]
pub fn provider_of_component(manifest: &JsValue, running: &JsValue, component: &str) -> Result<JsValue, JsValue> {
    plain(read(manifest).and_then(|application| {
        let running: Running = from_js("inventory", running)?;
        Ok(match application.component(component).map(|component| &component.kind) {
            Some(ComponentKind::Capability(capability)) => running.provider(capability).map(str::to_owned),
            _ => None,
        })
    }))
}

/// The manifest of what runs.
#[wasm_bindgen(js_name = manifestOf)]
pub fn manifest_of(name: &str, running: &JsValue) -> Result<JsValue, JsValue> {
    plain(from_js("inventory", running).map(|running: Running| Application::of(name, &running).write()))
}

fn read(manifest: &JsValue) -> Result<Application, LatticeError> {
    let value: Value = from_js("manifest", manifest)?;
    Application::read(&value).map_err(|error| bad_request(error.to_string()))
}

fn plain(outcome: Result<impl Serialize, LatticeError>) -> Result<JsValue, JsValue> {
    let unreadable = |cause: String| LatticeError::new(ErrorCode::Other, format!("an answer has no JSON: {cause}"));
    let json = outcome.and_then(|value| serde_json::to_string(&value).map_err(|error| unreadable(error.to_string())));
    json.and_then(|json| JSON::parse(&json).map_err(|thrown| unreadable(text_of(&thrown))))
        .map_err(|error| to_js(&error))
}
