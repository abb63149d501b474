//! Headers that a link adds to requests, which its actor never sees.

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Reads the headers of a link: the value of `authorization`, and lines of `NAME: VALUE`.
///
/// # Errors
/// What is no header. It shows nothing of them, as they are secret.
pub(super) fn read(authorization: Option<&str>, lines: Option<&str>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    if let Some(text) = authorization {
        headers.insert(header::AUTHORIZATION, value(text, "`AUTHORIZATION`")?);
    }
    let lines = lines.into_iter().flat_map(str::lines).enumerate().filter(|(_, line)| !line.trim().is_empty());
    for (number, line) in lines {
        let place = format!("line {} of `HEADERS`", number + 1);
        let (name, text) =
            line.split_once(':').ok_or_else(|| format!("{place} is no header; write it as NAME: VALUE"))?;
        let name: HeaderName = name
            .trim()
            .parse()
            .map_err(|_| format!("{place} begins with no name of a header; write it as NAME: VALUE"))?;
        headers.append(name, value(text, &place)?);
    }
    Ok(headers)
}

fn value(text: &str, place: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::try_from(text.trim())
        .map_err(|_| format!("{place} has characters that no header holds; write the value alone, on one line"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_from_lines_and_never_shown() {
        let headers = read(Some("Bearer lovelace\n"), Some("X-Api-Key: lovelace\n\n  X-Other:a:b\n")).expect("headers");
        assert_eq!(headers["authorization"], "Bearer lovelace");
        assert_eq!(headers["x-api-key"], "lovelace");
        assert_eq!(headers["x-other"], "a:b");
        assert!(!format!("{headers:?}").contains("lovelace"), "{headers:?}");
        assert_eq!(read(None, None), Ok(HeaderMap::new()));
        for (authorization, lines, words) in [
            (Some("lovelace\nb"), None, "`AUTHORIZATION` has characters"),
            (None, Some("a: b\nlovelace"), "line 2 of `HEADERS` is no header"),
            (None, Some("love lace: b"), "line 1 of `HEADERS` begins with no name"),
        ] {
            let why = read(authorization, lines).expect_err("refused");
            assert!(why.contains(words) && !why.contains("lace"), "{why}");
        }
    }
}
