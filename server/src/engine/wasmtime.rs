//! wasmtime with pooled memories: guests start from copy-on-write images, and only host calls suspend them.

use std::{
    fmt,
    sync::{Arc, Weak},
    thread,
    time::Duration,
};

use thiserror::Error;
use wasmtime::{
    Config, EngineWeak, Global, InstanceAllocationStrategy, InstancePre, PoolingAllocationConfig, Store, TypedFunc, Val,
};
use wisteria_core::{
    engine::{
        CompileError, Engine, FUEL_EXPORT, GuestCall, GuestError, GuestReply, Instance, Module, ModuleLimits,
        PreparedModule, wapc,
    },
    platform::BoxFuture,
};

use super::imports::{self, Guest};

/// How often a guest that computes lets other tasks of its thread run.
const YIELD_EVERY: Duration = Duration::from_millis(10);

/// The engine on `wasmtime`.
#[derive(Debug)]
pub struct WasmtimeEngine {
    engine: wasmtime::Engine,
    /// Ends the thread that counts epochs.
    _ticker: Arc<()>,
}

/// wasmtime could not be set up.
#[derive(Debug, Error)]
#[error("wasmtime cannot be set up for {instances} instances: {cause}; lower the limit of instances")]
pub struct WasmtimeError {
    /// How many were asked for.
    pub instances: usize,
    cause: wasmtime::Error,
}

impl WasmtimeEngine {
    /// An engine with room for `instances` at once, whose modules were prepared with `limits`.
    ///
    /// # Errors
    /// The system does not give the address space for them.
    pub fn new(instances: usize, limits: &ModuleLimits) -> Result<Self, WasmtimeError> {
        let engine =
            wasmtime::Engine::new(&config(instances, limits)).map_err(|cause| WasmtimeError { instances, cause })?;
        let ticker = Arc::new(());
        tick(engine.weak(), Arc::downgrade(&ticker));
        Ok(Self { engine, _ticker: ticker })
    }
}

fn config(instances: usize, limits: &ModuleLimits) -> Config {
    let count = u32::try_from(instances).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::default();
    // Instances that are being replaced overlap with their successors for a moment.
    let count = count.saturating_add(16);
    pool.total_core_instances(count)
        .total_memories(count)
        .total_tables(count.saturating_mul(limits.tables))
        .max_tables_per_module(limits.tables)
        .total_stacks(count)
        .max_memory_size(usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX))
        .table_elements(usize::try_from(limits.table_elements).unwrap_or(usize::MAX))
        .max_unused_warm_slots(64)
        .linear_memory_keep_resident(128 << 10)
        .table_keep_resident(16 << 10);
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .epoch_interruption(true)
        .wasm_backtrace_max_frames(None);
    config
}

/// Counts epochs until the engine is gone.
fn tick(engine: EngineWeak, alive: Weak<()>) {
    thread::spawn(move || {
        while alive.strong_count() > 0 {
            thread::sleep(YIELD_EVERY);
            match engine.upgrade() {
                Some(engine) => engine.increment_epoch(),
                None => return,
            }
        }
    });
}

impl Engine for WasmtimeEngine {
    fn name(&self) -> &'static str {
        "wasmtime"
    }

    fn compile<'a>(&'a self, module: &'a PreparedModule) -> BoxFuture<'a, Result<Arc<dyn Module>, CompileError>> {
        let engine = self.engine.clone();
        let module = module.clone();
        let starts = module.starts.clone();
        Box::pin(async move {
            // Compiling takes up to a second; other tasks of this thread go on meanwhile.
            let compiled = tokio::task::spawn_blocking(move || {
                let compiled = wasmtime::Module::new(&engine, &module.bytes)?;
                let linker = imports::linker(&engine, &module.stubs)?;
                linker.instantiate_pre(&compiled)
            });
            let ready = compiled
                .await
                .map_err(|error| CompileError::new("wasmtime", error))?
                .map_err(|error| CompileError::new("wasmtime", format_args!("{error:#}")))?;
            Ok(Arc::new(WasmtimeModule { ready, starts }) as Arc<dyn Module>)
        })
    }
}

struct WasmtimeModule {
    ready: InstancePre<Guest>,
    starts: Vec<&'static str>,
}

impl Module for WasmtimeModule {
    fn instantiate(&self, fuel: u64) -> BoxFuture<'_, Result<Box<dyn Instance>, GuestError>> {
        Box::pin(async move {
            let made = self.instantiate_now(fuel).await?;
            Ok(Box::new(made) as Box<dyn Instance>)
        })
    }
}

impl WasmtimeModule {
    async fn instantiate_now(&self, fuel: u64) -> Result<WasmtimeInstance, GuestError> {
        let failed = |error: wasmtime::Error| GuestError::Instantiate(format!("{error:#}"));
        let mut store = Store::new(self.ready.module().engine(), Guest::default());
        store.epoch_deadline_async_yield_and_update(1);
        let instance = self.ready.instantiate_async(&mut store).await.map_err(failed)?;
        store.data_mut().memory = instance.get_memory(&mut store, "memory");
        let guest_call = instance.get_typed_func(&mut store, "__guest_call").map_err(failed)?;
        let missing = || GuestError::Instantiate(format!("it does not export {FUEL_EXPORT}"));
        let fuel_global = instance.get_global(&mut store, FUEL_EXPORT).ok_or_else(missing)?;
        let mut made = WasmtimeInstance { store, guest_call, fuel: fuel_global };
        for name in &self.starts {
            let start = instance.get_typed_func::<(), ()>(&mut made.store, name).map_err(failed)?;
            made.give_fuel(fuel);
            let outcome = start.call_async(&mut made.store, ()).await;
            outcome.map_err(|error| match made.fuel_left() < 0 {
                true => GuestError::OutOfFuel { fuel },
                false => GuestError::Instantiate(format!("{name} failed: {error:#}")),
            })?;
        }
        Ok(made)
    }
}

struct WasmtimeInstance {
    store: Store<Guest>,
    guest_call: TypedFunc<(u32, u32), i32>,
    fuel: Global,
}

impl WasmtimeInstance {
    fn give_fuel(&mut self, fuel: u64) {
        let fuel = i64::try_from(fuel).unwrap_or(i64::MAX);
        self.fuel.set(&mut self.store, Val::I64(fuel)).expect("rewriting made this global a mutable i64");
    }

    fn fuel_left(&mut self) -> i64 {
        self.fuel.get(&mut self.store).i64().unwrap_or(0)
    }
}

impl Instance for WasmtimeInstance {
    fn call(&mut self, call: GuestCall) -> BoxFuture<'_, Result<GuestReply, GuestError>> {
        Box::pin(async move {
            let fuel = call.fuel;
            self.give_fuel(fuel);
            let lengths = self.store.data_mut().state.begin(call);
            let outcome = self.guest_call.call_async(&mut self.store, lengths).await;
            let left = self.fuel_left();
            let returned = outcome.map_err(|error| wapc::trap(left, fuel, format_args!("{error:#}")))?;
            let payload = self.store.data_mut().state.finish(returned)?;
            Ok(GuestReply { payload, fuel_used: fuel.saturating_sub(u64::try_from(left).unwrap_or(0)) })
        })
    }

    fn memory(&self) -> u64 {
        self.store.data().memory.map_or(0, |memory| memory.data_size(&self.store) as u64)
    }
}

impl fmt::Debug for WasmtimeModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WasmtimeModule")
    }
}

impl fmt::Debug for WasmtimeInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WasmtimeInstance")
    }
}
