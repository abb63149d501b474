//! The interpreter: runs anywhere, in tabs without JSPI too. A host call suspends it, to be resumed with the answer.

use std::{fmt, sync::Arc};

use thiserror::Error;
use wasmi::{
    Caller, Config, FuncType, Global, Linker, Memory, Store, StoreLimits, StoreLimitsBuilder, TypedFunc,
    TypedResumableCall, Val, ValType,
};

use super::{
    CompileError, Engine, FUEL_EXPORT, GuestCall, GuestError, GuestReply, Instance, Module, PreparedModule, StubImport,
    WASI_ENOSYS,
    wapc::{GuestState, HostCallArguments, NOT_CALLED, OutOfBounds, trap},
};
use crate::platform::BoxFuture;

/// The engine on `wasmi`.
#[derive(Debug)]
pub struct WasmiEngine {
    engine: wasmi::Engine,
}

impl WasmiEngine {
    /// An engine without modules.
    pub fn new() -> Self {
        let mut config = Config::default();
        // No other engine here has them.
        config.wasm_memory64(false);
        Self { engine: wasmi::Engine::new(&config) }
    }
}

impl Default for WasmiEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine for WasmiEngine {
    fn name(&self) -> &'static str {
        "wasmi"
    }

    fn compile<'a>(&'a self, module: &'a PreparedModule) -> BoxFuture<'a, Result<Arc<dyn Module>, CompileError>> {
        Box::pin(async move {
            let refused = |error: wasmi::Error| CompileError::new("wasmi", error);
            let compiled = wasmi::Module::new(&self.engine, &module.bytes).map_err(refused)?;
            let linker = linker(&self.engine, &module.stubs).map_err(refused)?;
            Ok(Arc::new(WasmiModule { compiled, linker, starts: module.starts.clone() }) as Arc<dyn Module>)
        })
    }
}

struct Guest {
    state: GuestState,
    limits: StoreLimits,
    memory: Option<Memory>,
}

struct WasmiModule {
    compiled: wasmi::Module,
    linker: Linker<Guest>,
    starts: Vec<&'static str>,
}

impl Module for WasmiModule {
    fn instantiate(&self, fuel: u64) -> BoxFuture<'_, Result<Box<dyn Instance>, GuestError>> {
        Box::pin(async move {
            let instance = self.instantiate_now(fuel)?;
            Ok(Box::new(instance) as Box<dyn Instance>)
        })
    }
}

impl WasmiModule {
    fn instantiate_now(&self, fuel: u64) -> Result<WasmiInstance, GuestError> {
        let failed = |error: wasmi::Error| GuestError::Instantiate(error.to_string());
        let guest = Guest {
            state: GuestState::default(),
            limits: StoreLimitsBuilder::new().instances(1).memories(1).build(),
            memory: None,
        };
        let mut store = Store::new(self.linker.engine(), guest);
        store.limiter(|guest| &mut guest.limits);
        let instance = self.linker.instantiate_and_start(&mut store, &self.compiled).map_err(failed)?;
        let missing = |name: &str| GuestError::Instantiate(format!("it does not export {name}"));
        store.data_mut().memory = instance.get_memory(&store, "memory");
        let fuel_global = instance.get_global(&store, FUEL_EXPORT).ok_or_else(|| missing(FUEL_EXPORT))?;
        let guest_call = instance.get_typed_func(&store, "__guest_call").map_err(failed)?;
        let mut made = WasmiInstance { store, guest_call, fuel: fuel_global };
        for name in &self.starts {
            let start = instance.get_typed_func::<(), ()>(&made.store, name).map_err(failed)?;
            made.give_fuel(fuel);
            start.call(&mut made.store, ()).map_err(|error| match made.fuel_left() < 0 {
                true => GuestError::OutOfFuel { fuel },
                false => GuestError::Instantiate(format!("{name} failed: {error}")),
            })?;
        }
        Ok(made)
    }
}

struct WasmiInstance {
    store: Store<Guest>,
    guest_call: TypedFunc<(i32, i32), i32>,
    fuel: Global,
}

impl WasmiInstance {
    fn give_fuel(&mut self, fuel: u64) {
        let fuel = i64::try_from(fuel).unwrap_or(i64::MAX);
        self.fuel.set(&mut self.store, Val::I64(fuel)).expect("rewriting made this global a mutable i64");
    }

    fn fuel_left(&self) -> i64 {
        match self.fuel.get(&self.store) {
            Val::I64(fuel) => fuel,
            _ => 0,
        }
    }
}

impl Instance for WasmiInstance {
    fn call(&mut self, call: GuestCall) -> BoxFuture<'_, Result<GuestReply, GuestError>> {
        Box::pin(async move {
            let fuel = call.fuel;
            self.give_fuel(fuel);
            let (operation, payload) = self.store.data_mut().state.begin(call);
            let mut step =
                self.guest_call.call_resumable(&mut self.store, (operation.cast_signed(), payload.cast_signed()));
            let returned = loop {
                match step {
                    Ok(TypedResumableCall::Finished(returned)) => break returned,
                    Ok(TypedResumableCall::HostTrap(waiting)) => {
                        let arguments = waiting.host_error().downcast_ref::<Suspended>().map(|Suspended(a)| *a);
                        let Some(arguments) = arguments else {
                            return Err(trap(self.fuel_left(), fuel, waiting.host_error()));
                        };
                        let answer = {
                            let guest = self.store.data();
                            let memory = guest.memory.map_or(&[] as &[u8], |memory| memory.data(&self.store));
                            guest.state.host_call(memory, arguments)
                        };
                        let answer = answer.map_err(|error| GuestError::Trap(error.to_string()))?.await;
                        let code = self.store.data_mut().state.host_replied(answer);
                        step = waiting.resume(&mut self.store, &[Val::I32(code)]);
                    }
                    Ok(TypedResumableCall::OutOfFuel(_)) => {
                        return Err(GuestError::Trap("the engine's own fuel ran out".to_owned()));
                    }
                    Err(error) => return Err(trap(self.fuel_left(), fuel, error)),
                }
            };
            let payload = self.store.data_mut().state.finish(returned)?;
            Ok(GuestReply { payload, fuel_used: fuel.saturating_sub(u64::try_from(self.fuel_left()).unwrap_or(0)) })
        })
    }

    fn memory(&self) -> u64 {
        self.store.data().memory.map_or(0, |memory| memory.data(&self.store).len() as u64)
    }
}

/// Ends the interpreter's run at a host call.
#[derive(Debug, Error)]
#[error("suspended")]
struct Suspended(HostCallArguments);

impl wasmi::errors::HostError for Suspended {}

impl wasmi::errors::HostError for OutOfBounds {}

fn linker(engine: &wasmi::Engine, stubs: &[StubImport]) -> Result<Linker<Guest>, wasmi::Error> {
    let mut linker = Linker::new(engine);
    for module in ["wapc", "wasmbus"] {
        linker.func_wrap(module, "__guest_request", |caller: Caller<'_, Guest>, operation: u32, payload: u32| {
            with_memory(caller, |state, memory| state.guest_request(memory, operation, payload))
        })?;
        linker.func_wrap(module, "__guest_response", |caller: Caller<'_, Guest>, start: u32, length: u32| {
            with_memory(caller, |state, memory| state.guest_response(memory, start, length))
        })?;
        linker.func_wrap(module, "__guest_error", |caller: Caller<'_, Guest>, start: u32, length: u32| {
            with_memory(caller, |state, memory| state.guest_error(memory, start, length))
        })?;
        linker.func_wrap(module, "__host_response_len", |caller: Caller<'_, Guest>| {
            caller.data().state.host_response_len()
        })?;
        linker.func_wrap(module, "__host_response", |caller: Caller<'_, Guest>, start: u32| {
            with_memory(caller, |state, memory| state.host_response(memory, start))
        })?;
        linker
            .func_wrap(module, "__host_error_len", |caller: Caller<'_, Guest>| caller.data().state.host_error_len())?;
        linker.func_wrap(module, "__host_error", |caller: Caller<'_, Guest>, start: u32| {
            with_memory(caller, |state, memory| state.host_error(memory, start))
        })?;
        linker.func_wrap(module, "__console_log", |caller: Caller<'_, Guest>, start: u32, length: u32| {
            with_memory(caller, |state, memory| state.console_log(memory, start, length))
        })?;
        linker.func_wrap(module, "__host_call", suspend)?;
    }
    for stub in stubs {
        linker.func_new(&stub.module, &stub.name, stub_type(stub), stub_function(stub.name.clone()))?;
    }
    Ok(linker)
}

#[expect(clippy::too_many_arguments, reason = "this is the signature of waPC's host call")]
fn suspend(
    mut caller: Caller<'_, Guest>,
    binding: u32,
    binding_length: u32,
    namespace: u32,
    namespace_length: u32,
    operation: u32,
    operation_length: u32,
    payload: u32,
    payload_length: u32,
) -> Result<i32, wasmi::Error> {
    if !caller.data().state.is_called() {
        return Ok(caller.data_mut().state.host_replied(Err(NOT_CALLED.to_owned())));
    }
    Err(wasmi::Error::host(Suspended(HostCallArguments {
        binding: (binding, binding_length),
        namespace: (namespace, namespace_length),
        operation: (operation, operation_length),
        payload: (payload, payload_length),
    })))
}

fn with_memory(
    mut caller: Caller<'_, Guest>,
    act: impl FnOnce(&mut GuestState, &mut [u8]) -> Result<(), OutOfBounds>,
) -> Result<(), wasmi::Error> {
    let memory = caller.data().memory.ok_or_else(|| wasmi::Error::new("the guest has no memory"))?;
    let (bytes, guest) = memory.data_and_store_mut(&mut caller);
    act(&mut guest.state, bytes).map_err(wasmi::Error::host)
}

fn stub_type(stub: &StubImport) -> FuncType {
    let convert = |types: &[wasmparser::ValType]| -> Vec<ValType> {
        types
            .iter()
            .map(|ty| match ty {
                wasmparser::ValType::I64 => ValType::I64,
                wasmparser::ValType::F32 => ValType::F32,
                wasmparser::ValType::F64 => ValType::F64,
                _ => ValType::I32,
            })
            .collect()
    };
    FuncType::new(convert(stub.ty.params()), convert(stub.ty.results()))
}

fn stub_function(
    name: String,
) -> impl Fn(Caller<'_, Guest>, &[Val], &mut [Val]) -> Result<(), wasmi::Error> + Send + Sync + 'static {
    move |_, _, results| {
        if name == "proc_exit" {
            return Err(wasmi::Error::new("the guest called proc_exit"));
        }
        for result in results {
            *result = Val::I32(WASI_ENOSYS);
        }
        Ok(())
    }
}

impl fmt::Debug for WasmiModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WasmiModule")
    }
}

impl fmt::Debug for WasmiInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WasmiInstance")
    }
}
