//! What the two engines have in common, as far as these tests use it. They run plain modules, rewritten or not.

use wisteria_core::engine::{FUEL_EXPORT, ModuleLimits, START_EXPORT};

/// Fuel that no module of the corpus uses up.
pub(crate) const PLENTY: i64 = 1 << 50;

/// Bytes of one memory; what grows beyond it is refused by either engine.
pub(crate) const MEMORY: usize = 256 << 20;

/// Elements of one table, likewise.
pub(crate) const TABLE: usize = 10_000_000;

/// Bounds that change nothing about a module.
pub(crate) const UNBOUNDED: ModuleLimits =
    ModuleLimits { memory_bytes: 4 << 30, table_elements: u32::MAX as u64, tables: u32::MAX };

/// A value that goes in or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    I32(i32),
    I64(i64),
    /// Bits; all NaN are one.
    F32(u32),
    /// Bits; all NaN are one.
    F64(u64),
    /// Bits; lanes that would be NaN are one.
    V128(u128),
    NullFunction,
    NullExternal,
    /// A reference to something.
    Reference,
}

impl Value {
    pub(crate) fn f32(bits: u32) -> Self {
        Self::F32(one_nan_32(bits))
    }

    pub(crate) fn f64(bits: u64) -> Self {
        Self::F64(one_nan_64(bits))
    }

    pub(crate) fn v128(bits: u128) -> Self {
        let halves = [bits as u64, (bits >> 64) as u64].map(one_nan_64);
        let lanes = halves.map(|half| {
            let lanes = [half as u32, (half >> 32) as u32].map(one_nan_32);
            u64::from(lanes[0]) | u64::from(lanes[1]) << 32
        });
        Self::V128(u128::from(lanes[0]) | u128::from(lanes[1]) << 64)
    }
}

fn one_nan_32(bits: u32) -> u32 {
    if f32::from_bits(bits).is_nan() { 0x7fc0_0000 } else { bits }
}

fn one_nan_64(bits: u64) -> u64 {
    if f64::from_bits(bits).is_nan() { 0x7ff8_0000_0000_0000 } else { bits }
}

/// Why something did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The engine does not take the module.
    Compile(String),
    /// An import is missing or of another type.
    Link,
    /// The guest trapped.
    Trap,
    /// The stack or the engine's own fuel was used up, which each engine counts in its own way.
    Exhausted,
    /// There is no such instance or export.
    Absent,
}

/// An engine with a store, and the instances in it.
pub(crate) trait Machine {
    /// Whether the engine takes the module.
    fn compiles(&self, module: &[u8]) -> Result<(), Failure>;

    /// Makes an instance that imports from registered ones, and returns its number.
    fn instantiate(&mut self, module: &[u8]) -> Result<usize, Failure>;

    /// Lets later instances import what one exports.
    fn register(&mut self, name: &str, instance: usize);

    /// Calls an exported function.
    fn call(&mut self, instance: usize, function: &str, arguments: &[Value]) -> Result<Vec<Value>, Failure>;

    /// The value of an exported global.
    fn global(&mut self, instance: usize, name: &str) -> Result<Value, Failure>;

    /// The bytes of an exported memory.
    fn memory(&mut self, instance: usize, name: &str) -> Option<Vec<u8>>;

    /// Sets an exported `i64`.
    fn set_global(&mut self, instance: usize, name: &str, value: i64);

    /// The same, and lets it run what it starts with, as hosts do with rewritten modules.
    fn begin(&mut self, module: &[u8]) -> Result<usize, Failure> {
        let instance = self.instantiate(module)?;
        self.settle_fuel(instance, PLENTY);
        match self.call(instance, START_EXPORT, &[]) {
            Ok(_) | Err(Failure::Absent) => Ok(instance),
            Err(failure) => Err(failure),
        }
    }

    /// Fuel that is left to a rewritten instance. It is full again afterwards.
    fn settle_fuel(&mut self, instance: usize, full: i64) -> Option<i64> {
        let Ok(Value::I64(left)) = self.global(instance, FUEL_EXPORT) else {
            return None;
        };
        self.set_global(instance, FUEL_EXPORT, full);
        Some(left)
    }
}
