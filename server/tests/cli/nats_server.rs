//! A real NATS server that stops with the test.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
    thread,
};

use tempfile::TempDir;

/// The lines of configuration that start JetStream.
const WITH_JETSTREAM: &str = "jetstream { store_dir: \"STORE\" }\n";

/// One on a free port, with a store of its own.
#[derive(Debug)]
pub(crate) struct NatsServer {
    program: PathBuf,
    child: Child,
    config: String,
    directory: TempDir,
    /// Where clients connect by TCP, `127.0.0.1:PORT`.
    pub(crate) address: String,
    /// Where clients connect by WebSocket, `127.0.0.1:PORT`.
    pub(crate) websocket: String,
}

impl NatsServer {
    /// Starts one with JetStream and further lines of configuration.
    pub(crate) fn start(config: &str) -> Self {
        Self::start_without_jetstream(&format!("{WITH_JETSTREAM}{config}"))
    }

    /// Starts Debian's, which is of version 2.9.
    #[allow(dead_code, reason = "not every test binary that has this file asks for it")]
    pub(crate) fn start_old() -> Self {
        Self::start_program(PathBuf::from("/usr/sbin/nats-server"), WITH_JETSTREAM)
    }

    /// Starts one; `STORE` in the lines of configuration is a directory of its own.
    pub(crate) fn start_without_jetstream(config: &str) -> Self {
        Self::start_program(binary(), config)
    }

    fn start_program(program: PathBuf, config: &str) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let store = directory.path().join("store");
        let config = config.replace("STORE", store.to_str().expect("a path in UTF-8"));
        let (child, address, websocket) = run(&program, &directory, &config, ["127.0.0.1:-1", "127.0.0.1:-1"]);
        Self { program, child, config, directory, address, websocket }
    }

    /// Where clients connect, as links say it.
    pub(crate) fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// Ends it as a crash would.
    pub(crate) fn crash(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Starts it again where it was.
    pub(crate) fn restart(&mut self) {
        (self.child, ..) = run(&self.program, &self.directory, &self.config, [&self.address, &self.websocket]);
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.crash();
    }
}

/// Starts the server and waits until it is ready; returns where clients and WebSockets connect.
fn run(program: &Path, directory: &TempDir, config: &str, [address, websocket]: [&str; 2]) -> (Child, String, String) {
    let file = directory.path().join("nats.conf");
    let config = format!("listen: \"{address}\"\nwebsocket {{ listen: \"{websocket}\", no_tls: true }}\n{config}\n");
    fs::write(&file, config).expect("the configuration is written");
    let mut child = Command::new(program)
        .arg("-c")
        .arg(&file)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the NATS server starts");
    let (clients, websockets) = listening(child.stderr.take().expect("it was piped"));
    (child, clients, websockets)
}

/// Reads from the log where it listens, and goes on reading so that it is never blocked.
fn listening(log: ChildStderr) -> (String, String) {
    let mut lines = BufReader::new(log).lines();
    let (mut seen, mut clients, mut websockets) = (String::new(), None, None);
    for line in lines.by_ref().map_while(Result::ok) {
        let after = |words: &str| line.split_once(words).map(|(_, rest)| rest.trim().to_owned());
        clients = clients.or_else(|| after("Listening for client connections on "));
        websockets = websockets.or_else(|| after("Listening for websocket clients on ws://"));
        seen += &line;
        seen += "\n";
        if line.contains("Server is ready") {
            break;
        }
    }
    thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    match (clients, websockets) {
        (Some(clients), Some(websockets)) => (clients, websockets),
        _ => panic!("the NATS server is not ready:\n{seen}"),
    }
}

fn binary() -> PathBuf {
    let path = env::var_os("WISTERIA_NATS_SERVER")
        .expect("these tests need a NATS server, which the suite sets up: run them with `cargo xtask test rust`, or let WISTERIA_NATS_SERVER name a nats-server");
    PathBuf::from(path)
}
