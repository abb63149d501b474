//! How much one client may say: buckets that fill with time. Broker and relay hold their clients to it alike.

use std::{num::NonZeroU32, time::Duration};

use wisteria_core::platform::Platform;

/// How much one client may say in a second, with as much at once. Whoever says more is read from later, and is not cut
/// off. None is no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// Operations.
    pub operations: Option<NonZeroU32>,
    /// Bytes.
    pub bytes: Option<NonZeroU32>,
}

impl RateLimits {
    /// No bound.
    pub const NONE: Self = Self { operations: None, bytes: None };
}

impl Default for RateLimits {
    /// What nobody reaches but who means to fill the machine.
    fn default() -> Self {
        Self { operations: None, bytes: NonZeroU32::new(512 << 20) }
    }
}

/// How long a client that says too much is not heard at most before it counts as alive again.
const SLICE: Duration = Duration::from_secs(1);

/// Holds one connection to its limits.
#[derive(Debug)]
pub(crate) struct Pace {
    operations: Option<Bucket>,
    bytes: Option<Bucket>,
    told: bool,
}

impl Pace {
    /// That of a connection on which nothing was said yet.
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self { operations: limits.operations.map(Bucket::new), bytes: limits.bytes.map(Bucket::new), told: false }
    }

    /// Notes what was said, and says how long nothing more is to be read.
    pub(crate) fn note(&mut self, operations: u32, bytes: usize, platform: &dyn Platform) -> Rest {
        if self.operations.is_none() && self.bytes.is_none() {
            return Rest(Duration::ZERO);
        }
        let (now, bytes) = (platform.now(), u32::try_from(bytes).unwrap_or(u32::MAX));
        let of_operations = self.operations.as_mut().map_or(Duration::ZERO, |bucket| bucket.take(operations, now));
        let of_bytes = self.bytes.as_mut().map_or(Duration::ZERO, |bucket| bucket.take(bytes, now));
        let rest = of_operations.max(of_bytes);
        if !rest.is_zero() && !self.told {
            self.told = true;
            let limit = if of_operations >= of_bytes { "operations" } else { "bytes" };
            tracing::info!(limit, "a client says more in a second than it may; it is read from later from now on");
        }
        Rest(rest)
    }
}

/// How long nothing more is to be read.
#[derive(Debug)]
#[must_use]
pub(crate) struct Rest(Duration);

impl Rest {
    /// Passes a part of it; false where none is left. After each part the client counts as alive, as its silence is not
    /// its own doing.
    pub(crate) async fn pass(&mut self, platform: &dyn Platform) -> bool {
        if self.0.is_zero() {
            return false;
        }
        let slice = self.0.min(SLICE);
        platform.sleep(slice).await;
        self.0 -= slice;
        true
    }
}

/// Holds as much as may be said within a second; what is said takes from it, and time gives it back.
#[derive(Debug)]
struct Bucket {
    per_second: u32,
    /// When it would be full again if nothing more were taken.
    full_at: Duration,
}

impl Bucket {
    /// A full one.
    fn new(per_second: NonZeroU32) -> Self {
        Self { per_second: per_second.get(), full_at: Duration::ZERO }
    }

    /// Takes so much, also what is not there, and says how long to wait until that is back.
    fn take(&mut self, amount: u32, now: Duration) -> Duration {
        let cost = Duration::from_secs(1).saturating_mul(amount) / self.per_second;
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
