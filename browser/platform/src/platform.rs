//! The surroundings of a host in a tab or worker.

use std::time::Duration;

use wasm_bindgen::prelude::*;
use wisteria_core::platform::{BoxFuture, Platform};

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

impl Platform for BrowserPlatform {
    fn now(&self) -> Duration {
        millis(performance_now())
    }

    fn unix_time(&self) -> Duration {
        millis(js_sys::Date::now())
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(gloo_timers::future::sleep(duration.min(LONGEST_TIMER)))
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        wasm_bindgen_futures::spawn_local(task);
    }

    fn random(&self, buffer: &mut [u8]) {
        buffer.chunks_mut(RANDOM_CHUNK).for_each(get_random_values);
    }
}

/// Timers of a page count milliseconds in 31 bits.
const LONGEST_TIMER: Duration = Duration::from_millis(i32::MAX as u64);

fn millis(millis: f64) -> Duration {
    Duration::from_secs_f64(millis / 1000.0)
}
