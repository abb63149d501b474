//! `wisteria claims inspect`: what a module claims, and whether it holds.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use serde_json::json;
use wisteria_core::{
    identity::{ActorClaims, examine},
    platform::Platform,
};

use super::{claims::not_signed, input, output::Output, run::CommandError, table::table};
use crate::platform::NativePlatform;

/// Looks at a module.
#[derive(Debug, Args)]
pub(super) struct InspectModule {
    /// The module, a .wasm file
    file: PathBuf,
    /// Print the token that it carries, as it is
    #[arg(long)]
    token: bool,
}

impl InspectModule {
    pub(super) fn run(self, output: Output) -> Result<(), CommandError> {
        let module = input::file(&self.file)?;
        let examined = examine(&module).map_err(|error| not_signed(&self.file, error))?;
        let Some(examined) = examined else {
            return Err(CommandError::Unsigned(self.file));
        };
        if self.token {
            return Ok(output.print(&json!({ "token": examined.token }), |_| examined.token.clone())?);
        }
        let claims = &examined.claims;
        let now = NativePlatform::current().unix_time();
        let time = claims.check_time(now);
        let word = |holds: Result<(), String>| holds.err().unwrap_or_else(|| "ok".to_owned());
        let hash = word(examined.check_hash().map_err(|error| error.to_string()));
        let signature = word(examined.signature.clone().map_err(|error| error.to_string()));
        let validity = time.as_ref().map_or_else(ToString::to_string, |()| validity(claims, now));
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs());
        let report = json!({
            "issuer": claims.issuer, "subject": claims.subject, "name": claims.name, "caps": claims.caps,
            "tags": claims.tags, "rev": claims.revision, "ver": claims.version, "call_alias": claims.call_alias,
            "jti": claims.id, "iat": claims.issued_at.as_secs(), "exp": seconds(claims.expires),
            "nbf": seconds(claims.not_before), "hash": claims.hash, "module_hash": examined.module_hash,
            "hash_ok": hash == "ok", "signature_ok": signature == "ok", "valid_now": time.is_ok(),
            "validity": validity,
        });
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
        let list = |words: &[String]| or_none((!words.is_empty()).then(|| words.join(", ")));
        let rows = [
            ("issuer", claims.issuer.to_string()),
            ("actor", claims.subject.to_string()),
            ("name", or_none(claims.name.clone())),
            ("call alias", or_none(claims.call_alias.clone())),
            ("contracts", list(&claims.caps)),
            ("tags", list(&claims.tags)),
            ("version", or_none(claims.version.clone())),
            ("revision", or_none(claims.revision.map(|revision| revision.to_string()))),
            ("validity", validity.clone()),
            ("hash", hash),
            ("signature", signature),
            ("module hash", examined.module_hash.clone()),
        ];
        let rows = rows.map(|(name, value)| [name.to_owned(), value]);
        Ok(output.print(&report, |_| table(["CLAIM", "VALUE"], &rows))?)
    }
}

/// How long claims hold that hold now.
fn validity(claims: &ActorClaims, now: Duration) -> String {
    match claims.expires {
        None => "does not expire".to_owned(),
        Some(end) => format!("expires in {}", wisteria_core::identity::in_words(end.saturating_sub(now))),
    }
}
