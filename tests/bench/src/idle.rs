//! What connections cost that say nothing.

use crate::{figures::Memory, plain::Connection, process::Server};
use anyhow::{Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use std::time::{Duration, Instant};

const CONNECTIONS: usize = 10_000;

/// How many are opened at once; either server's backlog holds more.
const AT_ONCE: usize = 64;

/// Files that a process needs for them, with what else it has open.
pub(crate) const OPEN_FILES: u64 = CONNECTIONS as u64 + 512;

/// A connection that leaves this many seconds of questions for a sign of life open may be ended.
const PATIENCE: Duration = Duration::from_secs(40);

/// Opens many connections with one subscription each, and looks at the server's memory before and then.
pub(crate) async fn memory(server: &Server) -> Result<Memory> {
    let fresh = server.resident()?;
    let started = Instant::now();
    let connections = stream::iter(0..CONNECTIONS)
        .map(async |number| {
            let mut connection = Connection::open(server.address()).await?;
            connection.write(format!("SUB idle.{number} 1\r\n").as_bytes()).await?;
            connection.settle().await?;
            anyhow::Ok(connection)
        })
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<_>>()
        .await?;
    ensure!(started.elapsed() < PATIENCE, "the connections took too long to open for all to be there");
    let serving = (connections.len(), server.resident()?);
    Ok(Memory { fresh, serving })
}
