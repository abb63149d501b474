//! Names as JetStream takes them.

use std::fmt::Write;

use wisteria_core::provider::{LinkRefused, LinkValue, LinkValues};

/// Longest name of a bucket or a stream.
const MAX_NAME: usize = 64;

/// What the names of buckets begin with in which lattices keep their links and claims.
const OF_LATTICES: &str = "LATTICEDATA_";

/// What a link says of the name of a bucket or a stream.
pub(in super::super) fn read_name<'a>(values: &'a LinkValues, value: &LinkValue) -> Result<&'a str, LinkRefused> {
    let name = values.text(value.name).expect("it has a default");
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(is_plain) {
        return Err(LinkRefused(format!(
            "`{}={name}` is no name that JetStream takes; use up to {MAX_NAME} letters, digits, '_' and '-'",
            value.name
        )));
    }
    if name.starts_with(OF_LATTICES) {
        return Err(LinkRefused(format!(
            "`{}={name}` is where a lattice keeps its links and claims; choose another name",
            value.name
        )));
    }
    Ok(name)
}

/// A key or a name as one token of a subject: letters, digits, `_`, `-` and `/` as they are, each other byte as `=` and
/// two hexadecimal digits, and nothing as `=`. What begins with another text is written beginning with that one.
pub(in super::super) fn encoded(name: &str) -> String {
    let mut token = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'_' | b'-' | b'/' => token.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => token.push(char::from(byte)),
            _ => write!(token, "={byte:02X}").expect("a text takes all"),
        }
    }
    match token.is_empty() {
        true => "=".to_owned(),
        false => token,
    }
}

/// What [`encoded`] wrote; nothing where another program wrote it.
pub(in super::super) fn decoded(token: &str) -> Option<String> {
    let mut parts = token.split('=');
    let mut name = parts.next().expect("there is a first part").as_bytes().to_vec();
    if token != "=" {
        for part in parts {
            let (digits, rest) = part.split_at_checked(2)?;
            name.push(u8::from_str_radix(digits, 16).ok()?);
            name.extend_from_slice(rest.as_bytes());
        }
    }
    String::from_utf8(name).ok().filter(|name| encoded(name) == token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_token_which_leads_back_to_it_alone() {
        for (name, token) in [
            ("visits", "visits"),
            ("a/b_c-D9", "a/b_c-D9"),
            ("a:b", "a=3Ab"),
            ("", "="),
            ("=", "=3D"),
            (".", "=2E"),
            ("*.>", "=2A=2E=3E"),
            ("ä", "=C3=A4"),
            ("\r\n", "=0D=0A"),
        ] {
            assert_eq!(encoded(name), token);
            assert_eq!(decoded(token).as_deref(), Some(name));
        }
    }

    #[test]
    fn what_another_program_wrote_is_no_name() {
        for token in ["a=", "==", "=3", "=3a", "=61", "=C3", "=zz", "a.b", "a=3A="] {
            assert_eq!(decoded(token), None, "{token}");
        }
    }
}
