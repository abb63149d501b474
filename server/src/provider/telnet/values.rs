//! What a link says: where to listen, and within which bounds.

use std::{net::SocketAddr, time::Duration};

use wisteria_core::provider::{LinkValue, LinkValues, ValueKind};

use crate::edge::{ConnectionLimits, Gate, exposure::is_loopback};

const ADDRESS: LinkValue =
    LinkValue::new("ADDRESS", ValueKind::Text, "where to listen, HOST:PORT", "127.0.0.1:2424").or("127.0.0.1:2323");

const OPEN: LinkValue = LinkValue::new(
    "OPEN",
    ValueKind::Boolean,
    "whether other machines may reach it; nothing that is said is protected on its way",
    "true",
)
.or("false");

const SESSIONS: LinkValue =
    LinkValue::new("SESSIONS", ValueKind::Number, "most sessions at a time, at most 1024", "10").or("100");

const IDLE: LinkValue =
    LinkValue::new("IDLE", ValueKind::Duration, "after how long without a word a session ends", "1h").or("10m");

const MAX_LINE: LinkValue =
    LinkValue::new("MAX_LINE", ValueKind::Size, "largest line in bytes, at most 64Ki", "512").or("4Ki");

/// All of them.
pub(super) const VALUES: &[LinkValue] = &[ADDRESS, OPEN, SESSIONS, IDLE, MAX_LINE];

/// Most that `SESSIONS` may say.
const MOST_SESSIONS: usize = 1024;

/// Most that `MAX_LINE` may say.
const MOST_LINE: usize = 64 << 10;

/// What a link says, once it is read.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) address: SocketAddr,
    pub(super) sessions: usize,
    pub(super) idle: Duration,
    pub(super) max_line: usize,
    /// Half of the sessions are from one address of another machine at most.
    pub(super) gate: Gate,
}

impl Settings {
    /// Reads the values of a link.
    ///
    /// # Errors
    /// Why one of them cannot be used.
    pub(super) async fn read(values: &LinkValues) -> Result<Self, String> {
        let bounded = |value: &LinkValue, given: Option<u64>, most: usize| {
            let given = given.expect("it has a default");
            match usize::try_from(given).ok().filter(|given| (1..=most).contains(given)) {
                Some(given) => Ok(given),
                None => {
                    let (name, example) = (value.name, value.example);
                    Err(format!("`{name}` is {given}, and may be from 1 to {most}; write it as {name}={example}"))
                }
            }
        };
        let sessions = bounded(&SESSIONS, values.number(SESSIONS.name), MOST_SESSIONS)?;
        let max_line = bounded(&MAX_LINE, values.size(MAX_LINE.name), MOST_LINE)?;
        let idle = values.duration(IDLE.name).expect("it has a default");
        if idle.is_zero() {
            return Err(format!("`IDLE` of 0 would end each session; write it as IDLE={}", IDLE.example));
        }
        let address = address(values).await?;
        let limits = ConnectionLimits { total: sessions, per_address: sessions.div_ceil(2), from_here: sessions };
        Ok(Self { address, sessions, idle, max_line, gate: Gate::new(limits) })
    }
}

/// The address that a link asks for, if it may be open there. A name stands for its first address.
async fn address(values: &LinkValues) -> Result<SocketAddr, String> {
    let text = values.text(ADDRESS.name).expect("it has a default");
    let found = tokio::net::lookup_host(text).await.map_err(|error| error.to_string());
    let found = found.and_then(|mut found| found.next().ok_or_else(|| "the name has none".to_owned()));
    let address = found.map_err(|cause| {
        format!("`ADDRESS={text}` is not an address: {cause}; write it as ADDRESS={}", ADDRESS.example)
    })?;
    if !is_loopback(address.ip()) && !values.is_true(OPEN.name) {
        return Err(format!(
            "`ADDRESS={text}` is open to other machines, and telnet protects nothing on its way; stay on 127.0.0.1, or \
             accept the risk with OPEN=true"
        ));
    }
    Ok(address)
}
