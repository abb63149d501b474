//! What a guest in wasmtime imports: waPC's host functions, and stubs for WASI that grant nothing.

use wasmtime::{Caller, Error, FuncType, Linker, Memory, Result, Val, ValType};
use wisteria_core::engine::{
    StubImport, WASI_ENOSYS,
    wapc::{GuestState, HostCallArguments, OutOfBounds},
};

/// What belongs to one instance.
#[derive(Default)]
pub(super) struct Guest {
    pub(super) state: GuestState,
    pub(super) memory: Option<Memory>,
}

/// A linker for one module.
pub(super) fn linker(engine: &wasmtime::Engine, stubs: &[StubImport]) -> Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    for module in ["wapc", "wasmbus"] {
        link_host_functions(&mut linker, module)?;
    }
    for stub in stubs {
        link_stub(&mut linker, engine, stub)?;
    }
    Ok(linker)
}

fn link_host_functions(linker: &mut Linker<Guest>, module: &str) -> Result<()> {
    linker.func_wrap(module, "__guest_request", |mut caller: Caller<'_, Guest>, operation: u32, payload: u32| {
        with_memory(&mut caller, |state, memory| state.guest_request(memory, operation, payload))
    })?;
    linker.func_wrap(module, "__guest_response", |mut caller: Caller<'_, Guest>, start: u32, length: u32| {
        with_memory(&mut caller, |state, memory| state.guest_response(memory, start, length))
    })?;
    linker.func_wrap(module, "__guest_error", |mut caller: Caller<'_, Guest>, start: u32, length: u32| {
        with_memory(&mut caller, |state, memory| state.guest_error(memory, start, length))
    })?;
    linker.func_wrap(module, "__host_response_len", |caller: Caller<'_, Guest>| {
        caller.data().state.host_response_len()
    })?;
    linker.func_wrap(module, "__host_response", |mut caller: Caller<'_, Guest>, start: u32| {
        with_memory(&mut caller, |state, memory| state.host_response(memory, start))
    })?;
    linker.func_wrap(module, "__host_error_len", |caller: Caller<'_, Guest>| caller.data().state.host_error_len())?;
    linker.func_wrap(module, "__host_error", |mut caller: Caller<'_, Guest>, start: u32| {
        with_memory(&mut caller, |state, memory| state.host_error(memory, start))
    })?;
    linker.func_wrap(module, "__console_log", |mut caller: Caller<'_, Guest>, start: u32, length: u32| {
        with_memory(&mut caller, |state, memory| state.console_log(memory, start, length))
    })?;
    linker.func_wrap_async(
        module,
        "__host_call",
        |mut caller: Caller<'_, Guest>, (bd, bd_len, ns, ns_len, op, op_len, start, length): HostCallParameters| {
            Box::new(async move {
                let arguments = HostCallArguments {
                    binding: (bd, bd_len),
                    namespace: (ns, ns_len),
                    operation: (op, op_len),
                    payload: (start, length),
                };
                let answer = with_memory(&mut caller, |state, memory| state.host_call(memory, arguments))?.await;
                Ok(caller.data_mut().state.host_replied(answer))
            })
        },
    )?;
    Ok(())
}

type HostCallParameters = (u32, u32, u32, u32, u32, u32, u32, u32);

fn with_memory<T>(
    caller: &mut Caller<'_, Guest>,
    act: impl FnOnce(&mut GuestState, &mut [u8]) -> Result<T, OutOfBounds>,
) -> Result<T> {
    let memory = caller.data().memory.ok_or_else(|| Error::msg("the guest has no memory"))?;
    let (bytes, guest) = memory.data_and_store_mut(caller);
    Ok(act(&mut guest.state, bytes)?)
}

fn link_stub(linker: &mut Linker<Guest>, engine: &wasmtime::Engine, stub: &StubImport) -> Result<()> {
    let ty = FuncType::new(engine, value_types(stub.ty.params()), value_types(stub.ty.results()));
    let exits = stub.name == "proc_exit";
    linker.func_new(&stub.module, &stub.name, ty, move |_, _, results| {
        if exits {
            return Err(Error::msg("the guest called proc_exit"));
        }
        results.fill(Val::I32(WASI_ENOSYS));
        Ok(())
    })?;
    Ok(())
}

fn value_types(types: &[wasmparser::ValType]) -> Vec<ValType> {
    types
        .iter()
        .map(|ty| match ty {
            wasmparser::ValType::I64 => ValType::I64,
            wasmparser::ValType::F32 => ValType::F32,
            wasmparser::ValType::F64 => ValType::F64,
            _ => ValType::I32,
        })
        .collect()
}
