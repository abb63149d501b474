//! What all WebAssembly of a tab stands on: clock, timers and randomness, and failures as JavaScript sees them.

mod failure;
mod platform;
mod timers;

pub use failure::{text_of, to_js};
pub use platform::BrowserPlatform;
