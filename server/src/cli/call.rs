//! `wisteria call`: one request to an actor.

use std::time::Duration;

use clap::Args;
use wisteria_core::lattice::Client;

use super::{input, json, output::Output, resolve, run::CommandError};

/// Calls an actor.
#[derive(Debug, Args)]
pub(super) struct CallArgs {
    /// The actor, by key, call alias or claimed name
    actor: String,
    /// The operation, HttpServer.HandleRequest
    operation: String,
    /// Its argument: JSON, @FILE or - for standard input; {"base64": "…"} stands for bytes
    #[arg(allow_hyphen_values = true)]
    input: Option<String>,
    /// Print the reply's bytes as they are
    #[arg(long)]
    raw: bool,
    /// Pass the input's bytes as they are
    #[arg(long)]
    raw_input: bool,
    /// How long the actor may take
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "2")]
    timeout: Duration,
}

impl CallArgs {
    pub(super) async fn run(self, client: &Client, output: Output) -> Result<(), CommandError> {
        let payload = match &self.input {
            None => Vec::new(),
            Some(text) if self.raw_input => input::argument(text)?,
            Some(text) => json::to_message_pack(&input::argument(text)?)?,
        };
        let actor = resolve::actor(client, &self.actor).await?;
        let reply = client.call(actor, &self.operation, payload.into(), self.timeout).await?;
        match self.raw {
            true => output.bytes(&reply)?,
            false => output.json(&json::from_message_pack(&reply)?)?,
        }
        Ok(())
    }
}

/// The longest that a call may take, the same as the lattice's own bound.
const LONGEST: Duration = Duration::from_secs(3_600);

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|duration| !duration.is_zero() && *duration <= LONGEST)
        .ok_or_else(|| format!("a number of seconds above 0 and up to {} is needed", LONGEST.as_secs()))
}

#[cfg(test)]
mod tests {
    use wisteria_core::host::DEFAULT_DEADLINE;

    use super::*;

    #[test]
    fn a_timeout_is_a_positive_number_of_seconds() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(seconds("2"), Ok(DEFAULT_DEADLINE));
        for wrong in ["0", "-1", "NaN", "inf", "1e9", "soon"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
