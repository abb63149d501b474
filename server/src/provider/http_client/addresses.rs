//! Which addresses the names of a link may stand for. The addresses that pass are those that are connected to, so that a
//! name which is looked up again, and stands for something else then, gains nothing.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

/// Looks names up for one link. Addresses in URLs are not asked about: a link names each of them that it allows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resolver {
    /// Whether names may stand for addresses of this machine and of private networks.
    pub(super) may_be_private: bool,
}

/// A name stands for nothing that the link lets it stand for.
#[derive(Debug, Error)]
#[error(
    "the name {name} stands for {address}, which is not of the public internet; name that address in the link's ALLOW, \
     or set ALLOW_PRIVATE=true"
)]
pub(super) struct PrivateAddress {
    name: String,
    address: IpAddr,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = *self;
        Box::pin(async move {
            let name = name.as_str();
            // The port of the URL takes the place of this one.
            let found = tokio::net::lookup_host((name, 0)).await?.collect();
            resolver.permitted(name, found)
        })
    }
}

impl Resolver {
    fn permitted(
        self,
        name: &str,
        mut found: Vec<SocketAddr>,
    ) -> Result<Addrs, Box<dyn std::error::Error + Send + Sync>> {
        let Some(first) = found.first().map(SocketAddr::ip) else {
            return Err(io::Error::other("the name has no address").into());
        };
        found.retain(|address| self.may_be_private || is_public(address.ip()) || is_here(name, address.ip()));
        match found.is_empty() {
            true => Err(PrivateAddress { name: name.to_owned(), address: first }.into()),
            false => Ok(Box::new(found.into_iter())),
        }
    }
}

/// Whoever writes `localhost` names this machine.
fn is_here(name: &str, address: IpAddr) -> bool {
    name == "localhost" && address.is_loopback()
}

/// Whether an address is one of the public internet. What is not known to be is not.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// By the IANA's registry of special addresses.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = matches!(
        address.octets(),
        [0 | 10 | 127 | 224..=255, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18..=19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    );
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // An address of IPv4 in the clothes of NAT64.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => is_public_v4(v4(high, low)),
        // The same by 6to4.
        [0x2002, high, low, ..] => is_public_v4(v4(high, low)),
        // Teredo and other protocols' own; examples.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [0x2000..=0x3fff, ..] => true,
        _ => false,
    }
}

fn v4(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(may_be_private: bool, name: &str, found: &[&str]) -> Result<Vec<String>, String> {
        let found = found.iter().map(|address| SocketAddr::new(address.parse().expect("an address"), 0)).collect();
        let permitted = Resolver { may_be_private }.permitted(name, found).map_err(|error| error.to_string())?;
        Ok(permitted.map(|address| address.ip().to_string()).collect())
    }

    #[test]
    fn addresses_that_only_this_machine_or_network_reaches_are_not_public() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.31.255.255",
            "192.0.0.8",
            "192.168.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(address.parse().expect("an address")), "{address}");
        }
        for address in [
            "1.1.1.1",
            "100.63.0.1",
            "172.32.0.1",
            "192.169.0.1",
            "2606:4700::1111",
            "64:ff9b::101:101",
            "2002:101:101::1",
        ] {
            assert!(is_public(address.parse().expect("an address")), "{address}");
        }
    }

    #[test]
    fn a_name_stands_for_public_addresses_unless_the_link_says_otherwise() {
        let found = ["10.0.0.1", "1.1.1.1"];
        assert_eq!(resolved(false, "a.example", &found), Ok(vec!["1.1.1.1".to_owned()]));
        assert_eq!(resolved(true, "a.example", &found), Ok(found.map(str::to_owned).to_vec()));
        let why = resolved(false, "a.example", &["169.254.169.254"]).expect_err("refused");
        assert!(why.contains("a.example stands for 169.254.169.254") && why.contains("ALLOW_PRIVATE=true"), "{why}");
        assert!(resolved(true, "a.example", &[]).expect_err("refused").contains("has no address"));
    }

    #[test]
    fn localhost_is_this_machine_and_nothing_else() {
        assert_eq!(resolved(false, "localhost", &["127.0.0.1", "10.0.0.1"]), Ok(vec!["127.0.0.1".to_owned()]));
        assert!(resolved(false, "localhost.example", &["127.0.0.1"]).is_err());
    }
}
