//! Whether a port may be open where it is asked to be.

use std::net::{IpAddr, SocketAddr};

use thiserror::Error;

/// What protects a port.
#[derive(Debug, Clone, Copy, Default)]
pub struct Protections {
    /// It speaks TLS, so that nobody on the way reads or changes what passes.
    pub tls: bool,
    /// Who joins by it must prove who it is.
    pub credentials: bool,
    /// The operator answers for it: `--insecure`.
    pub insecure: bool,
}

/// Why a port stays closed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{option} {address} is open to other machines, and {missing}; stay on 127.0.0.1, or accept the risk with --insecure"
)]
pub struct Exposed {
    /// The address.
    address: SocketAddr,
    /// The option that names it.
    option: &'static str,
    /// What is missing, with the way to have it.
    missing: String,
}

/// Refuses a port that other machines reach and that lacks a protection. With `--insecure` it is opened, and the log
/// says what is missing.
///
/// # Errors
/// What is missing, and how to have it.
pub fn check(option: &'static str, address: SocketAddr, protections: Protections) -> Result<(), Exposed> {
    let wanted = [
        (protections.tls, "it has no TLS: give it --tls-cert FILE and --tls-key FILE"),
        (
            protections.credentials,
            "whoever reaches it may join: leave out --open, and give --nats a --nats-signing-key",
        ),
    ];
    let missing = wanted.iter().filter(|(is_there, _)| !is_there).map(|(_, text)| *text).collect::<Vec<_>>();
    if is_loopback(address.ip()) || missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join(", and ");
    if protections.insecure {
        tracing::warn!(%address, "{option} is open to other machines (--insecure), and {missing}");
        return Ok(());
    }
    Err(Exposed { address, option, missing })
}

/// Whether only this machine reaches the address.
pub(crate) fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_beyond_this_machine_needs_tls_or_the_operators_word() {
        let check = |address: &str, protected, insecure| {
            let protections = Protections { tls: protected, credentials: protected, insecure };
            check("--listen", address.parse().expect("an address"), protections)
        };
        for here in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert_eq!(check(here, false, false), Ok(()), "{here}");
        }
        for beyond in ["0.0.0.0:1", "[::]:1", "192.168.1.2:1", "[::ffff:10.0.0.1]:1"] {
            assert_eq!(check(beyond, true, false), Ok(()), "{beyond}");
            assert_eq!(check(beyond, false, true), Ok(()), "{beyond}");
            let text = check(beyond, false, false).expect_err("refused").to_string();
            for word in ["--listen", beyond, "--tls-cert", "--tls-key", "--open", "127.0.0.1", "--insecure"] {
                assert!(text.contains(word), "{word} in {text}");
            }
        }
    }
}
