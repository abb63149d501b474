//! Counts fuel inside the module itself, and bounds its memory and tables.
//!
//! A function pays at its entry for all its instructions outside of loops, and at each turn of a loop for those of
//! that loop. Operations over a range also pay by its length. A function with loops keeps the fuel in a local and
//! writes it back to the exported global around calls and where it ends; the others use the global itself. Who runs
//! out leaves the global negative and traps.

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ExportKind, ExportSection, Function, GlobalSection, GlobalType, Instruction,
    MemoryType, Module, SectionId, TableType, ValType,
    reencode::{self, Reencode},
};
use wasmparser::{ExportSectionReader, FunctionBody, GlobalSectionReader, Operator, Parser};

use super::prepare::{FUEL_EXPORT, ModuleLimits, Outline, PrepareError};

/// Fuel of a module's start function, which runs before any can be given.
const START_FUEL: i64 = 10_000_000;

/// Bytes or elements of a bulk operation per unit of fuel.
const BULK_PER_UNIT_LOG2: i64 = 3;

/// Fuel per page that memory grows by.
const GROW_PER_PAGE: i64 = 65_536 >> BULK_PER_UNIT_LOG2;

/// The rewritten module.
pub(super) fn rewrite(module: &[u8], outline: &Outline, limits: &ModuleLimits) -> Result<Vec<u8>, PrepareError> {
    let mut rewriter =
        Rewriter { outline, limits, next_function: outline.imported_functions, has_globals: false, has_exports: false };
    let mut rewritten = Module::new();
    match rewriter.parse_core_module(&mut rewritten, Parser::new(0), module) {
        Ok(()) => Ok(rewritten.finish()),
        Err(reencode::Error::UserError(error)) => Err(error),
        Err(error) => Err(PrepareError::Invalid(error.to_string())),
    }
}

struct Rewriter<'a> {
    outline: &'a Outline,
    limits: &'a ModuleLimits,
    next_function: usize,
    has_globals: bool,
    has_exports: bool,
}

type Outcome<T> = Result<T, reencode::Error<PrepareError>>;

impl Rewriter<'_> {
    fn fuel_global(&self) -> u32 {
        self.outline.globals
    }

    fn add_fuel_global(&mut self, globals: &mut GlobalSection) {
        self.has_globals = true;
        let ty = GlobalType { val_type: ValType::I64, mutable: true, shared: false };
        globals.global(ty, &ConstExpr::i64_const(START_FUEL));
    }

    fn add_fuel_export(&mut self, exports: &mut ExportSection) {
        self.has_exports = true;
        exports.export(FUEL_EXPORT, ExportKind::Global, self.fuel_global());
    }

    fn bounded(&self, what: &'static str, minimum: u64, maximum: Option<u64>, limit: u64) -> Outcome<Option<u64>> {
        match minimum > limit {
            true => Err(reencode::Error::UserError(PrepareError::TooLarge { what, claimed: minimum, limit })),
            false => Ok(Some(maximum.map_or(limit, |maximum| maximum.min(limit)))),
        }
    }
}

impl Reencode for Rewriter<'_> {
    type Error = PrepareError;

    fn memory_type(&mut self, memory: wasmparser::MemoryType) -> Outcome<MemoryType> {
        let limit = self.limits.memory_bytes >> 16;
        let maximum = self.bounded("pages of memory", memory.initial, memory.maximum, limit)?;
        let memory = reencode::utils::memory_type(self, memory);
        Ok(MemoryType { maximum, ..memory })
    }

    fn table_type(&mut self, table: wasmparser::TableType) -> Outcome<TableType> {
        let limit = self.limits.table_elements;
        let maximum = self.bounded("elements of a table", table.initial, table.maximum, limit)?;
        let table = reencode::utils::table_type(self, table)?;
        Ok(TableType { maximum, ..table })
    }

    /// Only the names stay, which traps are told with.
    fn parse_custom_section(
        &mut self,
        module: &mut Module,
        section: wasmparser::CustomSectionReader<'_>,
    ) -> Outcome<()> {
        if section.name() == "name" {
            module.section(&wasm_encoder::CustomSection { name: section.name().into(), data: section.data().into() });
        }
        Ok(())
    }

    fn parse_global_section(&mut self, globals: &mut GlobalSection, section: GlobalSectionReader<'_>) -> Outcome<()> {
        reencode::utils::parse_global_section(self, globals, section)?;
        self.add_fuel_global(globals);
        Ok(())
    }

    fn parse_export_section(&mut self, exports: &mut ExportSection, section: ExportSectionReader<'_>) -> Outcome<()> {
        reencode::utils::parse_export_section(self, exports, section)?;
        self.add_fuel_export(exports);
        Ok(())
    }

    /// Adds the sections of globals and exports where the module has none.
    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Outcome<()> {
        let past = |section: SectionId| before.is_none_or(|before| order(before) > order(section));
        if !self.has_globals && past(SectionId::Global) {
            let mut globals = GlobalSection::new();
            self.add_fuel_global(&mut globals);
            module.section(&globals);
        }
        if !self.has_exports && past(SectionId::Export) {
            let mut exports = ExportSection::new();
            self.add_fuel_export(&mut exports);
            module.section(&exports);
        }
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Outcome<()> {
        let ty = self.outline.function_type(self.next_function).cloned();
        self.next_function += 1;
        let Some(ty) = ty else {
            return Err(reencode::Error::InvalidCodeSectionSize);
        };
        let costs = Costs::read(&body)?;
        let mut locals = Vec::new();
        let mut count = u32::try_from(ty.params().len()).unwrap_or(u32::MAX);
        for local in body.get_locals_reader()? {
            let (number, ty) = local?;
            count = count.saturating_add(number);
            locals.push((number, self.val_type(ty)?));
        }
        let result = match ty.results() {
            [] => Some(BlockType::Empty),
            [one] => Some(BlockType::Result(self.val_type(*one)?)),
            // A block of several results would need a type of its own; such functions use the global.
            _ => None,
        };
        let cached = result.filter(|_| !costs.loops.is_empty());
        locals.extend([(1, ValType::I64), (1, ValType::I32)]);
        let meter = Meter { global: self.fuel_global(), fuel: count, length: count + 1, cached: cached.is_some() };
        let mut function = Function::new(locals);
        meter.enter(&mut function, costs.body);
        if let Some(result) = cached {
            // Branches to the end of the function end at this block, and so pass the write-back.
            function.instruction(&Instruction::Block(result));
        }
        let mut loop_costs = costs.loops.into_iter();
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let operator = reader.read()?;
            meter.before(&mut function, &operator);
            let is_loop = matches!(operator, Operator::Loop { .. });
            let is_call = matches!(operator, Operator::Call { .. } | Operator::CallIndirect { .. });
            function.instruction(&self.instruction(operator)?);
            if is_loop {
                meter.charge(&mut function, loop_costs.next().unwrap_or(0));
            }
            if is_call {
                meter.reload(&mut function);
            }
        }
        if cached.is_some() {
            meter.write_back(&mut function);
            function.instruction(&Instruction::End);
        }
        code.function(&function);
        Ok(())
    }
}

/// The place of a section in a module.
fn order(section: SectionId) -> u8 {
    match section {
        SectionId::Custom => 0,
        SectionId::Type => 1,
        SectionId::Import => 2,
        SectionId::Function => 3,
        SectionId::Table => 4,
        SectionId::Memory => 5,
        SectionId::Tag => 6,
        SectionId::Global => 7,
        SectionId::Export => 8,
        SectionId::Start => 9,
        SectionId::Element => 10,
        SectionId::DataCount => 11,
        SectionId::Code => 12,
        SectionId::Data => 13,
    }
}

/// Numbers of instructions: outside of loops, and of each loop without those inside it, in order of their heads.
#[derive(Debug, Default)]
struct Costs {
    body: i64,
    loops: Vec<i64>,
}

impl Costs {
    fn read(body: &FunctionBody<'_>) -> Result<Self, wasmparser::BinaryReaderError> {
        let mut costs = Self::default();
        // For each open block, the loop that it belongs to.
        let mut blocks: Vec<Option<usize>> = vec![None];
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let operator = reader.read()?;
            let inside = blocks.last().copied().flatten();
            match inside {
                Some(index) => costs.loops[index] += 1,
                None => costs.body += 1,
            }
            match operator {
                Operator::Loop { .. } => {
                    blocks.push(Some(costs.loops.len()));
                    costs.loops.push(1);
                }
                Operator::Block { .. } | Operator::If { .. } => blocks.push(inside),
                Operator::End => drop(blocks.pop()),
                _ => {}
            }
        }
        Ok(costs)
    }
}

/// Emits what counts fuel in one function.
struct Meter {
    global: u32,
    /// The local that caches the global.
    fuel: u32,
    /// A local for lengths.
    length: u32,
    cached: bool,
}

impl Meter {
    fn enter(&self, function: &mut Function, cost: i64) {
        function.instruction(&Instruction::GlobalGet(self.global));
        function.instruction(&Instruction::I64Const(cost));
        function.instruction(&Instruction::I64Sub);
        self.settle(function);
    }

    /// Pays a fixed cost.
    fn charge(&self, function: &mut Function, cost: i64) {
        self.load(function);
        function.instruction(&Instruction::I64Const(cost));
        function.instruction(&Instruction::I64Sub);
        self.settle(function);
    }

    /// Pays by the length on top of the stack, which stays there.
    fn charge_length(&self, function: &mut Function, scale: &[Instruction<'_>]) {
        function.instruction(&Instruction::LocalSet(self.length));
        self.load(function);
        function.instruction(&Instruction::LocalGet(self.length));
        function.instruction(&Instruction::I64ExtendI32U);
        for instruction in scale {
            function.instruction(instruction);
        }
        function.instruction(&Instruction::I64Sub);
        self.settle(function);
        function.instruction(&Instruction::LocalGet(self.length));
    }

    fn load(&self, function: &mut Function) {
        match self.cached {
            true => function.instruction(&Instruction::LocalGet(self.fuel)),
            false => function.instruction(&Instruction::GlobalGet(self.global)),
        };
    }

    /// Takes the remaining fuel from the stack, and traps when there is none.
    fn settle(&self, function: &mut Function) {
        function.instruction(&Instruction::LocalTee(self.fuel));
        if !self.cached {
            function.instruction(&Instruction::GlobalSet(self.global));
            function.instruction(&Instruction::LocalGet(self.fuel));
        }
        function.instruction(&Instruction::I64Const(0));
        function.instruction(&Instruction::I64LtS);
        function.instruction(&Instruction::If(BlockType::Empty));
        self.write_back(function);
        function.instruction(&Instruction::Unreachable);
        function.instruction(&Instruction::End);
    }

    /// Puts a cached amount where others see it.
    fn write_back(&self, function: &mut Function) {
        if self.cached {
            function.instruction(&Instruction::LocalGet(self.fuel));
            function.instruction(&Instruction::GlobalSet(self.global));
        }
    }

    /// Learns what a call has left.
    fn reload(&self, function: &mut Function) {
        if self.cached {
            function.instruction(&Instruction::GlobalGet(self.global));
            function.instruction(&Instruction::LocalSet(self.fuel));
        }
    }

    /// What must precede an operator.
    fn before(&self, function: &mut Function, operator: &Operator<'_>) {
        const BULK: [Instruction<'static>; 2] = [Instruction::I64Const(BULK_PER_UNIT_LOG2), Instruction::I64ShrU];
        const GROW: [Instruction<'static>; 2] = [Instruction::I64Const(GROW_PER_PAGE), Instruction::I64Mul];
        match operator {
            Operator::Call { .. } | Operator::CallIndirect { .. } | Operator::Return => self.write_back(function),
            Operator::MemoryCopy { .. }
            | Operator::MemoryFill { .. }
            | Operator::MemoryInit { .. }
            | Operator::TableCopy { .. }
            | Operator::TableFill { .. }
            | Operator::TableInit { .. }
            | Operator::TableGrow { .. } => self.charge_length(function, &BULK),
            Operator::MemoryGrow { .. } => self.charge_length(function, &GROW),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::prepare::prepare;
    use super::*;

    fn check(rest: &str) {
        let text = format!(
            r#"(module (memory (export "memory") 1)
                (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1)) {rest})"#
        );
        let module = wat::parse_str(&text).expect("WAT");
        let prepared = prepare(&module, &ModuleLimits::default()).expect("prepared");
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
    fn loops_and_the_rest_are_counted_apart() {
        let module = wat::parse_str("(module (func (nop) (loop (nop) (nop) (loop (nop)) (nop)) (nop)))").expect("WAT");
        for payload in Parser::new(0).parse_all(&module) {
            if let wasmparser::Payload::CodeSectionEntry(body) = payload.expect("valid") {
                let costs = Costs::read(&body).expect("valid");
                assert_eq!((costs.body, costs.loops), (4, vec![6, 3]));
            }
        }
    }
}
