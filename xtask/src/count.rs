//! How many cases passed and failed, read from what test runners print.

use std::ops::AddAssign;

/// Cases that were run.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    /// Cases that passed.
    pub(crate) passed: usize,
    /// Cases that failed or were cut off.
    pub(crate) failed: usize,
}

impl Count {
    /// One case.
    pub(crate) fn one(passed: bool) -> Self {
        Self { passed: usize::from(passed), failed: usize::from(!passed) }
    }

    /// Reads a line of a test runner; lines that are no summary count nothing.
    pub(crate) fn of_line(line: &str) -> Self {
        of_cargo(line).or_else(|| of_node(line)).unwrap_or_default()
    }

    /// The count of a suite which ended with this exit: a failure that named no case is one case.
    pub(crate) fn ended(self, success: bool) -> Self {
        if !success && self.failed == 0 { Self { failed: 1, ..self } } else { self }
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// `test result: ok. 5 passed; 1 failed; …`
fn of_cargo(line: &str) -> Option<Count> {
    let numbers = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    let number = |word: &str| {
        let part = numbers.split(';').find_map(|part| part.trim().strip_suffix(word))?;
        part.trim().parse().ok()
    };
    Some(Count { passed: number("passed")?, failed: number("failed")? })
}

/// `# pass 5` or `ℹ pass 5`, by Node's two reporters.
fn of_node(line: &str) -> Option<Count> {
    let (word, number) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ "))?.split_once(' ')?;
    let number = number.trim().parse().ok()?;
    match word {
        "pass" => Some(Count { passed: number, failed: 0 }),
        "fail" | "cancelled" => Some(Count { passed: 0, failed: number }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Count;

    fn check(line: &str, passed: usize, failed: usize) {
        assert_eq!(Count::of_line(line), Count { passed, failed }, "{line}");
    }

    #[test]
    fn summaries_are_read_and_other_lines_are_not() {
        check("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s", 12, 0);
        check("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out", 3, 2);
        check("# pass 7", 7, 0);
        check("ℹ fail 2", 0, 2);
        check("# cancelled 1", 0, 1);
        check("# tests 9", 0, 0);
        check("test count::reads ... ok", 0, 0);
    }

    #[test]
    fn a_suite_that_does_not_compile_counts_as_failed() {
        assert_eq!(Count::default().ended(false), Count { passed: 0, failed: 1 });
        assert_eq!(Count { passed: 3, failed: 2 }.ended(false), Count { passed: 3, failed: 2 });
        assert_eq!(Count { passed: 3, failed: 0 }.ended(true), Count { passed: 3, failed: 0 });
    }
}
