//! Brings the providers that run here in line with the links that are known here.

use std::sync::Arc;

use serde_json::json;

use super::{
    links::{Link, LinkKey},
    provider::RunningProvider,
    state::HostState,
};
use crate::{
    error::LatticeError,
    identity::PublicKey,
    lattice::control::{LinkList, LinkStatus, LinkVerdict, read_json},
    order,
};

impl HostState {
    /// Takes note of a link. The providers that run here and are concerned take it or let go of it, and say so.
    pub(crate) fn learn_link(self: &Arc<Self>, link: Link) {
        let (key, provider) = (link.key.clone(), link.provider);
        let Some(replaced) = self.links.learn(link) else {
            return;
        };
        self.permits.forget();
        let former = replaced.map(|link| link.provider).filter(|former| *former != provider);
        for provider in former.into_iter().chain([provider]) {
            self.settle_soon(provider, &key);
        }
    }

    /// Takes note that a link was deleted.
    pub(crate) fn forget_link(self: &Arc<Self>, named: &crate::lattice::control::RemoveLink) {
        if let Ok(key) = LinkKey::try_from(named)
            && let Some(removed) = self.links.forget(&key, named.stamp.clone().unwrap_or_default())
        {
            self.permits.forget();
            self.settle_soon(removed.provider, &key);
        }
    }

    /// Brings what is known here in line with the links of the lattice.
    pub(crate) async fn pull_links(self: &Arc<Self>) -> Result<(), LatticeError> {
        let list: LinkList = read_json(&self.ask_metadata("get.links").await?)?;
        let links: Vec<Link> = list.links.iter().filter_map(|link| Link::try_from(link).ok()).collect();
        let mut listed: Vec<LinkKey> = links.iter().map(|link| link.key.clone()).collect();
        order::sort_by(&mut listed, |a, b| a < b);
        for link in links {
            self.learn_link(link);
        }
        for removed in self.links.drop_unlisted(&listed, list.as_of.as_ref()) {
            self.permits.forget();
            self.settle_soon(removed.provider, &removed.key);
        }
        Ok(())
    }

    /// Tells a provider that starts of each of its links, one by one.
    pub(super) async fn replay_links(self: &Arc<Self>, provider: &RunningProvider) {
        for link in self.links.of_provider(provider.key) {
            self.settle(provider, &link.key).await;
        }
    }

    fn settle_soon(self: &Arc<Self>, provider: PublicKey, key: &LinkKey) {
        if let Some(provider) = self.provider(provider) {
            let (host, key) = (self.clone(), key.clone());
            self.platform.spawn(Box::pin(async move { host.settle(&provider, &key).await }));
        }
    }

    async fn settle(self: &Arc<Self>, provider: &RunningProvider, key: &LinkKey) {
        let _one_at_a_time = provider.link_changes.lock().await;
        match self.links.find(key).filter(|link| link.provider == provider.key) {
            Some(link) if provider.has_taken(&link) => {}
            Some(link) => {
                let verdict = match self.permit_link(&link) {
                    Ok(()) => provider.put_link(&link, false).await,
                    denied => denied,
                };
                let is_taken = verdict.is_ok();
                self.report(&link, verdict);
                if is_taken {
                    // What it stands on may be away: it takes the link all the same.
                    self.check_link(provider, &(link.key.actor, link.key.link_name)).await;
                }
            }
            None => provider.delete_link(key).await,
        }
    }

    /// Tells the lattice what a provider said to a link outside of a request for it.
    fn report(&self, link: &Link, verdict: Result<(), LatticeError>) {
        let status = match verdict {
            Ok(()) => LinkStatus::Active,
            Err(error) => {
                tracing::warn!(%error, "a provider refused a link");
                LinkStatus::Refused { reason: error.message }
            }
        };
        self.emit("linkdef_status", json!(LinkVerdict { link: link.key.named(link.stamp.clone()), status }));
    }
}
