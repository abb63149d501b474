//! Waiting, for all hosts of a thread by one timer of the page: to set one and clear it again costs more than many a call whose
//! deadline it stands for.

use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use litemap::LiteMap;
use wasm_bindgen::prelude::*;

use crate::platform::BrowserPlatform;

#[wasm_bindgen]
extern "C" {
    /// Browsers return a number, Node an object.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(fire: &JsValue, millis: f64) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: JsValue);
}

/// Timers of a page count milliseconds in 31 bits.
const LONGEST_TIMER: f64 = i32::MAX as f64;

thread_local! {
    static TIMERS: Timers = Timers::new();
}

/// Who waits in this thread, and the page's timer for the first of them.
struct Timers {
    /// By when they are to be woken, and by numbers that tell them apart.
    waiting: RefCell<LiteMap<(Duration, u64), Waker>>,
    next: Cell<u64>,
    armed: RefCell<Option<(Duration, JsValue)>>,
    fire: JsValue,
}

impl Timers {
    fn new() -> Self {
        let fire = Closure::<dyn Fn()>::new(|| TIMERS.with(Self::fired)).into_js_value();
        Self { waiting: RefCell::default(), next: Cell::new(0), armed: RefCell::default(), fire }
    }

    /// Has the page's timer go off by a time, unless it does so earlier.
    fn arm(&self, at: Duration) {
        let mut armed = self.armed.borrow_mut();
        match armed.take() {
            Some((sooner, timer)) if sooner <= at => *armed = Some((sooner, timer)),
            former => {
                if let Some((_, timer)) = former {
                    clear_timeout(timer);
                }
                let millis = at.saturating_sub(BrowserPlatform::time()).as_secs_f64() * 1000.0;
                *armed = Some((at, set_timeout(&self.fire, millis.ceil().min(LONGEST_TIMER))));
            }
        }
    }

    fn fired(&self) {
        self.armed.take();
        let now = BrowserPlatform::time();
        let mut due = Vec::new();
        self.waiting.borrow_mut().retain(|(at, _), waiting| {
            let is_due = *at <= now;
            if is_due {
                due.push(waiting.clone());
            }
            !is_due
        });
        // Whoever is woken may wait again.
        due.into_iter().for_each(Waker::wake);
        let first = self.waiting.borrow().keys().next().copied();
        if let Some((at, _)) = first {
            self.arm(at);
        }
    }

    fn forget(&self, key: (Duration, u64)) {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.remove(&key).is_some()
            && waiting.is_empty()
            && let Some((_, timer)) = self.armed.take()
        {
            // Node goes on for as long as a timer is to go off.
            clear_timeout(timer);
        }
    }
}

/// Waits until a time of the platform.
#[derive(Debug)]
pub(crate) struct Sleep {
    at: Duration,
    key: Option<(Duration, u64)>,
}

impl Sleep {
    /// Waits for so long, from now on.
    pub(crate) fn new(duration: Duration) -> Self {
        Self { at: BrowserPlatform::time().saturating_add(duration), key: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        TIMERS.with(|timers| {
            if let Some(key) = self.key
                && !timers.waiting.borrow().contains_key(&key)
            {
                self.key = None;
                return Poll::Ready(());
            }
            let key = self.key.unwrap_or_else(|| (self.at, timers.next.replace(timers.next.get() + 1)));
            self.key = Some(key);
            timers.waiting.borrow_mut().insert(key, context.waker().clone());
            timers.arm(self.at);
            Poll::Pending
        })
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            TIMERS.with(|timers| timers.forget(key));
        }
    }
}
