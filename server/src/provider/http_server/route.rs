//! Which actor a request is for: that whose link names its host most exactly, then that with the longest path.

use std::{cmp::Reverse, fmt};

/// What a link serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// None for every host.
    hosts: Vec<HostPattern>,
    path: Prefix,
}

/// `shop.example.org`, or `*.example.org` for all below it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct HostPattern {
    /// In lower case; under a wildcard, with the dot that begins it.
    name: String,
    is_wildcard: bool,
}

/// Where paths begin: whole parts of them, without `/` at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prefix(String);

/// How well a place fits a request; more is better.
type Fit = (bool, usize, usize);

impl Place {
    /// Reads the hosts of a link.
    ///
    /// # Errors
    /// Why one of them cannot be used.
    pub(super) fn read(hosts: &[&str], path: Prefix) -> Result<Self, String> {
        Ok(Self { hosts: hosts.iter().map(|text| HostPattern::read(text)).collect::<Result<_, _>>()?, path })
    }

    /// Whether it is for some hosts only.
    pub(super) fn asks_for_a_host(&self) -> bool {
        !self.hosts.is_empty()
    }

    /// Where the paths of the actor begin.
    pub(super) fn path(&self) -> &Prefix {
        &self.path
    }

    /// How well it fits, if it does. A request that says no host fits where none is asked for.
    pub(super) fn fit(&self, host: Option<&str>, path: &str) -> Option<Fit> {
        let path = self.path.rest(path).map(|_| self.path.0.len())?;
        let (is_exact, name) = self.fit_of_host(host)?;
        Some((is_exact, name, path))
    }

    /// How well it fits the name that a client says when it asks for TLS.
    pub(super) fn fit_of_host(&self, host: Option<&str>) -> Option<(bool, usize)> {
        if self.hosts.is_empty() {
            return Some((false, 0));
        }
        let fits = self.hosts.iter().filter(|pattern| host.is_some_and(|host| pattern.fits(host)));
        let best = fits.max_by_key(|pattern| (!pattern.is_wildcard, pattern.name.len()))?;
        Some((!best.is_wildcard, best.name.len()))
    }

    /// Whether some requests would fit both equally well.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        let same_hosts = match (self.hosts.is_empty(), other.hosts.is_empty()) {
            (false, false) => self.hosts.iter().any(|host| other.hosts.contains(host)),
            (mine, others) => mine == others,
        };
        same_hosts && self.path == other.path
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts: Vec<String> = self.hosts.iter().map(ToString::to_string).collect();
        let hosts = if hosts.is_empty() { "every host".to_owned() } else { hosts.join(",") };
        write!(f, "{hosts} and path {}", if self.path.0.is_empty() { "/" } else { &self.path.0 })
    }
}

impl HostPattern {
    fn read(text: &str) -> Result<Self, String> {
        let (is_wildcard, name) = match text.strip_prefix("*.") {
            Some(_) => (true, &text[1..]),
            None => (false, text),
        };
        let bare = name.trim_start_matches(['.', '[']).trim_end_matches(']');
        let is_address = bare.parse::<std::net::IpAddr>().is_ok();
        let is_name = !bare.is_empty()
            && !bare.starts_with('.')
            && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
        if !(is_name || is_address) || (is_wildcard && is_address) {
            return Err(format!("has `{text}`, which is neither a name nor *.DOMAIN, without a port"));
        }
        let start = if is_wildcard { "." } else { "" };
        Ok(Self { name: format!("{start}{}", bare.to_ascii_lowercase()), is_wildcard })
    }

    fn fits(&self, host: &str) -> bool {
        match self.is_wildcard {
            true => host.len() > self.name.len() && host.ends_with(&self.name),
            false => host == self.name,
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.is_wildcard { "*" } else { "" }, self.name)
    }
}

impl Prefix {
    /// Reads a path.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        if !text.starts_with('/') {
            return Err("does not begin with /");
        }
        if text.contains(['?', '#', '%', ' ']) || text.contains("//") {
            return Err("has a query, a fragment, an escape or an empty part");
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    /// What follows in a path that begins with it.
    pub(super) fn rest<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(&self.0).filter(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// The best of those that fit; among equals, which nothing but a wildcard beside another can be, the first.
pub(super) fn best<T, Key: Ord>(all: impl Iterator<Item = T>, fit: impl Fn(&T) -> Option<Key>) -> Option<T> {
    let fitting = all.filter_map(|one| fit(&one).map(|fit| (Reverse(fit), one)));
    fitting.min_by(|(a, _), (b, _)| a.cmp(b)).map(|(_, one)| one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(hosts: &[&str], path: &str) -> Place {
        Place::read(hosts, Prefix::read(path).expect("a path")).expect("hosts")
    }

    #[test]
    fn the_most_exact_host_goes_before_the_longest_path() {
        let places = [
            place(&[], "/"),
            place(&[], "/very/long/path"),
            place(&["*.example.org"], "/"),
            place(&["*.shop.example.org"], "/"),
            place(&["a.shop.example.org", "b.example"], "/"),
            place(&["b.example"], "/x"),
        ];
        let found = |host: Option<&str>, path: &str| {
            best(places.iter().enumerate(), |(_, place)| place.fit(host, path)).map(|(index, _)| index)
        };
        for (host, path, expected) in [
            (None, "/", 0),
            (Some("elsewhere"), "/a", 0),
            (Some("elsewhere"), "/very/long/path/a", 1),
            (Some("x.example.org"), "/very/long/path", 2),
            (Some("example.org"), "/", 0),
            (Some("x.shop.example.org"), "/", 3),
            (Some("a.shop.example.org"), "/", 4),
            (Some("b.example"), "/", 4),
            (Some("b.example"), "/x", 5),
            (Some("b.example"), "/x/y", 5),
            (Some("b.example"), "/xy", 4),
        ] {
            assert_eq!(found(host, path), Some(expected), "{host:?} {path}");
        }
        assert_eq!(best([place(&["a.example"], "/")].iter(), |place| place.fit(Some("b.example"), "/")), None);
    }

    #[test]
    fn a_path_is_left_by_what_begins_it() {
        let prefix = Prefix::read("/shop/").expect("a path");
        assert_eq!(prefix.rest("/shop"), Some(""));
        assert_eq!(prefix.rest("/shop/a"), Some("/a"));
        assert_eq!(prefix.rest("/shopping"), None);
        assert_eq!(Prefix::read("/").expect("a path").rest("/a"), Some("/a"));
        for text in ["shop", "", "/a?b", "/a//b", "/a%2fb"] {
            assert!(Prefix::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn places_are_equal_where_requests_cannot_tell_them_apart() {
        for (a, b, expected) in [
            (place(&[], "/"), place(&[], "/"), true),
            (place(&[], "/a"), place(&[], "/a/"), true),
            (place(&[], "/a"), place(&[], "/b"), false),
            (place(&["a.example"], "/"), place(&[], "/"), false),
            (place(&["a.example", "b.example"], "/"), place(&["B.example"], "/"), true),
            (place(&["*.example"], "/"), place(&["a.example"], "/"), false),
        ] {
            assert_eq!((a.is_as(&b), b.is_as(&a)), (expected, expected), "{a} and {b}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in ["a.example:80", "*", "*.", "a.*.example", "http://a.example", "*.127.0.0.1", "ä.example"] {
            let why = Place::read(&[text], Prefix::read("/").expect("a path")).expect_err("refused");
            assert!(why.contains(text), "{why}");
        }
        assert!(place(&["127.0.0.1", "[::1]"], "/").fit(Some("::1"), "/").is_some());
    }
}
