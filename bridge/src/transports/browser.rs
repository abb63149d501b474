//! WebSocket for pages and workers, and what is used as one.
#![cfg(target_family = "wasm")]

use std::{cell::Cell, rc::Rc};

use bytes::Bytes;
use futures::{
    SinkExt, StreamExt,
    channel::{mpsc, oneshot},
    sink,
};
use gloo_timers::future::TimeoutFuture;
use js_sys::{ArrayBuffer, Function, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BinaryType, CloseEvent, Event, MessageEvent, WebSocket};
use wisteria_core::platform::BoxFuture;

use super::{Connector, Pipe, TransportError};

/// Connects to a WebSocket address, `ws://127.0.0.1:7700/lattice`.
#[derive(Debug, Clone)]
pub struct WebSocketConnector {
    url: String,
    open: Option<Function>,
}

/// Frames that may wait to be read. A browser cannot be told to wait, so a socket that brings more is closed.
const MAX_UNREAD: usize = 8192;

/// Bytes that the browser may hold before sending pauses.
const MAX_BUFFERED: u32 = 1 << 20;

/// How long sending pauses then, in milliseconds; a browser tells nobody when its buffer drains.
const PAUSE_MILLIS: u32 = 2;

impl WebSocketConnector {
    /// A connector for an address.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), open: None }
    }

    /// The same with something else that is used as a WebSocket: `open(url)` brings it, before it is open.
    #[must_use]
    pub fn opened_by(self, open: Option<Function>) -> Self {
        Self { open, ..self }
    }

    fn open(&self) -> Result<WebSocket, JsValue> {
        match &self.open {
            // It has the methods and properties of a WebSocket, and those are all that is used of one.
            Some(open) => Ok(open.call1(&JsValue::NULL, &self.url.as_str().into())?.unchecked_into()),
            None => WebSocket::new(&self.url),
        }
    }
}

/// What comes and goes by a socket that is open. Bytes that it brought before are lost.
pub fn accept(socket: WebSocket) -> Pipe {
    let (socket, frames) = Socket::listen(socket);
    socket.into_pipe(frames)
}

impl Connector for WebSocketConnector {
    fn connect(&self) -> BoxFuture<'_, Result<Pipe, TransportError>> {
        Box::pin(async move {
            let (mut socket, frames) = Socket::listen(self.open().map_err(|error| failed("cannot open", &error))?);
            let opened = socket.opened.take().expect("a new socket has not been waited for");
            let failure = || TransportError(format!("{} does not accept a WebSocket", self.url));
            opened.await.map_err(|_| failure())?;
            Ok(socket.into_pipe(frames))
        })
    }
}

/// A socket with its event listeners; dropping it closes it.
#[derive(Debug)]
struct Socket {
    socket: WebSocket,
    opened: Option<oneshot::Receiver<()>>,
    _on_open: Closure<dyn FnMut(Event)>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    fn listen(socket: WebSocket) -> (Self, mpsc::Receiver<Bytes>) {
        socket.set_binary_type(BinaryType::Arraybuffer);
        let (frame_sender, frames) = mpsc::channel(MAX_UNREAD);
        let (open_sender, opened) = oneshot::channel();
        // A socket that closes before it opens has failed to.
        let open_sender = Rc::new(Cell::new(Some(open_sender)));
        let never_opened = open_sender.clone();
        let mut closing_sender = frame_sender.clone();
        let on_open = Closure::new(move |_: Event| {
            if let Some(sender) = open_sender.take() {
                // Whoever opened it may have given up.
                sender.send(()).ok();
            }
        });
        let on_message = on_message(socket.clone(), frame_sender);
        let on_close = Closure::new(move |_: CloseEvent| {
            drop(never_opened.take());
            closing_sender.close_channel();
        });
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        let socket =
            Self { socket, opened: Some(opened), _on_open: on_open, _on_message: on_message, _on_close: on_close };
        (socket, frames)
    }

    fn into_pipe(self, frames: mpsc::Receiver<Bytes>) -> Pipe {
        let outgoing = sink::unfold(self, |socket, bytes: Bytes| async move {
            socket.send(&bytes).await?;
            Ok(socket)
        });
        Pipe {
            incoming: frames.boxed_local(),
            outgoing: Box::pin(outgoing.sink_map_err(|error: TransportError| error)),
        }
    }

    async fn send(&self, bytes: &[u8]) -> Result<(), TransportError> {
        while self.socket.buffered_amount() > MAX_BUFFERED && self.socket.ready_state() == WebSocket::OPEN {
            TimeoutFuture::new(PAUSE_MILLIS).await;
        }
        if self.socket.ready_state() != WebSocket::OPEN {
            return Err(TransportError("the WebSocket is closed".to_owned()));
        }
        self.socket.send_with_u8_array(bytes).map_err(|error| failed("cannot send", &error))
    }
}

fn on_message(socket: WebSocket, mut frames: mpsc::Sender<Bytes>) -> Closure<dyn FnMut(MessageEvent)> {
    Closure::new(move |event: MessageEvent| {
        let Ok(buffer) = event.data().dyn_into::<ArrayBuffer>() else {
            return;
        };
        let bytes = Bytes::from(Uint8Array::new(&buffer).to_vec());
        if frames.try_send(bytes).is_err_and(|error| error.is_full()) {
            tracing::error!(limit = MAX_UNREAD, "more frames wait than may; closing the socket");
            frames.close_channel();
            // It closes either way.
            drop(socket.close());
        }
    })
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // It closes either way.
        drop(self.socket.close());
    }
}

fn failed(what: &str, error: &JsValue) -> TransportError {
    let cause = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    TransportError(format!("{what} the WebSocket: {}", cause.unwrap_or_else(|| format!("{error:?}"))))
}
