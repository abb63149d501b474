//! The header block: `NATS/1.0`, maybe with a status, then one header per line.
//!
//! A status stands in [`Headers`] under `Status`, its text under `Description`.

use std::fmt::Write;

use bytes::BytesMut;
use wisteria_core::bus::Headers;

use super::ProtocolError;

const VERSION: &str = "NATS/1.0";
const STATUS: &str = "Status";
const DESCRIPTION: &str = "Description";

/// Reads a block.
pub(super) fn decode(block: &[u8]) -> Result<Headers, ProtocolError> {
    let (status, lines) = parts(block)?;
    let mut headers = Headers::default();
    if !status.is_empty() {
        let (code, description) = status.split_once(' ').unwrap_or((status, ""));
        headers.insert(STATUS, code);
        if !description.is_empty() {
            headers.insert(DESCRIPTION, description.trim());
        }
    }
    for line in lines {
        let (name, value) = name_and_value(line)?;
        headers.insert(name, value);
    }
    Ok(headers)
}

/// Whether [`decode`] will read a block.
pub(super) fn check(block: &[u8]) -> Result<(), ProtocolError> {
    let (_, mut lines) = parts(block)?;
    lines.try_for_each(|line| name_and_value(line).map(drop))
}

/// Reads a block that was checked.
pub(super) fn decode_checked(block: &[u8]) -> Headers {
    decode(block).unwrap_or_default()
}

/// What stands in the first line, and the lines after it.
fn parts(block: &[u8]) -> Result<(&str, impl Iterator<Item = &str>), ProtocolError> {
    let text = str::from_utf8(block).map_err(|_| ProtocolError::Headers("not UTF-8"))?;
    let text = text.strip_prefix(VERSION).ok_or(ProtocolError::Headers("no NATS/1.0 at the start"))?;
    let text = text.strip_suffix("\r\n\r\n").ok_or(ProtocolError::Headers("no empty line at the end"))?;
    let mut lines = text.split("\r\n");
    Ok((lines.next().unwrap_or_default().trim(), lines))
}

fn name_and_value(line: &str) -> Result<(&str, &str), ProtocolError> {
    let (name, value) = line.split_once(':').ok_or(ProtocolError::Headers("a line without a colon"))?;
    Ok((name.trim(), value.trim()))
}

/// How many bytes the block takes; none where there are no headers.
pub(super) fn size(headers: &Headers) -> usize {
    if headers.is_empty() {
        return 0;
    }
    let status = status(headers).map_or(0, |(code, text)| 1 + code.len() + text.map_or(0, |text| 1 + text.len()));
    let lines = plain(headers).map(|(name, value)| name.len() + 2 + value.len() + 2).sum::<usize>();
    VERSION.len() + status + 2 + lines + 2
}

/// Writes the block.
pub(super) fn encode(headers: &Headers, out: &mut BytesMut) {
    if headers.is_empty() {
        return;
    }
    out.extend_from_slice(VERSION.as_bytes());
    let wrote = match status(headers) {
        Some((code, Some(text))) => write!(out, " {code} {text}\r\n"),
        Some((code, None)) => write!(out, " {code}\r\n"),
        None => write!(out, "\r\n"),
    };
    wrote.expect("a buffer grows");
    for (name, value) in plain(headers) {
        write!(out, "{name}: {value}\r\n").expect("a buffer grows");
    }
    out.extend_from_slice(b"\r\n");
}

fn status(headers: &Headers) -> Option<(&str, Option<&str>)> {
    headers.get(STATUS).map(|code| (code, headers.get(DESCRIPTION)))
}

/// The headers that do not go into the first line.
fn plain(headers: &Headers) -> impl Iterator<Item = (&str, &str)> {
    let has_status = headers.get(STATUS).is_some();
    let in_first_line = |name: &str| name.eq_ignore_ascii_case(STATUS) || name.eq_ignore_ascii_case(DESCRIPTION);
    headers.iter().filter(move |(name, _)| !(has_status && in_first_line(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(block: &str, expected: &[(&str, &str)]) {
        let headers = decode(block.as_bytes()).expect("a sound block");
        assert_eq!(headers.iter().collect::<Vec<_>>(), expected);
        let mut out = BytesMut::new();
        encode(&headers, &mut out);
        assert_eq!(out, block);
        assert_eq!(size(&headers), block.len());
    }

    #[test]
    fn headers_survive_the_way_there_and_back() {
        check("NATS/1.0\r\nA: 1\r\nb: two words\r\n\r\n", &[("A", "1"), ("b", "two words")]);
        check("NATS/1.0 503\r\n\r\n", &[("Status", "503")]);
        check("NATS/1.0 503 Host Lost\r\nA: 1\r\n\r\n", &[("Status", "503"), ("Description", "Host Lost"), ("A", "1")]);
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for bad in ["", "HTTP/1.1\r\n\r\n", "NATS/1.0", "NATS/1.0\r\nno colon\r\n\r\n", "NATS/1.0\r\nA: 1\r\n"] {
            assert!(decode(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
