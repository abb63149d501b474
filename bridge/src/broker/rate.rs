//! How many messages one connection may send: a bucket that fills with time.

use std::{num::NonZeroU32, time::Duration};

/// Holds as many messages as may be sent within a second; each takes one, and time gives them back.
#[derive(Debug)]
pub(super) struct Bucket {
    per_second: u32,
    /// When it would be full again if nothing more were taken.
    full_at: Duration,
}

impl Bucket {
    /// A full one.
    pub(super) fn new(per_second: NonZeroU32) -> Self {
        Self { per_second: per_second.get(), full_at: Duration::ZERO }
    }

    /// Takes so many, also ones that are not there, and says how long to wait until those are back.
    pub(super) fn take(&mut self, messages: u32, now: Duration) -> Duration {
        let cost = Duration::from_secs(1).saturating_mul(messages) / self.per_second;
        self.full_at = self.full_at.max(now).saturating_add(cost);
        self.full_at.saturating_sub(now).saturating_sub(Duration::from_secs(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_free_at_once_and_the_rest_takes_its_time() {
        let mut bucket = Bucket::new(NonZeroU32::new(10).expect("not zero"));
        let at = Duration::from_millis;
        assert_eq!(bucket.take(10, at(5000)), Duration::ZERO);
        assert_eq!(bucket.take(5, at(5000)), at(500));
        assert_eq!(bucket.take(0, at(5400)), at(100));
        assert_eq!(bucket.take(1, at(5600)), Duration::ZERO);
        assert_eq!(bucket.take(11, at(60_000)), at(100));
    }
}
