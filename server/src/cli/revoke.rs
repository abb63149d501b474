//! `wisteria revoke` and `wisteria unrevoke`: what counts on the lattice.

use clap::Args;
use serde_json::json;
use wisteria_core::lattice::Client;

use super::{output::Output, run::CommandError};

/// Revokes something.
#[derive(Debug, Args)]
pub(super) struct RevokeArgs {
    /// The key of a module M…, an account A…, a user U… or a host N…, or the id of a token
    subject: String,
    /// Why, for those whom it concerns
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Takes a revocation back.
#[derive(Debug, Args)]
pub(super) struct UnrevokeArgs {
    /// What was revoked
    subject: String,
}

impl RevokeArgs {
    pub(super) async fn run(self, client: &Client, output: Output) -> Result<(), CommandError> {
        client.revoke(&self.subject, true, self.reason).await?;
        Ok(output.print(&json!({ "revoked": self.subject }), |_| format!("revoked {}", self.subject))?)
    }
}

impl UnrevokeArgs {
    pub(super) async fn run(self, client: &Client, output: Output) -> Result<(), CommandError> {
        client.revoke(&self.subject, false, None).await?;
        Ok(output.print(&json!({ "unrevoked": self.subject }), |_| format!("{} counts again", self.subject))?)
    }
}
