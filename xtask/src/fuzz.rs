//! Fuzzing: libFuzzer makes up what clients say, for the parser and for the broker, as long as it is told to.

use crate::command::{command, line, output, run};
use crate::repository::at;
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// What is fuzzed, each by a program of `tests/fuzz`.
const TARGETS: [&str; 2] = ["parser", "broker"];

/// Marks the branches of our code, so that libFuzzer sees which input leads where. These options are of stable Rust;
/// they are what `cargo fuzz` gives where it adds no sanitizer.
const INSTRUMENTATION: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// One input may take so many seconds; what takes longer hangs.
const PATIENCE: u32 = 10;

/// Fuzzes all targets, `seconds` in total. What is found is kept, and is an error.
pub(crate) fn all(seconds: u32) -> Result<()> {
    let triple = build()?;
    let each = (seconds / TARGETS.len() as u32).max(1);
    let outcomes = TARGETS.map(|target| fuzz(&triple, target, each));
    outcomes.into_iter().collect()
}

/// Runs the target again with an input that was found for it.
pub(crate) fn replay(input: &Path) -> Result<()> {
    let target = TARGETS.into_iter().find(|target| input.parent().is_some_and(|folder| folder.ends_with(target)));
    let target = target.with_context(|| {
        format!("{} is in no folder that is named like a target: {}", input.display(), TARGETS.join(", "))
    })?;
    let program = program(&build()?, target);
    let input = std::path::absolute(input).with_context(|| format!("finding {}", input.display()))?;
    // With this variable it writes down what it makes of the input.
    let (read, mut reader) = (at("target/fuzz/input.txt"), command(&program, [&input]));
    output(reader.env("RUST_LIBFUZZER_DEBUG_PATH", &read))?;
    println!("{}", fs::read_to_string(&read).with_context(|| format!("reading {}", read.display()))?);
    run(command(&program, [input]).env("RUST_BACKTRACE", "0"))
}

/// Builds the targets and returns the triple they are built for.
fn build() -> Result<String> {
    let version = output(&mut command("rustc", ["-vV"]))?;
    let triple = version.lines().find_map(|line| line.strip_prefix("host: ")).context("`rustc -vV` names no host")?;
    // With the triple named, what runs while building is not instrumented.
    let arguments = ["build", "--quiet", "--release", "--target", triple, "--target-dir", "../../target/fuzz"];
    let mut cargo = command("cargo", arguments);
    cargo.current_dir(at("tests/fuzz")).env("CARGO_ENCODED_RUSTFLAGS", INSTRUMENTATION.join("\x1f"));
    run(&mut cargo)
        .context("building what is fuzzed (libFuzzer needs a C++ compiler; on Debian: apt-get install g++)")?;
    Ok(triple.to_owned())
}

fn program(triple: &str, target: &str) -> String {
    at("target/fuzz").join(triple).join("release").join(target).to_string_lossy().into_owned()
}

/// Fuzzes one target and prints how much was tried.
fn fuzz(triple: &str, target: &str, seconds: u32) -> Result<()> {
    // What led somewhere new is where the next run begins.
    let (corpus, found) = (folder("corpus", target)?, folder("found", target)?);
    let mut fuzzer = command(&program(triple, target), [&corpus]);
    fuzzer.args(options(target, seconds, &found)).env("RUST_BACKTRACE", "0").stdout(Stdio::null());
    let line = line(&fuzzer);
    println!("fuzzing the {target} for {seconds} s");
    let outcome = fuzzer.output().with_context(|| format!("starting `{line}`"))?;
    let report = String::from_utf8_lossy(&outcome.stderr);
    println!("{target}: {} runs, {} inputs kept", runs(&report), inputs(&corpus)?);
    if outcome.status.success() {
        return Ok(());
    }
    println!("{}", cause(&report));
    match report.lines().find_map(|line| line.split_once("Test unit written to ")) {
        Some((_, input)) => bail!("the {target} fails; to see it again: cargo xtask fuzz --replay {}", input.trim()),
        None => bail!("`{line}` failed: {}", outcome.status),
    }
}

fn options(target: &str, seconds: u32, found: &Path) -> Vec<OsString> {
    let mut prefix = OsString::from("-artifact_prefix=");
    prefix.push(found.join(""));
    let mut options = vec![
        format!("-max_total_time={seconds}").into(),
        format!("-timeout={PATIENCE}").into(),
        "-print_final_stats=1".into(),
        prefix,
    ];
    let dictionary = at("tests/fuzz").join(target).with_extension("dict");
    if dictionary.is_file() {
        let mut option = OsString::from("-dict=");
        option.push(dictionary);
        options.push(option);
    }
    options
}

/// What libFuzzer tells of a failure, without how it came to it and the input in all its forms.
fn cause(report: &str) -> String {
    let begins = |line: &str| ["thread '", "ALARM:", "=="].iter().any(|word| line.starts_with(word));
    let lines = report.lines().skip_while(|line| !begins(line));
    lines.take_while(|line| !line.starts_with("NOTE: libFuzzer")).collect::<Vec<_>>().join("\n")
}

/// How often the target ran, by libFuzzer's last word, or by the last line that counts where it had none.
fn runs(report: &str) -> &str {
    let total = report.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    let counted = || report.lines().rev().find_map(|line| line.strip_prefix('#')?.split_whitespace().next());
    total.or_else(counted).unwrap_or("no").trim()
}

fn folder(of: &str, target: &str) -> Result<PathBuf> {
    let folder = at("target/fuzz").join(of).join(target);
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    Ok(folder)
}

fn inputs(corpus: &Path) -> Result<usize> {
    Ok(fs::read_dir(corpus).with_context(|| format!("reading {}", corpus.display()))?.count())
}
