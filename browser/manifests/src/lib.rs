//! Manifests for pages, which know them as plain data: JSON in, and JSON out.
//!
//! A module of its own, as few pages use manifests, and every host of a tab would carry them along otherwise. Each answer is
//! `{"value": …}` or `{"error": {"code": …, "message": …}}`.

mod answer;

use answer::{answer, read, read_running};
use serde_json::json;
use wasm_bindgen::prelude::wasm_bindgen;
use wisteria_core::{
    error::{ErrorCode, LatticeError},
    identity,
    manifest::{Application, Component, ComponentKind, Plan},
};

/// The manifest as it is understood: what would be said by default is left out.
#[wasm_bindgen(js_name = readManifest)]
pub fn read_manifest(manifest: &str) -> String {
    answer(read(manifest).map(|application| application.write()))
}

/// The steps that are missing of a manifest, where `{hosts, links, actors}` runs: inventories, links, and the keys of the
/// manifest's actors by component, as far as they are known; of actors whose modules claim them also `revisions`.
#[wasm_bindgen(js_name = planManifest)]
pub fn plan_manifest(manifest: &str, running: &str) -> String {
    answer(read(manifest).and_then(|application| {
        let plan = Plan::new(&application, &read_running(running)?);
        plan.map(|plan| plan.steps).map_err(|error| LatticeError::new(ErrorCode::HostNotFound, error.to_string()))
    }))
}

/// `{"key": …, "revision": …}` of the actor that a module is; the revision is null where it claims none.
#[wasm_bindgen(js_name = actorOf)]
pub fn actor_of(module: &[u8]) -> String {
    let examined =
        identity::examine(module).map_err(|error| LatticeError::new(ErrorCode::InvalidModule, error.to_string()));
    answer(examined.map(|examined| {
        let (key, revision) = match examined {
            Some(examined) => (examined.claims.subject, examined.claims.revision),
            None => (identity::module_key_of_hash(module), None),
        };
        json!({ "key": key.to_string(), "revision": revision })
    }))
}

/// The key of the provider that stands for a capability of a manifest, null where none runs.
#[wasm_bindgen(js_name = providerOf)]
pub fn provider_of(manifest: &str, running: &str, component: &str) -> String {
    answer(read(manifest).and_then(|application| {
        let running = read_running(running)?;
        Ok(match application.component(component) {
            Some(Component { kind: ComponentKind::Capability(capability), scaling, .. }) => {
                running.provider(scaling, capability).map(str::to_owned)
            }
            _ => None,
        })
    }))
}

/// The manifest of what runs.
#[wasm_bindgen(js_name = manifestOf)]
pub fn manifest_of(name: &str, running: &str) -> String {
    answer(read_running(running).map(|running| Application::of(name, &running).write()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{actor_of, manifest_of, plan_manifest, provider_of, read_manifest};

    fn manifest() -> Value {
        json!({
            "apiVersion": "core.oam.dev/v1beta1",
            "kind": "Application",
            "metadata": { "name": "counter" },
            "spec": { "components": [
                {
                    "name": "counter", "type": "actor", "properties": { "image": "counter.wasm" },
                    "traits": [{ "type": "linkdef", "properties": { "target": "store" } }],
                },
                {
                    "name": "store", "type": "capability",
                    "properties": { "image": "keyvalue-memory", "contract": "wasmcloud:keyvalue" },
                },
            ] },
        })
    }

    fn running() -> Value {
        let provider = json!({
            "id": "V1", "name": "keyvalue-memory", "link_name": "default", "contract_id": "wasmcloud:keyvalue",
        });
        json!({ "hosts": [{ "host_id": "N1", "providers": [provider] }], "links": [] })
    }

    fn value(answer: &str) -> Value {
        let mut answer: Value = serde_json::from_str(answer).expect("JSON");
        assert!(answer.get("error").is_none(), "{answer}");
        answer["value"].take()
    }

    fn code(answer: &str) -> Value {
        serde_json::from_str::<Value>(answer).expect("JSON")["error"]["code"].take()
    }

    #[test]
    fn a_manifest_is_read_planned_and_written_as_plain_data() {
        let (manifest, running) = (manifest().to_string(), running().to_string());
        assert_eq!(value(&read_manifest(&manifest)), self::manifest());
        let steps = value(&plan_manifest(&manifest, &running));
        assert_eq!(
            steps[0],
            json!({ "step": "start-actor", "component": "counter", "host": "N1", "max_instances": 1 })
        );
        assert_eq!(steps[1]["step"], "put-link");
        assert_eq!(value(&provider_of(&manifest, &running, "store")), "V1");
        assert_eq!(value(&provider_of(&manifest, &running, "counter")), Value::Null);
        assert_eq!(value(&manifest_of("mine", &running))["metadata"]["name"], "mine");
    }

    #[test]
    fn what_cannot_be_used_is_an_error_with_a_code() {
        assert_eq!(code(&read_manifest("{")), "bad-request");
        assert_eq!(code(&read_manifest("{}")), "bad-request");
        assert_eq!(code(&plan_manifest(&manifest().to_string(), "[]")), "bad-request");
        assert_eq!(code(&plan_manifest(&manifest().to_string(), r#"{"hosts":[],"links":[]}"#)), "host-not-found");
        assert_eq!(code(&actor_of(b"no module")), "invalid-module");
    }

    #[test]
    fn an_unsigned_module_has_a_key_of_its_bytes() {
        let actor = value(&actor_of(b"\0asm\x01\0\0\0"));
        assert_eq!(actor["revision"], Value::Null);
        let key = &actor["key"];
        assert!(key.as_str().is_some_and(|key| key.starts_with('M') && key.len() == 56), "{key}");
    }
}
