//! The instructions of WebAssembly 2, read as far as metering must know them.
//!
//! Engines check the types of what they compile. What is checked here keeps modules from what one engine knows and
//! another does not.

use thiserror::Error;

/// What metering must know of an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// Opens a block or a branch of one.
    Block,
    /// Opens a loop.
    Loop,
    /// Closes what was opened last.
    End,
    /// Branches, to this label at the furthest.
    Branch(u32),
    /// Leaves the function.
    Return,
    /// Calls another function.
    Call,
    /// Uses a local.
    Local(u32),
    /// Uses a global.
    Global(u32),
    /// Works through as many bytes or elements as the top of the stack says.
    Bulk,
    /// Lets memory grow.
    MemoryGrow,
    /// Lets a table grow.
    TableGrow(u32),
    /// Anything else.
    Plain,
}

/// Why instructions cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum BadOperator {
    /// The function ends within an instruction.
    #[error("a function ends within an instruction")]
    Incomplete,
    /// A number has more bytes than its type allows.
    #[error("a number in a function is too long")]
    LongNumber,
    /// Not all engines have it.
    #[error("a function uses the instruction {0:#x} or a type that goes with it, which is not in WebAssembly 2")]
    Unknown(u32),
}

/// Goes through the instructions of a function.
#[derive(Debug, Clone)]
pub(super) struct Operators<'a> {
    rest: &'a [u8],
}

impl<'a> Operators<'a> {
    /// From the first instruction to the end of the function.
    pub(super) fn new(instructions: &'a [u8]) -> Self {
        Self { rest: instructions }
    }

    fn read(&mut self) -> Result<Operator, BadOperator> {
        let code = self.byte()?;
        match code {
            0x02 | 0x04 => self.block_type(code).map(|()| Operator::Block),
            0x03 => self.block_type(code).map(|()| Operator::Loop),
            0x0b => Ok(Operator::End),
            0x0c | 0x0d => self.u32().map(Operator::Branch),
            0x0e => {
                let labels = self.u32()?;
                // The default label follows those of the table.
                (0..=labels).try_fold(0, |furthest, _| Ok(self.u32()?.max(furthest))).map(Operator::Branch)
            }
            0x0f => Ok(Operator::Return),
            0x10 => self.numbers(1, Operator::Call),
            0x11 => self.numbers(2, Operator::Call),
            0x1c => {
                for _ in 0..self.u32()? {
                    self.value_type(code)?;
                }
                Ok(Operator::Plain)
            }
            0x20..=0x22 => self.u32().map(Operator::Local),
            0x23 | 0x24 => self.u32().map(Operator::Global),
            0x25 | 0x26 | 0xd2 => self.numbers(1, Operator::Plain),
            0x28..=0x3e => self.numbers(2, Operator::Plain),
            0x3f => self.numbers(1, Operator::Plain),
            0x40 => self.numbers(1, Operator::MemoryGrow),
            0x41 => self.number(5).map(|_| Operator::Plain),
            0x42 => self.number(10).map(|_| Operator::Plain),
            0x43 => self.skip(4),
            0x44 => self.skip(8),
            0xd0 => self.value_type(code).map(|()| Operator::Plain),
            0x00 | 0x01 | 0x05 | 0x1a | 0x1b | 0x45..=0xc4 | 0xd1 => Ok(Operator::Plain),
            0xfc => self.bulk(),
            0xfd => self.vector(),
            _ => Err(BadOperator::Unknown(code.into())),
        }
    }

    /// Saturating conversions, and operations over ranges.
    fn bulk(&mut self) -> Result<Operator, BadOperator> {
        match self.u32()? {
            0..=7 => Ok(Operator::Plain),
            // Of memory: init, copy, fill.
            8 | 10 => self.numbers(2, Operator::Bulk),
            11 => self.numbers(1, Operator::Bulk),
            // Of tables: init, copy, grow, fill.
            12 | 14 => self.numbers(2, Operator::Bulk),
            15 => self.u32().map(Operator::TableGrow),
            17 => self.numbers(1, Operator::Bulk),
            // Dropped data and elements, and the size of a table.
            9 | 13 | 16 => self.numbers(1, Operator::Plain),
            other => Err(BadOperator::Unknown(0xfc00 | other)),
        }
    }

    /// Operations on 128 bits.
    fn vector(&mut self) -> Result<Operator, BadOperator> {
        match self.u32()? {
            // Loads and stores.
            0..=11 | 92 | 93 => self.numbers(2, Operator::Plain),
            // A constant, and the lanes of a shuffle.
            12 | 13 => self.skip(16),
            // One lane of a vector.
            21..=34 => self.skip(1),
            // One lane from or to memory.
            84..=91 => {
                self.numbers(2, Operator::Plain)?;
                self.skip(1)
            }
            14..=255 => Ok(Operator::Plain),
            other => Err(BadOperator::Unknown(0xfd00 | other)),
        }
    }

    /// Nothing, one type, or the index of a function's type.
    fn block_type(&mut self, code: u8) -> Result<(), BadOperator> {
        match self.rest.first() {
            Some(0x40) => self.skip(1).map(drop),
            Some(0x41..=0x7f) => self.value_type(code),
            _ => self.number(5).map(drop),
        }
    }

    fn value_type(&mut self, code: u8) -> Result<(), BadOperator> {
        match self.byte()? {
            0x7b..=0x7f | 0x6f | 0x70 => Ok(()),
            _ => Err(BadOperator::Unknown(code.into())),
        }
    }

    fn numbers(&mut self, count: usize, operator: Operator) -> Result<Operator, BadOperator> {
        for _ in 0..count {
            self.u32()?;
        }
        Ok(operator)
    }

    fn u32(&mut self) -> Result<u32, BadOperator> {
        u32::try_from(self.number(5)?).map_err(|_| BadOperator::LongNumber)
    }

    /// A number in LEB128, without regard to its sign.
    fn number(&mut self, longest: u32) -> Result<u64, BadOperator> {
        let mut number = 0;
        for place in 0..longest {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(BadOperator::LongNumber)
    }

    fn skip(&mut self, bytes: usize) -> Result<Operator, BadOperator> {
        self.rest = self.rest.get(bytes..).ok_or(BadOperator::Incomplete)?;
        Ok(Operator::Plain)
    }

    fn byte(&mut self) -> Result<u8, BadOperator> {
        let (byte, rest) = self.rest.split_first().ok_or(BadOperator::Incomplete)?;
        self.rest = rest;
        Ok(*byte)
    }
}

impl<'a> Iterator for Operators<'a> {
    type Item = Result<(Operator, &'a [u8]), BadOperator>;

    /// The next instruction and its bytes.
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let before = self.rest;
        Some(self.read().map(|operator| (operator, &before[..before.len() - self.rest.len()])))
    }
}

#[cfg(test)]
mod tests {
    use wasmparser::{Parser, Payload};

    use super::*;

    /// One of each kind of immediate.
    const MODULE: &str = r#"(module
        (type $pair (func (param i32) (result i32 i32)))
        (memory 1) (table 1 funcref) (data "x") (elem func 0) (global (mut i64) (i64.const -5))
        (func (param i32) (local i64 f64 v128 funcref)
            (block (nop)) (block (drop (block (result i64) (i64.const -9223372036854775808))))
            (block (i32.const 1) (block (type $pair) (i32.const 128)) (drop) (drop))
            (loop (br_if 0 (local.get 0)) (br_table 0 1 0 (i32.const -2147483648)))
            (if (local.get 0) (then (return)) (else (unreachable)))
            (call 0 (i32.const 0)) (call_indirect (param i32) (i32.const 0) (i32.const 0))
            (drop (select (result f64) (f64.const 1e300) (f64.const nan) (local.get 0)))
            (local.set 2 (f64.promote_f32 (f32.const 0.5)))
            (global.set 0 (i64.load8_s offset=70000 align=1 (i32.const 0)))
            (table.set (i32.const 0) (table.get (i32.const 0))) (local.set 4 (ref.null func)) (drop (ref.is_null (ref.func 0)))
            (drop (memory.size)) (drop (memory.grow (i32.const 1)))
            (drop (i32.trunc_sat_f64_u (local.get 2)))
            (memory.copy (i32.const 0) (i32.const 0) (i32.const 1)) (memory.fill (i32.const 0) (i32.const 0) (i32.const 1))
            (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1)) (data.drop 0)
            (table.init 0 (i32.const 0) (i32.const 0) (i32.const 1)) (elem.drop 0)
            (table.copy (i32.const 0) (i32.const 0) (i32.const 1)) (table.fill (i32.const 0) (ref.null func) (i32.const 1))
            (drop (table.grow (ref.null func) (i32.const 1))) (drop (table.size))
            (local.set 3 (v128.const i64x2 1 -1)) (local.set 3 (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 (local.get 3) (local.get 3)))
            (local.set 3 (v128.load32_splat offset=300 (i32.const 0))) (v128.store (i32.const 0) (local.get 3))
            (local.set 3 (v128.load8_lane offset=300 3 (i32.const 0) (local.get 3))) (local.set 3 (v128.load64_zero (i32.const 0)))
            (drop (i16x8.extract_lane_s 7 (local.get 3))) (local.set 3 (f64x2.replace_lane 1 (local.get 3) (local.get 2)))
            (local.set 3 (i32x4.dot_i16x8_s (local.get 3) (i8x16.swizzle (local.get 3) (local.get 3))))
        ))"#;

    #[test]
    fn instructions_end_where_a_full_parser_ends_them() {
        let module = wat::parse_str(MODULE).expect("WAT");
        wasmparser::validate(&module).expect("valid");
        for payload in Parser::new(0).parse_all(&module) {
            let Payload::CodeSectionEntry(body) = payload.expect("valid") else {
                continue;
            };
            let mut reader = body.get_operators_reader().expect("valid");
            let start = reader.original_position();
            let instructions = &module[start as usize..body.range().end as usize];
            let mut end = start;
            for operator in Operators::new(instructions) {
                let (operator, bytes) = operator.expect("of WebAssembly 2");
                end += bytes.len() as u64;
                let expected = reader.read().expect("valid");
                assert_eq!(end, reader.original_position(), "{operator:?} for {expected:?}");
            }
            assert!(reader.eof());
        }
    }

    #[test]
    fn what_is_later_than_webassembly_2_and_what_is_cut_is_refused() {
        let check = |bytes: &[u8], expected: BadOperator| {
            let outcome = Operators::new(bytes).find_map(Result::err);
            assert_eq!(outcome, Some(expected), "{bytes:x?}");
        };
        check(&[0x01, 0x12, 0x00], BadOperator::Unknown(0x12));
        check(&[0x02, 0x64, 0x70], BadOperator::Unknown(0x02));
        check(&[0xfd, 0x80, 0x02], BadOperator::Unknown(0xfd00 | 256));
        check(&[0xfc, 0x12], BadOperator::Unknown(0xfc12));
        check(&[0x41, 0x80], BadOperator::Incomplete);
        check(&[0x44, 0, 0, 0], BadOperator::Incomplete);
        check(&[0x10, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], BadOperator::LongNumber);
        check(&[0x10, 0xff, 0xff, 0xff, 0xff, 0x7f], BadOperator::LongNumber);
    }
}
