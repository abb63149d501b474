//! HTTP, served by an actor and by axum alone.

use std::{net::SocketAddr, path::Path};

use axum::{Router, routing::get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use wisteria_contracts::{codec, httpserver};

use super::{Failure, actor::Linked, load::Caller};

/// Answers each request with the bytes after it.
const SERVES: &str = r#"(module
    (import "wapc" "__guest_response" (func $response (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "RESPONSE")
    (func (export "__guest_call") (param i32 i32) (result i32)
        (call $response (i32.const 0) (i32.const LENGTH))
        (i32.const 1)))"#;

const BODY: &str = "Hello from where this is served.";

/// Serves [`BODY`] by axum until the process ends, and returns where.
pub(crate) async fn bare() -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let routes = Router::new().fallback(get(|| async { BODY }));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(address)
}

/// Has an actor serve the same, and returns it and where.
pub(crate) async fn by_actor(folder: &Path) -> Result<(Linked, SocketAddr), Failure> {
    let response =
        httpserver::HttpResponse { status_code: 200, body: BODY.into(), ..httpserver::HttpResponse::default() };
    let response = codec::encode(&response);
    let escaped: String = response.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let module = SERVES.replace("RESPONSE", &escaped).replace("LENGTH", &response.len().to_string());
    // A port that is free now.
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let values = [("address", address.to_string())];
    Ok((Linked::with(&module, "httpserver", httpserver::CONTRACT, &values, folder).await?, address))
}

/// Callers, each with a connection of its own that stays open.
pub(crate) async fn callers(address: SocketAddr, count: usize) -> Result<Vec<Connection>, Failure> {
    let mut callers = Vec::with_capacity(count);
    for _ in 0..count {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let request = format!("GET /visits HTTP/1.1\r\nhost: {address}\r\n\r\n");
        callers.push(Connection { stream, request, buffer: Vec::new() });
    }
    Ok(callers)
}

/// Asks over and over. The client is as small as can be, as it runs beside what is measured.
pub(crate) struct Connection {
    stream: TcpStream,
    request: String,
    buffer: Vec<u8>,
}

impl Caller for Connection {
    async fn call(&mut self) -> Result<(), Failure> {
        self.stream.write_all(self.request.as_bytes()).await?;
        self.buffer.clear();
        while !self.buffer.ends_with(BODY.as_bytes()) {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the connection has ended".into());
            }
        }
        match self.buffer.starts_with(b"HTTP/1.1 200 ") {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&self.buffer).into()),
        }
    }
}
