//! The programs that tests start, and the Debian packages which bring them.

use crate::command::{command, exists, run};
use anyhow::{Result, bail};
use std::path::Path;

/// Debian's NATS server, an old one: Debian 12 has version 2.9. Only root has its folder on the path.
pub(crate) const NATS_SERVER: &str = "/usr/sbin/nats-server";

/// A program, on the path if not told where, and the package that brings it.
const PROGRAMS: [(&str, &str); 5] = [
    ("chromium", "chromium"),
    ("firefox-esr", "firefox-esr"),
    ("WebKitWebDriver", "webkit2gtk-driver"),
    ("Xvfb", "xvfb"),
    (NATS_SERVER, "nats-server"),
];

/// What runs pages where one browser does.
const CHROMIUM: [(&str, &str); 1] = [("chromium", "chromium")];

/// What stands behind a provider in the tests in Rust.
const OF_RUST_TESTS: [(&str, &str); 3] =
    [("redis-server", "redis-server"), (POSTGRES, "postgresql"), (NATS_SERVER, "nats-server")];

/// The server of Postgres, which Debian keeps off the path, in a folder for each version.
const POSTGRES: &str = "postgres";
const POSTGRES_VERSIONS: &str = "/usr/lib/postgresql";

/// Makes sure that the programs of the tests in Rust are there, as [`ready`] does.
pub(crate) fn ready_for_rust() -> Result<()> {
    let is_there = |program: &str| if program == POSTGRES { has_postgres() } else { exists(program) };
    install("the tests in Rust", &missing(&OF_RUST_TESTS, is_there))
}

/// Makes sure that Chromium is there for those who need it, as [`ready`] does.
pub(crate) fn chromium_for(who: &str) -> Result<()> {
    install(who, &missing(&CHROMIUM, exists))
}

/// Makes sure that every program of the browser tests is there: installs what is missing as root on Debian, elsewhere names the command.
pub(crate) fn ready() -> Result<()> {
    install("the browser tests", &missing(&PROGRAMS, exists))
}

fn install(who: &str, missing: &[&str]) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    if !(is_root() && Path::new("/etc/debian_version").exists() && exists("apt-get")) {
        bail!("{who} need more programs: run `sudo apt-get install {}`", missing.join(" "));
    }
    run(&mut command("apt-get", ["update", "-q"]))?;
    let arguments = ["install", "-q", "-y", "--no-install-recommends"];
    run(command("apt-get", arguments).args(missing).env("DEBIAN_FRONTEND", "noninteractive"))
}

fn missing(programs: &[(&str, &'static str)], exists: impl Fn(&str) -> bool) -> Vec<&'static str> {
    programs.iter().filter(|(program, _)| !exists(program)).map(|(_, package)| *package).collect()
}

fn has_postgres() -> bool {
    let versions = std::fs::read_dir(POSTGRES_VERSIONS).into_iter().flatten().flatten();
    versions.map(|version| version.path().join("bin").join(POSTGRES)).any(|path| path.is_file())
}

/// The owner of the process's own entry in `/proc` is who runs it.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

#[cfg(test)]
mod tests {
    use super::{PROGRAMS, missing};

    #[test]
    fn packages_of_missing_programs_are_named() {
        assert_eq!(missing(&PROGRAMS, |program| program != "WebKitWebDriver"), ["webkit2gtk-driver"]);
        assert!(missing(&PROGRAMS, |_| true).is_empty());
    }
}
