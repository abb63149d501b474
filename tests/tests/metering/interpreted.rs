//! The interpreter, wasmi.

use std::collections::HashMap;

use wasmi::{
    Engine, Error, ExternRef, F32, F64, Func, Instance, Linker, Module, Ref, Store, StoreLimits, StoreLimitsBuilder,
    TrapCode, V128, Val, errors::ErrorKind,
};

use super::machine::{Failure, MEMORY, Machine, TABLE, Value};

/// wasmi with one store.
pub(crate) struct Interpreted {
    engine: Engine,
    store: Store<StoreLimits>,
    instances: Vec<Instance>,
    registered: HashMap<String, usize>,
}

impl Interpreted {
    /// A machine without instances.
    pub(crate) fn new() -> Self {
        let engine = Engine::default();
        let limits = StoreLimitsBuilder::new()
            .memory_size(MEMORY)
            .table_elements(TABLE)
            .instances(10_000)
            .memories(10_000)
            .tables(10_000);
        let mut store = Store::new(&engine, limits.build());
        store.limiter(|limits| limits);
        Self { engine, store, instances: Vec::new(), registered: HashMap::new() }
    }
}

impl Machine for Interpreted {
    fn compiles(&self, module: &[u8]) -> Result<(), Failure> {
        Module::new(&self.engine, module).map(drop).map_err(|error| Failure::Compile(error.to_string()))
    }

    fn instantiate(&mut self, module: &[u8]) -> Result<usize, Failure> {
        let module = Module::new(&self.engine, module).map_err(|error| Failure::Compile(error.to_string()))?;
        let mut linker = Linker::new(&self.engine);
        // A module may import one thing twice.
        linker.allow_shadowing(true);
        for import in module.imports() {
            let from = self.registered.get(import.module()).ok_or(Failure::Link)?;
            let export = self.instances[*from].get_export(&self.store, import.name()).ok_or(Failure::Link)?;
            linker.define(import.module(), import.name(), export).map_err(|_| Failure::Link)?;
        }
        let instance =
            linker.instantiate_and_start(&mut self.store, &module).map_err(|error| failure(&error, Failure::Link))?;
        self.instances.push(instance);
        Ok(self.instances.len() - 1)
    }

    fn register(&mut self, name: &str, instance: usize) {
        self.registered.insert(name.to_owned(), instance);
    }

    fn call(&mut self, instance: usize, function: &str, arguments: &[Value]) -> Result<Vec<Value>, Failure> {
        let instance = self.instances.get(instance).copied().ok_or(Failure::Absent)?;
        let function = instance.get_func(&self.store, function).ok_or(Failure::Absent)?;
        let arguments: Vec<Val> = arguments.iter().map(|value| to_wasmi(*value)).collect();
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        function.call(&mut self.store, &arguments, &mut results).map_err(|error| failure(&error, Failure::Absent))?;
        Ok(results.iter().map(from_wasmi).collect())
    }

    fn global(&mut self, instance: usize, name: &str) -> Result<Value, Failure> {
        let instance = self.instances.get(instance).ok_or(Failure::Absent)?;
        let global = instance.get_global(&self.store, name).ok_or(Failure::Absent)?;
        Ok(from_wasmi(&global.get(&self.store)))
    }

    fn memory(&mut self, instance: usize, name: &str) -> Option<Vec<u8>> {
        let memory = self.instances.get(instance)?.get_memory(&self.store, name)?;
        Some(memory.data(&self.store).to_vec())
    }

    fn set_global(&mut self, instance: usize, name: &str, value: i64) {
        let global = self.instances[instance].get_global(&self.store, name).expect("it was read before");
        global.set(&mut self.store, Val::I64(value)).expect("it is a mutable i64");
    }
}

fn failure(error: &Error, other: Failure) -> Failure {
    match error.as_trap_code() {
        Some(TrapCode::StackOverflow | TrapCode::OutOfFuel) => Failure::Exhausted,
        Some(_) => Failure::Trap,
        // What bounds of tables refuse has no code.
        None if matches!(error.kind(), ErrorKind::Table(_)) => Failure::Trap,
        None => other,
    }
}

fn to_wasmi(value: Value) -> Val {
    match value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(bits) => Val::F32(F32::from_bits(bits)),
        Value::F64(bits) => Val::F64(F64::from_bits(bits)),
        Value::V128(bits) => Val::V128(V128::from(bits)),
        Value::NullFunction | Value::Reference => Val::FuncRef(Ref::<Func>::Null),
        Value::NullExternal => Val::ExternRef(Ref::<ExternRef>::Null),
    }
}

fn from_wasmi(value: &Val) -> Value {
    match value {
        Val::I32(value) => Value::I32(*value),
        Val::I64(value) => Value::I64(*value),
        Val::F32(bits) => Value::f32(bits.to_bits()),
        Val::F64(bits) => Value::f64(bits.to_bits()),
        Val::V128(bits) => Value::v128(bits.as_u128()),
        Val::FuncRef(Ref::Null) => Value::NullFunction,
        Val::ExternRef(Ref::Null) => Value::NullExternal,
        _ => Value::Reference,
    }
}
