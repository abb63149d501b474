//! What an engine must do with a guest, whatever runs it.

mod abi;
mod answering;
mod bounds;
mod faults;
mod fuel;
mod guest;
mod host_calls;
mod instructions;
mod modules;

use std::sync::Arc;

use wisteria_core::{engine::Engine, platform::BoxFuture};

/// One thing that every engine must do.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The sentence that it proves.
    pub name: &'static str,
    /// Proves it, or says what was seen instead.
    pub run: fn(Arc<dyn Engine>) -> BoxFuture<'static, Outcome>,
}

/// What a case comes to.
pub type Outcome = Result<(), String>;

macro_rules! cases {
    ($($module:ident::$case:ident: $name:literal,)*) => {
        /// All cases.
        pub const CASES: &[Case] = &[
            $(Case { name: $name, run: |engine| Box::pin($module::$case(engine)) },)*
        ];
    };
}

cases! {
    abi::echo: "a guest answers with what it got",
    abi::wasmbus_imports: "a guest may import from wasmbus as well as from wapc",
    abi::start_order: "the start section runs before _start, that before wapc_init, each once, before the first call",
    abi::other_starts: "functions that are named like starts, but take or return something, do not run",
    abi::data_and_start: "data and the start function are there before the first call",
    abi::guest_error: "a guest's error reaches the caller, and the guest can be called again",
    abi::error_without_reason: "a guest that fails without a reason is told apart from one that trapped",
    abi::end_of_memory: "requests and replies may touch the last byte of memory",
    abi::growth: "memory that grows during a call is seen by the host",
    abi::large_payload: "a megabyte goes in and out",
    abi::ten_thousand_calls: "10,000 calls leave the guest's memory as large as it was",
    abi::console_log: "lines of the console log reach the host",
    answering::ends: "a guest that calls nobody answers, fails, traps and runs out of fuel as others do",
    answering::end_of_stack: "a guest that answers until its stack ends harms nobody",
    host_calls::answer: "a host call suspends the guest until it is answered",
    host_calls::error: "a host call's error is read by the guest",
    host_calls::while_starting: "a guest may not call while it starts, and reads why",
    host_calls::reentry: "a call may come back to another instance of the same module",
    host_calls::abandoned: "a call whose host call never answers can be given up",
    bounds::every_import: "a place outside of memory traps, whatever import names it",
    faults::trap: "a trap ends one instance, and another works",
    faults::recursion: "endless recursion traps or runs out of fuel",
    faults::endless_loop: "an endless loop runs out of fuel",
    faults::endless_start: "a start that does not end runs out of fuel",
    faults::wasi_stubs: "WASI's functions are there and grant nothing",
    fuel::equal: "each engine counts the same fuel",
    fuel::just_enough: "a call with exactly the fuel it needs succeeds, with less it fails",
    instructions::lanes_far_from_an_address: "lanes of a vector are stored where they belong, however far from an address",
    instructions::select_by_zero: "a value is selected by whether another is zero",
    modules::unusable: "what is no actor is refused by name",
}
