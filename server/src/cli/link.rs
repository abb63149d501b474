//! `wisteria link`: which provider serves an actor's contract.

use clap::{Args, Subcommand};
use wisteria_core::{
    call::DEFAULT_LINK_NAME,
    lattice::{
        Client,
        control::{LinkDefinition, LinkStatus, RemoveLink},
        link_values::LinkValueList,
    },
};

use super::{link_values::values_text, output::Output, pairs::Pair, resolve, run::CommandError};

/// What to do with a link.
#[derive(Debug, Subcommand)]
pub(super) enum LinkCommand {
    /// Link an actor to a provider and wait until the provider took it
    Put(PutLink),
    /// Point a link at another provider, or at other values, while it is used: no call fails for it
    Swap(SwapLink),
    /// End a link
    Del(DeleteLink),
    /// Show which values the links of a running provider take, as it tells them
    Values(ShowValues),
}

/// Puts a link.
#[derive(Debug, Args)]
pub(super) struct PutLink {
    /// The actor, by key, call alias or claimed name
    actor: String,
    /// The provider, by key or name
    provider: String,
    /// The contract, wasmcloud:keyvalue
    contract: String,
    /// The provider's settings for this link
    #[arg(value_name = "K=V")]
    values: Vec<Pair>,
    /// Tells several links of one contract apart
    #[arg(long, value_name = "NAME", default_value = DEFAULT_LINK_NAME)]
    link_name: String,
}

/// Swaps a link.
#[derive(Debug, Args)]
pub(super) struct SwapLink {
    #[command(flatten)]
    link: PutLink,
    /// Carry along what is kept through the link; calls wait meanwhile
    #[arg(long)]
    copy: bool,
    /// Replace what the new store holds under the same names
    #[arg(long, requires = "copy")]
    overwrite: bool,
}

/// Deletes a link.
#[derive(Debug, Args)]
pub(super) struct DeleteLink {
    /// The actor, by key, call alias or claimed name
    actor: String,
    /// The contract, wasmcloud:keyvalue
    contract: String,
    /// The link's name
    #[arg(long, value_name = "NAME", default_value = DEFAULT_LINK_NAME)]
    link_name: String,
}

/// Shows what links take.
#[derive(Debug, Args)]
pub(super) struct ShowValues {
    /// The provider, by key or name
    provider: String,
}

impl LinkCommand {
    pub(super) async fn run(self, client: &Client, output: Output) -> Result<(), CommandError> {
        match self {
            Self::Put(args) => args.run(client, output).await,
            Self::Swap(args) => args.run(client, output).await,
            Self::Del(args) => args.run(client, output).await,
            Self::Values(args) => args.run(client, output).await,
        }
    }
}

impl PutLink {
    async fn run(self, client: &Client, output: Output) -> Result<(), CommandError> {
        let link = self.resolve(client).await?;
        let status = client.put_link(&link).await?;
        print(link, status, "linked", output)
    }

    async fn resolve(self, client: &Client) -> Result<LinkDefinition, CommandError> {
        Ok(LinkDefinition {
            actor_id: resolve::actor(client, &self.actor).await?.to_string(),
            provider_id: resolve::provider(client, &self.provider).await?.to_string(),
            link_name: self.link_name,
            contract_id: self.contract,
            values: self.values.into_iter().map(Pair::into_parts).collect(),
            ..LinkDefinition::default()
        })
    }
}

impl SwapLink {
    async fn run(self, client: &Client, output: Output) -> Result<(), CommandError> {
        let link = self.link.resolve(client).await?;
        let status = client.swap_link(&link, self.copy, self.overwrite).await?;
        print(link, status, if self.copy { "copied and swapped" } else { "swapped" }, output)
    }
}

/// Says what became of a link.
fn print(link: LinkDefinition, status: LinkStatus, done: &str, output: Output) -> Result<(), CommandError> {
    let link = LinkDefinition { status: Some(status), ..link };
    Ok(output.print(&link, |link| {
        let LinkDefinition { actor_id, provider_id, contract_id, link_name, status, .. } = link;
        let linked = format!("{done} {actor_id} to {provider_id} for {contract_id} as {link_name:?}");
        match status {
            Some(LinkStatus::Pending) => {
                format!("{linked}; the provider runs on no host yet and takes the link when it starts")
            }
            _ => linked,
        }
    })?)
}

impl DeleteLink {
    async fn run(self, client: &Client, output: Output) -> Result<(), CommandError> {
        let link = RemoveLink {
            actor_id: resolve::actor(client, &self.actor).await?.to_string(),
            contract_id: self.contract,
            link_name: self.link_name,
            ..RemoveLink::default()
        };
        client.delete_link(&link).await?;
        Ok(output.print(&link, |link| {
            format!("unlinked {} from {} as {:?}", link.actor_id, link.contract_id, link.link_name)
        })?)
    }
}

impl ShowValues {
    async fn run(self, client: &Client, output: Output) -> Result<(), CommandError> {
        let values = client.link_values(resolve::provider(client, &self.provider).await?).await?;
        Ok(output.print(&LinkValueList { values }, |list| values_text(&list.values))?)
    }
}
