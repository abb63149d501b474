//! The compiler, wasmtime.

use std::collections::HashMap;

use wasmtime::{
    Config, Engine, Error, Extern, Func, Instance, Module, Ref, Store, StoreLimits, StoreLimitsBuilder, Trap, Val,
};

use super::machine::{Failure, MEMORY, Machine, TABLE, Value};

/// wasmtime with one store.
pub(crate) struct Compiled {
    engine: Engine,
    store: Store<StoreLimits>,
    instances: Vec<Instance>,
    registered: HashMap<String, usize>,
}

impl Compiled {
    /// A machine without instances.
    pub(crate) fn new() -> Self {
        let mut config = Config::new();
        config.wasm_backtrace_max_frames(None).parallel_compilation(false);
        let engine = Engine::new(&config).expect("wasmtime can be set up");
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

    /// Whether a module that the engine takes imports anything.
    pub(crate) fn imports(&self, module: &[u8]) -> bool {
        Module::new(&self.engine, module).is_ok_and(|module| module.imports().len() > 0)
    }

    fn function(&mut self, instance: usize, name: &str) -> Result<Func, Failure> {
        let instance = self.instances.get(instance).copied().ok_or(Failure::Absent)?;
        instance.get_func(&mut self.store, name).ok_or(Failure::Absent)
    }
}

impl Machine for Compiled {
    fn compiles(&self, module: &[u8]) -> Result<(), Failure> {
        Module::new(&self.engine, module).map(drop).map_err(|error| Failure::Compile(format!("{error:#}")))
    }

    fn instantiate(&mut self, module: &[u8]) -> Result<usize, Failure> {
        let module = Module::new(&self.engine, module).map_err(|error| Failure::Compile(format!("{error:#}")))?;
        let mut imports: Vec<Extern> = Vec::new();
        for import in module.imports() {
            let from = self.registered.get(import.module()).ok_or(Failure::Link)?;
            let export = self.instances[*from].get_export(&mut self.store, import.name());
            imports.push(export.ok_or(Failure::Link)?);
        }
        let instance =
            Instance::new(&mut self.store, &module, &imports).map_err(|error| failure(&error, Failure::Link))?;
        self.instances.push(instance);
        Ok(self.instances.len() - 1)
    }

    fn register(&mut self, name: &str, instance: usize) {
        self.registered.insert(name.to_owned(), instance);
    }

    fn call(&mut self, instance: usize, function: &str, arguments: &[Value]) -> Result<Vec<Value>, Failure> {
        let function = self.function(instance, function)?;
        let arguments: Vec<Val> = arguments.iter().map(|value| to_wasmtime(*value)).collect();
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        function.call(&mut self.store, &arguments, &mut results).map_err(|error| failure(&error, Failure::Absent))?;
        Ok(results.iter().map(from_wasmtime).collect())
    }

    fn global(&mut self, instance: usize, name: &str) -> Result<Value, Failure> {
        let instance = self.instances.get(instance).copied().ok_or(Failure::Absent)?;
        let global = instance.get_global(&mut self.store, name).ok_or(Failure::Absent)?;
        Ok(from_wasmtime(&global.get(&mut self.store)))
    }

    fn memory(&mut self, instance: usize, name: &str) -> Option<Vec<u8>> {
        let memory = self.instances.get(instance)?.get_memory(&mut self.store, name)?;
        Some(memory.data(&self.store).to_vec())
    }

    fn set_global(&mut self, instance: usize, name: &str, value: i64) {
        let global = self.instances[instance].get_global(&mut self.store, name).expect("it was read before");
        global.set(&mut self.store, Val::I64(value)).expect("it is a mutable i64");
    }
}

fn failure(error: &Error, other: Failure) -> Failure {
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow | Trap::OutOfFuel) => Failure::Exhausted,
        Some(_) => Failure::Trap,
        None => other,
    }
}

fn to_wasmtime(value: Value) -> Val {
    match value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
        Value::V128(bits) => Val::V128(bits.into()),
        Value::NullFunction | Value::Reference => Ref::Func(None).into(),
        Value::NullExternal => Ref::Extern(None).into(),
    }
}

fn from_wasmtime(value: &Val) -> Value {
    match value {
        Val::I32(value) => Value::I32(*value),
        Val::I64(value) => Value::I64(*value),
        Val::F32(bits) => Value::f32(*bits),
        Val::F64(bits) => Value::f64(*bits),
        Val::V128(bits) => Value::v128(bits.as_u128()),
        Val::FuncRef(None) => Value::NullFunction,
        Val::ExternRef(None) => Value::NullExternal,
        _ => Value::Reference,
    }
}
