//! Running parts one after another, whatever became of those before, and the summary.

use super::part::Part;
use super::step::Step;
use crate::build;
use crate::count::Count;
use anyhow::Result;
use clap::ValueEnum;
use std::time::{Duration, Instant};

/// Builds and runs `parts`, or all when none is named; true when no case failed.
pub(crate) fn run(parts: &[Part]) -> Result<bool> {
    let parts = if parts.is_empty() { Part::value_variants() } else { parts };
    let mut steps = Vec::new();
    if parts.iter().any(|part| part.needs_build()) {
        steps.push(Step::preparation("build", build::all_with_tests));
    }
    steps.extend(parts.iter().flat_map(|part| part.steps()));

    let mut lines = Vec::new();
    let mut total = Count::default();
    for step in steps {
        let name = step.name;
        println!("\n== {name}");
        let began = Instant::now();
        let count = step.run();
        lines.push(summary(name, began.elapsed(), count));
        total += count;
    }
    println!("\n{}", lines.join("\n"));
    println!("{} passed, {} failed", total.passed, total.failed);
    Ok(total.failed == 0)
}

fn summary(name: &str, duration: Duration, count: Count) -> String {
    let seconds = duration.as_secs_f64();
    format!("{name:<20} {seconds:>7.1} s {:>5} passed {:>5} failed", count.passed, count.failed)
}
