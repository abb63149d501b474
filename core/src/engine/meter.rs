//! Counts fuel inside one function.
//!
//! A function pays at its entry for all its instructions outside of loops, and at each turn of a loop for those of
//! that loop. Operations over a range also pay by its length, before they run; what grows pays for what it has become
//! larger by, so that growth that is refused costs nothing. A function with a loop that calls nothing keeps the fuel in
//! a local and writes it back to the global around calls and where it ends; the others use the global itself, which
//! costs them less. Who runs out leaves the global negative and traps, at one place at the end of each function: engines
//! lay out a branch to there better than a trap in the midst.

use thiserror::Error;
use wasm_encoder::{BlockType, InstructionSink, ValType};

use super::operators::{BadOperator, Operator, Operators};

/// Bytes or elements of a bulk operation per unit of fuel.
const BULK_PER_UNIT_LOG2: i64 = 3;

/// Fuel per page that memory grows by. An element of a table is as large as eight bytes, and costs one unit.
const GROW_PER_PAGE: i64 = 65_536 >> BULK_PER_UNIT_LOG2;

/// A function whose fuel is to be counted.
#[derive(Debug)]
pub(super) struct Metered<'a> {
    /// Its instructions.
    pub(super) instructions: Operators<'a>,
    /// Its parameters and locals.
    pub(super) locals: u32,
    /// What its body leaves, as a block; none where that would need a type of its own.
    pub(super) result: Option<BlockType>,
    /// The module's own globals; the fuel is the one that follows them.
    pub(super) globals: u32,
}

/// Why a function cannot be metered: it is no valid one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum MeterError {
    /// An instruction cannot be read.
    #[error(transparent)]
    Operator(#[from] BadOperator),
    /// An instruction names what the function or module does not have, which might be the meter's.
    #[error("a function uses a local, global or label that does not exist")]
    Index,
    /// Blocks do not end with the function.
    #[error("the blocks of a function do not end where it ends")]
    Nesting,
}

impl Metered<'_> {
    /// The locals that are added.
    pub(super) const LOCALS: [(u32, ValType); 2] = [(1, ValType::I64), (1, ValType::I32)];

    /// Writes the function's instructions with those that count.
    pub(super) fn write(&self, function: &mut Vec<u8>) -> Result<(), MeterError> {
        let costs = Costs::read(self)?;
        let cached = self.result.is_some() && costs.loops.iter().any(|each| !each.calls);
        let (fuel, length) = (self.locals, self.locals + 1);
        let mut meter = Meter { global: self.globals, fuel, length, cached, exit: None };
        let mut sink = InstructionSink::new(function);
        if let Some(result) = self.result {
            sink.block(BlockType::Empty);
            meter.exit = Some(0);
            meter.enter(&mut sink, costs.body);
            // Branches to the end of the function end at this block.
            sink.block(result);
            meter.exit = Some(1);
        } else {
            meter.enter(&mut sink, costs.body);
        }
        let mut loop_costs = costs.loops.into_iter();
        for operator in self.instructions.clone() {
            let (operator, bytes) = operator?;
            meter.before(&mut InstructionSink::new(function), operator);
            function.extend_from_slice(bytes);
            meter.pass(operator);
            let mut sink = InstructionSink::new(function);
            match operator {
                Operator::Loop => meter.charge(&mut sink, loop_costs.next().map_or(0, |each| each.cost)),
                Operator::Call => meter.reload(&mut sink),
                Operator::MemoryGrow | Operator::TableGrow(_) => meter.settle_growth(&mut sink, operator),
                _ => {}
            }
        }
        if self.result.is_some() {
            let mut sink = InstructionSink::new(function);
            meter.write_back(&mut sink);
            sink.return_().end();
            meter.write_back(&mut sink);
            sink.unreachable().end();
        }
        Ok(())
    }
}

/// Numbers of instructions: outside of loops, and of each loop without those inside it, in order of their heads.
#[derive(Debug, Default)]
struct Costs {
    body: i64,
    loops: Vec<LoopCost>,
}

/// A loop without those inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct LoopCost {
    cost: i64,
    /// Whether it calls anything.
    calls: bool,
}

impl Costs {
    /// Counts, and checks that no instruction names what metering adds.
    fn read(function: &Metered<'_>) -> Result<Self, MeterError> {
        let mut costs = Self::default();
        // For each open block, the loop that it belongs to; the first is the function.
        let mut blocks: Vec<Option<usize>> = vec![None];
        for operator in function.instructions.clone() {
            let (operator, _) = operator?;
            let inside = *blocks.last().ok_or(MeterError::Nesting)?;
            match inside {
                Some(index) => {
                    costs.loops[index].cost += 1;
                    costs.loops[index].calls |= operator == Operator::Call;
                }
                None => costs.body += 1,
            }
            let known = match operator {
                Operator::Branch(label) => (label as usize) < blocks.len(),
                Operator::Local(index) => index < function.locals,
                Operator::Global(index) => index < function.globals,
                _ => true,
            };
            if !known {
                return Err(MeterError::Index);
            }
            match operator {
                Operator::Loop => {
                    blocks.push(Some(costs.loops.len()));
                    costs.loops.push(LoopCost { cost: 1, calls: false });
                }
                Operator::Block => blocks.push(inside),
                Operator::End => drop(blocks.pop()),
                _ => {}
            }
        }
        match blocks.is_empty() {
            true => Ok(costs),
            false => Err(MeterError::Nesting),
        }
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
    /// The label of the block behind which the function traps; none where it traps wherever its fuel ends.
    exit: Option<u32>,
}

impl Meter {
    /// Learns which blocks are open.
    fn pass(&mut self, operator: Operator) {
        self.exit = self.exit.map(|label| match operator {
            Operator::Block | Operator::Loop => label.saturating_add(1),
            // Once for each block and for the function, whose label is 1.
            Operator::End => label.saturating_sub(1),
            _ => label,
        });
    }

    fn enter(&self, sink: &mut InstructionSink<'_>, cost: i64) {
        sink.global_get(self.global).i64_const(cost).i64_sub();
        self.settle(sink);
    }

    /// Pays a fixed cost.
    fn charge(&self, sink: &mut InstructionSink<'_>, cost: i64) {
        self.load(sink);
        sink.i64_const(cost).i64_sub();
        self.settle(sink);
    }

    /// Pays by the length on top of the stack, which stays there.
    fn charge_length(&self, sink: &mut InstructionSink<'_>) {
        sink.local_set(self.length);
        self.load(sink);
        sink.local_get(self.length).i64_extend_i32_u();
        sink.i64_const(BULK_PER_UNIT_LOG2).i64_shr_u();
        sink.i64_sub();
        self.settle(sink);
        sink.local_get(self.length);
    }

    /// Adds what the size costs before growth, which is taken away again after it with what the growth costs. The sum
    /// may wrap in between, and nothing looks at it there.
    fn expect_growth(&self, sink: &mut InstructionSink<'_>, operator: Operator) {
        self.load(sink);
        price_of_size(sink, operator);
        sink.i64_add();
        match self.cached {
            true => sink.local_set(self.fuel),
            false => sink.global_set(self.global),
        };
    }

    fn settle_growth(&self, sink: &mut InstructionSink<'_>, operator: Operator) {
        self.load(sink);
        price_of_size(sink, operator);
        sink.i64_sub();
        self.settle(sink);
    }

    fn load(&self, sink: &mut InstructionSink<'_>) {
        match self.cached {
            true => sink.local_get(self.fuel),
            false => sink.global_get(self.global),
        };
    }

    /// Takes the remaining fuel from the stack, and traps when there is none.
    fn settle(&self, sink: &mut InstructionSink<'_>) {
        sink.local_tee(self.fuel);
        if !self.cached {
            sink.global_set(self.global).local_get(self.fuel);
        }
        sink.i64_const(0).i64_lt_s();
        match self.exit {
            Some(label) => sink.br_if(label),
            None => sink.if_(BlockType::Empty).unreachable().end(),
        };
    }

    /// Puts a cached amount where others see it.
    fn write_back(&self, sink: &mut InstructionSink<'_>) {
        if self.cached {
            sink.local_get(self.fuel).global_set(self.global);
        }
    }

    /// Learns what a call has left.
    fn reload(&self, sink: &mut InstructionSink<'_>) {
        if self.cached {
            sink.global_get(self.global).local_set(self.fuel);
        }
    }

    /// What must precede an operator.
    fn before(&self, sink: &mut InstructionSink<'_>, operator: Operator) {
        match operator {
            Operator::Call | Operator::Return => self.write_back(sink),
            Operator::Bulk => self.charge_length(sink),
            Operator::MemoryGrow | Operator::TableGrow(_) => self.expect_growth(sink, operator),
            _ => {}
        }
    }
}

/// Puts on the stack what memory or a table would cost as a whole.
fn price_of_size(sink: &mut InstructionSink<'_>, operator: Operator) {
    match operator {
        Operator::TableGrow(table) => sink.table_size(table).i64_extend_i32_u(),
        _ => sink.memory_size(0).i64_extend_i32_u().i64_const(GROW_PER_PAGE).i64_mul(),
    };
}

#[cfg(test)]
mod tests {
    use wasmparser::{Parser, Payload};

    use super::*;

    fn costs(function: &str, locals: u32, globals: u32) -> Result<Costs, MeterError> {
        let module = wat::parse_str(format!("(module {function})")).expect("WAT");
        let body = Parser::new(0).parse_all(&module).find_map(|payload| match payload.expect("readable") {
            Payload::CodeSectionEntry(body) => Some(body),
            _ => None,
        });
        let body = body.expect("a function");
        let start = body.get_operators_reader().expect("readable").original_position();
        let instructions = Operators::new(&module[start as usize..body.range().end as usize]);
        Costs::read(&Metered { instructions, locals, result: None, globals })
    }

    #[test]
    fn loops_and_the_rest_are_counted_apart() {
        let costs = costs("(func (nop) (loop (nop) (nop) (loop (nop)) (nop)) (nop))", 0, 0).expect("valid");
        let loops: Vec<i64> = costs.loops.iter().map(|each| each.cost).collect();
        assert_eq!((costs.body, loops), (4, vec![6, 3]));
    }

    #[test]
    fn what_calls_from_each_of_its_loops_keeps_no_fuel_in_a_local() {
        let calls = |function: &str| {
            let costs = costs(function, 0, 0).expect("valid");
            costs.loops.iter().map(|each| each.calls).collect::<Vec<_>>()
        };
        assert_eq!(calls("(func (call 0) (loop (nop)))"), [false]);
        assert_eq!(calls("(func (loop (nop) (loop (call 0)) (nop)))"), [false, true]);
        assert_eq!(calls("(func (loop (call 0) (loop (nop))))"), [true, false]);
    }

    #[test]
    fn a_function_cannot_name_what_metering_adds() {
        let check = |function: &str| {
            assert_eq!(costs(function, 1, 1).expect_err(function), MeterError::Index);
        };
        check("(func (local i32) (local.set 1 (i64.const 9)))");
        check("(func (global.set 1 (i64.const 9)))");
        // The label of the function is 1 here; metering would make 2 exist.
        check("(func (loop (br 2)))");
        check("(func (loop (br_table 0 2 1 (i32.const 0))))");
    }
}
