//! One guest on the page's WebAssembly.

use std::{
    cell::{Cell, RefCell},
    fmt,
    rc::Rc,
    sync::Arc,
    task::{Poll, Waker},
};

use bytes::Bytes;
use js_sys::{JsString, Promise, Uint8Array, Uint32Array, WebAssembly};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use wisteria_core::{
    engine::{
        FUEL_EXPORT, GuestCall, GuestError, GuestReply, HostCall, HostCalls, Instance, WASI_ENOSYS,
        wapc::{NOT_CALLED, trap},
    },
    platform::BoxFuture,
};

use super::shim::Guest;
use crate::error::text_of;

/// A guest, and the functions by which its shim reaches the core.
pub(super) struct JspiInstance {
    guest: Guest,
    shared: Rc<Shared>,
    _host_call: Closure<dyn Fn(Uint8Array, Uint32Array) -> Promise>,
    _log: Closure<dyn Fn(Uint8Array)>,
    _settle: Closure<dyn Fn(i32, Option<String>)>,
}

/// What the guest's functions and the caller both see.
#[derive(Default)]
struct Shared {
    host: RefCell<Option<Arc<dyn HostCalls>>>,
    outcome: RefCell<Option<Result<i32, String>>>,
    waker: Cell<Option<Waker>>,
}

impl JspiInstance {
    pub(super) fn new(module: &WebAssembly::Module, stubs: Vec<String>) -> Result<Self, JsValue> {
        let shared = Rc::new(Shared::default());
        let host_call = {
            let shared = shared.clone();
            Closure::new(move |memory: Uint8Array, ranges: Uint32Array| shared.host_call(&memory, &ranges))
        };
        let log = {
            let shared = shared.clone();
            Closure::new(move |text: Uint8Array| shared.log(&text))
        };
        let settle = {
            let shared = shared.clone();
            Closure::new(move |returned: i32, error: Option<String>| shared.settle(returned, error))
        };
        let guest = Guest::new(
            module,
            &wasm_bindgen::memory(),
            stubs,
            WASI_ENOSYS,
            FUEL_EXPORT,
            function(&host_call),
            function(&log),
            function(&settle),
        )?;
        Ok(Self { guest, shared, _host_call: host_call, _log: log, _settle: settle })
    }

    /// Runs the guest's start functions.
    pub(super) async fn start(&self, fuel: u64) -> Result<(), GuestError> {
        let started = JsFuture::from(self.guest.start(as_number(fuel))).await;
        started.map(drop).map_err(|error| match self.guest.fuel_left() < 0.0 {
            true => GuestError::OutOfFuel { fuel },
            false => GuestError::Instantiate(format!("its start failed: {}", text_of(&error))),
        })
    }

    fn reply(&self, returned: i32) -> Result<Bytes, GuestError> {
        match returned {
            0 => Err(GuestError::Failed(self.guest.error().map_or_else(
                || "it gave no reason".to_owned(),
                |error| String::from_utf8_lossy(&error.to_vec()).into_owned(),
            ))),
            _ => Ok(self.guest.reply().map(|reply| reply.to_vec().into()).unwrap_or_default()),
        }
    }
}

fn function<T: ?Sized>(closure: &Closure<T>) -> &js_sys::Function
where
    Closure<T>: AsRef<JsValue>,
{
    closure.as_ref().unchecked_ref()
}

/// Fuel as a JavaScript number, exact up to 2^53.
fn as_number(fuel: u64) -> f64 {
    fuel.min(1 << 53) as f64
}

impl Instance for JspiInstance {
    fn call(&mut self, call: GuestCall) -> BoxFuture<'_, Result<GuestReply, GuestError>> {
        Box::pin(async move {
            let fuel = call.fuel;
            self.shared.begin(call.host.clone());
            let abandoned = AbandonOnDrop(&self.guest);
            // `call` outlives the guest's run: it is dropped after the run has settled, or the guest is abandoned first.
            self.guest
                .call(
                    call.operation.as_ptr(),
                    call.operation.len(),
                    call.payload.as_ptr(),
                    call.payload.len(),
                    as_number(fuel),
                )
                .map_err(|error| GuestError::Trap(text_of(&error)))?;
            let outcome = std::future::poll_fn(|context| self.shared.poll(context)).await;
            std::mem::forget(abandoned);
            self.shared.host.borrow_mut().take();
            let left = self.guest.fuel_left() as i64;
            let returned = outcome.map_err(|cause| trap(left, fuel, cause))?;
            Ok(GuestReply {
                payload: self.reply(returned)?,
                fuel_used: fuel.saturating_sub(u64::try_from(left).unwrap_or(0)),
            })
        })
    }
}

/// Keeps a guest whose caller gave up from touching anything more.
struct AbandonOnDrop<'a>(&'a Guest);

impl Drop for AbandonOnDrop<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl Shared {
    fn begin(&self, host: Arc<dyn HostCalls>) {
        *self.host.borrow_mut() = Some(host);
        *self.outcome.borrow_mut() = None;
    }

    fn settle(&self, returned: i32, error: Option<String>) {
        *self.outcome.borrow_mut() = Some(error.map_or(Ok(returned), Err));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn poll(&self, context: &std::task::Context<'_>) -> Poll<Result<i32, String>> {
        if let Some(outcome) = self.outcome.borrow_mut().take() {
            return Poll::Ready(outcome);
        }
        self.waker.set(Some(context.waker().clone()));
        Poll::Pending
    }

    /// Carries out a host call; the promise brings a `Uint8Array`, or the error's text.
    fn host_call(&self, memory: &Uint8Array, ranges: &Uint32Array) -> Promise {
        // Cloned out: the call may re-enter this guest's functions before it returns.
        let host = self.host.borrow().clone();
        let range = |at: u32| {
            let start = ranges.get_index(at);
            memory.subarray(start, start + ranges.get_index(at + 1)).to_vec()
        };
        let text = |at: u32| String::from_utf8_lossy(&range(at)).into_owned();
        let answer = host.map(|host| {
            host.call(HostCall { binding: text(0), namespace: text(2), operation: text(4), payload: range(6).into() })
        });
        future_to_promise(async move {
            let answer = match answer {
                Some(answer) => answer.await,
                None => Err(NOT_CALLED.to_owned()),
            };
            Ok(match answer {
                Ok(reply) => Uint8Array::from(&*reply).into(),
                Err(error) => JsString::from(error).into(),
            })
        })
    }

    fn log(&self, text: &Uint8Array) {
        let host = self.host.borrow().clone();
        if let Some(host) = host {
            host.log(&String::from_utf8_lossy(&text.to_vec()));
        }
    }
}

impl fmt::Debug for JspiInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JspiInstance")
    }
}
