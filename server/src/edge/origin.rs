//! Who may ask for what by a browser: which names this server has, and pages of which origins may join.

use std::{net::IpAddr, str::FromStr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{self, HOST, ORIGIN},
        uri::Authority,
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use thiserror::Error;

use super::exposure::is_loopback;

/// Where a page comes from: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// One origin.
    Exact {
        /// Whether its scheme is `https`.
        secure: bool,
        /// Its host, in lower case, without the brackets of IPv6.
        host: String,
        /// Its port, said or not.
        port: u16,
    },
    /// Every origin there is.
    Any,
}

/// Why a text is no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an origin is a scheme with a host and maybe a port, such as https://example.org or http://localhost:5173")]
pub struct OriginError;

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let (scheme, authority) = text.split_once("://").ok_or(OriginError)?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(OriginError),
        };
        let (host, port) = host_and_port(authority).ok_or(OriginError)?;
        Ok(Self::Exact { secure, host, port: port.unwrap_or(default_port(secure)) })
    }
}

fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

/// The host in lower case, without brackets or the dot of the root, and the port, if one is said.
pub(crate) fn host_and_port(text: &str) -> Option<(String, Option<u16>)> {
    let authority: Authority = text.parse().ok()?;
    if text.contains('@') {
        return None;
    }
    // What stands after the host is a port or an error; the library passes over ports that are no numbers.
    let port = match authority.as_str().strip_prefix(authority.host())? {
        "" => None,
        port => Some(port.strip_prefix(':')?.parse().ok()?),
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    (!host.is_empty()).then(|| (host.to_ascii_lowercase(), port))
}

/// What the server knows of its place in the web.
#[derive(Debug, Clone)]
pub(crate) struct Site(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    secure: bool,
    on_loopback: bool,
    allowed: Vec<Origin>,
    policy: HeaderValue,
}

impl Site {
    /// A server under TLS or not, bound to an address, that lets pages of these origins join. Its own pages join there
    /// or at `tabs_join`.
    pub(crate) fn new(secure: bool, bound: IpAddr, allowed: &[Origin], tabs_join: Option<&str>) -> Self {
        let elsewhere = tabs_join.and_then(websocket_origin).unwrap_or_default();
        let policy = format!("{POLICY}; connect-src 'self'{elsewhere}");
        Self(Arc::new(Inner {
            secure,
            on_loopback: is_loopback(bound),
            allowed: allowed.to_vec(),
            policy: policy.try_into().expect("an authority is visible ASCII"),
        }))
    }

    /// Whether the page that sends this may join: it is no page, or one of this server or of an allowed origin.
    pub(crate) fn admits(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(ORIGIN).iter();
        let (origin, None) = (origins.next(), origins.next()) else {
            return false;
        };
        let Some(origin) = origin else {
            return true;
        };
        if self.0.allowed.contains(&Origin::Any) {
            return true;
        }
        let Some(origin) = origin.to_str().ok().and_then(|origin| origin.parse().ok()) else {
            return false;
        };
        let own = headers.get(HOST).and_then(|host| host_and_port(host.to_str().ok()?)).map(|(host, port)| {
            let secure = self.0.secure;
            Origin::Exact { secure, host, port: port.unwrap_or(default_port(secure)) }
        });
        origin != Origin::Any && (own.as_ref() == Some(&origin) || self.0.allowed.contains(&origin))
    }

    /// Whether this server has that name. On loopback it has those of loopback and of allowed origins only, so that a
    /// foreign name that was made to point here opens nothing.
    fn is_named(&self, host: &str) -> bool {
        let Some((host, _)) = host_and_port(host) else {
            return false;
        };
        let is_allowed = |origin: &Origin| match origin {
            Origin::Any => true,
            Origin::Exact { host: allowed, .. } => *allowed == host,
        };
        !self.0.on_loopback
            || host == "localhost"
            || host.ends_with(".localhost")
            || host.parse().is_ok_and(is_loopback)
            || self.0.allowed.iter().any(is_allowed)
    }
}

/// The origin of a WebSocket's address, after a space.
fn websocket_origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority: Authority = rest.split('/').next()?.parse().ok()?;
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:[]-_".contains(&byte));
    let address = format!("{scheme}://{authority}");
    (is_plain(scheme) && is_plain(authority.as_str())).then(|| format!(" {address}"))
}

/// What a page of this server may do: run its own scripts and WebAssembly, and nothing foreign.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data:; worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// Refuses requests for other names, and adds what browsers are to know to every answer.
pub(crate) async fn guard(State(site): State<Site>, request: Request, next: Next) -> Response {
    let mut response = match refusal(&site, &request) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, site.0.policy.clone());
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    response
}

fn refusal(site: &Site, request: &Request) -> Option<Response> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let (host, further) = (hosts.next(), hosts.next());
    if further.is_some() {
        return Some((StatusCode::BAD_REQUEST, "a request names one Host\n").into_response());
    }
    // A request for `http://name/path` asks for that name, whatever its header says. Browsers always say one.
    let names = [request.uri().authority().map(Authority::as_str), host.map(|host| host.to_str().unwrap_or_default())];
    let foreign = names.into_iter().flatten().find(|name| !site.is_named(name))?;
    tracing::debug!(host = foreign, "refused a request for a name that this server does not have");
    let text = "this server listens on loopback and has no such name: ask for http://127.0.0.1, or allow the name with \
        --allow-origin https://NAME\n";
    Some((StatusCode::MISDIRECTED_REQUEST, text).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(secure: bool, bound: &str, allowed: &[&str]) -> Site {
        let allowed = allowed.iter().map(|origin| origin.parse().expect("an origin")).collect::<Vec<_>>();
        Site::new(secure, bound.parse().expect("an address"), &allowed, None)
    }

    fn admits(site: &Site, host: &str, origin: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().expect("a header"));
        for origin in origin {
            headers.append(ORIGIN, origin.parse().expect("a header"));
        }
        site.admits(&headers)
    }

    #[test]
    fn a_page_joins_from_this_server_or_an_allowed_origin_only() {
        let plain = site(false, "127.0.0.1", &["https://example.org", "http://localhost:5173"]);
        let check = |origin: &[&str], expected| {
            assert_eq!(admits(&plain, "127.0.0.1:7700", origin), expected, "{origin:?}");
        };
        check(&[], true);
        check(&["http://127.0.0.1:7700"], true);
        check(&["https://example.org"], true);
        check(&["https://EXAMPLE.org:443"], true);
        check(&["http://localhost:5173"], true);
        for foreign in [
            "https://127.0.0.1:7700",
            "http://127.0.0.1:7701",
            "http://evil.example",
            "http://example.org",
            "https://example.org:8443",
            "https://example.org.evil.example",
            "https://a@example.org",
            "null",
            "*",
            "",
        ] {
            check(&[foreign], false);
        }
        check(&["http://127.0.0.1:7700", "http://evil.example"], false);
    }

    #[test]
    fn the_scheme_of_its_own_pages_is_that_of_the_server() {
        let secure = site(true, "0.0.0.0", &[]);
        assert!(admits(&secure, "example.org", &["https://example.org"]));
        assert!(admits(&secure, "example.org:443", &["https://example.org"]));
        assert!(!admits(&secure, "example.org", &["http://example.org"]));
        assert!(admits(&site(false, "::1", &[]), "[::1]:80", &["http://[::1]"]));
    }

    #[test]
    fn a_server_on_loopback_has_no_foreign_names() {
        let here = site(false, "127.0.0.1", &["https://example.org"]);
        for name in
            ["127.0.0.1:7700", "localhost", "LOCALHOST.:1", "a.localhost", "[::1]:7700", "127.1.2.3", "example.org"]
        {
            assert!(here.is_named(name), "{name}");
        }
        for name in
            ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "a@127.0.0.1", "", ":1"]
        {
            assert!(!here.is_named(name), "{name}");
        }
        assert!(site(false, "0.0.0.0", &[]).is_named("any.example"));
    }

    #[test]
    fn pages_may_connect_where_they_are_told_to_join() {
        let policy = |url| Site::new(false, IpAddr::from([127, 0, 0, 1]), &[], Some(url)).0.policy.clone();
        assert!(
            policy("ws://127.0.0.1:9222/x").to_str().expect("text").ends_with("connect-src 'self' ws://127.0.0.1:9222")
        );
        assert!(policy("ws://a;script-src/").to_str().expect("text").ends_with("connect-src 'self'"));
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "",
            "example.org",
            "https://",
            "ftp://example.org",
            "https://example.org/",
            "https://a@b",
            "null",
            "http://a:b",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(OriginError), "{text}");
        }
    }
}
