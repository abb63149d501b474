//! A server that speaks the protocol of S3, `moto`, which stops with the test.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// The bucket that it has.
pub(crate) const BUCKET: &str = "bucket";

/// One on a port of its own, with one bucket, in memory.
#[derive(Debug)]
pub(crate) struct S3Server {
    child: Child,
    port: u16,
}

impl S3Server {
    /// One that has this in its environment; `INITIAL_NO_AUTH_ACTION_COUNT=1` has it let nobody in once it has
    /// its bucket.
    pub(crate) fn start(environment: &[(&str, &str)]) -> Self {
        // A port that is free now.
        let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
        let mut command = Command::new(program());
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &free.port().to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).envs(environment.iter().copied());
        let mut child = command.spawn().expect("moto starts; `cargo xtask test rust` installs it");
        let mut lines = BufReader::new(child.stderr.take().expect("it was piped")).lines();
        let mut seen = String::new();
        while !seen.contains("Running on") {
            // Without a further line, it has ended.
            let line = lines.next().and_then(Result::ok);
            let line = line.unwrap_or_else(|| {
                panic!("moto ended before it was ready; `cargo xtask test rust` installs it:\n{seen}")
            });
            seen += &line;
            seen += "\n";
        }
        // It goes on printing, and must not be blocked.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let server = Self { child, port: free.port() };
        let answer = server.ask(&format!("PUT /{BUCKET} HTTP/1.1"));
        assert!(answer.contains(" 200 "), "{answer}");
        server
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The answer to a request of the test's own.
    pub(crate) fn ask(&self, line: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it is ready");
        // What is in a bucket is not for everybody, though anybody may say who they are.
        let signed = "authorization: AWS4-HMAC-SHA256 Credential=ada/20260101/us-east-1/s3/aws4_request, \
                      SignedHeaders=host, Signature=0";
        let request = format!(
            "{line}\r\nhost: 127.0.0.1:{}\r\n{signed}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            self.port
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("answered");
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The Python that has it.
fn program() -> PathBuf {
    let installed = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/python/bin/python"));
    env::var_os("WISTERIA_PYTHON").map_or_else(installed, PathBuf::from)
}
