//! A real Postgres that stops with the test.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// Who may do everything there, and what lets them in.
pub(crate) const PASSWORD: &str = "lovelace";

/// One on a port of its own.
#[derive(Debug)]
pub(crate) struct PostgresServer {
    child: Child,
    port: u16,
    options: Vec<String>,
    directory: TempDir,
    user: Option<User>,
}

/// Whom the server runs as, where the test is run by root, as whom it does not run.
#[derive(Debug, Clone, Copy)]
struct User {
    uid: u32,
    gid: u32,
}

impl PostgresServer {
    /// Starts one and waits until it is ready.
    pub(crate) fn start() -> Self {
        Self::start_with(&[], &[])
    }

    /// The same with further settings, and files in its directory.
    pub(crate) fn start_with(settings: &[&str], files: &[(&str, &str)]) -> Self {
        // A port that is free now.
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let directory = TempDir::new().expect("a temporary directory");
        let user = unprivileged();
        let owned = |path: &Path| {
            if let Some(user) = user {
                chown(path, Some(user.uid), Some(user.gid)).expect("root may give it away");
            }
        };
        owned(directory.path());
        let secret = directory.path().join("password");
        fs::write(&secret, PASSWORD).expect("written");
        owned(&secret);
        let mut made = command("initdb", user);
        made.arg("-D").arg(directory.path().join("data")).args(["-U", "ada", "--auth=scram-sha-256", "--pwfile"]);
        made.arg(&secret).args(["-E", "UTF8", "--locale=C", "--no-sync"]);
        let made = made.output().expect("initdb runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        for (name, text) in files {
            let path = directory.path().join("data").join(name);
            fs::write(&path, text).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its owner's alone");
            owned(&path);
        }
        let options: Vec<_> = settings.iter().flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]).collect();
        Self { child: run(port, directory.path(), &options, user), port, options, directory, user }
    }

    /// Where it is, for its first user.
    pub(crate) fn url(&self) -> String {
        format!("postgres://ada:{PASSWORD}@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends it as a crash would: what it holds in memory is lost, and nothing is tidied up.
    pub(crate) fn crash(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal("QUIT");
        }
        drop(self.child.wait());
    }

    /// Starts it again where it was.
    pub(crate) fn restart(&mut self) {
        self.child = run(self.port, self.directory.path(), &self.options, self.user);
    }

    /// Has it stand still, or go on.
    pub(crate) fn stand_still(&self, still: bool) {
        // Whoever is asked next stands still as well.
        let processes = fs::read_to_string(format!("/proc/{0}/task/{0}/children", self.child.id()));
        let children = processes.expect("it is alive");
        let signal = if still { "STOP" } else { "CONT" };
        self.signal(signal);
        for child in children.split_whitespace() {
            send(signal, child);
        }
    }

    fn signal(&self, signal: &str) {
        send(signal, &self.child.id().to_string());
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.crash();
    }
}

fn send(signal: &str, process: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {process}")]).status().expect("sh runs");
    assert!(sent.success(), "{process} is there");
}

fn run(port: u16, directory: &Path, options: &[String], user: Option<User>) -> Child {
    let mut child = command("postgres", user)
        .arg("-D")
        .arg(directory.join("data"))
        .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
        .args(["-c", "shared_buffers=16MB", "-c", "max_connections=40"])
        .args(options)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("postgres starts");
    let mut lines = BufReader::new(child.stderr.take().expect("it was piped")).lines();
    let mut seen = String::new();
    for line in lines.by_ref().map_while(Result::ok) {
        seen += &line;
        seen += "\n";
        if line.contains("ready to accept connections") {
            // It goes on printing, and must not be blocked.
            std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
            return child;
        }
    }
    // It prints no more, so it has ended.
    panic!("postgres ended before it was ready, {:?}:\n{seen}", child.wait());
}

/// A program of Postgres, wherever the package has put it.
fn command(name: &str, user: Option<User>) -> Command {
    let mut command = Command::new(program(name));
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    // The one of the test may not be for the server's user to enter.
    command.current_dir("/");
    command
}

fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.map(|version| version.path().join("bin").join(name)).filter(|path| path.is_file()).max();
    newest.unwrap_or_else(|| {
        panic!("there is no {name}; `cargo xtask test rust` installs it, or: apt-get install postgresql")
    })
}

/// The user of the package, where the test is run by root.
fn unprivileged() -> Option<User> {
    if fs::metadata("/proc/self").expect("a system with /proc").uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("users");
    let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let found = fields.into_iter().find(|fields| fields.first() == Some(&"postgres")).expect("the package has made it");
    Some(User { uid: found[2].parse().expect("a number"), gid: found[3].parse().expect("a number") })
}
