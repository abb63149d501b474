//! When a link was changed, such that hosts which were apart agree on the later change.
//!
//! A hybrid logical clock, after Kulkarni et al., "Logical Physical Clocks" (2014): wall-clock milliseconds, a counter
//! for changes within one of them or under a clock that went back, and the host's key to tell equals apart.

use std::{fmt, sync::Mutex, time::Duration};

use serde::{Deserialize, Serialize};

use crate::identity::PublicKey;

/// A point in the order of changes. As text its fields have fixed widths, so that texts sort like stamps; the empty
/// one comes first and stands for changes by those who know no stamps.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stamp(String);

impl Stamp {
    fn new(reading: Reading, host: PublicKey) -> Self {
        Self(format!("{:014}.{:08}.{host}", reading.millis, reading.counter))
    }

    /// Milliseconds since the Unix epoch; 0 where there are none.
    pub fn millis(&self) -> u64 {
        self.reading().map_or(0, |reading| reading.millis)
    }

    fn reading(&self) -> Option<Reading> {
        let mut fields = self.0.split('.');
        Some(Reading { millis: fields.next()?.parse().ok()?, counter: fields.next()?.parse().ok()? })
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Reading {
    millis: u64,
    counter: u32,
}

/// Gives stamps, each later than all that it gave or saw.
#[derive(Debug)]
pub(crate) struct Clock {
    host: PublicKey,
    latest: Mutex<Reading>,
}

impl Clock {
    pub(crate) fn new(host: PublicKey) -> Self {
        Self { host, latest: Mutex::default() }
    }

    /// The stamp of a change that happens now; `now` is the wall clock's time since the Unix epoch.
    pub(crate) fn tick(&self, now: Duration) -> Stamp {
        let mut latest = self.latest.lock().expect("nothing panics under this lock");
        let millis = now.as_millis() as u64;
        *latest = match millis > latest.millis {
            true => Reading { millis, counter: 0 },
            false => Reading { millis: latest.millis, counter: latest.counter.saturating_add(1) },
        };
        Stamp::new(*latest, self.host)
    }

    /// Takes note of another's stamp.
    pub(crate) fn observe(&self, stamp: &Stamp) {
        if let Some(seen) = stamp.reading() {
            let mut latest = self.latest.lock().expect("nothing panics under this lock");
            *latest = seen.max(*latest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::KeyKind;

    fn clock(host: u8) -> Clock {
        Clock::new(PublicKey::from_bytes(KeyKind::Host, [host; 32]))
    }

    #[test]
    fn each_stamp_is_later_than_all_given_and_seen_even_when_the_wall_clock_goes_back() {
        let (ours, theirs) = (clock(1), clock(2));
        let at = Duration::from_millis;
        let mut stamps = vec![Stamp::default()];
        for millis in [1_000, 1_000, 999, 5, 1_001] {
            stamps.push(ours.tick(at(millis)));
        }
        let ahead = theirs.tick(at(9_000_000_000_000));
        ours.observe(&ahead);
        ours.observe(&Stamp("no stamp".to_owned()));
        stamps.extend([ahead, ours.tick(at(1_002))]);
        assert!(stamps.is_sorted_by(|a, b| a < b), "{stamps:?}");
    }

    #[test]
    fn the_wall_clock_decides_between_hosts_that_never_met() {
        let earlier = clock(9).tick(Duration::from_millis(999_999_999_999));
        let later = clock(1).tick(Duration::from_millis(1_000_000_000_000));
        assert!(earlier < later);
        assert_eq!(later.millis(), 1_000_000_000_000);
    }
}
