//! Where a store of secrets is, and where in it they are.

use std::{fmt, str::FromStr};

use hyper::Uri;

use crate::edge::exposure::is_loopback;

/// The address of a store.
#[derive(Debug, Clone)]
pub struct VaultAddress {
    pub(super) is_protected: bool,
    pub(super) host: String,
    pub(super) port: u16,
    /// As a request names the host.
    pub(super) authority: String,
    /// What precedes the paths of the API, without a slash at its end.
    pub(super) base: String,
}

impl VaultAddress {
    /// Whether others could read the token on its way there.
    pub fn is_open_to_others(&self) -> bool {
        let is_here = self.host == "localhost" || self.host.parse().is_ok_and(is_loopback);
        !(self.is_protected || is_here)
    }
}

impl fmt::Display for VaultAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_protected { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.base)
    }
}

impl FromStr for VaultAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "the address of a Vault is needed, such as https://vault.example.org:8200";
        let uri: Uri = text.parse().map_err(|_| EXPECTED)?;
        let (Some(scheme), Some(authority), None) = (uri.scheme_str(), uri.authority(), uri.query()) else {
            return Err(EXPECTED);
        };
        let (is_protected, port) = match scheme {
            "https" => (true, 443),
            "http" => (false, 80),
            _ => return Err(EXPECTED),
        };
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(EXPECTED);
        }
        Ok(Self {
            is_protected,
            host: authority.host().trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: authority.port_u16().unwrap_or(port),
            authority: authority.to_string(),
            base: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

/// Names between slashes, as paths of the store are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultPath(String);

impl fmt::Display for VaultPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for VaultPath {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        let is_name = |name: &str| !name.is_empty() && !name.starts_with('.') && name.bytes().all(is_plain);
        let path = text.trim_matches('/');
        match path.split('/').all(is_name) {
            true => Ok(Self(path.to_owned())),
            false => Err("names of letters, digits, '_', '-' and '.' are needed, with '/' between them"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where_to_connect_and_what_to_ask_for() {
        let check = |text: &str, expected: (bool, &str, u16, &str)| {
            let address: VaultAddress = text.parse().expect(text);
            let VaultAddress { is_protected, host, port, base, .. } = &address;
            assert_eq!((*is_protected, host.as_str(), *port, base.as_str()), expected, "{text}");
        };
        check("https://vault.example.org", (true, "vault.example.org", 443, ""));
        check("http://127.0.0.1:8200/", (false, "127.0.0.1", 8200, ""));
        check("https://[::1]:8200/behind/", (true, "::1", 8200, "/behind"));
        for text in ["", "vault:8200", "ftp://vault", "https://", "https://a:b@vault", "https://vault?x=y", "unix:///x"]
        {
            assert!(text.parse::<VaultAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_reached_without_tls() {
        for (text, expected) in [
            ("https://vault.example.org", false),
            ("http://vault.example.org", true),
            ("http://10.0.0.1:8200", true),
            ("http://localhost.example.org", true),
            ("http://localhost:8200", false),
            ("http://127.0.0.2:8200", false),
            ("http://[::1]:8200", false),
        ] {
            assert_eq!(text.parse::<VaultAddress>().expect(text).is_open_to_others(), expected, "{text}");
        }
    }

    #[test]
    fn a_path_holds_nothing_that_leads_elsewhere() {
        assert_eq!("/team/kv/".parse::<VaultPath>(), Ok(VaultPath("team/kv".to_owned())));
        for text in ["", "/", "..", "a/../b", "a//b", "a?b", "a b", "a%2fb", "./a", "a#b", "a\r\nb"] {
            assert!(text.parse::<VaultPath>().is_err(), "{text}");
        }
    }
}
