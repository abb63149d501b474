//! `wisteria provider`: what providers a server has, and what their links take.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use thiserror::Error;
use wisteria_core::{
    lattice::link_values::{LinkValueList, LinkValueSummary},
    provider::ProviderDescription,
};

use super::{link_values::values_text, output::Output, run::CommandError, table::table};
use crate::provider;

/// What to say of providers.
#[derive(Debug, Subcommand)]
pub(super) enum ProviderCommand {
    /// Show all that a server of this version has
    List,
    /// Show what one does and which values its links take
    Describe(DescribeProvider),
}

/// Describes a provider.
#[derive(Debug, Args)]
pub(super) struct DescribeProvider {
    /// Its name, such as keyvalue-memory
    name: String,
}

/// There is none of that name.
#[derive(Debug, Error)]
#[error("a server has no provider \"{name}\"; it has: {}", known.join(", "))]
pub(super) struct UnknownProvider {
    name: String,
    known: Vec<&'static str>,
}

impl ProviderCommand {
    pub(super) fn run(self, output: Output) -> Result<(), CommandError> {
        let all: Vec<ProviderDescription> = provider::all().collect();
        let Self::Describe(DescribeProvider { name }) = self else {
            let each: Vec<Value> = all.iter().map(described).collect();
            return Ok(output.print(&each, |_| {
                let row = |one: &ProviderDescription| [one.name, one.contract, one.title].map(str::to_owned);
                table(["NAME", "CONTRACT", "TITLE"], &all.iter().map(row).collect::<Vec<_>>())
            })?);
        };
        match all.iter().find(|provider| provider.name == name) {
            Some(provider) => Ok(output.print(&described(provider), |_| page(provider))?),
            None => Err(UnknownProvider { name, known: all.iter().map(|provider| provider.name).collect() }.into()),
        }
    }
}

fn described(provider: &ProviderDescription) -> Value {
    json!({
        "name": provider.name,
        "contract": provider.contract,
        "title": provider.title,
        "needs_link": !provider.built_in,
        "values": values_of(provider),
        "example": example(provider),
    })
}

fn values_of(provider: &ProviderDescription) -> Vec<LinkValueSummary> {
    LinkValueList::of(provider.values).values
}

/// How an actor is linked to it; not at all where claims suffice.
fn example(provider: &ProviderDescription) -> Option<String> {
    let required = provider.values.iter().filter(|value| value.required);
    let values: String = required.map(|value| format!(" {}", quoted(value.shown()))).collect();
    let ProviderDescription { name, contract, built_in, .. } = provider;
    (!built_in).then(|| format!("wisteria link put ACTOR {name} {contract}{values}"))
}

/// As a shell takes it for one word.
fn quoted(word: String) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "_-.,:/=@%+".contains(character);
    if word.chars().all(is_plain) { word } else { format!("'{word}'") }
}

fn page(provider: &ProviderDescription) -> String {
    let ProviderDescription { name, contract, title, .. } = provider;
    let mut text = format!("{name}: {title}\ncontract: {contract}\n\n");
    text.push_str(&values_text(&values_of(provider)));
    text.push('\n');
    match example(provider) {
        Some(example) => text.push_str(&example),
        None => text.push_str("It needs no link: an actor that claims the contract may use it."),
    }
    text
}
