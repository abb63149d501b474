//! What a link says of where Postgres is.

use std::fmt::{self, Debug, Formatter};

use reqwest::Url;
use sqlx::{
    ConnectOptions,
    postgres::{PgConnectOptions, PgSslMode},
};
use wisteria_core::provider::{LinkRefused, LinkValue, LinkValues, ValueKind};

use super::turns::Pace;

pub(super) const URL: LinkValue = LinkValue::new(
    "URL",
    ValueKind::Url,
    "where Postgres is, postgres://USER[:PASSWORD]@HOST[:PORT][/DATABASE][?sslmode=MODE]",
    "postgres://notes@127.0.0.1:5432/notes",
)
.required()
.or_secret();

pub(super) const TLS_CA: LinkValue = LinkValue::new(
    "TLS_CA",
    ValueKind::Text,
    "certificates in PEM to trust in place of the system's, with sslmode=verify-ca or verify-full",
    "secret:DATABASE_CA",
)
.or_secret();

/// The port where none is said.
const PORT: u16 = 5432;

/// Where a database is, and what lets in.
#[derive(Clone)]
pub(super) struct Settings {
    options: PgConnectOptions,
    /// Where it is, without credentials.
    address: String,
    database: String,
    pub(super) pace: Pace,
}

impl Debug for Settings {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Settings {
    pub(super) fn read(values: &LinkValues) -> Result<Self, LinkRefused> {
        let pace = Pace::read(values)?;
        let url = values.text(URL.name).expect("no link is without");
        // The URL may hold a password, so that none of its text is shown.
        let refused = |why: &str| {
            LinkRefused(format!("`{}` cannot be used: {why}; write it as {}={}", URL.name, URL.name, URL.example))
        };
        let url = Url::parse(url).map_err(|error| refused(&error.to_string()))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(refused("it does not start with postgres://"));
        }
        let decoded = |text: &str| percent_decoded(text).ok_or_else(|| refused("what is written with % is no text"));
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| refused("it has no host"))?;
        if host.contains('%') {
            return Err(refused("a socket in the file system is not connected to"));
        }
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let user = decoded(url.username())?;
        if user.is_empty() {
            return Err(refused("it has no user"));
        }
        let database = match url.path().trim_start_matches('/') {
            "" => user.clone(),
            path if path.contains('/') => return Err(refused("a database has no `/` in its name")),
            path => decoded(path)?,
        };
        let mut mode = PgSslMode::Prefer;
        for (name, value) in url.query_pairs() {
            mode = match &*name {
                "sslmode" => value.parse().map_err(|_| {
                    refused("sslmode is none of disable, allow, prefer, require, verify-ca, verify-full")
                })?,
                _ => return Err(refused("it takes no parameter but sslmode")),
            };
        }
        let port = url.port().unwrap_or(PORT);
        // All that the environment of the server might say is said by the link, or by nobody.
        let mut options = PgConnectOptions::new_without_pgpass()
            .host(host)
            .port(port)
            .username(&user)
            .password(&decoded(url.password().unwrap_or_default())?)
            .database(&database)
            .ssl_mode(mode)
            .application_name("wisteria")
            .disable_statement_logging();
        if let Some(certificates) = values.text(TLS_CA.name) {
            if !matches!(mode, PgSslMode::VerifyCa | PgSslMode::VerifyFull) {
                return Err(LinkRefused(format!(
                    "`{}` is of no use where nothing is verified; add ?sslmode=verify-full to `{}`",
                    TLS_CA.name, URL.name
                )));
            }
            options = options.ssl_root_cert_from_pem(certificates.as_bytes().to_vec());
        }
        let address = format!("{}:{port}/{database}", url.host_str().unwrap_or_default());
        Ok(Self { options, address, database, pace })
    }

    pub(super) const fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Where it is, without credentials.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The name of the database.
    pub(super) fn database(&self) -> &str {
        &self.database
    }
}

/// A part of a URL as it is meant.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::provider::sqldb::turns::{CONNECTIONS, TIMEOUT};

    const KNOWN: &[LinkValue] = &[URL, TLS_CA, CONNECTIONS, TIMEOUT];

    fn read(url: &str, more: &[(&str, &str)]) -> Result<Settings, String> {
        let mut given = BTreeMap::from([("URL".to_owned(), url.to_owned())]);
        given.extend(more.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
        let values = LinkValues::new(KNOWN, given).expect("good values");
        Settings::read(&values).map_err(|refused| refused.0)
    }

    #[test]
    fn a_url_says_all_that_there_is_to_know() {
        let settings = read("postgres://ada:love%3Alace@db.example.org/a%20b?sslmode=require", &[]).expect("good");
        assert_eq!(settings.address(), "db.example.org:5432/a b");
        assert_eq!(settings.database(), "a b");
        let options = settings.options();
        assert_eq!((options.get_username(), options.get_database()), ("ada", Some("a b")));
        assert!(matches!(options.get_ssl_mode(), PgSslMode::Require));
        assert!(!format!("{settings:?}").contains("lace"), "{settings:?}");
        let settings = read("postgresql://ada@[::1]:5433", &[]).expect("good");
        assert_eq!((settings.address(), settings.options().get_host()), ("[::1]:5433/ada", "::1"));
    }

    #[test]
    fn what_cannot_be_used_is_refused_and_no_password_is_shown() {
        for (url, more, words) in [
            ("http://ada:lovelace@a/b", &[][..], "does not start with postgres://"),
            ("postgres://127.0.0.1/b", &[], "it has no user"),
            ("postgres://ada:lovelace@a/b?host=/run", &[], "no parameter but sslmode"),
            ("postgres://ada:lovelace@a/b?sslmode=lovelace", &[], "sslmode is none of"),
            ("postgres://ada:lovelace@%2Frun/b", &[], "file system"),
            ("postgres://ada:%ff@a/b", &[], "is no text"),
            ("postgres://ada:lovelace@a/b", &[("TLS_CA", "x")], "nothing is verified"),
            ("postgres://ada:lovelace@a/b", &[("CONNECTIONS", "0")], "`CONNECTIONS=0` is not from 1 to 64"),
            ("postgres://ada:lovelace@a/b", &[("CONNECTIONS", "65")], "write it as CONNECTIONS=16"),
            ("postgres://ada:lovelace@a/b", &[("TIMEOUT", "0s")], "`TIMEOUT` is not from 1ms to 1h"),
        ] {
            let why = read(url, more).expect_err("refused");
            assert!(why.contains(words) && !why.contains("lovelace"), "{words} in: {why}");
        }
    }
}
