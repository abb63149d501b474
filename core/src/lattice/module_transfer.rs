//! How the bytes of a module travel: offered on a subject named by their hash or their actor, fetched in chunks.

use std::sync::Arc;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::Subjects;
use crate::{
    bus::{Bus, BusError, Message, Subscription},
    text::HEX_LOWER,
};

/// Header of a request: the first byte wanted.
pub(crate) const OFFSET: &str = "Wisteria-Offset";
/// Header of a reply: the bytes of the whole module.
pub(crate) const TOTAL: &str = "Wisteria-Total";
/// What precedes the hash in a reference.
pub(crate) const REFERENCE_PREFIX: &str = "wisteria://module/";
/// Bytes of a module per message.
const CHUNK: usize = 512 << 10;

/// A module offered on the bus for as long as this is served.
#[derive(Debug)]
pub(crate) struct ModuleOffer {
    bus: Arc<dyn Bus>,
    module: Bytes,
    requests: Subscription,
    /// What hosts are asked to start.
    pub(crate) reference: String,
}

impl ModuleOffer {
    /// Offers a module.
    pub(crate) fn new(bus: Arc<dyn Bus>, subjects: &Subjects, module: Bytes) -> Result<Self, BusError> {
        let hash = hash(&module);
        let subject = subjects.module(&hash);
        let requests = bus.subscribe(subject.clone().into(), Some(subject.as_str()))?;
        Ok(Self { bus, module, requests, reference: format!("{REFERENCE_PREFIX}{hash}") })
    }

    /// Answers requests until the connection ends. Dropping the future ends the offer.
    pub(crate) async fn serve(&mut self) {
        while let Some(request) = self.requests.next().await {
            send_chunk(&*self.bus, &self.module, request);
        }
    }
}

/// The name of a module among those that are offered.
pub(crate) fn hash(module: &[u8]) -> String {
    HEX_LOWER.encode(&Sha256::digest(module))
}

/// Answers a request for a part of a module.
pub(crate) fn send_chunk(bus: &dyn Bus, module: &Bytes, request: Message) {
    let Some(reply_to) = request.reply else {
        return;
    };
    let offset = request.headers.get(OFFSET).and_then(|text| text.parse().ok()).unwrap_or(0);
    let start = module.len().min(offset);
    let end = module.len().min(start + CHUNK.min(bus.max_payload()));
    let reply = Message {
        subject: reply_to,
        reply: None,
        headers: [(TOTAL, module.len().to_string())].into_iter().collect(),
        payload: module.slice(start..end),
    };
    if let Err(error) = bus.publish(reply) {
        tracing::warn!(%error, "a part of a module was not sent");
    }
}
