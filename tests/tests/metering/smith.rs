//! Modules that wasm-smith makes up: actors of WebAssembly 2 that may do anything at all. One seed is one module.

use arbitrary::Unstructured;
use wasm_smith::{Config, Module};

/// What each of them exports.
const EXPORTS: &str = r#"(module
    (memory (export "memory") 1 4)
    (func (export "__guest_call") (param i32 i32) (result i32) unreachable)
    (func (export "integers") (param i32 i64) (result i64) unreachable)
    (func (export "floats") (param f32 f64) (result f64) unreachable)
    (func (export "vectors") (param i32 v128) (result v128) unreachable)
    (func (export "pairs") (param i64 f32) (result i32 f32) unreachable)
    (func (export "nothing") unreachable)
    (global (export "i32") (mut i32) (i32.const 0))
    (global (export "i64") (mut i64) (i64.const 0))
    (global (export "f32") (mut f32) (f32.const 0))
    (global (export "f64") (mut f64) (f64.const 0))
    (global (export "v128") (mut v128) (v128.const i64x2 0 0)))"#;

/// What each of them may import: what a host gives.
const IMPORTS: &str = r#"(module
    (import "wapc" "__guest_request" (func (param i32 i32)))
    (import "wapc" "__guest_response" (func (param i32 i32)))
    (import "wapc" "__guest_error" (func (param i32 i32)))
    (import "wapc" "__host_call" (func (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "wapc" "__host_response_len" (func (result i32)))
    (import "wapc" "__host_response" (func (param i32)))
    (import "wapc" "__host_error_len" (func (result i32)))
    (import "wapc" "__host_error" (func (param i32)))
    (import "wapc" "__console_log" (func (param i32 i32))))"#;

/// Loops and calls after which a module that ends traps by itself.
const TURNS: u32 = 1_000;

/// Bytes of chance that a module is made of.
const CHANCE: usize = 4_096;

/// Makes modules.
#[derive(Debug)]
pub(crate) struct Smith {
    config: Config,
}

impl Smith {
    /// Of what every engine has, within what a host allows.
    pub(crate) fn new() -> Self {
        let module = |text| Some(wat::parse_str(text).expect("WAT"));
        let config = Config {
            available_imports: module(IMPORTS),
            exports: module(EXPORTS),
            min_funcs: 1,
            max_instructions: 200,
            // The one that is exported comes on top.
            max_memories: 0,
            max_memory32_bytes: 4 << 16,
            max_tables: 2,
            max_table_elements: 1_000,
            memory_max_size_required: true,
            table_max_size_required: true,
            // The bits of a NaN are an engine's own affair.
            canonicalize_nans: true,
            compact_imports_enabled: false,
            exceptions_enabled: false,
            extended_const_enabled: false,
            gc_enabled: false,
            memory64_enabled: false,
            relaxed_simd_enabled: false,
            tail_call_enabled: false,
            threads_enabled: false,
            wide_arithmetic_enabled: false,
            ..Config::default()
        };
        Self { config }
    }

    /// A module that may never end.
    pub(crate) fn any(&self, seed: u64) -> Vec<u8> {
        self.module(seed).to_bytes()
    }

    /// The same module, which traps before it has run for long.
    pub(crate) fn ending(&self, seed: u64) -> Vec<u8> {
        let mut module = self.module(seed);
        module.ensure_termination(TURNS).expect("it is valid");
        module.to_bytes()
    }

    fn module(&self, seed: u64) -> Module {
        let chance = chance(seed);
        // Chance soon leads to a trap; every other module avoids that.
        let config = Config {
            disallow_traps: seed % 2 == 1,
            // They bring references of the host's, which servers do not have.
            reference_types_enabled: seed.is_multiple_of(8),
            ..self.config.clone()
        };
        Module::new(config, &mut Unstructured::new(&chance)).expect("there is chance enough")
    }
}

/// Bytes of the generator SplitMix64, which are the same for ever.
fn chance(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    (0..CHANCE / 8).flat_map(|_| next().to_le_bytes()).collect()
}
