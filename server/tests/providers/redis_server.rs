//! A real Redis that stops with the test.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// One on a port of its own, which writes each change to the disk before it answers.
#[derive(Debug)]
pub(crate) struct RedisServer {
    child: Child,
    port: u16,
    options: Vec<String>,
    directory: TempDir,
}

impl RedisServer {
    /// Starts one with further options and waits until it is ready.
    pub(crate) fn start(options: &[&str]) -> Self {
        // A port that is free now.
        let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
        let options = options.iter().map(|option| (*option).to_owned()).collect::<Vec<_>>();
        let directory = TempDir::new().expect("a temporary directory");
        Self { child: run(free.port(), &directory, &options), port: free.port(), options, directory }
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it as a crash would.
    pub(crate) fn crash(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Starts it again where it was.
    pub(crate) fn restart(&mut self) {
        self.child = run(self.port, &self.directory, &self.options);
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.crash();
    }
}

fn run(port: u16, directory: &TempDir, options: &[String]) -> Child {
    let mut child = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"])
        .arg(directory.path())
        .args(["--appendonly", "yes", "--appendfsync", "always"])
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("redis-server starts; `cargo xtask test rust` installs it, or: apt-get install redis-server");
    let mut lines = BufReader::new(child.stdout.take().expect("it was piped")).lines();
    let mut seen = String::new();
    for line in lines.by_ref().map_while(Result::ok) {
        seen += &line;
        seen += "\n";
        if line.contains("Ready to accept connections") {
            // It goes on printing, and must not be blocked.
            std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
            return child;
        }
    }
    // It prints no more, so it has ended.
    panic!("redis-server ended before it was ready, {:?}:\n{seen}", child.wait());
}
