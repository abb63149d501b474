//! Answers for links, claims, hosts and revocations, and changes links and revocations.

use std::sync::Arc;

use super::{
    keeper::Keeper,
    records::{LinkRecord, REVOCATIONS},
    revocation::Revocation,
    verdict::{Verb, Verdict},
};
use crate::{
    bus::{Message, message},
    error::{ErrorCode, LatticeError},
    host::{Link, LinkKey, acknowledge, reply, wants_outcome},
    lattice::control::{
        Ack, ClaimsList, HostList, LinkDefinition, LinkList, LinkStatus, RemoveLink, RevocationList, read_json, to_json,
    },
};

const CHANGED_ELSEWHERE: &str = "the link was changed through another host at the same time, and that change stands; look at it with: wisteria get \
     links";

impl Keeper {
    /// Answers one request of the lattice.
    pub(super) async fn answer(self: &Arc<Self>, request: Message) {
        let suffix = request.subject.as_str().splitn(4, '.').nth(3).unwrap_or_default();
        let list = match suffix {
            "linkdefs.put" => {
                let outcome = self.put(&request.payload).await;
                return acknowledge(&**self.place.bus(), &request, outcome);
            }
            "linkdefs.swap" => {
                let outcome = self.swap(&request.payload).await;
                return acknowledge(&**self.place.bus(), &request, outcome);
            }
            "linkdefs.del" => {
                let outcome = match self.delete(&request.payload).await {
                    // To clients of wasmCloud it is no failure that a link is gone already.
                    Err(error) if error.code == ErrorCode::NotLinked && !wants_outcome(&request) => Ok(()),
                    outcome => outcome,
                };
                return acknowledge(&**self.place.bus(), &request, outcome.map(|()| Ack::accepted()));
            }
            "revocations.put" => {
                let outcome = self.put_revocation(&request.payload).await;
                return acknowledge(&**self.place.bus(), &request, outcome.map(|()| Ack::accepted()));
            }
            "revocations.get" => {
                to_json(&RevocationList { revocations: self.records().revocations().cloned().collect() })
            }
            "get.links" => to_json(&self.links()),
            "get.claims" => to_json(&ClaimsList { claims: self.records().claims().cloned().collect() }),
            _ => to_json(&HostList { hosts: self.roster().suspended() }),
        };
        if let Some(reply_to) = request.reply {
            reply(&**self.place.bus(), message(reply_to, list));
        }
    }

    fn links(&self) -> LinkList {
        let records = self.records();
        let list = records.standing_links().map(|(link, status)| {
            let status = if self.is_provider_known(link) { status.clone() } else { LinkStatus::Pending };
            LinkDefinition { status: Some(status), ..link.into() }
        });
        LinkList { links: list.collect(), as_of: Some(self.tick()) }
    }

    fn is_provider_known(&self, link: &Link) -> bool {
        self.place.runs_provider(link.provider) || self.roster().knows_provider(&link.provider.to_string())
    }

    /// Puts a link once its provider took it, or for when it starts. Whatever link was there before stays as it was
    /// when this fails.
    async fn put(self: &Arc<Self>, payload: &[u8]) -> Result<Ack, LatticeError> {
        let link = self.read_link(&read_json::<LinkDefinition>(payload)?)?;
        let _turn = self.link_turn(&link.key).await;
        self.put_in_turn(link).await
    }

    /// Reads a link that somebody wants to put, if it may be.
    pub(super) fn read_link(&self, definition: &LinkDefinition) -> Result<Link, LatticeError> {
        let link = Link::try_from(definition)?;
        self.place.subjects().provider_link(link.provider, &link.key.link_name, "put").map_err(|error| {
            LatticeError::new(ErrorCode::BadRequest, format!("the link name cannot be used: {error}"))
        })?;
        self.check_claims(&link.key)?;
        self.place.permit_link(&link)?;
        Ok(link)
    }

    /// Puts a link; the turn to change it is taken.
    pub(super) async fn put_in_turn(self: &Arc<Self>, mut link: Link) -> Result<Ack, LatticeError> {
        link.stamp = self.tick();
        let former = self.records().standing_link(&link.key).cloned();
        let status = match self.ask_provider(&link, Verb::Put).await {
            Verdict::Taken => LinkStatus::Active,
            Verdict::Absent => LinkStatus::Pending,
            Verdict::Refused { error, taken_elsewhere } => {
                if taken_elsewhere {
                    self.restore(&link, former.as_ref()).await;
                }
                return Err(error);
            }
        };
        let record = LinkRecord::Put(link.clone(), status.clone());
        match self.commit(&link.key, record).await {
            Ok(true) => {}
            Ok(false) => {
                let standing = self.records().standing_link(&link.key).cloned();
                self.restore(&link, standing.as_ref()).await;
                return Err(LatticeError::new(ErrorCode::LinkRefused, CHANGED_ELSEWHERE));
            }
            Err(error) => {
                self.restore(&link, former.as_ref()).await;
                return Err(error);
            }
        }
        if let Some(former) = former.filter(|former| former.provider != link.provider) {
            self.let_go(&former).await;
        }
        Ok(Ack { link_status: Some(status), ..Ack::accepted() })
    }

    async fn delete(self: &Arc<Self>, payload: &[u8]) -> Result<(), LatticeError> {
        let key = LinkKey::try_from(&read_json::<RemoveLink>(payload)?)?;
        let _turn = self.link_turn(&key).await;
        let Some(link) = self.records().standing_link(&key).cloned() else {
            return Err(LatticeError::new(
                ErrorCode::NotLinked,
                format!(
                    "actor {} has no link to {} under \"{}\"; see: wisteria get links",
                    key.actor, key.contract, key.link_name
                ),
            ));
        };
        match self.commit(&key, LinkRecord::Deleted(self.tick())).await? {
            true => self.let_go(&link).await,
            false => return Err(LatticeError::new(ErrorCode::LinkRefused, CHANGED_ELSEWHERE)),
        }
        Ok(())
    }

    async fn put_revocation(self: &Arc<Self>, payload: &[u8]) -> Result<(), LatticeError> {
        let mut revocation: Revocation = read_json(payload)?;
        revocation.check()?;
        let has_room = {
            let records = self.records();
            records.revocations().len() < REVOCATIONS
                || records.revocations().any(|known| known.subject == revocation.subject)
        };
        if !has_room {
            return Err(LatticeError::new(
                ErrorCode::Overloaded,
                format!("{REVOCATIONS} keys and tokens are revoked, and no more are kept; revoke the account instead"),
            ));
        }
        revocation.stamp = self.tick();
        tracing::info!(subject = revocation.subject, revoked = revocation.revoked, "what counts has changed");
        self.commit_revocation(revocation).await
    }

    /// Gives the provider of a link that cannot be kept the link that stood before.
    async fn restore(&self, failed: &Link, former: Option<&Link>) {
        match former.filter(|former| former.provider == failed.provider) {
            Some(former) => drop(self.ask_provider(former, Verb::Put).await),
            None => self.let_go(failed).await,
        }
    }

    /// Tells a provider that a link is gone. A provider that does not hear it now is told when it is back.
    async fn let_go(&self, link: &Link) {
        if let Verdict::Refused { error, .. } = self.ask_provider(link, Verb::Delete).await {
            tracing::warn!(%error, provider = %link.provider, "a link was not taken from its provider yet");
        }
    }

    /// Refuses a link that the actor could never use.
    fn check_claims(&self, key: &LinkKey) -> Result<(), LatticeError> {
        let records = self.records();
        let claims = records.claims().find(|claims| claims.sub == key.actor.to_string());
        let Some(claims) = claims.filter(|claims| claims.is_signed()) else {
            return Ok(());
        };
        match claims.caps.split(',').any(|claimed| claimed == &*key.contract) {
            true => Ok(()),
            false => Err(LatticeError::new(
                ErrorCode::NotClaimed,
                format!(
                    "actor {} does not claim {}; sign it with that capability (it claims: {})",
                    key.actor, key.contract, claims.caps
                ),
            )),
        }
    }
}
