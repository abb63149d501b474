//! Runs the program: single commands, and servers that stop with the test.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::LazyLock,
};

use serde_json::Value;
use tempfile::TempDir;

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// What it printed, without the line's end. It succeeded.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        assert_eq!(self.code, 0, "{self:?}");
        self.stdout.trim_end()
    }

    /// What it printed, as JSON. It succeeded.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.text()).expect("JSON")
    }

    /// The one line that says why it failed.
    #[track_caller]
    pub(crate) fn failure(&self) -> &str {
        assert_eq!(self.code, 1, "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        self.stderr.trim_end()
    }
}

/// Runs the program with these arguments and this standard input.
pub(crate) fn run(arguments: &[&str], input: &[u8]) -> Ended {
    let mut child = program(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("it was piped");
    stdin.write_all(input).expect("the program takes its input");
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    Ended {
        code: output.status.code().expect("no signal ended it"),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wisteria"));
    command.args(arguments).env_remove("WISTERIA_URL").env_remove("WISTERIA_CREDS").env("WISTERIA_KEYS", keys_dir());
    for variable in ["VAULT_ADDR", "VAULT_TOKEN", "VAULT_NAMESPACE"] {
        command.env_remove(variable);
    }
    command
}

/// Where all commands of this test run keep their keys, apart from the user's own.
pub(crate) fn keys_dir() -> &'static Path {
    static KEYS: LazyLock<TempDir> = LazyLock::new(|| TempDir::new().expect("a temporary directory"));
    KEYS.path()
}

/// Who signed [`published_echo`].
pub(crate) const ECHO_ISSUER: &str = "ABRK5MP6QRTH7HXOVP2PR2TLDW6DPLBAF3LTGVWQRFVEF7W5VOUMACXB";

/// A server with a data directory of its own.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    output: BufReader<ChildStdout>,
    options: Vec<String>,
    data_dir: TempDir,
    /// What lets its operator in, where it asks for that.
    operator: PathBuf,
}

impl Server {
    /// Starts one on a free port and waits until it is ready.
    pub(crate) fn start(options: &[&str]) -> Self {
        Self::start_as(options, |_| {})
    }

    /// The same with more said to its process.
    pub(crate) fn start_as(options: &[&str], process: impl FnOnce(&mut Command)) -> Self {
        let data_dir = TempDir::new().expect("a temporary directory");
        let options = options.iter().map(|option| (*option).to_owned()).collect::<Vec<_>>();
        let (child, url, output) = up("127.0.0.1:0", &data_dir, &options, process);
        let operator = data_dir.path().join("operator.creds");
        Self { child, url, output, options, data_dir, operator }
    }

    /// Starts one that joins another, on the same machine.
    pub(crate) fn join(first: &Self, options: &[&str]) -> Self {
        Self::join_by(first, &format!("ws://{}/lattice", first.address()), options)
    }

    /// Starts one that joins another at one of these addresses, on the same machine.
    pub(crate) fn join_by(first: &Self, urls: &str, options: &[&str]) -> Self {
        let creds = first.data_dir().join("host.creds");
        let creds = creds.to_str().expect("a path in UTF-8");
        let mut second = Self::start(&[&["--join", urls, "--creds", creds][..], options].concat());
        second.operator.clone_from(&first.operator);
        second
    }

    /// Ends it as a crash would, and starts it again where it was.
    pub(crate) fn crash_and_restart(&mut self) {
        self.crash();
        self.restart();
    }

    /// Ends it as a crash would.
    pub(crate) fn crash(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Starts it again where it was.
    pub(crate) fn restart(&mut self) {
        (self.child, self.url, self.output) = up(self.address(), &self.data_dir, &self.options, |_| {});
    }

    /// The next line that it prints after the first, which says that it is ready.
    pub(crate) fn next_line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the server prints lines");
        line.trim_end().to_owned()
    }

    /// Where it keeps its state.
    pub(crate) fn data_dir(&self) -> &Path {
        self.data_dir.path()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        self.url.split_once("://").expect("an address").1
    }

    /// Runs a command on its lattice.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, b"")
    }

    /// Runs a command on its lattice with this standard input, as the operator of the lattice.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &[u8]) -> Ended {
        let way = self.way();
        run(&arguments.iter().copied().chain(way.iter().map(String::as_str)).collect::<Vec<_>>(), input)
    }

    /// What a command says to reach its lattice as the operator.
    pub(crate) fn way(&self) -> Vec<String> {
        let creds = self.operator.to_str().filter(|_| self.operator.is_file());
        let url = ["--url", &self.url].into_iter();
        url.chain(creds.into_iter().flat_map(|creds| ["--creds", creds])).map(str::to_owned).collect()
    }

    /// Waits for it to end by itself and returns its exit code.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        self.child.wait().expect("the server ends").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.crash();
    }
}

/// Starts a server and waits until it is ready.
fn up(
    address: &str,
    data_dir: &TempDir,
    options: &[String],
    process: impl FnOnce(&mut Command),
) -> (Child, String, BufReader<ChildStdout>) {
    let path = data_dir.path().to_str().expect("a path in UTF-8");
    let mut command = program(&["up", "--listen", address, "--data-dir", path]);
    command.args(options).stdout(Stdio::piped());
    process(&mut command);
    let mut child = command.spawn().expect("the server starts");
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().expect("it was piped"));
    output.read_line(&mut line).expect("the server says that it is ready");
    let start = line.find("http").unwrap_or_else(|| panic!("no address in {line:?}"));
    (child, line[start..].trim().trim_end_matches('/').to_owned(), output)
}

/// A sample actor's module, as `cargo xtask build` makes it.
pub(crate) fn sample(name: &str) -> PathBuf {
    built(&format!("wasm32-unknown-unknown/release/{name}"))
}

/// A published, signed actor: it answers each message with the same body.
pub(crate) fn published_echo() -> PathBuf {
    built("echo_messaging.wasm")
}

fn built(name: &str) -> PathBuf {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/actors")).join(name);
    assert!(path.is_file(), "{} is missing; make it with: cargo xtask build", path.display());
    path
}
