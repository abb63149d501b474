//! Compiles modules with the page's WebAssembly.

use std::sync::Arc;

use js_sys::WebAssembly;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wisteria_core::{
    engine::{CompileError, Engine, GuestError, Instance, Module, PreparedModule},
    platform::BoxFuture,
};

use super::{instance::JspiInstance, shim};
use crate::error::text_of;

/// The engine on the page's WebAssembly, whose guests JSPI suspends.
#[derive(Debug, Clone, Copy, Default)]
pub struct JspiEngine;

/// Whether the page's WebAssembly can suspend (JSPI: Chrome and Edge 137, Firefox 153, Safari 27).
pub fn is_supported() -> bool {
    shim::is_supported()
}

impl Engine for JspiEngine {
    fn name(&self) -> &'static str {
        "jspi"
    }

    fn compile<'a>(&'a self, module: &'a PreparedModule) -> BoxFuture<'a, Result<Arc<dyn Module>, CompileError>> {
        Box::pin(async move {
            let compiled = JsFuture::from(shim::compile(&module.bytes))
                .await
                .map_err(|error| CompileError::new("jspi", text_of(&error)))?;
            let stubs = module.stubs.iter().map(|stub| format!("{} {}", stub.module, stub.name)).collect();
            let starts = module.starts.iter().map(|name| (*name).to_owned()).collect();
            let compiled = compiled.unchecked_into();
            Ok(Arc::new(JspiModule { compiled, stubs, starts, only_answers: module.only_answers }) as Arc<dyn Module>)
        })
    }
}

#[derive(Debug)]
struct JspiModule {
    compiled: WebAssembly::Module,
    stubs: Vec<String>,
    starts: Vec<String>,
    only_answers: bool,
}

impl Module for JspiModule {
    fn instantiate(&self, fuel: u64) -> BoxFuture<'_, Result<Box<dyn Instance>, GuestError>> {
        Box::pin(async move {
            let (stubs, starts) = (self.stubs.clone(), self.starts.clone());
            let instance =
                JspiInstance::new(&self.compiled, stubs, starts, self.only_answers).map_err(|error| refused(&error))?;
            instance.start(fuel).await?;
            Ok(Box::new(instance) as Box<dyn Instance>)
        })
    }
}

/// Where memories run out, engines throw a `RangeError` whose words differ.
fn refused(error: &JsValue) -> GuestError {
    let words = text_of(error);
    GuestError::Instantiate(match error.is_instance_of::<js_sys::RangeError>() {
        true => format!(
            "{words}; a browser gives about {MEMORIES} memories to all pages of one site, so stop actors, lower the \
             limit of instances, or close pages"
        ),
        false => words,
    })
}

/// Memories of WebAssembly in one renderer of Chromium.
const MEMORIES: usize = 124;
