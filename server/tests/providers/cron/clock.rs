//! The provider with a clock of its own, and the actor that hears its ticks.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::sync::Mutex;
use wisteria_contracts::{
    codec,
    cron::{Tick, operation},
};
use wisteria_core::bus::Message;

use crate::{
    conformance::Backend,
    hosted::{Calls, Hosted},
    linked::{SetTime, actor, call, link},
};

/// When the clock begins, in milliseconds since 1970: Tuesday, 14 November 2023, 22:13:20.
pub(crate) const BEGIN: u64 = 1_700_000_000_000;

/// `cron` on a host whose clock is set.
pub(crate) struct Clock {
    pub(crate) time: Arc<SetTime>,
    pub(crate) hosted: Hosted,
    heard: Mutex<Calls>,
}

impl Clock {
    pub(crate) async fn start() -> Self {
        let time = SetTime::new();
        let hosted = Hosted::start("cron", time.clone()).await;
        let heard = Mutex::new(hosted.calls());
        Self { time, hosted, heard }
    }

    /// Links the actor by these schedules.
    pub(crate) async fn link(&self, schedules: &[(&str, &str)]) -> Result<(), String> {
        link(&*self.hosted.provider, schedules, true).await.map_err(|refused| refused.0)
    }

    /// Has the provider stop and start again.
    pub(crate) async fn restart(&self, schedules: &[(&str, &str)]) {
        self.stop().await;
        link(&*self.hosted.provider, schedules, false).await.expect("linked");
    }

    pub(crate) async fn stop(&self) {
        self.hosted.provider.unlink(actor(), "default".into()).await;
    }

    /// Deletes the link.
    pub(crate) async fn forget(&self) {
        self.hosted.provider.forget(actor(), "default".into()).await;
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.time.pass(Duration::from_secs(seconds));
    }

    /// The next tick with what it takes to answer it.
    pub(crate) async fn next(&self) -> (Tick, Message) {
        let mut heard = self.heard.lock().await;
        let next = tokio::time::timeout(Duration::from_secs(60), heard.next());
        let (called, argument, message) = next.await.expect("a tick comes");
        assert_eq!(called, operation::HANDLE_TICK);
        (codec::decode(&argument).expect("a tick"), message)
    }

    /// Answers a tick, or fails it with that code.
    pub(crate) async fn answer(&self, message: Message, code: Option<&'static str>) {
        self.heard.lock().await.reply(message, bytes::Bytes::new(), code);
    }

    /// The next tick, which is handled: its name, at which second after the beginning it was due, and how many were missed.
    pub(crate) async fn tick(&self) -> (String, u64, u32) {
        let (tick, message) = self.next().await;
        self.answer(message, None).await;
        shown(&tick)
    }

    /// Whether a tick is there already.
    pub(crate) async fn is_silent(&self) -> bool {
        self.heard.lock().await.is_silent()
    }
}

/// A tick's name, at which second after the beginning it was due, and how many were missed.
pub(crate) fn shown(tick: &Tick) -> (String, u64, u32) {
    (tick.name.clone(), (tick.scheduled_time - BEGIN) / 1_000, tick.missed)
}

/// Cases say `Link` with the link's values, `Pass` with seconds, and `Tick` for the next tick, which is handled.
impl Backend for Clock {
    async fn call(&self, operation: &str, argument: &Value) -> Result<Value, String> {
        match operation {
            "Link" => {
                let values = argument.as_object().expect("values").iter();
                let values: Vec<_> = values.map(|(name, text)| (&**name, text.as_str().expect("a text"))).collect();
                self.link(&values).await.map(|()| Value::Null)
            }
            "Pass" => {
                self.pass(argument.as_u64().expect("seconds"));
                Ok(Value::Null)
            }
            "Tick" => {
                let (name, at, missed) = self.tick().await;
                Ok(json!({ "name": name, "at": at, "missed": missed }))
            }
            other => call(&*self.hosted.provider, other, argument).await,
        }
    }

    async fn clear(&self) {
        self.forget().await;
        // Each case begins where the clock began.
        self.time.set(Duration::from_millis(BEGIN));
    }

    async fn pass_time(&self) {
        self.pass(1);
    }
}
