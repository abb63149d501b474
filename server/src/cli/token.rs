//! `wisteria token`: what lets others into a lattice.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::{Args, Subcommand};
use thiserror::Error;
use wisteria_bridge::auth::{Role, creds_file};
use wisteria_core::{
    bus::Bus,
    identity::{KeyPair, PublicKey},
    platform::Platform,
};

use super::{
    connect::PATIENCE,
    output::{Output, OutputError},
};
use crate::{
    auth::{MintRequest, TokenServiceError, ask, new_user},
    data_dir::write_private,
    platform::NativePlatform,
};

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Print a token for Host.start({ bridge, token }); it belongs to the first who uses it
    Mint(MintToken),
}

/// Mints a token.
#[derive(Debug, Args)]
pub(super) struct MintToken {
    /// What its owner may do: tab, operator, host or page
    #[arg(long)]
    role: Role,
    /// The modules that a tab may serve
    #[arg(long, value_name = "M…,…", value_delimiter = ',')]
    modules: Vec<PublicKey>,
    /// How long it holds, such as 90s, 15m, 1h or 7d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    ttl: Duration,
    /// Write a .creds file for NATS clients, servers and --creds, instead of printing a token
    #[arg(long, value_name = "FILE")]
    creds_file: Option<PathBuf>,
}

/// Why there is no token.
#[derive(Debug, Error)]
pub(super) enum TokenError {
    #[error(transparent)]
    Service(#[from] TokenServiceError),
    #[error("{} cannot be written: {cause}; name another with --creds-file", path.display())]
    Write { path: PathBuf, cause: io::Error },
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl TokenCommand {
    pub(super) async fn run(self, bus: Arc<dyn Bus>, lattice: &str, output: Output) -> Result<(), TokenError> {
        match self {
            Self::Mint(args) => args.run(&*bus, lattice, output).await,
        }
    }
}

impl MintToken {
    async fn run(self, bus: &dyn Bus, lattice: &str, output: Output) -> Result<(), TokenError> {
        let platform = NativePlatform::current();
        let user = self.creds_file.as_ref().map(|_| new_user(&platform as &dyn Platform));
        let request = MintRequest {
            role: self.role,
            modules: self.modules,
            ttl_seconds: self.ttl.as_secs(),
            user: user.as_ref().map(KeyPair::public_key),
        };
        let minted = ask(bus, lattice, &request, PATIENCE).await?;
        if let (Some(path), Some(user)) = (self.creds_file, user) {
            write(&path, &creds_file(minted.token.expose(), &user))?;
            let written = serde_json::json!({
                "id": minted.id,
                "expires": minted.expires,
                "creds_file": path,
                "user": user.public_key(),
            });
            return Ok(output.print(&written, |_| path.display().to_string())?);
        }
        Ok(output.print(&minted, |minted| minted.token.expose().to_owned())?)
    }
}

fn write(path: &Path, text: &str) -> Result<(), TokenError> {
    write_private(path, text).map_err(|cause| TokenError::Write { path: path.to_owned(), cause })
}

/// Reads a time such as `15m`.
fn duration(text: &str) -> Result<Duration, &'static str> {
    const WANTED: &str = "a time is needed, such as 90s, 15m, 1h or 7d";
    let at = text.len().checked_sub(1).filter(|at| text.is_char_boundary(*at)).ok_or(WANTED)?;
    let (number, unit) = text.split_at(at);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(WANTED),
    };
    let number = number.parse::<u32>().ok().filter(|number| *number > 0).ok_or(WANTED)?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_number_and_a_unit() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("1h", 3600), ("7d", 604_800)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)));
        }
        for text in ["", "h", "0s", "1", "-1h", "1é", "1.5h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
