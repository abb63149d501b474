//! How many connections a port has, in all and from one address.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard},
};

use super::exposure::is_loopback;

/// How many connections a port may have at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// In all.
    pub total: usize,
    /// From one address of another machine; a network of IPv6 (`/64`) counts as one.
    pub per_address: usize,
    /// From this machine, where many programs and proxies share one address.
    pub from_here: usize,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self { total: 16_384, per_address: 1024, from_here: 16_384 }
    }
}

/// Counts the connections of one port.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    limits: ConnectionLimits,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_network: HashMap<IpAddr, usize>,
    /// Whether the log has told of a refusal since the last connection that was let in.
    told: bool,
}

/// A connection's place, until this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    gate: Gate,
    network: IpAddr,
}

impl Gate {
    pub(crate) fn new(limits: ConnectionLimits) -> Self {
        Self { limits, open: Arc::default() }
    }

    /// A place for a connection from that address; none where there are too many, which the log is told of.
    pub(crate) fn admit(&self, client: IpAddr) -> Option<Place> {
        let network = network(client);
        let per_network = match is_loopback(network) {
            true => self.limits.from_here,
            false => self.limits.per_address,
        };
        let mut open = self.open();
        let here = open.by_network.get(&network).copied().unwrap_or(0);
        if open.total >= self.limits.total || here >= per_network {
            if !open.told {
                let (total, from_address) = (open.total, here);
                tracing::warn!(
                    %client, total, from_address,
                    "a connection was refused, as there are too many; see --max-connections"
                );
            }
            open.told = true;
            return None;
        }
        open.told = false;
        open.total += 1;
        *open.by_network.entry(network).or_default() += 1;
        Some(Place { gate: self.clone(), network })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().expect("nothing panics under this lock")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.gate.open();
        open.total -= 1;
        if let Some(count) = open.by_network.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                open.by_network.remove(&self.network);
            }
        }
    }
}

/// Whoever has one address of IPv6 has its whole `/64`.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_bounded_in_all_and_by_address() {
        let gate = Gate::new(ConnectionLimits { total: 4, per_address: 2, from_here: 3 });
        let admit = |client: &str| gate.admit(client.parse().expect("an address"));
        let first = admit("10.0.0.1").expect("room");
        let _second = admit("::ffff:10.0.0.1").expect("room");
        assert!(admit("10.0.0.1").is_none());
        drop(first);
        let _third = admit("10.0.0.1").expect("its place is free again");
        let _here = [admit("127.0.0.1").expect("room"), admit("127.0.0.1").expect("room")];
        assert!(admit("10.0.0.2").is_none(), "there are four in all");
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let gate = Gate::new(ConnectionLimits { per_address: 1, ..ConnectionLimits::default() });
        let admit = |client: &str| gate.admit(client.parse().expect("an address"));
        let _place = admit("2001:db8::1").expect("room");
        assert!(admit("2001:db8::ffff:2").is_none());
        assert!(admit("2001:db8:0:1::1").is_some());
    }
}
