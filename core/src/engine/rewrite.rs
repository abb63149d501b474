//! Adds fuel to a module, bounds its memory and tables, and exports what its start section would have run.
//!
//! Nothing changes its index: what is added comes last. So all else stays as the compiler wrote it, byte for byte.

use std::{fmt::Display, iter, ops::Range};

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, Encode, ExportKind, Function, GlobalType, MemorySection, MemoryType, Module,
    RawSection, RefType, Section, SectionId, TableSection, TableType, ValType,
};
use wasmparser::{
    BinaryReader, ExternalKind, FunctionBody, MemorySectionReader, Parser, Payload, SectionLimited, TypeRef,
};

use super::{
    meter::Metered,
    operators::Operators,
    prepare::{FUEL_EXPORT, ModuleLimits, Outline, PrepareError, START_EXPORT},
};

/// The rewritten module.
pub(super) fn rewrite(module: &[u8], outline: &Outline, limits: &ModuleLimits) -> Result<Vec<u8>, PrepareError> {
    let mut rewriter = Rewriter {
        module,
        outline,
        limits,
        next_function: outline.imported_functions,
        code: CodeSection::new(),
        last: 0,
        rewritten: Module::new(),
    };
    for ty in outline.types.iter().flat_map(|ty| ty.params().iter().chain(ty.results())) {
        value_type(*ty)?;
    }
    if outline.memories > 1 {
        return Err(invalid("it has more than one memory"));
    }
    if outline.exports.iter().any(|(_, kind, index)| *kind == ExternalKind::Global && *index >= outline.globals) {
        // It would be the one that counts the fuel.
        return Err(invalid("it exports a global that does not exist"));
    }
    if outline.start.is_some_and(|start| !outline.is_start(start)) {
        return Err(invalid("its start function takes or returns something, or does not exist"));
    }
    for (.., import) in &outline.imports {
        match import {
            TypeRef::Memory(memory) => check_memory(memory)?,
            TypeRef::Table(table) => check_table(table)?,
            _ => {}
        }
    }
    for payload in Parser::new(0).parse_all(module) {
        rewriter.take(&payload.map_err(invalid)?)?;
    }
    rewriter.finish()
}

struct Rewriter<'a> {
    module: &'a [u8],
    outline: &'a Outline,
    limits: &'a ModuleLimits,
    next_function: usize,
    code: CodeSection,
    /// The place of the last section written.
    last: u8,
    rewritten: Module,
}

type Outcome<T> = Result<T, PrepareError>;

impl<'a> Rewriter<'a> {
    fn take(&mut self, payload: &Payload<'_>) -> Outcome<()> {
        match payload {
            Payload::Version { .. } | Payload::End(_) => Ok(()),
            // Of custom sections only the names stay, which traps are told with.
            Payload::CustomSection(section) if section.name() != "name" => Ok(()),
            Payload::MemorySection(section) => self.bound_memories(section.clone()),
            Payload::TableSection(section) => self.bound_tables(section.range()),
            Payload::GlobalSection(section) => self.append(SectionId::Global, section.range(), &[fuel_global()]),
            Payload::ExportSection(section) => self.append(SectionId::Export, section.range(), &self.exports()),
            // It is exported instead.
            Payload::StartSection { .. } => Ok(()),
            // Its functions come one by one.
            Payload::CodeSectionStart { .. } => Ok(()),
            Payload::CodeSectionEntry(body) => self.meter(body),
            other => match other.as_section() {
                Some((id, range)) if place(id).is_some() => {
                    let data = self.bytes(range)?;
                    self.write(&RawSection { id, data });
                    Ok(())
                }
                _ => Err(invalid("it has a section that is not in WebAssembly 2")),
            },
        }
    }

    /// Writes a section with more items.
    fn append(&mut self, id: SectionId, section: Range<u64>, more: &[Vec<u8>]) -> Outcome<()> {
        let mut reader = self.reader(section)?;
        let count = reader.read_var_u32().map_err(invalid)?;
        let items =
            self.bytes(reader.original_position()..reader.original_position() + reader.bytes_remaining() as u64)?;
        self.write(&RawSection { id: id as u8, data: &with_more(count, items, more) });
        Ok(())
    }

    /// Writes a section, and before it those of globals and exports if the module has none and this is their place.
    fn write(&mut self, section: &impl Section) {
        if let Some(place) = place(section.id()) {
            self.write_missing(place);
            self.last = self.last.max(place);
        }
        self.rewritten.section(section);
    }

    fn write_missing(&mut self, before: u8) {
        for (id, items) in [(SectionId::Global, vec![fuel_global()]), (SectionId::Export, self.exports())] {
            let place = id as u8;
            if self.last < place && place < before {
                self.last = place;
                self.rewritten.section(&RawSection { id: id as u8, data: &with_more(0, &[], &items) });
            }
        }
    }

    fn exports(&self) -> Vec<Vec<u8>> {
        let fuel = export(FUEL_EXPORT, ExportKind::Global, self.outline.globals);
        let start = self.outline.start.map(|start| export(START_EXPORT, ExportKind::Func, start));
        iter::once(fuel).chain(start).collect()
    }

    fn bound_memories(&mut self, section: MemorySectionReader<'_>) -> Outcome<()> {
        let limit = self.limits.memory_bytes >> 16;
        let mut memories = MemorySection::new();
        for memory in section {
            let memory = memory.map_err(invalid)?;
            check_memory(&memory)?;
            let maximum = bounded("pages of memory", memory.initial, memory.maximum, limit)?;
            memories.memory(MemoryType {
                minimum: memory.initial,
                maximum: Some(maximum),
                memory64: false,
                shared: false,
                page_size_log2: None,
            });
        }
        self.write(&memories);
        Ok(())
    }

    fn bound_tables(&mut self, section: Range<u64>) -> Outcome<()> {
        let limit = self.limits.table_elements;
        let mut tables = TableSection::new();
        // Of types only: a table with an expression for its elements is not in WebAssembly 2.
        let section = SectionLimited::<wasmparser::TableType>::new(self.reader(section)?).map_err(invalid)?;
        bounded("tables", section.count().into(), None, self.limits.tables.into())?;
        for table in section {
            let table = table.map_err(invalid)?;
            check_table(&table)?;
            let maximum = bounded("elements of a table", table.initial, table.maximum, limit)?;
            tables.table(TableType {
                element_type: reference_type(table.element_type)?,
                table64: false,
                minimum: table.initial,
                maximum: Some(maximum),
                shared: false,
            });
        }
        self.write(&tables);
        Ok(())
    }

    fn meter(&mut self, body: &FunctionBody<'_>) -> Outcome<()> {
        let ty = self.outline.function_type(self.next_function).ok_or_else(uneven)?;
        self.next_function += 1;
        let mut locals = Vec::new();
        let mut count = u32::try_from(ty.params().len()).unwrap_or(u32::MAX);
        let mut reader = body.get_locals_reader().map_err(invalid)?;
        for _ in 0..reader.get_count() {
            let (number, ty) = reader.read().map_err(invalid)?;
            count = count.saturating_add(number);
            locals.push((number, value_type(ty)?));
        }
        if count > MAX_LOCALS {
            return Err(invalid("a function has too many locals"));
        }
        locals.extend(Metered::LOCALS);
        let metered = Metered {
            instructions: Operators::new(self.bytes(reader.original_position()..body.range().end)?),
            locals: count,
            result: match ty.results() {
                [] => Some(BlockType::Empty),
                [one] => Some(BlockType::Result(value_type(*one)?)),
                // A block of several results would need a type of its own; such functions use the global.
                _ => None,
            },
            globals: self.outline.globals,
        };
        let mut function = Function::new(locals).into_raw_body();
        metered.write(&mut function).map_err(invalid)?;
        self.code.raw(&function);
        if self.next_function == self.outline.functions.len() {
            let code = std::mem::take(&mut self.code);
            self.write(&code);
        }
        Ok(())
    }

    fn finish(mut self) -> Outcome<Vec<u8>> {
        if self.next_function != self.outline.functions.len() {
            return Err(uneven());
        }
        self.write_missing(u8::MAX);
        Ok(self.rewritten.finish())
    }

    fn reader(&self, section: Range<u64>) -> Outcome<BinaryReader<'a>> {
        let start = section.start;
        Ok(BinaryReader::new(self.bytes(section)?, start))
    }

    fn bytes(&self, range: Range<u64>) -> Outcome<&'a [u8]> {
        let ends = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
        ends.and_then(|(start, end)| self.module.get(start..end))
            .ok_or_else(|| invalid("a section ends after the file"))
    }
}

/// More than this no engine takes.
const MAX_LOCALS: u32 = 50_000;

/// A section of `count` items and more.
fn with_more(count: u32, items: &[u8], more: &[Vec<u8>]) -> Vec<u8> {
    let mut data = Vec::new();
    count.saturating_add(u32::try_from(more.len()).unwrap_or(u32::MAX)).encode(&mut data);
    data.extend_from_slice(items);
    data.extend(more.concat());
    data
}

fn fuel_global() -> Vec<u8> {
    let mut bytes = Vec::new();
    GlobalType { val_type: ValType::I64, mutable: true, shared: false }.encode(&mut bytes);
    ConstExpr::i64_const(0).encode(&mut bytes);
    bytes
}

fn export(name: &str, kind: ExportKind, index: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    name.encode(&mut bytes);
    kind.encode(&mut bytes);
    index.encode(&mut bytes);
    bytes
}

fn check_memory(memory: &wasmparser::MemoryType) -> Outcome<()> {
    match memory.memory64 || memory.shared || memory.page_size_log2.is_some() {
        true => Err(invalid("a memory is shared, of 64 bits, or has pages of another size")),
        false => Ok(()),
    }
}

fn check_table(table: &wasmparser::TableType) -> Outcome<()> {
    match table.table64 || table.shared {
        true => Err(invalid("a table is shared or of 64 bits")),
        false => Ok(()),
    }
}

fn bounded(what: &'static str, minimum: u64, maximum: Option<u64>, limit: u64) -> Outcome<u64> {
    match minimum > limit {
        true => Err(PrepareError::TooLarge { what, claimed: minimum, limit }),
        false => Ok(maximum.map_or(limit, |maximum| maximum.min(limit))),
    }
}

fn value_type(ty: wasmparser::ValType) -> Outcome<ValType> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(ty) => ValType::Ref(reference_type(ty)?),
    })
}

fn reference_type(ty: wasmparser::RefType) -> Outcome<RefType> {
    match ty {
        wasmparser::RefType::FUNCREF => Ok(RefType::FUNCREF),
        wasmparser::RefType::EXTERNREF => Ok(RefType::EXTERNREF),
        _ => Err(invalid("it uses a type of references that is not in WebAssembly 2")),
    }
}

fn invalid(cause: impl Display) -> PrepareError {
    PrepareError::Invalid(cause.to_string())
}

fn uneven() -> PrepareError {
    invalid("it declares more or fewer functions than it has")
}

/// The place of a section among the others; none for what WebAssembly 2 does not have. Those for names may stand anywhere.
fn place(id: u8) -> Option<u8> {
    match id {
        0..=9 => Some(id),
        // The number of data segments precedes the code.
        12 => Some(10),
        10 => Some(11),
        11 => Some(12),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::prepare::prepare;
    use super::*;

    const GUEST_CALL: &str = r#"(memory (export "memory") 1)
        (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1))"#;

    fn check(rest: &str) {
        let module = wat::parse_str(format!("(module {GUEST_CALL} {rest})")).expect("WAT");
        let prepared = prepare(&module, &ModuleLimits::default()).unwrap_or_else(|error| panic!("{rest}: {error}"));
        wasmparser::validate(&prepared.bytes).unwrap_or_else(|error| panic!("{rest}: {error}"));
    }

    #[test]
    fn rewritten_modules_stay_valid() {
        check("");
        check("(global i32 (i32.const 1)) (start 1) (func)");
        check("(func (result i64) (local f32) (loop (br 0)) (unreachable))");
        check("(func (param i32) (result i32 i32) (loop (br_if 0 (local.get 0))) (i32.const 1) (i32.const 2))");
        check(
            "(func (param i32) (result i32) (loop (br_if 1 (i32.const 7) (local.get 0)) (drop) (br 0)) (i32.const 1))",
        );
        check("(func (param i32) (loop (br_table 0 1 0 (local.get 0))))");
        check(
            "(func (param i32) (loop (if (local.get 0) (then (return))) (call 0 (i32.const 1) (i32.const 2)) (drop) (br 0)))",
        );
        check("(func (loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 9)) (br 0)))");
        check("(func (result i32) (memory.grow (i32.const 1)))");
        check(r#"(table 1 funcref) (elem func 0) (func (table.init 0 0 (i32.const 0) (i32.const 0) (i32.const 1)))"#);
        check(r#"(data "x") (func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1)) (data.drop 0))"#);
    }

    #[test]
    fn what_not_every_engine_has_is_refused() {
        let check = |rest: &str, part: &str| {
            let module = wat::parse_str(format!("(module {GUEST_CALL} {rest})")).expect("WAT");
            let error = prepare(&module, &ModuleLimits::default()).expect_err(rest).to_string();
            assert!(error.contains(part), "{rest}: {error}");
        };
        check("(func (return_call 1))", "0x12");
        check("(start 1) (func (param i32))", "start function");
        check("(tag)", "section");
        check("(type (struct))", "");
        check("(func (param (ref 0)))", "references");
        check("(func (local (ref null 0)))", "references");
        check("(table 1 (ref null 0))", "references");
        check("(table i64 1 funcref)", "64 bits");
        check("(table 1 funcref (ref.func 0))", "");
        check("(memory 1)", "more than one memory");
        check(r#"(export "fuel" (global 0))"#, "a global that does not exist");
    }
}
