//! The lattice's bus, as JavaScript speaks and listens on it. A message is `[subject, reply, payload, headers]`, where
//! headers are names and values in turn.

use std::cell::RefCell;

use futures::{
    StreamExt,
    stream::{AbortHandle, Abortable},
};
use js_sys::{Array, Function, Uint8Array};
use litemap::LiteMap;
use wasm_bindgen::prelude::*;
use wisteria_browser_platform::BrowserPlatform;
use wisteria_core::{
    bus::{Bus, Headers, Message, Subject, SubjectPattern},
    error::LatticeError,
    platform::Platform,
};

use crate::host::{TabHost, milliseconds, tell};

/// What JavaScript listens to, by the numbers that it knows.
#[derive(Debug, Default)]
pub(crate) struct Listening {
    open: RefCell<LiteMap<u32, AbortHandle>>,
}

#[wasm_bindgen]
impl TabHost {
    /// A subject of this host alone, for replies to what is published.
    #[wasm_bindgen(js_name = newInbox)]
    pub fn new_inbox(&self) -> String {
        self.parts.bus.new_inbox().to_string()
    }

    /// Publishes; resolves once the broker has handled it, and rejects where it refused it.
    pub fn publish(
        &self,
        subject: String,
        payload: Vec<u8>,
        reply: Option<String>,
        headers: Vec<String>,
    ) -> js_sys::Promise {
        self.answer(async move |parts| {
            let reply = reply.map(Subject::new).transpose()?;
            let message = Message { reply, ..message(&subject, payload, &headers)? };
            parts.bus.publish_and_confirm(message).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Publishes with a reply subject of its own and brings the first reply.
    pub fn request(
        &self,
        subject: String,
        payload: Vec<u8>,
        headers: Vec<String>,
        timeout_millis: u32,
    ) -> js_sys::Promise {
        self.answer(async move |parts| {
            let message = message(&subject, payload, &headers)?;
            let reply = parts.bus.request(message, milliseconds(timeout_millis)).await?;
            Ok(as_js(&reply))
        })
    }

    /// Calls `listener` with each message on a subject or a pattern, once this resolves and until `unsubscribe` with the
    /// same number.
    pub fn subscribe(
        &self,
        number: u32,
        pattern: String,
        queue: Option<String>,
        listener: Function,
    ) -> js_sys::Promise {
        self.answer(async move |parts| {
            let pattern = SubjectPattern::new(pattern)?;
            let messages = parts.bus.subscribe(pattern.clone(), queue.as_deref())?;
            let (end, registration) = AbortHandle::new_pair();
            // Known before it is confirmed, so that it can be ended before that.
            parts.listening.open.borrow_mut().insert(number, end);
            let mut messages = Abortable::new(messages, registration);
            if let Err(refused) = parts.bus.confirm(&pattern).await {
                parts.listening.open.borrow_mut().remove(&number);
                return Err(refused.into());
            }
            BrowserPlatform.spawn(Box::pin(async move {
                while let Some(message) = messages.next().await {
                    tell(&listener, &as_js(&message));
                }
            }));
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Ends what `subscribe` began under that number.
    pub fn unsubscribe(&self, number: u32) {
        if let Some(end) = self.parts.listening.open.borrow_mut().remove(&number) {
            end.abort();
        }
    }
}

fn message(subject: &str, payload: Vec<u8>, headers: &[String]) -> Result<Message, LatticeError> {
    let headers: Headers = headers.chunks_exact(2).map(|header| (header[0].as_str(), header[1].as_str())).collect();
    Ok(Message { subject: Subject::new(subject)?, reply: None, headers, payload: payload.into() })
}

fn as_js(message: &Message) -> JsValue {
    let headers: Array =
        message.headers.iter().flat_map(|(name, value)| [name, value]).map(JsValue::from_str).collect();
    let reply = message.reply.as_deref().map_or(JsValue::UNDEFINED, JsValue::from_str);
    Array::of4(&JsValue::from_str(&message.subject), &reply, &Uint8Array::from(&*message.payload), &headers).into()
}
