//! What is measured.

use crate::{
    plain::{flood, requests},
    published_client,
};
use anyhow::Result;
use std::{net::SocketAddr, time::Duration};

/// One thing that clients do, and what does it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Workload {
    /// One publishes, so many subscribers take everything.
    Flood(Client, Flood),
    /// One asks, another answers.
    Requests(Client, Requests),
}

/// Who speaks to the server.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Client {
    /// Sockets that write prepared bytes and count what comes back, so that the server is the limit.
    Plain,
    /// The published client for Rust.
    AsyncNats,
}

/// A stream of messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flood {
    /// Bytes of a payload.
    pub(crate) size: usize,
    /// Connections that subscribe.
    pub(crate) subscribers: usize,
    /// Messages published.
    pub(crate) messages: u64,
}

/// Requests with their replies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Requests {
    /// How many wait for their reply at any time.
    pub(crate) in_flight: usize,
    /// How many there are in all.
    pub(crate) count: usize,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// So many messages reached their receivers in this time; published ones where nobody subscribes.
    Rate(u64, Duration),
    /// How long each request took.
    Latencies(Vec<Duration>),
}

/// Bytes published that no subscriber has yet at most: less than what either server lets pile up for one connection.
pub(crate) const WINDOW: u64 = 4 << 20;

impl Workload {
    /// All of them, in the order of the table.
    pub(crate) const ALL: [Self; 11] = [
        Self::Flood(Client::Plain, Flood { size: 16, subscribers: 0, messages: 2_000_000 }),
        Self::Flood(Client::Plain, Flood { size: 16, subscribers: 1, messages: 1_000_000 }),
        Self::Flood(Client::AsyncNats, Flood { size: 16, subscribers: 1, messages: 500_000 }),
        Self::Flood(Client::Plain, Flood { size: 1024, subscribers: 1, messages: 300_000 }),
        Self::Flood(Client::AsyncNats, Flood { size: 1024, subscribers: 1, messages: 200_000 }),
        Self::Flood(Client::Plain, Flood { size: 16, subscribers: 100, messages: 20_000 }),
        Self::Flood(Client::AsyncNats, Flood { size: 16, subscribers: 100, messages: 5_000 }),
        Self::Requests(Client::Plain, Requests { in_flight: 1, count: 5_000 }),
        Self::Requests(Client::AsyncNats, Requests { in_flight: 1, count: 5_000 }),
        Self::Requests(Client::Plain, Requests { in_flight: 64, count: 100_000 }),
        Self::Requests(Client::AsyncNats, Requests { in_flight: 64, count: 50_000 }),
    ];

    /// Does it once.
    pub(crate) async fn run(self, address: SocketAddr) -> Result<Outcome> {
        match self {
            Self::Flood(Client::Plain, flood) => flood::run(address, flood).await,
            Self::Flood(Client::AsyncNats, flood) => published_client::flood(address, flood).await,
            Self::Requests(Client::Plain, requests) => requests::run(address, requests).await,
            Self::Requests(Client::AsyncNats, requests) => published_client::requests(address, requests).await,
        }
    }

    /// What the table calls it.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Flood(_, Flood { size, subscribers: 0, .. }) => format!("publish {size} B, nobody subscribed"),
            Self::Flood(_, Flood { size, subscribers: 1, .. }) => format!("publish and subscribe, {size} B"),
            Self::Flood(_, Flood { size, subscribers, .. }) => format!("one to {subscribers}, {size} B"),
            Self::Requests(_, Requests { in_flight, .. }) => format!("request and reply, {in_flight} in flight"),
        }
    }

    /// What the table calls its client.
    pub(crate) fn client(self) -> &'static str {
        match self {
            Self::Flood(Client::Plain, _) | Self::Requests(Client::Plain, _) => "plain sockets",
            Self::Flood(Client::AsyncNats, _) | Self::Requests(Client::AsyncNats, _) => "async-nats",
        }
    }
}
