//! One guest on the page's WebAssembly.

use std::{
    cell::{Cell, OnceCell, RefCell},
    fmt,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures::FutureExt;
use js_sys::{Uint8Array, WebAssembly};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
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
    _reserve: Closure<dyn Fn(u32, usize) -> *mut u8>,
    _host_call: Closure<dyn Fn(usize, usize, usize)>,
    _log: Closure<dyn Fn(Uint8Array)>,
    _settle: Closure<dyn Fn(i32, f64)>,
}

/// What the guest's functions and the caller both see. No borrow of it lasts while anything else runs.
#[derive(Default)]
struct Shared {
    guest: OnceCell<Guest>,
    host: RefCell<Option<Arc<dyn HostCalls>>>,
    /// What `__guest_call` returned, -1 for a trap, and the fuel that was left.
    outcome: Cell<Option<(i32, f64)>>,
    waker: Cell<Option<Waker>>,
    reply: RefCell<Vec<u8>>,
    error: RefCell<Option<Vec<u8>>>,
    request: RefCell<Vec<u8>>,
    /// The guest copies from these where they lie.
    host_reply: RefCell<Bytes>,
    host_error: RefCell<String>,
}

impl JspiInstance {
    pub(super) fn new(
        module: &WebAssembly::Module,
        stubs: Vec<String>,
        starts: Vec<String>,
        only_answers: bool,
    ) -> Result<Self, JsValue> {
        let shared = Rc::new(Shared::default());
        let reserve = {
            let shared = shared.clone();
            Closure::new(move |what: u32, length: usize| shared.reserve(what, length))
        };
        let host_call = {
            let shared = shared.clone();
            Closure::new(move |binding: usize, namespace: usize, operation: usize| {
                shared.host_call(binding, namespace, operation);
            })
        };
        let log = {
            let shared = shared.clone();
            Closure::new(move |text: Uint8Array| shared.log(&text))
        };
        let settle = {
            let shared = shared.clone();
            Closure::new(move |returned: i32, fuel_left: f64| shared.settle(returned, fuel_left))
        };
        let guest = Guest::new(
            module,
            &wasm_bindgen::memory(),
            stubs,
            starts,
            only_answers,
            WASI_ENOSYS,
            FUEL_EXPORT,
            function(&reserve),
            function(&host_call),
            function(&log),
            function(&settle),
        )?;
        // It is set nowhere else.
        shared.guest.set(guest.clone()).ok();
        Ok(Self { guest, shared, _reserve: reserve, _host_call: host_call, _log: log, _settle: settle })
    }

    /// Runs the guest's start functions.
    pub(super) async fn start(&self, fuel: u64) -> Result<(), GuestError> {
        let started = JsFuture::from(self.guest.start(as_number(fuel))).await;
        started.map(drop).map_err(|error| match self.guest.fuel_left() < 0.0 {
            true => GuestError::OutOfFuel { fuel },
            false => GuestError::Instantiate(format!("its start failed: {}", text_of(&error))),
        })
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
            self.guest.call(
                call.operation.as_ptr(),
                call.operation.len(),
                call.payload.as_ptr(),
                call.payload.len(),
                as_number(fuel),
            );
            let (returned, left) = std::future::poll_fn(|context| self.shared.poll(context)).await;
            std::mem::forget(abandoned);
            self.shared.host.borrow_mut().take();
            let left = left as i64;
            let fuel_used = fuel.saturating_sub(u64::try_from(left).unwrap_or(0));
            match returned {
                -1 => Err(trap(left, fuel, self.guest.trap())),
                0 => Err(GuestError::Failed(self.shared.take_error())),
                _ => Ok(GuestReply { payload: self.shared.reply.take().into(), fuel_used }),
            }
        })
    }

    fn memory(&self) -> u64 {
        self.guest.memory_bytes() as u64
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
        self.host.replace(Some(host));
        self.outcome.set(None);
        self.reply.take();
        self.error.take();
        self.host_reply.take();
        self.host_error.take();
    }

    /// Room for the guest's reply, its error, or a request of its; the shim fills it at once.
    fn reserve(&self, what: u32, length: usize) -> *mut u8 {
        let mut room = vec![0; length];
        let start = room.as_mut_ptr();
        match what {
            0 => drop(self.reply.replace(room)),
            1 => drop(self.error.replace(Some(room))),
            _ => drop(self.request.replace(room)),
        }
        start
    }

    fn settle(&self, returned: i32, fuel_left: f64) {
        self.outcome.set(Some((returned, fuel_left)));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn poll(&self, context: &Context<'_>) -> Poll<(i32, f64)> {
        if let Some(outcome) = self.outcome.take() {
            return Poll::Ready(outcome);
        }
        self.waker.set(Some(context.waker().clone()));
        Poll::Pending
    }

    fn take_error(&self) -> String {
        match self.error.take() {
            Some(error) => String::from_utf8_lossy(&error).into_owned(),
            None => "it gave no reason".to_owned(),
        }
    }

    /// Carries out the request whose parts have these lengths, the payload being the rest. What needs no waiting is
    /// answered before this returns, and the guest is not suspended.
    fn host_call(self: &Rc<Self>, binding: usize, namespace: usize, operation: usize) {
        let request = Bytes::from(self.request.take());
        let text = |start: usize, length: usize| String::from_utf8_lossy(&request[start..start + length]).into_owned();
        let call = HostCall {
            binding: text(0, binding),
            namespace: text(binding, namespace),
            operation: text(binding + namespace, operation),
            payload: request.slice(binding + namespace + operation..),
        };
        let host = self.host.borrow().clone();
        let Some(host) = host else {
            self.answer(Err(NOT_CALLED.to_owned()));
            return;
        };
        let mut work = host.call(call);
        match (&mut work).now_or_never() {
            Some(answer) => self.answer(answer),
            None => {
                let shared = self.clone();
                spawn_local(async move { shared.answer(work.await) });
            }
        }
    }

    /// Hands the guest what the host answered.
    fn answer(&self, answer: Result<Bytes, String>) {
        let guest = self.guest.get().expect("nothing of a guest runs before it is known");
        let (ok, start, length) = match answer {
            Ok(reply) => {
                let (start, length) = (reply.as_ptr(), reply.len());
                self.host_reply.replace(reply);
                (true, start, length)
            }
            Err(error) => {
                let (start, length) = (error.as_ptr(), error.len());
                self.host_error.replace(error);
                (false, start, length)
            }
        };
        guest.answered(ok, start, length);
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
