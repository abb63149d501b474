//! Which hosts run how much of a component.

use std::{cmp::Reverse, collections::BTreeMap};

use super::application::{Scaling, Share};
use crate::{lattice::control::Inventory, order};

/// A share that nothing fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unmet {
    /// What its hosts would have to be.
    pub(super) requirements: BTreeMap<String, String>,
    /// How many hosts are needed.
    pub(super) needed: usize,
    /// How many fit.
    pub(super) found: usize,
}

/// Divides what is to run among hosts; brings the places of hosts and how much each runs. `runs` tells which hosts run some
/// of it already: they come first. A host takes any number where `many` holds, and one at most otherwise.
pub(super) fn places(
    scaling: &Scaling,
    hosts: &[Inventory],
    runs: impl Fn(&Inventory) -> bool,
    many: bool,
) -> Result<BTreeMap<usize, u32>, Unmet> {
    let mut ordered: Vec<usize> = (0..hosts.len()).collect();
    let rank = |at: &usize| (!runs(&hosts[*at]), precedence(&hosts[*at]), *at);
    order::sort_by(&mut ordered, |one, other| rank(one) < rank(other));
    let fitting =
        |share: &Share| -> Vec<usize> { ordered.iter().copied().filter(|at| fits(share, &hosts[*at])).collect() };
    let everywhere = [Share::default()];
    let (Scaling::Spread { shares, .. } | Scaling::Daemon { shares, .. }) = scaling;
    let shares = if shares.is_empty() { &everywhere[..] } else { &shares[..] };
    let mut placed = BTreeMap::new();
    match scaling {
        Scaling::Daemon { replicas, .. } => {
            for share in shares {
                for host in fitting(share) {
                    placed.insert(host, if many { *replicas } else { (*replicas).min(1) });
                }
            }
        }
        Scaling::Spread { replicas, .. } => {
            for (share, count) in shares.iter().zip(divide(*replicas, shares)) {
                let mut fitting = fitting(share);
                if !many {
                    fitting.retain(|host| !placed.contains_key(host));
                }
                let wanted = count as usize;
                let needed = if many { wanted.min(1) } else { wanted };
                if fitting.len() < needed {
                    return Err(Unmet { requirements: share.requirements.clone(), needed, found: fitting.len() });
                }
                fitting.truncate(wanted);
                let each = evenly(count, fitting.len());
                for (host, part) in fitting.into_iter().zip(each) {
                    *placed.entry(host).or_default() += part;
                }
            }
        }
    }
    placed.retain(|_, count| *count > 0);
    Ok(placed)
}

/// Whether a component is to run on a host, if anywhere.
pub(super) fn may_run(scaling: &Scaling, host: &Inventory) -> bool {
    let (Scaling::Spread { shares, .. } | Scaling::Daemon { shares, .. }) = scaling;
    shares.is_empty() || shares.iter().any(|share| fits(share, host))
}

fn fits(share: &Share, host: &Inventory) -> bool {
    share.requirements.iter().all(|(name, value)| host.labels.get(name) == Some(value))
}

/// Servers come before tabs, which people close.
pub(super) fn precedence(host: &Inventory) -> (bool, &str) {
    (host.labels.get("kind").is_none_or(|kind| kind != "server"), &host.host_id)
}

/// What each share gets: its part rounded down, and of what is left one each to those that lost most by it.
fn divide(count: u32, shares: &[Share]) -> Vec<u32> {
    let sum: u64 = shares.iter().map(|share| u64::from(share.weight)).sum();
    if sum == 0 {
        return vec![0; shares.len()];
    }
    let exact = |share: &Share| u64::from(count) * u64::from(share.weight);
    let mut parts: Vec<u32> =
        shares.iter().map(|share| u32::try_from(exact(share) / sum).unwrap_or(u32::MAX)).collect();
    let mut by_loss: Vec<usize> = (0..shares.len()).collect();
    let rank = |at: &usize| (Reverse(exact(&shares[*at]) % sum), *at);
    order::sort_by(&mut by_loss, |one, other| rank(one) < rank(other));
    let left = count - parts.iter().sum::<u32>();
    for at in by_loss.into_iter().take(left as usize) {
        parts[at] += 1;
    }
    parts
}

fn evenly(count: u32, hosts: usize) -> impl Iterator<Item = u32> {
    let hosts = u32::try_from(hosts).unwrap_or(u32::MAX);
    (0..hosts).map(move |at| count / hosts + u32::from(at < count % hosts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(id: &str, zone: &str) -> Inventory {
        let labels = BTreeMap::from([("zone".to_owned(), zone.to_owned())]);
        Inventory { host_id: id.to_owned(), labels, ..Inventory::default() }
    }

    fn share(zone: &str, weight: u32) -> Share {
        let requirements = BTreeMap::from([("zone".to_owned(), zone.to_owned())]);
        Share { requirements, weight, ..Share::default() }
    }

    fn check(scaling: &Scaling, many: bool, expected: &[(usize, u32)]) {
        let hosts = [host("N3", "east"), host("N1", "east"), host("N2", "west")];
        let placed = places(scaling, &hosts, |host| host.host_id == "N3", many).expect("it fits");
        assert_eq!(placed.into_iter().collect::<Vec<_>>(), expected, "{scaling:?}");
    }

    #[test]
    fn what_runs_is_divided_by_weight_and_then_evenly() {
        let spread = |replicas, shares: &[Share]| Scaling::Spread { replicas, shares: shares.to_vec() };
        check(&spread(1, &[]), true, &[(0, 1)]);
        check(&spread(7, &[]), true, &[(0, 3), (1, 2), (2, 2)]);
        check(&spread(10, &[share("east", 80), share("west", 20)]), true, &[(0, 4), (1, 4), (2, 2)]);
        check(&spread(3, &[share("east", 1), share("west", 1)]), true, &[(0, 1), (1, 1), (2, 1)]);
        check(&spread(0, &[]), true, &[]);
        check(&spread(2, &[share("east", 100)]), false, &[(0, 1), (1, 1)]);
    }

    #[test]
    fn a_daemon_is_on_every_host_that_fits() {
        check(&Scaling::Daemon { replicas: 5, shares: vec![] }, true, &[(0, 5), (1, 5), (2, 5)]);
        check(&Scaling::Daemon { replicas: 5, shares: vec![share("west", 100)] }, false, &[(2, 1)]);
        check(&Scaling::Daemon { replicas: 1, shares: vec![share("north", 100)] }, true, &[]);
    }

    #[test]
    fn what_fits_nowhere_is_told() {
        let hosts = [host("N1", "east")];
        let check = |replicas, shares: &[Share], many, expected| {
            let scaling = Scaling::Spread { replicas, shares: shares.to_vec() };
            let unmet = places(&scaling, &hosts, |_| false, many).expect_err("it does not fit");
            assert_eq!((unmet.needed, unmet.found), expected);
        };
        check(1, &[share("north", 100)], true, (1, 0));
        check(2, &[], false, (2, 1));
    }
}
