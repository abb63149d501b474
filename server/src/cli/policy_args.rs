//! The options of `up` that say who may do what.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::policy::{PolicyOptions, ServiceAddress};

/// Where the policy comes from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Policy")]
pub(super) struct PolicyArgs {
    /// Allow and deny by the rules of this file; try them with: wisteria policy test FILE
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Ask this subject, or this actor, M…, about starts and calls that the rules allow
    #[arg(long, value_name = "SUBJECT|M…")]
    policy_service: Option<ServiceAddress>,
    /// What holds where the service gives no answer within a second
    #[arg(long, value_name = "EFFECT", default_value = "deny", requires = "policy_service")]
    policy_service_default: Effect,
}

/// What a service is taken to have said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Effect {
    /// It may be done.
    Allow,
    /// It may not.
    Deny,
}

impl PolicyArgs {
    /// The options.
    pub(super) fn options(self) -> PolicyOptions {
        PolicyOptions {
            file: self.policy,
            service: self.policy_service,
            permits_without_answer: self.policy_service_default == Effect::Allow,
        }
    }
}
