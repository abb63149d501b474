//! The provider with an actor that the test answers for, and terminals that connect to it.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Mutex,
    time::timeout,
};
use wisteria_contracts::telnet::{SessionText, operation};
use wisteria_core::{bus::Message, provider::LinkRefused};
use wisteria_server::platform::NativePlatform;

use crate::{
    conformance::Backend,
    hosted::{Calls, Hosted},
    linked::{actor, call, link},
};

/// How long something may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// An address of this machine that nobody listens on.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound")
}

/// A connection as a terminal has it.
pub(crate) struct Terminal(TcpStream);

impl Terminal {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.expect("it listens"))
    }

    pub(crate) async fn types(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.expect("it reads");
    }

    /// Waits for exactly these bytes.
    pub(crate) async fn sees(&mut self, expected: impl AsRef<[u8]>) {
        let mut seen = vec![0; expected.as_ref().len()];
        timeout(PATIENCE, self.0.read_exact(&mut seen)).await.expect("it comes").expect("the session goes on");
        assert_eq!(String::from_utf8_lossy(&seen), String::from_utf8_lossy(expected.as_ref()));
    }

    /// All that comes until the end.
    pub(crate) async fn rest(&mut self) -> String {
        let mut seen = Vec::new();
        // Whether the end is an orderly one is not what is asked here.
        drop(timeout(PATIENCE, self.0.read_to_end(&mut seen)).await.expect("it ends"));
        String::from_utf8(seen).expect("text")
    }
}

/// The provider, linked to an actor.
pub(crate) struct Terminals {
    pub(crate) hosted: Hosted,
    pub(crate) address: SocketAddr,
    calls: Mutex<Calls>,
    /// The terminal of a case, and whether the actor has its session.
    typing: Mutex<Option<(Terminal, bool)>>,
}

impl Terminals {
    pub(crate) async fn start() -> Self {
        Self::linked(&[]).await
    }

    /// With these values beside the address.
    pub(crate) async fn linked(values: &[(&str, &str)]) -> Self {
        let hosted = Hosted::start("telnet", Arc::new(NativePlatform::current())).await;
        let calls = Mutex::new(hosted.calls());
        let terminals = Self { hosted, address: free_address(), calls, typing: Mutex::default() };
        terminals.link(terminals.address, values).await.expect("linked");
        terminals
    }

    /// Links the actor at that address.
    pub(crate) async fn link(&self, address: SocketAddr, values: &[(&str, &str)]) -> Result<(), LinkRefused> {
        let address = address.to_string();
        let values = [&[("ADDRESS", address.as_str())][..], values].concat();
        link(&*self.hosted.provider, &values, true).await
    }

    /// A terminal whose session the actor takes, and the session's name.
    pub(crate) async fn connect(&self) -> (Terminal, String) {
        let terminal = Terminal::connect(self.address).await;
        (terminal, self.started(true).await)
    }

    /// The session that begins next, which the actor takes or does not take.
    pub(crate) async fn started(&self, is_taken: bool) -> String {
        self.answer(operation::SESSION_STARTED, &is_taken).await
    }

    /// The line that comes next, after which the session goes on or does not.
    pub(crate) async fn line(&self, goes_on: bool) -> SessionText {
        self.answer(operation::RECEIVE_TEXT, &goes_on).await
    }

    /// The session that ends next.
    pub(crate) async fn ended(&self) -> String {
        self.answer(operation::SESSION_ENDED, &()).await
    }

    async fn answer<T: serde::de::DeserializeOwned>(&self, operation: &str, reply: &impl Serialize) -> T {
        let mut calls = self.calls.lock().await;
        timeout(PATIENCE, calls.answer(operation, reply)).await.expect("the actor is called")
    }

    /// The next call with what it takes to answer it.
    pub(crate) async fn call(&self) -> (String, Bytes, Message) {
        timeout(PATIENCE, self.calls.lock().await.next()).await.expect("the actor is called")
    }

    /// Fails a call.
    pub(crate) async fn fail(&self, call: Message) {
        self.calls.lock().await.reply(call, Bytes::new(), Some("guest-failed"));
    }

    /// Sends text as the actor; whether it was taken.
    pub(crate) async fn send(&self, session: &str, text: &str) -> bool {
        let argument = serde_json::json!({ "session": session, "text": text });
        call(&*self.hosted.provider, operation::SEND_TEXT, &argument).await.expect("answered") == true
    }

    /// Deletes the link.
    pub(crate) async fn unlink(&self) {
        self.hosted.provider.unlink(actor(), "default".into()).await;
    }
}

/// Cases say `Connect` with whether the actor takes the session, `Type` for bytes that make a line of it, `Push` for others,
/// `See` for bytes that the terminal is shown, `Leave` for its end, and `End` for the rest that it is shown.
impl Backend for Terminals {
    async fn call(&self, operation: &str, argument: &Value) -> Result<Value, String> {
        let mut typing = self.typing.lock().await;
        let bytes = || match argument {
            Value::Object(fields) => {
                let text = fields["base64"].as_str().expect("Base64");
                data_encoding::BASE64.decode(text.as_bytes()).expect("Base64")
            }
            text => text.as_str().expect("a text").as_bytes().to_vec(),
        };
        match operation {
            "Connect" => {
                *typing = Some((Terminal::connect(self.address).await, argument == true));
                return Ok(self.started(argument == true).await.into());
            }
            "Leave" => {
                *typing = None;
                return Ok(self.ended().await.into());
            }
            _ => {}
        }
        if operation.starts_with("Telnet.") {
            return call(&*self.hosted.provider, operation, argument).await;
        }
        let (terminal, _) = typing.as_mut().expect("it is connected");
        match operation {
            "Type" => {
                terminal.types(bytes()).await;
                Ok(serde_json::to_value(self.line(true).await).expect("JSON"))
            }
            "Push" => {
                terminal.types(bytes()).await;
                Ok(Value::Null)
            }
            "See" => {
                terminal.sees(bytes()).await;
                Ok(Value::Null)
            }
            "End" => Ok(terminal.rest().await.into()),
            other => panic!("a case says {other}"),
        }
    }

    async fn clear(&self) {
        let former = self.typing.lock().await.take();
        if let Some((terminal, true)) = former {
            drop(terminal);
            self.ended().await;
        }
    }

    async fn pass_time(&self) {}
}
