//! Callers that ask as fast as they are answered.

use std::time::{Duration, Instant};

use super::Failure;

/// How long calls go on before they are measured, and how long they are.
const SPANS: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(1500)];

/// One that calls, one call after another.
pub(crate) trait Caller: Send + 'static {
    /// Calls once, to the end.
    fn call(&mut self) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Measured {
    /// Calls per second.
    pub(crate) rate: f64,
    /// The longest of 99 in 100 calls.
    pub(crate) p99: Duration,
}

/// Has all of them call at the same time.
pub(crate) async fn measured<C: Caller>(callers: Vec<C>) -> Result<Measured, Failure> {
    let begin = Instant::now() + SPANS[0];
    let end = begin + SPANS[1];
    let tasks: Vec<_> = callers.into_iter().map(|caller| tokio::spawn(until(caller, begin, end))).collect();
    let mut times = Vec::new();
    for task in tasks {
        times.append(&mut task.await??);
    }
    times.sort();
    let p99 = times.get(times.len() * 99 / 100).copied().ok_or("no call was answered in time")?;
    Ok(Measured { rate: times.len() as f64 / SPANS[1].as_secs_f64(), p99 })
}

/// How long each call took that ended between these.
async fn until(mut caller: impl Caller, begin: Instant, end: Instant) -> Result<Vec<Duration>, Failure> {
    let mut times = Vec::new();
    loop {
        let before = Instant::now();
        caller.call().await?;
        let after = Instant::now();
        if after >= end {
            return Ok(times);
        }
        if after >= begin {
            times.push(after - before);
        }
    }
}
