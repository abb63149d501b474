//! Spans of time as people write them: `30d`, `12h`.

use std::time::Duration;

/// Seconds in each unit.
const UNITS: [(char, u64); 5] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400), ('w', 604_800)];

/// The longest span: a century, beyond which a number is a mistake.
const LONGEST: u64 = 36_525 * 86_400;

/// Reads a number with its unit.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let read = || {
        let unit = text.chars().last()?;
        let (_, length) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
        let count: u64 = text[..text.len() - 1].parse().ok()?;
        count.checked_mul(length).filter(|seconds| (1..=LONGEST).contains(seconds))
    };
    read().map(Duration::from_secs).ok_or_else(|| "a span such as 30d, 12h, 15m, 45s or 2w is needed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_with_its_unit() {
        assert_eq!(span("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert_eq!(span("2w"), Ok(Duration::from_secs(14 * 86_400)));
        for wrong in ["", "d", "30", "0s", "-1d", "1.5h", "3 d", "99999999999999999999d", "40000d", "1ä"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }
}
