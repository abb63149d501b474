//! One step of a part: a chore of our own, a program whose exit code tells, or a suite that counts its cases.

use crate::command::line;
use crate::count::Count;
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// A named thing to run.
pub(super) struct Step {
    /// Names the step in the summary.
    pub(super) name: &'static str,
    kind: Kind,
}

enum Kind {
    Preparation(fn() -> Result<()>),
    Chore(fn() -> Result<bool>),
    Check(Command),
    Suite(Command),
}

impl Step {
    /// What the steps after it need. It is no case, but a failed one where it fails.
    pub(super) fn preparation(name: &'static str, preparation: fn() -> Result<()>) -> Self {
        Self { name, kind: Kind::Preparation(preparation) }
    }

    /// A function of xtask, true when all is well: one case.
    pub(super) fn chore(name: &'static str, chore: fn() -> Result<bool>) -> Self {
        Self { name, kind: Kind::Chore(chore) }
    }

    /// A program whose exit code tells: one case.
    pub(super) fn check(name: &'static str, command: Command) -> Self {
        Self { name, kind: Kind::Check(command) }
    }

    /// A test runner that prints how many cases passed and failed.
    pub(super) fn suite(name: &'static str, command: Command) -> Self {
        Self { name, kind: Kind::Suite(command) }
    }

    /// Runs the step; a step that cannot start is one failed case.
    pub(super) fn run(self) -> Count {
        let outcome = match self.kind {
            Kind::Preparation(preparation) => preparation().map(|()| Count::default()),
            Kind::Chore(chore) => chore().map(Count::one),
            Kind::Check(command) => check(command).map(Count::one),
            Kind::Suite(command) => suite(command),
        };
        outcome.unwrap_or_else(|error| {
            eprintln!("{}: {error:#}", self.name);
            Count::one(false)
        })
    }
}

fn check(mut command: Command) -> Result<bool> {
    let status = command.status().with_context(|| format!("starting `{}`", line(&command)))?;
    Ok(status.success())
}

/// Passes the suite's output on and reads its summaries on the way.
fn suite(mut command: Command) -> Result<Count> {
    let line = line(&command);
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("starting `{line}`"))?;
    let output = child.stdout.take().expect("the output was asked for");
    let mut count = Count::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        println!("{line}");
        count += Count::of_line(&line);
    }
    let status = child.wait().with_context(|| format!("waiting for `{line}`"))?;
    Ok(count.ended(status.success()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::command;

    fn shell(script: &str) -> Command {
        command("sh", ["-c", script])
    }

    #[test]
    fn a_suite_is_counted_by_its_summaries_and_its_exit_code() {
        let summary = "echo 'test result: ok. 2 passed; 0 failed'; echo '# pass 3'";
        assert_eq!(Step::suite("s", shell(summary)).run(), Count { passed: 5, failed: 0 });
        let crashing = format!("{summary}; exit 3");
        assert_eq!(Step::suite("s", shell(&crashing)).run(), Count { passed: 5, failed: 1 });
    }

    #[test]
    fn a_preparation_counts_only_where_it_fails() {
        assert_eq!(Step::preparation("s", || Ok(())).run(), Count::default());
        assert_eq!(Step::preparation("s", || anyhow::bail!("no")).run(), Count { passed: 0, failed: 1 });
    }

    #[test]
    fn a_program_that_is_not_there_is_a_failed_case() {
        let step = Step::check("s", command::<&str>("a-program-that-is-not-there", []));
        assert_eq!(step.run(), Count { passed: 0, failed: 1 });
    }
}
