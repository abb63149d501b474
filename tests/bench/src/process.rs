//! The measured servers, each a process of its own.

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// A program that serves NATS clients.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Program<'a> {
    /// `wisteria up`.
    Wisteria(&'a Path),
    /// `nats-server`.
    Nats(&'a Path),
}

impl Program<'_> {
    /// What the table calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Wisteria(_) => "wisteria",
            Self::Nats(_) => "nats-server",
        }
    }
}

/// A running server; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    _data_dir: TempDir,
}

impl Server {
    /// Starts one on a free port and waits until it listens.
    pub(crate) fn start(program: &Program<'_>) -> Result<Self> {
        let data_dir = TempDir::new()?;
        let (mut command, says) = match program {
            Program::Wisteria(path) => {
                let mut command = Command::new(path);
                command.args(["up", "--open", "--listen", "127.0.0.1:0", "--nats-listen", "127.0.0.1:0", "--data-dir"]);
                command.arg(data_dir.path()).env("WISTERIA_KEYS", data_dir.path().join("keys")).stdout(Stdio::piped());
                (command, "nats://")
            }
            Program::Nats(path) => {
                let mut command = Command::new(path);
                command.args(["-a", "127.0.0.1", "-p", "-1"]).stderr(Stdio::piped());
                (command, "Listening for client connections on ")
            }
        };
        let mut child = command.spawn().with_context(|| format!("starting {}", program.name()))?;
        let output: Box<dyn Read + Send> = match (child.stdout.take(), child.stderr.take()) {
            (Some(output), _) => Box::new(output),
            (_, Some(output)) => Box::new(output),
            _ => bail!("no output was asked for"),
        };
        let address = address(output, says).with_context(|| format!("{} does not say where it is", program.name()));
        if address.is_err() {
            child.kill()?;
            child.wait()?;
        }
        Ok(Self { address: address?, child, _data_dir: data_dir })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Memory that it holds at present, in bytes.
    pub(crate) fn resident(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS in its status")?;
        let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib << 10)
    }

    /// What it has used of the processors so far.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name before may hold blanks; user and system time are the 12th and 13th words after it.
        let (_, rest) = stat.rsplit_once(')').context("no name in its stat")?;
        let ticks = rest.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
        let per_second = rustix::param::clock_ticks_per_second();
        Ok(Duration::from_secs_f64(ticks as f64 / per_second as f64))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The address after the words `says`. What it prints later is read and passed over, so that it never waits for that.
fn address(output: Box<dyn Read + Send>, says: &str) -> Result<SocketAddr> {
    let mut output = BufReader::new(output);
    let mut line = String::new();
    loop {
        line.clear();
        ensure!(output.read_line(&mut line)? > 0, "it ended");
        if let Some(start) = line.find(says) {
            let address = line[start + says.len()..].trim().parse()?;
            std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
            return Ok(address);
        }
    }
}

/// Lets this process and those that it starts hold so many files open.
pub(crate) fn allow_open_files(count: u64) -> Result<()> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= count) {
        return Ok(());
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(count), maximum })
        .with_context(|| format!("{count} open files are needed; raise the hard limit with `ulimit -Hn`"))
}
