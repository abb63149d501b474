//! The surroundings of a host in a tab or worker.

use std::time::Duration;

use wasm_bindgen::prelude::*;
use wisteria_core::platform::{BoxFuture, Platform};

use crate::timers::Sleep;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;

    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn get_random_values(buffer: &mut [u8]);
}

/// A [`Platform`] on the page's clock, microtasks and `crypto`.
#[derive(Debug, Clone, Copy, Default)]
pub struct BrowserPlatform;

/// `getRandomValues` fills at most this many bytes at once.
const RANDOM_CHUNK: usize = 65_536;

impl BrowserPlatform {
    /// What [`Platform::now`] says.
    pub(crate) fn time() -> Duration {
        millis(performance_now())
    }
}

impl Platform for BrowserPlatform {
    fn now(&self) -> Duration {
        Self::time()
    }

    fn unix_time(&self) -> Duration {
        millis(js_sys::Date::now())
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(Sleep::new(duration))
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        wasm_bindgen_futures::spawn_local(task);
    }

    fn random(&self, buffer: &mut [u8]) {
        buffer.chunks_mut(RANDOM_CHUNK).for_each(get_random_values);
    }
}

fn millis(millis: f64) -> Duration {
    Duration::from_secs_f64(millis / 1000.0)
}
