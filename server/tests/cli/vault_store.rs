//! A store of secrets in the place of a Vault.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::{
        Arc,
        mpsc::{Receiver, channel},
    },
    thread,
};

use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The token that it lets in.
pub(crate) const TOKEN: &str = "hvs.lovelace";

/// What stands at a path: status and body.
pub(crate) type Answers = BTreeMap<&'static str, (u16, String)>;

/// A server that answers as Vault's key-value engine of version 2 does, and tells of each request that it has read.
pub(crate) struct Store {
    pub(crate) address: String,
    pub(crate) requests: Receiver<String>,
}

impl Store {
    pub(crate) fn start(answers: Answers, tls: Option<Arc<ServerConfig>>) -> Self {
        Self::start_at("127.0.0.1:0", answers, tls)
    }

    /// The same at that address.
    pub(crate) fn start_at(address: &str, answers: Answers, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind(address).expect("a free port");
        let scheme = if tls.is_some() { "https" } else { "http" };
        let address = format!("{scheme}://{}", listener.local_addr().expect("an address"));
        let (heard, requests) = channel();
        thread::spawn(move || {
            for socket in listener.incoming() {
                let socket = socket.expect("a connection");
                let request = match &tls {
                    None => answer(socket, &answers),
                    Some(config) => {
                        let session = ServerConnection::new(config.clone()).expect("a session");
                        answer(StreamOwned::new(session, socket), &answers)
                    }
                };
                // A test that has seen enough hears no more.
                drop(heard.send(request));
            }
        });
        Self { address, requests }
    }
}

/// Answers one request; nothing where the client does not send any.
fn answer(mut stream: impl Read + Write, answers: &Answers) -> String {
    let mut head = String::new();
    let mut lines = BufReader::new(&mut stream);
    while !head.ends_with("\r\n\r\n") {
        if !matches!(lines.read_line(&mut head), Ok(1..)) {
            return head;
        }
    }
    let path = head.split(' ').nth(1).expect("a path");
    let denied = (403, r#"{"errors":["permission denied"]}"#.to_owned());
    let missing = (404, r#"{"errors":[]}"#.to_owned());
    let (status, body) = match head.contains(&format!("x-vault-token: {TOKEN}\r\n")) {
        true => answers.get(path).unwrap_or(&missing),
        false => &denied,
    };
    let head_back =
        format!("HTTP/1.1 {status} So\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head_back}{body}").as_bytes()).expect("the client reads");
    head
}

/// What it says of a secret with these fields.
pub(crate) fn version(fields: &str) -> String {
    format!(r#"{{"request_id":"1","data":{{"data":{fields},"metadata":{{"destroyed":false,"version":2}}}}}}"#)
}
