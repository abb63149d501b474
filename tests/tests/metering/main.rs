//! Metering against modules of the WebAssembly specification: what is rewritten does what it did before, and its fuel is
//! the same on every engine.

mod compiled;
mod interpreted;
mod machine;
mod script;
mod spec;
