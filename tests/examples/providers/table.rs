//! Collects what was measured and prints medians.

use super::load::Measured;

/// The columns: the bare library, an actor that does one operation in each call, and one that does many.
const COLUMNS: usize = 3;

/// Rows in the order in which they first came.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Row>);

#[derive(Debug)]
struct Row {
    name: String,
    callers: usize,
    /// Operations per second, over all rounds.
    rates: [Vec<f64>; COLUMNS],
    /// The longest of 99 in 100 calls, in microseconds.
    slowest: [Vec<f64>; COLUMNS],
}

impl Table {
    /// Adds what was measured of calls that have so many operations `each`.
    pub(crate) fn add(&mut self, name: &str, callers: usize, column: usize, measured: &Measured, each: u32) {
        let place = self.0.iter().position(|row| row.name == name && row.callers == callers);
        let place = place.unwrap_or_else(|| {
            let (rates, slowest) = Default::default();
            self.0.push(Row { name: name.to_owned(), callers, rates, slowest });
            self.0.len() - 1
        });
        let row = &mut self.0[place];
        row.rates[column].push(measured.rate * f64::from(each));
        row.slowest[column].push(measured.p99.as_secs_f64() * 1e6);
    }

    /// Prints the medians. Ratios are those to the bare library.
    pub(crate) fn print(&self) {
        println!(
            "| what | callers | bare: /s | p99 | actor, 1 a call: /s | p99 | to bare | actor, 20 a call: /s | to bare |"
        );
        println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
        for Row { name, callers, rates, slowest } in &self.0 {
            let [bare, one, many] = rates.each_ref().map(|values| median(values));
            let [bare_p99, one_p99, _] = slowest.each_ref().map(|values| median(values));
            let count = |rate: Option<f64>| rate.map_or("–".to_owned(), |rate| format!("{rate:.0}"));
            let time = |micros: Option<f64>| micros.map_or("–".to_owned(), |micros| format!("{micros:.0} µs"));
            let ratio = |rate: Option<f64>| match (rate, bare) {
                (Some(rate), Some(bare)) => format!("{:.0} %", 100.0 * rate / bare),
                _ => "–".to_owned(),
            };
            println!(
                "| {name} | {callers} | {} | {} | {} | {} | {} | {} | {} |",
                count(bare),
                time(bare_p99),
                count(one),
                time(one_p99),
                ratio(one),
                count(many),
                ratio(many),
            );
        }
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}
