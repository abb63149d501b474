//! Collects what was measured and prints medians as a table.

use crate::workload::{Outcome, Workload};
use std::time::Duration;

/// Rows in the order in which they first came.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

/// One figure of both servers, over all rounds.
#[derive(Debug)]
struct Row {
    name: String,
    client: &'static str,
    unit: Unit,
    values: [Vec<f64>; 2],
    /// Microseconds of processor time that the server took for each message.
    processor: [Vec<f64>; 2],
}

/// What a figure counts.
#[derive(Debug, Clone, Copy)]
enum Unit {
    MessagesPerSecond,
    Microseconds,
    Mebibytes,
}

/// What a server holds, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Before any client came.
    pub(crate) fresh: u64,
    /// With this many connections.
    pub(crate) serving: (usize, u64),
}

impl Table {
    /// Adds one run with one of the two servers, which spent so much processor time on it.
    pub(crate) fn add(&mut self, which: usize, workload: Workload, outcome: &Outcome, spent: Duration) {
        let (name, client) = (workload.name(), workload.client());
        match outcome {
            Outcome::Rate(messages, took) => {
                let row = self.row(format!("{name}: messages/s"), client, Unit::MessagesPerSecond);
                row.values[which].push(*messages as f64 / took.as_secs_f64());
                row.processor[which].push(spent.as_secs_f64() * 1e6 / *messages as f64);
            }
            Outcome::Latencies(latencies) => {
                let mut sorted = latencies.clone();
                sorted.sort();
                for percent in [50, 99] {
                    let row = self.row(format!("{name}: p{percent}"), client, Unit::Microseconds);
                    let value = sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)];
                    row.values[which].push(value.as_secs_f64() * 1e6);
                    // A request and its reply are one message each.
                    row.processor[which].push(spent.as_secs_f64() * 1e6 / (2 * sorted.len()) as f64);
                }
            }
        }
    }

    /// Adds what one of the two servers holds.
    pub(crate) fn add_memory(&mut self, which: usize, memory: Memory) {
        let (connections, serving) = memory.serving;
        for (name, bytes) in [
            ("memory at the start".to_owned(), memory.fresh),
            (format!("memory with {connections} idle connections"), serving),
        ] {
            self.row(name, "plain sockets", Unit::Mebibytes).values[which].push(bytes as f64 / f64::from(1 << 20));
        }
    }

    /// Prints the medians. The ratio is that of the first server to the second.
    pub(crate) fn print(&self, names: [&str; 2]) {
        let [ours, theirs] = names;
        println!("| what | client | {ours} | {theirs} | ratio | {ours}: CPU/message | {theirs}: CPU/message |");
        println!("|---|---|--:|--:|--:|--:|--:|");
        for row in &self.rows {
            let [first, second] = row.values.each_ref().map(|values| median(values));
            let processor = row.processor.each_ref().map(|values| match values.is_empty() {
                true => "–".to_owned(),
                false => format!("{:.2} µs", median(values)),
            });
            println!(
                "| {} | {} | {} | {} | {:.2} | {} | {} |",
                row.name,
                row.client,
                row.unit.text(first),
                row.unit.text(second),
                first / second,
                processor[0],
                processor[1],
            );
        }
    }

    fn row(&mut self, name: String, client: &'static str, unit: Unit) -> &mut Row {
        let place = self.rows.iter().position(|row| row.name == name && row.client == client);
        let place = place.unwrap_or_else(|| {
            self.rows.push(Row { name, client, unit, values: Default::default(), processor: Default::default() });
            self.rows.len() - 1
        });
        &mut self.rows[place]
    }
}

impl Unit {
    fn text(self, value: f64) -> String {
        match self {
            Self::MessagesPerSecond => format!("{:.0} k", value / 1e3),
            Self::Microseconds => format!("{value:.0} µs"),
            Self::Mebibytes => format!("{value:.1} MiB"),
        }
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    }
}
