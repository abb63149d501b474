//! Log lines of a tab's actors: to the console, and to the page.

use js_sys::{Function, Object, Reflect};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use wisteria_core::provider::{LogLevel, LogLine, LogSink};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = debug)]
    fn console_debug(text: &str);
    #[wasm_bindgen(js_namespace = console, js_name = info)]
    fn console_info(text: &str);
    #[wasm_bindgen(js_namespace = console, js_name = warn)]
    fn console_warn(text: &str);
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(text: &str);
}

/// Shows lines on the console and hands them to the page as `{actor, level, text}`.
#[derive(Debug)]
pub(crate) struct PageLog {
    pub(crate) page: Option<Function>,
}

impl LogSink for PageLog {
    fn line(&self, line: LogLine) {
        let LogLine { actor, level, text } = line;
        let shown = format!("{actor}: {text}");
        match level {
            LogLevel::Debug => console_debug(&shown),
            LogLevel::Info => console_info(&shown),
            LogLevel::Warn => console_warn(&shown),
            LogLevel::Error => console_error(&shown),
        }
        let Some(page) = &self.page else {
            return;
        };
        let object = Object::new();
        for (name, value) in [("actor", actor.to_string()), ("level", level.as_str().to_owned()), ("text", text)] {
            // Setting a property of a fresh object cannot fail.
            Reflect::set(&object, &name.into(), &value.into()).ok();
        }
        // What the page throws is the page's affair; the console shows it.
        if let Err(thrown) = page.call1(&JsValue::NULL, &object) {
            console_error(&crate::error::text_of(&thrown));
        }
    }
}
