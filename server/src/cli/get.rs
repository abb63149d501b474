//! `wisteria get`: what is on the lattice.

use std::collections::BTreeMap;

use clap::Subcommand;
use wisteria_core::{
    lattice::{
        Client,
        control::{
            ClaimsList, ClaimsSummary, Health, HostSummary, Inventory, LinkDefinition, LinkList, LinkStatus, Presence,
            RevocationList,
        },
    },
    metadata::Revocation,
};

use super::{
    limits::limits_text,
    output::Output,
    resolve::{self, HostChoice},
    run::CommandError,
    table::table,
};

/// What to show.
#[derive(Debug, Subcommand)]
pub(super) enum GetCommand {
    /// The hosts that answer, and those that were lost less than a minute ago
    Hosts,
    /// What runs on a host
    Inventory {
        /// The host's key, N…, or the beginning of it; without, a server
        host: Option<String>,
    },
    /// Which provider serves which actor
    Links,
    /// What actors claim
    Claims,
    /// What was revoked, and what counts again since
    Revocations,
}

impl GetCommand {
    pub(super) async fn run(self, client: &Client, output: Output) -> Result<(), CommandError> {
        match self {
            Self::Hosts => output.print(&client.hosts().await?, |hosts| hosts_text(hosts))?,
            Self::Inventory { host } => {
                let host = match host {
                    Some(name) => resolve::host(client, &name).await?,
                    None => HostChoice::default().resolve(client).await?,
                };
                output.print(&client.inventory(host).await?, inventory_text)?;
            }
            Self::Links => {
                let links = client.links().await?;
                output.print(&LinkList { links, as_of: None }, |list| links_text(&list.links))?;
            }
            Self::Claims => {
                let claims = client.claims().await?;
                output.print(&ClaimsList { claims }, |list| claims_text(&list.claims))?;
            }
            Self::Revocations => {
                let revocations = client.revocations().await?;
                output.print(&RevocationList { revocations }, |list| revocations_text(&list.revocations))?;
            }
        }
        Ok(())
    }
}

fn hosts_text(hosts: &[HostSummary]) -> String {
    let row = |host: &HostSummary| {
        [
            host.id.clone(),
            host.friendly_name.clone(),
            match host.presence {
                Presence::Live => host.uptime_human.clone(),
                Presence::Suspended => "suspended".to_owned(),
            },
            host.version.clone(),
            pairs(&host.labels),
        ]
    };
    listing("hosts answer", ["HOST", "NAME", "UP", "VERSION", "LABELS"], hosts, row)
}

fn inventory_text(inventory: &Inventory) -> String {
    let columns = ["ACTOR", "NAME", "INSTANCES", "REVISION", "LIMITS"];
    let actors = listing("actors run here", columns, &inventory.actors, |actor| {
        let runs = &actor.instances;
        let instances: u32 = runs.iter().map(|run| u32::from(run.max_concurrent)).sum();
        let revision = runs.first().map(|run| run.revision.to_string());
        [
            actor.id.clone(),
            actor.name.clone().unwrap_or_default(),
            instances.to_string(),
            revision.unwrap_or_default(),
            runs.first().map(|run| limits_text(&run.limits)).unwrap_or_default(),
        ]
    });
    let providers = listing(
        "providers run here",
        ["PROVIDER", "NAME", "CONTRACT", "LINK NAME", "HEALTH"],
        &inventory.providers,
        |provider| {
            [
                provider.id.clone(),
                provider.name.clone().unwrap_or_default(),
                provider.contract_id.clone(),
                provider.link_name.clone(),
                provider.health.as_ref().map(health_text).unwrap_or_default(),
            ]
        },
    );
    let host = format!("{} {} {}", inventory.host_id, inventory.friendly_name, pairs(&inventory.labels));
    format!("{host}\n\n{actors}\n{providers}")
}

fn health_text(health: &Health) -> String {
    match (health.healthy, &health.message) {
        (true, _) => "well".to_owned(),
        (false, why) => format!("sick: {}", why.as_deref().unwrap_or("it does not say why")),
    }
}

fn links_text(links: &[LinkDefinition]) -> String {
    let row = |link: &LinkDefinition| {
        [
            link.actor_id.clone(),
            link.contract_id.clone(),
            link.link_name.clone(),
            link.provider_id.clone(),
            status(link.status.as_ref()),
            pairs(&link.values),
        ]
    };
    listing("links", ["ACTOR", "CONTRACT", "LINK NAME", "PROVIDER", "STATUS", "VALUES"], links, row)
}

fn status(status: Option<&LinkStatus>) -> String {
    match status {
        None => String::new(),
        Some(LinkStatus::Active) => "active".to_owned(),
        Some(LinkStatus::Pending) => "pending: provider absent".to_owned(),
        Some(LinkStatus::Refused { reason }) => format!("refused: {reason}"),
    }
}

fn claims_text(claims: &[ClaimsSummary]) -> String {
    let row = |claims: &ClaimsSummary| {
        let issuer = match claims.is_signed() {
            true => claims.iss.clone(),
            false => "unsigned".to_owned(),
        };
        [
            claims.sub.clone(),
            claims.name.clone(),
            claims.call_alias.clone(),
            claims.version.clone(),
            issuer,
            claims.caps.clone(),
        ]
    };
    let header = ["ACTOR", "NAME", "ALIAS", "VERSION", "ISSUER", "CONTRACTS"];
    listing("claims", header, claims, row)
}

fn revocations_text(revocations: &[Revocation]) -> String {
    let row = |revocation: &Revocation| {
        let state = if revocation.revoked { "revoked" } else { "counts again" };
        [revocation.subject.clone(), state.to_owned(), revocation.reason.clone().unwrap_or_default()]
    };
    listing("revocations", ["SUBJECT", "STATE", "REASON"], revocations, row)
}

/// A table, or a word that there is nothing to list.
fn listing<T, const N: usize>(what: &str, header: [&str; N], items: &[T], row: impl Fn(&T) -> [String; N]) -> String {
    match items.is_empty() {
        true => format!("no {what}\n"),
        false => table(header, &items.iter().map(row).collect::<Vec<_>>()),
    }
}

fn pairs(pairs: &BTreeMap<String, String>) -> String {
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join(" ")
}
