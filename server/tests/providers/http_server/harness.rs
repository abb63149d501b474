//! The HTTP server over real TCP. The actor is the test itself, answering on the bus as one on another host would.

use std::{cell::RefCell, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use serde::Serialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use wisteria_contracts::{
    codec,
    httpserver::{HttpRequest, HttpResponse},
};
use wisteria_core::{
    bus::{LocalBus, Message},
    call::CallContext,
    host::{Host, ProviderKind},
    identity::{KeyKind, PublicKey},
    provider::{LinkRefused, LinkValues, Provider, ProviderCall, ProviderLink},
};
use wisteria_server::{platform::NativePlatform, provider::HttpServer};

use crate::hosted::{Calls, calls, host};

thread_local! {
    /// The provider that this test's host made.
    static MADE: RefCell<Option<Arc<HttpServer>>> = const { RefCell::new(None) };
}

/// A host with the provider, and the bus that it calls actors over.
pub(crate) struct Server {
    pub(crate) provider: Arc<HttpServer>,
    bus: Arc<LocalBus>,
    _host: Host,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let kind = ProviderKind {
            description: HttpServer::DESCRIPTION,
            create: |context| {
                let provider = Arc::new(HttpServer::new(context.caller));
                MADE.set(Some(provider.clone()));
                provider
            },
        };
        // Short, as one test waits for it to pass.
        let deadline = Duration::from_millis(300);
        let (bus, host) = host(kind, Arc::new(NativePlatform::current()), None, deadline).await;
        Self { provider: MADE.take().expect("the host made one"), bus, _host: host }
    }

    /// Links an actor by these values, and returns where it is served.
    pub(crate) async fn link_by(&self, actor: PublicKey, values: &[(&str, &str)]) -> Result<SocketAddr, LinkRefused> {
        let values = values.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let values = LinkValues::new(HttpServer::DESCRIPTION.values, values)?;
        self.provider.link(ProviderLink { actor, link_name: "default".into(), values, is_new: true }).await?;
        Ok(self.provider.bound(actor, "default").expect("a taken link listens"))
    }

    pub(crate) async fn link(&self, actor: PublicKey, address: impl ToString) -> Result<SocketAddr, LinkRefused> {
        self.link_by(actor, &[("address", &address.to_string())]).await
    }

    /// An actor that takes its calls.
    pub(crate) fn actor(&self, byte: u8) -> Actor {
        Actor(calls(&self.bus, key(byte)))
    }

    /// One that is linked to a free port, and where that is.
    pub(crate) async fn linked_actor(&self, byte: u8) -> (Actor, SocketAddr) {
        let address = self.link(key(byte), "127.0.0.1:0").await.expect("linked");
        (self.actor(byte), address)
    }

    /// Calls the provider as that actor.
    pub(crate) async fn call<T: Serialize>(&self, byte: u8, operation: &str, argument: &T) -> Result<bool, String> {
        let call = ProviderCall {
            actor: key(byte),
            link_name: "default".into(),
            operation: operation.into(),
            payload: codec::encode(argument).into(),
            context: CallContext::root(Duration::from_secs(5)),
        };
        let reply = self.provider.invoke(call).await.map_err(|error| format!("{}: {error}", error.code()))?;
        Ok(codec::decode(&reply).expect("a boolean"))
    }
}

pub(crate) fn key(byte: u8) -> PublicKey {
    PublicKey::from_bytes(KeyKind::Module, [byte; 32])
}

/// Takes calls from the bus.
pub(crate) struct Actor(Calls);

impl Actor {
    /// The next call with what it takes to answer it: its operation and its argument.
    pub(crate) async fn call(&mut self) -> (String, Bytes, Message) {
        self.0.next().await
    }

    /// The next request with what it takes to answer it.
    pub(crate) async fn request(&mut self) -> (HttpRequest, Message) {
        let (operation, argument, call) = self.call().await;
        assert_eq!(operation, "HttpServer.HandleRequest");
        (codec::decode(&argument).expect("a request"), call)
    }

    pub(crate) fn answer(&self, call: Message, response: &HttpResponse) {
        self.reply(call, codec::encode(response).into(), None);
    }

    /// Answers with these bytes, or fails with that code.
    pub(crate) fn reply(&self, call: Message, msg: Bytes, code: Option<&'static str>) {
        self.0.reply(call, msg, code);
    }
}

/// Sends a request and returns all of its answer.
pub(crate) async fn http(address: SocketAddr, request: String) -> String {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("read");
    answer
}

pub(crate) async fn get(address: SocketAddr) -> String {
    http(address, "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".to_owned()).await
}

#[track_caller]
pub(crate) fn check(answer: &str, status: u16, part: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert!(answer.contains(part), "{answer}");
}

#[track_caller]
pub(crate) fn refused(outcome: Result<SocketAddr, LinkRefused>, part: &str) {
    let error = outcome.expect_err("refused").to_string();
    assert!(error.contains(part), "{error}");
}

/// An address of this machine that nobody listens on.
pub(crate) fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound")
}
