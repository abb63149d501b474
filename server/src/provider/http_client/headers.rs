//! Which headers travel between an actor and a server: those that are about the message, not about the connection.

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use wisteria_contracts::httpclient::Headers;

/// What belongs to one connection, RFC 9110, section 7.6.1.
fn is_of_connection(name: &HeaderName) -> bool {
    matches!(
        *name,
        header::CONNECTION
            | header::PROXY_AUTHENTICATE
            | header::PROXY_AUTHORIZATION
            | header::TE
            | header::TRAILER
            | header::TRANSFER_ENCODING
            | header::UPGRADE
    ) || matches!(name.as_str(), "keep-alive" | "proxy-connection")
}

/// What the URL, the body and the client say.
const OF_REQUEST: [HeaderName; 3] = [header::HOST, header::CONTENT_LENGTH, header::EXPECT];

/// The headers of an actor's request, without those that are not for it to say.
///
/// # Errors
/// One is no header.
pub(super) fn outgoing(headers: Headers) -> Result<HeaderMap, String> {
    let mut outgoing = HeaderMap::new();
    for (name, values) in headers {
        let known = HeaderName::try_from(&name).map_err(|_| format!("\"{name}\" is no name of a header"))?;
        for value in values {
            let value = HeaderValue::try_from(value)
                .map_err(|_| format!("the value of the header \"{name}\" has characters that no header holds"))?;
            outgoing.append(&known, value);
        }
    }
    drop_connection(&mut outgoing);
    for name in OF_REQUEST {
        outgoing.remove(name);
    }
    Ok(outgoing)
}

/// The headers of a server's response, as its actor gets them.
pub(super) fn incoming(mut headers: HeaderMap) -> Headers {
    drop_connection(&mut headers);
    let mut incoming = Headers::new();
    for (name, value) in &headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        incoming.entry(name.as_str().to_owned()).or_default().push(value);
    }
    incoming
}

/// What names a user, which is for one server only.
pub(super) fn drop_credentials(headers: &mut HeaderMap) {
    for name in [header::AUTHORIZATION, header::COOKIE] {
        headers.remove(name);
    }
}

/// What describes a body, which is no longer there.
pub(super) fn drop_body(headers: &mut HeaderMap) {
    for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::CONTENT_LANGUAGE, header::CONTENT_LOCATION] {
        headers.remove(name);
    }
}

fn drop_connection(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let all: Vec<HeaderName> = headers.keys().filter(|name| is_of_connection(name)).cloned().collect();
    for name in named.iter().chain(&all) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(&str, &[&str])]) -> Headers {
        let text = |text: &&str| (*text).to_owned();
        all.iter().map(|(name, values)| ((*name).to_owned(), values.iter().map(text).collect())).collect()
    }

    #[test]
    fn what_is_about_the_connection_stays_behind() {
        let given = headers(&[
            ("Host", &["evil.example"]),
            ("Connection", &["keep-alive, X-Mine"]),
            ("X-Mine", &["1"]),
            ("Content-Length", &["5"]),
            ("Transfer-Encoding", &["chunked"]),
            ("Proxy-Authorization", &["lovelace"]),
            ("Upgrade", &["websocket"]),
            ("X-Other", &["1", "2"]),
        ]);
        let sent = outgoing(given).expect("headers");
        assert_eq!(sent.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-other"]);
        assert_eq!(incoming(sent), headers(&[("x-other", &["1", "2"])]));
    }

    #[test]
    fn what_is_no_header_is_refused_by_name() {
        let refused = |name: &str, value: &str| outgoing(headers(&[(name, &[value])])).expect_err("refused");
        assert!(refused("a b", "1").contains("\"a b\" is no name"));
        let why = refused("a", "lovelace\r\nHost: evil.example");
        assert!(why.contains("the header \"a\"") && !why.contains("lovelace"), "{why}");
    }
}
