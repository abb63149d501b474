//! When something is due: five fields of cron in UTC, or every so often. Times are milliseconds since 1970.

use chrono::{DateTime, Utc};
use croner::{
    errors::CronError,
    parser::{CronParser, Seconds, Year},
};

/// Longest text of a schedule.
const MAX_TEXT: usize = 256;

const SECOND: u64 = 1_000;
const DAY: u64 = 24 * 60 * 60 * SECOND;

/// What the fields say.
const FIELDS: [&str; 5] = ["minute", "hour", "day of the month", "month", "day of the week"];

/// What months and days of the week may be called.
const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// When ticks are due.
#[derive(Debug)]
pub(super) enum Schedule {
    /// At the multiples of so many milliseconds.
    Every(u64),
    /// By the fields, so often on each day on which it is due at all.
    Fields(Box<croner::Cron>, u64),
}

impl Schedule {
    /// Reads `every 30s`, or five fields. It must be due some time after `now`.
    ///
    /// # Errors
    /// Why it is none.
    pub(super) fn read(text: &str, now: u64) -> Result<Self, String> {
        if text.len() > MAX_TEXT {
            return Err(format!("it has more than {MAX_TEXT} bytes"));
        }
        let schedule = match text.trim().strip_prefix("every ") {
            Some(span) => Self::Every(milliseconds(span.trim())?),
            None => Self::Fields(Box::new(fields(text)?), 0),
        };
        let Some(first) = schedule.next_after(now) else {
            return Err("no such time ever comes".to_owned());
        };
        Ok(match schedule {
            Self::Fields(cron, _) => {
                let each_day = count_one_by_one(&cron, start_of_day(first), start_of_day(first).saturating_add(DAY));
                Self::Fields(cron, each_day)
            }
            every @ Self::Every(_) => every,
        })
    }

    /// The first time that is due after this one.
    pub(super) fn next_after(&self, time: u64) -> Option<u64> {
        match self {
            Self::Every(span) => (time / span + 1).checked_mul(*span),
            Self::Fields(cron, _) => next(cron, time),
        }
    }

    /// The last time that is due after `after` and not after `until`, and how many there are; none where there is none.
    pub(super) fn due(&self, after: u64, until: u64) -> Option<(u64, u64)> {
        if self.next_after(after)? > until {
            return None;
        }
        match self {
            Self::Every(span) => Some((until / span * span, until / span - after / span)),
            Self::Fields(cron, each_day) => {
                let last = cron.find_previous_occurrence(&at(until)?, true).ok()?;
                Some((milliseconds_of(&last), count(cron, *each_day, after, until)))
            }
        }
    }
}

/// How many times are due after `after` and not after `until`. Days that are whole are counted at once, as time in UTC
/// has no gaps.
fn count(cron: &croner::Cron, each_day: u64, after: u64, until: u64) -> u64 {
    let (mut counted, mut seen) = (0, after);
    while let Some(due) = next(cron, seen).filter(|due| *due <= until) {
        let (begin, end) = (start_of_day(due), start_of_day(due) + DAY);
        // What is due as a day begins is not due after its beginning.
        if seen < begin && end <= until {
            counted += each_day;
            seen = end - 1;
        } else {
            counted += 1;
            seen = due;
        }
    }
    counted
}

/// How many times are due from `begin` on and before `end`.
fn count_one_by_one(cron: &croner::Cron, begin: u64, end: u64) -> u64 {
    let first = next(cron, begin.saturating_sub(1));
    let all = std::iter::successors(first, |due| next(cron, *due));
    all.take_while(|due| *due < end).map(|_| 1).sum()
}

fn next(cron: &croner::Cron, after: u64) -> Option<u64> {
    // Beyond this second, which is not after `after` where it has begun before.
    let found = cron.find_next_occurrence(&at(after)?, false).ok()?;
    Some(milliseconds_of(&found))
}

/// The second that a time is in.
fn at(time: u64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(i64::try_from(time / SECOND).ok()?, 0)
}

fn milliseconds_of(time: &DateTime<Utc>) -> u64 {
    u64::try_from(time.timestamp_millis()).unwrap_or(0)
}

fn start_of_day(time: u64) -> u64 {
    time / DAY * DAY
}

/// The span of time in `30s`, `5m` or `1h`.
fn milliseconds(span: &str) -> Result<u64, String> {
    let unit = match span.as_bytes().last() {
        Some(b's') => SECOND,
        Some(b'm') => 60 * SECOND,
        Some(b'h') => 60 * 60 * SECOND,
        _ => 0,
    };
    let digits = &span[..span.len().saturating_sub(usize::from(unit > 0))];
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse::<u64>().ok().filter(|number| is_number && *number > 0);
    let found = number.and_then(|number| number.checked_mul(unit)).filter(|span| *span > 0);
    found.ok_or_else(|| format!("`{span}` is no whole number of s, m or h above 0"))
}

/// Reads five fields of what every cron knows, and of nothing else.
fn fields(text: &str) -> Result<croner::Cron, String> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        let (found, names) = (fields.len(), FIELDS.join(", "));
        return Err(format!("it has {found} fields and not five: {names}"));
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    for (at, (field, what)) in fields.iter().zip(FIELDS).enumerate() {
        let names: &[&str] = match at {
            3 => &MONTHS,
            4 => &WEEKDAYS,
            _ => &[],
        };
        if let Some(item) = field.split(',').find(|item| !is_item(item, names)) {
            return Err(format!(
                "`{item}` in the {what} `{field}` is neither *, a number nor a range of two, nor one in steps"
            ));
        }
        let mut alone = ["*"; FIELDS.len()];
        alone[at] = field;
        if let Err(error) = parser.parse(&alone.join(" ")) {
            return Err(format!("the {what} `{field}` is none: {}", why(error)));
        }
    }
    parser.parse(&fields.join(" ")).map_err(why)
}

/// Whether it is `*`, a number or a name, or a range of two, in steps or not. The parser takes more than that.
fn is_item(item: &str, names: &[&str]) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_value = |text: &str| is_number(text) || names.contains(&text.to_ascii_uppercase().as_str());
    let (range, step) = item.split_once('/').map_or((item, None), |(range, step)| (range, Some(step)));
    let is_range = match range.split_once('-') {
        Some((from, to)) => is_value(from) && is_value(to),
        None => range == "*" || is_value(range),
    };
    is_range && step.is_none_or(is_number)
}

/// What the parser says.
fn why(error: CronError) -> String {
    let text = match error {
        CronError::InvalidPattern(why) | CronError::IllegalCharacters(why) | CronError::ComponentError(why) => why,
        other => other.to_string(),
    };
    text.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tuesday, 14 November 2023, 22:13:20.
    const NOW: u64 = 1_700_000_000_000;

    fn read(text: &str) -> Schedule {
        Schedule::read(text, NOW).unwrap_or_else(|why| panic!("{text}: {why}"))
    }

    /// The first times that are due, as people write them.
    fn times(text: &str, count: usize) -> Vec<String> {
        let schedule = read(text);
        let all = std::iter::successors(schedule.next_after(NOW), |time| schedule.next_after(*time));
        let shown = all.map(|time| at(time).expect("a time").format("%a %F %T").to_string());
        shown.take(count).collect()
    }

    #[test]
    fn five_fields_say_when_something_is_due_in_utc() {
        for (text, expected) in [
            ("* * * * *", ["Tue 2023-11-14 22:14:00", "Tue 2023-11-14 22:15:00"]),
            ("*/20 * * * *", ["Tue 2023-11-14 22:20:00", "Tue 2023-11-14 22:40:00"]),
            ("0 6 * * MON-FRI", ["Wed 2023-11-15 06:00:00", "Thu 2023-11-16 06:00:00"]),
            ("0 6 * * sat,0", ["Sat 2023-11-18 06:00:00", "Sun 2023-11-19 06:00:00"]),
            ("0 0 * * 7", ["Sun 2023-11-19 00:00:00", "Sun 2023-11-26 00:00:00"]),
            ("5 4 1 jan,JUL *", ["Mon 2024-01-01 04:05:00", "Mon 2024-07-01 04:05:00"]),
            ("0 0 29 2 *", ["Thu 2024-02-29 00:00:00", "Tue 2028-02-29 00:00:00"]),
            // Either of the two days does.
            ("0 0 15 * FRI", ["Wed 2023-11-15 00:00:00", "Fri 2023-11-17 00:00:00"]),
            ("10-30/10 8-9 * * *", ["Wed 2023-11-15 08:10:00", "Wed 2023-11-15 08:20:00"]),
        ] {
            assert_eq!(times(text, 2), expected, "{text}");
        }
    }

    #[test]
    fn every_so_often_is_counted_from_1970() {
        assert_eq!(times("every 30s", 2), ["Tue 2023-11-14 22:13:30", "Tue 2023-11-14 22:14:00"]);
        assert_eq!(times("every 7h", 1), ["Wed 2023-11-15 03:00:00"]);
        assert_eq!(read("every 7h").next_after(NOW).expect("due") % (7 * 3_600_000), 0);
        assert_eq!(times(" every  5m ", 1), ["Tue 2023-11-14 22:15:00"]);
    }

    #[test]
    fn what_is_no_schedule_is_refused_with_its_cause() {
        for (text, words) in [
            ("", "0 fields"),
            ("* * * *", "4 fields and not five"),
            ("0 * * * * *", "6 fields"),
            ("0 * * * * * 2030", "7 fields"),
            ("@daily", "1 fields"),
            ("60 * * * *", "the minute `60` is none: "),
            ("* 24 * * *", "the hour `24` is none: "),
            ("* * 0 * *", "the day of the month `0` is none: "),
            ("* * * 13 *", "the month `13` is none: "),
            ("* * * * 8", "the day of the week `8` is none: "),
            ("*/0 * * * *", "the minute `*/0` is none: "),
            ("1-2-3 * * * *", "`1-2-3` in the minute"),
            ("*5 * * * *", "`*5` in the minute"),
            ("5* * * * *", "`5*` in the minute"),
            ("*-5 * * * *", "`*-5` in the minute"),
            ("1-5/0 * * * *", "the minute `1-5/0` is none: "),
            ("1/2 * * * *", "the minute `1/2` is none: "),
            ("1/2/3 * * * *", "`1/2/3` in the minute"),
            ("-5 * * * *", "`-5` in the minute"),
            ("0 0 L * *", "`L`"),
            ("0 0 15W * *", "`15W`"),
            ("0 0 * * FRI#2", "`FRI#2`"),
            ("0 0 ? * *", "`?`"),
            ("0 0 1 * +MON", "`+MON`"),
            ("0 0 MON * *", "`MON`"),
            ("0 0 * MON *", "`MON`"),
            ("0 0 * * MONDAY", "`MONDAY`"),
            ("5-1 * * * *", "the minute `5-1` is none: "),
            ("1,,2 * * * *", "`` in the minute"),
            ("1- * * * *", "`1-` in the minute"),
            ("/5 * * * *", "`/5` in the minute"),
            ("*/ * * * *", "`*/` in the minute"),
            ("** * * * *", "`**` in the minute"),
            ("- * * * *", "`-` in the minute"),
            (", * * * *", "`` in the minute"),
            ("0 0 30 2 *", "no such time ever comes"),
            ("every", "1 fields"),
            ("every 30", "`30` is no whole number"),
            ("every 0s", "`0s`"),
            ("every 1.5h", "`1.5h`"),
            ("every +1s", "`+1s`"),
            ("every 2d", "`2d`"),
            ("every s", "`s`"),
            ("every 99999999999999999s", "no whole number"),
        ] {
            match Schedule::read(text, NOW) {
                Ok(_) => panic!("{text} is taken"),
                Err(why) => assert!(why.contains(words), "{text}: {why}"),
            }
        }
        assert!(Schedule::read(&" ".repeat(MAX_TEXT + 1), NOW).is_err());
    }

    #[test]
    fn what_was_due_is_counted_exactly_and_the_last_of_it_is_known() {
        for text in ["* * * * *", "*/7 3-5 * * *", "0 0 * * *", "30 12 1,15 * MON", "59 23 * * *", "every 90m"] {
            let schedule = read(text);
            for (after, until) in [
                (NOW, NOW + 59_000),
                (NOW, NOW + 2 * DAY + 12_345),
                (start_of_day(NOW), start_of_day(NOW) + 3 * DAY),
                (start_of_day(NOW) - 1, start_of_day(NOW) + 40 * DAY - 1),
                (NOW + 500, NOW + 30 * DAY + 60_000),
            ] {
                let all = std::iter::successors(schedule.next_after(after), |time| schedule.next_after(*time));
                let all: Vec<_> = all.take_while(|time| *time <= until).collect();
                let expected = all.last().map(|last| (*last, all.len() as u64));
                assert_eq!(schedule.due(after, until), expected, "{text} from {after} to {until}");
            }
        }
        let minutes = read("* * * * *").due(NOW, NOW + 36_525 * DAY).expect("due").1;
        assert_eq!(minutes, 36_525 * 24 * 60, "a hundred years of minutes take no time to count");
    }
}
