//! Metering against modules of the WebAssembly specification, and of chance: what is rewritten does what it did before,
//! and its fuel is the same on every engine.

mod compiled;
mod interpreted;
mod machine;
mod made_up;
mod script;
mod smith;
mod spec;
mod trace;
