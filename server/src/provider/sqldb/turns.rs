//! How many statements of a link are carried out at a time, and how many wait.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use wisteria_core::{
    error::{ErrorCode, LatticeError},
    provider::{LinkRefused, LinkValue, LinkValues, ProviderError, ValueKind},
};

use super::failure::{Code, Failure};

pub(super) const CONNECTIONS: LinkValue = LinkValue::new(
    "CONNECTIONS",
    ValueKind::Number,
    "how many statements are carried out at a time, each on a connection of its own, 1 to 64; others wait",
    "16",
)
.or("4");

pub(super) const TIMEOUT: LinkValue =
    LinkValue::new("TIMEOUT", ValueKind::Duration, "how long a statement may take, and may wait for its turn", "2s")
        .or("10s");

/// Most connections of a link.
const MAX_CONNECTIONS: u64 = 64;

/// Longest that a link lets a statement take.
const MAX_TIMEOUT: Duration = Duration::from_secs(3_600);

/// How many statements of a link wait at most.
const MAX_WAITING: usize = 256;

/// What the values of a link say about both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    pub(super) connections: usize,
    pub(super) timeout: Duration,
}

impl Pace {
    pub(super) fn read(values: &LinkValues) -> Result<Self, LinkRefused> {
        let connections = values.number(CONNECTIONS.name).expect("it has a default");
        let timeout = values.duration(TIMEOUT.name).expect("it has a default");
        if !(1..=MAX_CONNECTIONS).contains(&connections) {
            return Err(LinkRefused(format!(
                "`{}={connections}` is not from 1 to {MAX_CONNECTIONS}; write it as {}={}",
                CONNECTIONS.name, CONNECTIONS.name, CONNECTIONS.example
            )));
        }
        if timeout.is_zero() || timeout > MAX_TIMEOUT {
            return Err(LinkRefused(format!(
                "`{}` is not from 1ms to 1h; write it as {}={}",
                TIMEOUT.name, TIMEOUT.name, TIMEOUT.example
            )));
        }
        Ok(Self { connections: usize::try_from(connections).expect("it is small"), timeout })
    }
}

/// Whose turn it is.
#[derive(Debug)]
pub(super) struct Turns {
    pace: Pace,
    running: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Turns {
    pub(super) fn new(pace: Pace) -> Self {
        let running = Arc::new(Semaphore::new(pace.connections));
        Self { pace, running, waiting: Semaphore::new(MAX_WAITING) }
    }

    /// Waits for a turn, which lasts until it is dropped.
    pub(super) async fn take(&self) -> Result<OwnedSemaphorePermit, Failure> {
        if let Some(turn) = self.take_free() {
            return Ok(turn);
        }
        let _waiting = self.waiting.try_acquire().map_err(|_| {
            ProviderError::Named(LatticeError::new(
                ErrorCode::Overloaded,
                format!("{MAX_WAITING} statements of this link wait already; send fewer at once, or raise CONNECTIONS"),
            ))
        })?;
        match timeout(self.pace.timeout, self.running.clone().acquire_owned()).await {
            Ok(turn) => Ok(turn.expect("it is never closed")),
            Err(_) => Err(Failure::new(
                Code::Timeout,
                format!(
                    "{} statements of this link took all of TIMEOUT={:?}, so that this one was not begun; raise CONNECTIONS",
                    self.pace.connections, self.pace.timeout
                ),
            )),
        }
    }

    /// A turn, if there is one just now.
    pub(super) fn take_free(&self) -> Option<OwnedSemaphorePermit> {
        self.running.clone().try_acquire_owned().ok()
    }
}

/// The failure of a statement that took too long.
pub(super) fn too_long(timeout: Duration) -> Failure {
    Failure::new(
        Code::Timeout,
        format!("the statement took longer than TIMEOUT={timeout:?} and was ended; nothing is changed"),
    )
}
