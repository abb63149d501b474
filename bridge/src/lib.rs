//! The bus over sockets: NATS client protocol, client session, embedded broker and transports.
//!
//! [`protocol`] turns bytes into operations and back and does no I/O. [`Broker`] serves connections on a router;
//! [`BridgeBus`] is the other end, a bus over one connection that it makes again when it breaks. [`transports`] carry
//! the bytes. [`Relay`] passes a connection on to a broker elsewhere. Broker, client and relay run in a server as well as in a tab.

pub mod auth;
pub mod broker;
pub mod client;
mod credentials;
mod outbox;
pub mod protocol;
mod rate;
pub mod relay;
mod replies;
pub mod transports;

pub use broker::{Broker, BrokerLimits, Ended, Peer};
pub use client::{BridgeBus, BridgeOptions, ConnectionState};
pub use credentials::{Credentials, JoinToken};
pub use rate::RateLimits;
pub use relay::{Relay, ScopedUsers};
pub use transports::{Connector, InTurn, Pipe, TransportError};
