//! Makes a module ready for any engine: checked, metered and bounded.
//!
//! The result is the same bytes on every host, so a budget of fuel means the same on a server and in a tab.

use thiserror::Error;
use wasmparser::{ExternalKind, FuncType, Parser, Payload, TypeRef, ValType};

use super::rewrite::rewrite;

/// What a module may claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModuleLimits {
    /// Bytes of memory, rounded down to pages of 64 KiB.
    pub memory_bytes: u64,
    /// Elements of one table.
    pub table_elements: u64,
    /// Tables.
    pub tables: u32,
}

impl Default for ModuleLimits {
    fn default() -> Self {
        Self { memory_bytes: 64 << 20, table_elements: 100_000, tables: 2 }
    }
}

/// A module that engines take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedModule {
    /// The rewritten bytes.
    pub bytes: Vec<u8>,
    /// Imports of WASI, which engines supply so that they grant nothing.
    pub stubs: Vec<StubImport>,
    /// Exported functions, without parameters and results, that engines call once an instance is made, in this order.
    pub starts: Vec<&'static str>,
    /// Whether it learns what it is asked and answers, and nothing else: it calls nobody, so it never waits, and it logs nothing.
    pub only_answers: bool,
}

/// A function that a module imports from WASI. Calling it returns [`WASI_ENOSYS`] where it returns anything;
/// `proc_exit` traps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StubImport {
    /// The import's module.
    pub module: String,
    /// The import's name.
    pub name: String,
    /// Its type.
    pub ty: FuncType,
}

/// WASI's error number for a function that is not there.
pub const WASI_ENOSYS: i32 = 52;

/// The name under which the rewritten module exports its fuel, a mutable `i64`. Negative once it is used up.
pub const FUEL_EXPORT: &str = "__wisteria_fuel";

/// The name under which the rewritten module exports the function that its start section named, if it had one. So
/// that function runs when the host knows the guest's memory, with fuel like any other.
pub const START_EXPORT: &str = "__wisteria_start";

/// Why a module cannot run here.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// The bytes are not WebAssembly.
    #[error("these bytes are not WebAssembly: they do not begin with \\0asm; give the file that the compiler wrote")]
    NotWasm,
    /// They are a component.
    #[error("this is a component, not a core module; build the actor for wasm32-unknown-unknown")]
    Component,
    /// They are damaged, or use what not every engine has.
    #[error("the module is not valid: {0}; build it for wasm32-unknown-unknown, and check that the file is complete")]
    Invalid(String),
    /// It imports what no host gives.
    #[error("the module imports {module}.{name}, which no host provides; actors import from wapc or wasmbus only")]
    ForeignImport {
        /// The import's module.
        module: String,
        /// The import's name.
        name: String,
    },
    /// It imports a host function with another type.
    #[error("the module imports {module}.{name} with another signature than waPC gives it; update its SDK")]
    ImportSignature {
        /// The import's module.
        module: String,
        /// The import's name.
        name: String,
    },
    /// It lacks an export.
    #[error("the module does not export {0}; it is no waPC actor: build it with an actor SDK, as a cdylib")]
    MissingExport(&'static str),
    /// It exports a name that the host needs.
    #[error("the module exports {0}, a name that hosts keep for themselves; rename that export")]
    ReservedExport(&'static str),
    /// It asks for more at the start than it may ever have.
    #[error("the module starts with {claimed} {what}, above the limit of {limit}; lower what it claims")]
    TooLarge {
        /// Pages of memory, tables, or elements of a table.
        what: &'static str,
        /// What it claims.
        claimed: u64,
        /// What is allowed.
        limit: u64,
    },
}

/// Checks a module and rewrites it: fuel is counted, memory and tables are bounded.
///
/// What is checked is what engines do not: that it is an actor, that it keeps to WebAssembly 2, which all engines have,
/// and that it cannot reach what counts its fuel. Whether it is valid beyond that the engine says when it compiles.
///
/// # Errors
/// What about the module keeps it from running.
pub fn prepare(module: &[u8], limits: &ModuleLimits) -> Result<PreparedModule, PrepareError> {
    check_header(module)?;
    let outline = Outline::read(module).map_err(|error| PrepareError::Invalid(error.to_string()))?;
    let stubs = check_imports(&outline)?;
    check_exports(&outline)?;
    let bytes = rewrite(module, &outline, limits)?;
    Ok(PreparedModule { bytes, stubs, starts: starts(&outline), only_answers: only_answers(&outline) })
}

/// Rewrites any module as [`prepare`] does, actor or not: fuel is counted, and memory and tables that it defines are
/// bounded. What it imports is left as it is.
///
/// # Errors
/// What about the module keeps it from being rewritten.
pub fn rewrite_module(module: &[u8], limits: &ModuleLimits) -> Result<Vec<u8>, PrepareError> {
    check_header(module)?;
    let outline = Outline::read(module).map_err(|error| PrepareError::Invalid(error.to_string()))?;
    rewrite(module, &outline, limits)
}

fn check_header(module: &[u8]) -> Result<(), PrepareError> {
    if !module.starts_with(b"\0asm") {
        return Err(PrepareError::NotWasm);
    }
    match Parser::is_component(module) {
        true => Err(PrepareError::Component),
        false => Ok(()),
    }
}

/// What rewriting must know of a module before it starts.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// The types, by index.
    pub(super) types: Vec<FuncType>,
    /// Imports: module, name, type.
    pub(super) imports: Vec<(String, String, TypeRef)>,
    /// Types of all functions, imported ones first.
    pub(super) functions: Vec<u32>,
    /// Functions that are imported.
    pub(super) imported_functions: usize,
    /// Its globals, imported ones too.
    pub(super) globals: u32,
    /// Its memories, imported ones too.
    pub(super) memories: u32,
    pub(super) exports: Vec<(String, ExternalKind, u32)>,
    /// The function that its start section names.
    pub(super) start: Option<u32>,
}

impl Outline {
    fn read(module: &[u8]) -> Result<Self, wasmparser::BinaryReaderError> {
        let mut outline = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        outline.types.push(ty?);
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        match import.ty {
                            TypeRef::Func(ty) => outline.functions.push(ty),
                            TypeRef::Global(_) => outline.globals += 1,
                            TypeRef::Memory(_) => outline.memories += 1,
                            _ => {}
                        }
                        outline.imports.push((import.module.to_owned(), import.name.to_owned(), import.ty));
                    }
                    outline.imported_functions = outline.functions.len();
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        outline.functions.push(ty?);
                    }
                }
                Payload::MemorySection(section) => {
                    outline.memories = outline.memories.saturating_add(section.count());
                }
                Payload::GlobalSection(section) => outline.globals = outline.globals.saturating_add(section.count()),
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        outline.exports.push((export.name.to_owned(), export.kind, export.index));
                    }
                }
                Payload::StartSection { func, .. } => outline.start = Some(func),
                _ => {}
            }
        }
        Ok(outline)
    }

    /// The type of a function by its index.
    pub(super) fn function_type(&self, function: usize) -> Option<&FuncType> {
        self.types.get(*self.functions.get(function)? as usize)
    }

    /// Whether a function, by its index, neither takes nor returns anything.
    pub(super) fn is_start(&self, function: u32) -> bool {
        let ty = self.function_type(function as usize);
        ty.is_some_and(|ty| ty.params().is_empty() && ty.results().is_empty())
    }
}

/// The host functions of waPC: name, number of parameters, whether there is a result. All are `i32`.
const HOST_FUNCTIONS: [(&str, usize, bool); 9] = [
    ("__guest_request", 2, false),
    ("__guest_response", 2, false),
    ("__guest_error", 2, false),
    ("__host_call", 8, true),
    ("__host_response_len", 0, true),
    ("__host_response", 1, false),
    ("__host_error_len", 0, true),
    ("__host_error", 1, false),
    ("__console_log", 2, false),
];

fn check_imports(outline: &Outline) -> Result<Vec<StubImport>, PrepareError> {
    let mut stubs = Vec::new();
    for (module, name, ty) in &outline.imports {
        let foreign = || PrepareError::ForeignImport { module: module.clone(), name: name.clone() };
        let TypeRef::Func(ty) = ty else {
            return Err(foreign());
        };
        let ty = outline.types.get(*ty as usize).ok_or_else(foreign)?;
        match module.as_str() {
            "wapc" | "wasmbus" => {
                let known = HOST_FUNCTIONS.iter().find(|(known, ..)| known == name);
                let (_, params, result) = known.ok_or_else(foreign)?;
                if !is_i32s(ty, *params, usize::from(*result)) {
                    return Err(PrepareError::ImportSignature { module: module.clone(), name: name.clone() });
                }
            }
            "wasi_snapshot_preview1" | "wasi_unstable" => {
                stubs.push(StubImport { module: module.clone(), name: name.clone(), ty: ty.clone() });
            }
            _ => return Err(foreign()),
        }
    }
    Ok(stubs)
}

fn check_exports(outline: &Outline) -> Result<(), PrepareError> {
    let find = |name: &str| outline.exports.iter().find(|(known, ..)| known == name);
    if !matches!(find("memory"), Some((_, ExternalKind::Memory, _))) {
        return Err(PrepareError::MissingExport("a memory named `memory`"));
    }
    let guest_call = match find("__guest_call") {
        Some((_, ExternalKind::Func, index)) => outline.function_type(*index as usize),
        _ => None,
    };
    if !guest_call.is_some_and(|ty| is_i32s(ty, 2, 1)) {
        return Err(PrepareError::MissingExport("the function `__guest_call(i32, i32) -> i32`"));
    }
    match [FUEL_EXPORT, START_EXPORT].into_iter().find(|name| find(name).is_some()) {
        Some(name) => Err(PrepareError::ReservedExport(name)),
        None => Ok(()),
    }
}

fn starts(outline: &Outline) -> Vec<&'static str> {
    let exported = ["_start", "wapc_init"].into_iter().filter(|name| {
        let mut exports = outline.exports.iter();
        exports.any(|(known, kind, index)| known == name && *kind == ExternalKind::Func && outline.is_start(*index))
    });
    outline.start.map(|_| START_EXPORT).into_iter().chain(exported).collect()
}

fn only_answers(outline: &Outline) -> bool {
    !outline.imports.iter().any(|(_, name, _)| matches!(name.as_str(), "__host_call" | "__console_log"))
}

fn is_i32s(ty: &FuncType, params: usize, results: usize) -> bool {
    let all_i32 = ty.params().iter().chain(ty.results()).all(|ty| *ty == ValType::I32);
    all_i32 && ty.params().len() == params && ty.results().len() == results
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUEST_CALL: &str = r#"(memory (export "memory") 1)
        (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1))"#;

    fn prepare_wat(imports: &str, rest: &str) -> Result<PreparedModule, PrepareError> {
        let module = wat::parse_str(format!("(module {imports} {rest})")).expect("WAT");
        prepare(&module, &ModuleLimits::default())
    }

    #[test]
    fn what_is_no_module_is_named() {
        let check = |bytes: &[u8], expected: fn(&PrepareError) -> bool| {
            let error = prepare(bytes, &ModuleLimits::default()).expect_err("no module");
            assert!(expected(&error), "{error}");
        };
        check(b"", |error| *error == PrepareError::NotWasm);
        check(b"<!doctype html>", |error| *error == PrepareError::NotWasm);
        check(b"\0asm\x0d\0\x01\0", |error| *error == PrepareError::Component);
        let whole = wat::parse_str(format!("(module {GUEST_CALL})")).expect("WAT");
        for end in 8..whole.len() {
            assert!(prepare(&whole[..end], &ModuleLimits::default()).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn who_imports_neither_calls_nor_the_log_only_answers() {
        let only_answers = |imports: &str| prepare_wat(imports, GUEST_CALL).expect("an actor").only_answers;
        assert!(only_answers(""));
        assert!(only_answers(r#"(import "wapc" "__guest_response" (func (param i32 i32)))"#));
        assert!(!only_answers(r#"(import "wapc" "__console_log" (func (param i32 i32)))"#));
        let call = r#"(import "wasmbus" "__host_call" (func (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))"#;
        assert!(!only_answers(call));
    }

    #[test]
    fn imports_are_those_of_wapc_or_stubs() {
        let check = |import: &str, expected: fn(&Result<PreparedModule, PrepareError>) -> bool| {
            let outcome = prepare_wat(import, GUEST_CALL);
            assert!(expected(&outcome), "{import}: {outcome:?}");
        };
        check(r#"(import "wasmbus" "__console_log" (func (param i32 i32)))"#, Result::is_ok);
        check(r#"(import "wapc" "__console_log" (func (param i32)))"#, |outcome| {
            matches!(outcome, Err(PrepareError::ImportSignature { .. }))
        });
        check(r#"(import "env" "abort" (func))"#, |outcome| matches!(outcome, Err(PrepareError::ForeignImport { .. })));
        check(r#"(import "wapc" "memory" (memory 1))"#, Result::is_err);
        check(
            r#"(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))"#,
            |outcome| matches!(outcome, Ok(prepared) if prepared.stubs.len() == 1),
        );
    }

    #[test]
    fn missing_and_reserved_exports_are_named() {
        let check = |rest: &str, part: &str| {
            let error = prepare_wat("", rest).expect_err("refused").to_string();
            assert!(error.contains(part), "{error}");
        };
        check("(memory 1)", "memory");
        check(r#"(memory (export "memory") 1)"#, "__guest_call");
        check(r#"(memory (export "memory") 1) (func (export "__guest_call"))"#, "__guest_call");
        check(&format!(r#"{GUEST_CALL} (func (export "__wisteria_fuel"))"#), "__wisteria_fuel");
        check(&format!(r#"{GUEST_CALL} (func (export "__wisteria_start"))"#), "__wisteria_start");
        check(
            r#"(memory (export "memory") 2000) (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1))"#,
            "above the limit",
        );
    }

    #[test]
    fn a_module_may_start_with_two_tables_and_no_more() {
        let with =
            |tables: usize| prepare_wat("", &format!("{GUEST_CALL} {}", "(table 100000 funcref)".repeat(tables)));
        assert!(with(2).is_ok());
        assert_eq!(with(3), Err(PrepareError::TooLarge { what: "tables", claimed: 3, limit: 2 }));
    }
}
