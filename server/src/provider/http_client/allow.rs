//! Which URLs a link allows: scheme, host and port, and where their paths begin.

use std::{
    fmt::{self, Display, Formatter},
    net::IpAddr,
};

use reqwest::Url;

/// What a link allows; everything else is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AllowList(Vec<Entry>);

/// `https://api.example.org`, `https://*.example.org`, `http://127.0.0.1:8080/path/`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    scheme: String,
    /// As URLs write it once they are read; under a wildcard, what follows `*.`.
    host: String,
    is_wildcard: bool,
    port: u16,
    /// Where paths begin. Without `/` at its end, it is a whole path or followed by `/`.
    path: String,
}

impl AllowList {
    /// Reads the texts of a link.
    ///
    /// # Errors
    /// Why one of them cannot be used.
    pub(super) fn read(texts: &[&str]) -> Result<Self, String> {
        let entry = |text: &&str| {
            Entry::read(text).map_err(|why| {
                format!("`{text}` in `ALLOW` {why}; write it as https://api.example.org or https://*.example.org/path/")
            })
        };
        texts.iter().map(entry).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a request may go there.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn check(&self, url: &Url) -> Result<(), String> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!("{} has a user's name or a password in it; leave them out", Shown(url)));
        }
        match self.0.iter().any(|entry| entry.allows(url)) {
            true => Ok(()),
            false => Err(format!("the link does not allow {}; add it to the link's ALLOW", Shown(url))),
        }
    }
}

impl Entry {
    fn read(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").ok_or("has no scheme")?;
        if !matches!(scheme, "http" | "https") {
            return Err("is neither http nor https".to_owned());
        }
        let (is_wildcard, rest) = match rest.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let url = Url::parse(&format!("{scheme}://{rest}")).map_err(|cause| format!("is no URL: {cause}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("has a user's name or a password in it".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("has a query or a fragment".to_owned());
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        if host.contains('*') {
            return Err("has a * that is not in the place of its first name".to_owned());
        }
        if is_wildcard && address(&host).is_some() {
            return Err("has a * before an address".to_owned());
        }
        let port = url.port_or_known_default().expect("both schemes have one");
        Ok(Self { scheme: scheme.to_owned(), host, is_wildcard, port, path: url.path().to_owned() })
    }

    fn allows(&self, url: &Url) -> bool {
        let is_host = url.host_str().is_some_and(|host| match self.is_wildcard {
            true => host.strip_suffix(&self.host).is_some_and(|names| names.len() > 1 && names.ends_with('.')),
            false => host == self.host,
        });
        is_host
            && url.scheme() == self.scheme
            && url.port_or_known_default() == Some(self.port)
            && self.allows_path(url.path())
    }

    fn allows_path(&self, path: &str) -> bool {
        if self.path == "/" {
            return true;
        }
        let is_below = path.strip_prefix(&self.path).is_some_and(|rest| {
            // A path that ends here, or a part of it does.
            self.path.ends_with('/') || rest.is_empty() || rest.starts_with('/')
        });
        is_below && !climbs(path)
    }
}

/// The address that a host of a URL is, if it is no name.
pub(super) fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Whether a server may take a part of the path for `..`, which was hidden from those who read the URL before: by `%2f`
/// or a backslash, by two encodings, or by a parameter after it.
fn climbs(path: &str) -> bool {
    let mut path = path.as_bytes().to_vec();
    for _ in 0..2 {
        path = decoded(&path);
    }
    path.split(|byte| matches!(byte, b'/' | b'\\'))
        .any(|part| part.split(|byte| *byte == b';').next().is_some_and(|name| name == b".."))
}

/// Without one layer of percent encoding.
fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => digit(*high).zip(digit(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        match escaped.and_then(|byte| u8::try_from(byte).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    bytes
}

/// A URL as errors show it: without what may be secret in it.
pub(super) struct Shown<'a>(pub(super) &'a Url);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let url = self.0;
        write!(f, "{}://{}", url.scheme(), url.host_str().unwrap_or_default())?;
        if let Some(port) = url.port() {
            write!(f, ":{port}")?;
        }
        f.write_str(url.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(allowed: &[&str], url: &str, expected: bool) {
        let list = AllowList::read(allowed).expect("a list");
        let url = Url::parse(url).expect("a URL");
        assert_eq!(list.check(&url).is_ok(), expected, "{url} by {allowed:?}");
    }

    #[test]
    fn scheme_host_and_port_are_those_of_an_entry() {
        for (url, expected) in [
            ("https://api.example.org/", true),
            ("https://API.example.org:443/a?b#c", true),
            ("HTTPS://api.example.org", true),
            ("http://api.example.org/", false),
            ("https://api.example.org:8443/", false),
            ("https://example.org/", false),
            ("https://a.api.example.org/", false),
            ("https://api.example.org.evil.example/", false),
            ("https://evil.example/https://api.example.org/", false),
            ("https://api.example.org@evil.example/", false),
            ("https://user@api.example.org/", false),
            ("https://:password@api.example.org/", false),
            ("https://api.example.org./", false),
        ] {
            check(&["https://api.example.org"], url, expected);
        }
        check(&["https://a.example", "http://b.example:8080"], "http://b.example:8080/x", true);
        check(&["https://a.example", "http://b.example:8080"], "http://b.example/x", false);
    }

    #[test]
    fn a_wildcard_stands_for_names_and_not_for_none() {
        for (url, expected) in [
            ("https://a.example.org/", true),
            ("https://a.b.example.org/", true),
            ("https://example.org/", false),
            ("https://badexample.org/", false),
            ("https://.example.org/", false),
            ("https://a.example.org.evil.example/", false),
        ] {
            check(&["https://*.example.org"], url, expected);
        }
    }

    #[test]
    fn an_address_is_the_same_however_it_is_written() {
        for url in ["http://127.0.0.1/", "http://127.1/", "http://0x7f.0.0.1/", "http://2130706433/"] {
            check(&["http://127.0.0.1"], url, true);
            check(&["http://localhost", "http://*.example.org"], url, false);
        }
        check(&["http://[::1]:80"], "http://[0:0:0:0:0:0:0:1]/", true);
        check(&["http://127.0.0.1"], "http://[::ffff:127.0.0.1]/", false);
    }

    #[test]
    fn a_path_is_below_that_of_an_entry_whoever_reads_it() {
        for (entry, path, expected) in [
            ("/v1", "/v1", true),
            ("/v1", "/v1/users?q", true),
            ("/v1", "/v1beta", false),
            ("/v1", "/", false),
            ("/v1/", "/v1", false),
            ("/v1/", "/v1/users", true),
            ("/v1/", "/v1/a/../b", true),
            ("/v1/", "/v1/a..b/...", true),
            ("/v1/", "/v1/a%20b%2fc", true),
            ("/v1/", "/v1/../admin", false),
            ("/v1/", "/v1/%2e%2e/admin", false),
            ("/v1/", "/v1/..%2fadmin", false),
            ("/v1/", "/v1/..%5Cadmin", false),
            ("/v1/", "/v1/%252e%252e%252fadmin", false),
            ("/v1/", "/v1/..;a=b/admin", false),
            ("/", "/..%2fanything", true),
        ] {
            check(&[&format!("http://a.example{entry}")], &format!("http://a.example{path}"), expected);
        }
    }

    #[test]
    fn an_entry_that_says_something_else_is_refused() {
        for (entry, words) in [
            ("api.example.org", "has no scheme"),
            ("ftp://a.example", "is neither http nor https"),
            ("*://a.example", "is neither http nor https"),
            ("https://", "is no URL"),
            ("https://*", "has a *"),
            ("https://a.*.example", "has a *"),
            ("https://*.*.example", "has a *"),
            ("https://*.0.0.1", "has a * before an address"),
            ("https://ada@a.example", "has a user's name"),
            ("https://a.example/?q", "has a query"),
        ] {
            let why = AllowList::read(&[entry]).expect_err("refused");
            assert!(why.contains(words) && why.contains(entry) && why.contains("write it as"), "{why}");
        }
    }

    #[test]
    fn errors_show_no_query_and_no_password() {
        let url = Url::parse("https://ada:lovelace@evil.example:8443/a?token=lovelace#lovelace").expect("a URL");
        let why = AllowList::read(&["https://a.example"]).expect("a list").check(&url).expect_err("refused");
        assert!(why.contains("https://evil.example:8443/a ") && !why.contains("lovelace"), "{why}");
    }
}
