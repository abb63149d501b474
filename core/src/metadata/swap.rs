//! Points a link at another provider while it is used, and carries what is kept through it along.

use std::sync::Arc;

use super::{
    keeper::Keeper,
    verdict::{Verb, Verdict},
};
use crate::{
    bus::message,
    encoding,
    error::{ErrorCode, LatticeError},
    host::{HOLD, Link, LinkKey, bus_failed},
    lattice::{
        control::{Ack, StateReply, StateRequest, SwapLink, read_json},
        wire,
    },
    provider::Exported,
};

/// Added to the name of a link for the link by which its new provider takes over what was kept.
const BESIDE: &str = "-swap";

impl Keeper {
    /// Swaps a link. It stays as it was where this fails.
    pub(super) async fn swap(self: &Arc<Self>, payload: &[u8]) -> Result<Ack, LatticeError> {
        let SwapLink { link, copy, overwrite } = read_json(payload)?;
        let link = self.read_link(&link)?;
        let _turn = self.link_turn(&link.key).await;
        let former = self.records().standing_link(&link.key).cloned().ok_or_else(|| {
            let LinkKey { actor, contract, link_name } = &link.key;
            LatticeError::new(
                ErrorCode::NotLinked,
                format!(
                    "actor {actor} has no link to {contract} under \"{link_name}\" that could be swapped; put one with: \
                     wisteria link put"
                ),
            )
        })?;
        match copy {
            false => self.put_in_turn(link).await,
            true => self.swap_with_state(&former, link, overwrite).await,
        }
    }

    async fn swap_with_state(
        self: &Arc<Self>,
        former: &Link,
        link: Link,
        overwrite: bool,
    ) -> Result<Ack, LatticeError> {
        // Asked before anything changes: it may know how, or not.
        self.export(former, None).await?;
        let key = LinkKey { link_name: format!("{}{BESIDE}", link.key.link_name).into(), ..link.key.clone() };
        let beside = Link { key, stamp: self.tick(), ..link.clone() };
        match self.ask_provider(&beside, Verb::Put).await {
            Verdict::Taken => {}
            Verdict::Absent => return Err(runs_nowhere(&link, "new")),
            Verdict::Refused { error, .. } => return Err(error),
        }
        let outcome = self.carry_over(former, &beside, link, overwrite).await;
        drop(self.ask_provider(&beside, Verb::Delete).await);
        outcome
    }

    /// Copies while calls through the link wait, and puts it.
    async fn carry_over(
        self: &Arc<Self>,
        former: &Link,
        beside: &Link,
        link: Link,
        overwrite: bool,
    ) -> Result<Ack, LatticeError> {
        if !overwrite && !self.export(beside, None).await?.records.is_empty() {
            return Err(LatticeError::new(
                ErrorCode::LinkRefused,
                "the new provider's store is not empty; swap with --overwrite to replace what is there of the same name, \
                 or without --copy to leave it as it is",
            ));
        }
        let until = self.place.platform().now() + HOLD / 2;
        match self.ask_provider(former, Verb::Hold).await {
            Verdict::Taken => {}
            Verdict::Absent => return Err(runs_nowhere(former, "former")),
            Verdict::Refused { error, .. } => return Err(error),
        }
        let outcome = async {
            let mut from = None;
            loop {
                let Exported { records, next } = self.export(former, from).await?;
                if !records.is_empty() {
                    self.import(beside, records).await?;
                }
                if self.place.platform().now() > until {
                    let text = format!(
                        "what the link keeps was not copied within {} s, and calls cannot wait longer; what was copied \
                         stays in the new store: copy it by its own means, and swap without --copy",
                        HOLD.as_secs() / 2
                    );
                    return Err(LatticeError::new(ErrorCode::Timeout, text));
                }
                from = next;
                if from.is_none() {
                    return self.put_in_turn(link).await;
                }
            }
        };
        let outcome = outcome.await;
        if outcome.is_err() {
            drop(self.ask_provider(former, Verb::Release).await);
        }
        outcome
    }

    async fn export(&self, link: &Link, from: Option<String>) -> Result<Exported, LatticeError> {
        self.ask_for_state(link, "export", Exported { records: Vec::new(), next: from }).await
    }

    async fn import(&self, link: &Link, records: Vec<String>) -> Result<(), LatticeError> {
        self.ask_for_state(link, "import", Exported { records, next: None }).await.map(drop)
    }

    async fn ask_for_state(&self, link: &Link, verb: &str, part: Exported) -> Result<Exported, LatticeError> {
        let subjects = self.place.subjects();
        let subject = subjects
            .provider_link(link.provider, &link.key.link_name, verb)
            .expect("only links whose names are tokens are kept");
        let request = StateRequest { link: link.key.named(link.stamp.clone()), part };
        let request = message(subject, wire::to_messagepack(&request));
        let reply = self.place.bus().request(request, self.place.deadline()).await;
        let reply = reply.map_err(|error| bus_failed(&error, format_args!("provider {}", link.provider)))?;
        let StateReply { part, error } = encoding::from_messagepack(&reply.payload).map_err(|error| {
            LatticeError::new(ErrorCode::BadRequest, format!("the provider's answer cannot be read: {error}"))
        })?;
        match error {
            None => Ok(part),
            Some(why) => Err(LatticeError::new(ErrorCode::LinkRefused, why)),
        }
    }
}

fn runs_nowhere(link: &Link, which: &str) -> LatticeError {
    LatticeError::new(
        ErrorCode::LinkRefused,
        format!(
            "the {which} provider {} runs on no host, so that nothing can be copied; start it, or swap without --copy",
            link.provider
        ),
    )
}
