//! Objects on their way to actors: in chunks, one after another, each once the actor has answered the one before.

use std::sync::Arc;

use bytes::BytesMut;
use futures::{StreamExt, stream::BoxStream};
use wisteria_contracts::{
    blobstore::{Chunk, ChunkResponse, ContainerObject, operation},
    codec,
};
use wisteria_core::{host::ActorCaller, identity::PublicKey, provider::ProviderError};

use super::store::{CHUNK, Outcome, Reading};

/// Cuts what is read into chunks.
pub(super) struct Chunks {
    place: ContainerObject,
    content: BoxStream<'static, Outcome<bytes::Bytes>>,
    buffer: BytesMut,
    offset: u64,
    left: u64,
}

impl Chunks {
    /// Those of an object that is read from that position on.
    pub(super) fn new(place: ContainerObject, reading: Reading, offset: u64) -> Self {
        Self { place, content: reading.content, buffer: BytesMut::new(), offset, left: reading.length }
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Outcome<Chunk> {
        let wanted = usize::try_from(self.left).map_or(CHUNK, |left| left.min(CHUNK));
        while self.buffer.len() < wanted {
            let piece = self.content.next().await.ok_or_else(|| {
                ProviderError::Failed(format!(
                    "object \"{}\" ended before all of it was read; read it again",
                    self.place.object_id
                ))
            })?;
            self.buffer.extend_from_slice(&piece?);
        }
        let bytes = self.buffer.split_to(wanted).to_vec();
        let offset = self.offset;
        self.offset += wanted as u64;
        self.left -= wanted as u64;
        let ContainerObject { container_id, object_id } = self.place.clone();
        Ok(Chunk { object_id, container_id, bytes, offset, is_last: self.left == 0 })
    }

    /// Hands the rest to the actor, until it has all or wants no more, or the link `is_over`.
    pub(super) async fn send(
        mut self,
        caller: ActorCaller,
        actor: PublicKey,
        trace: Option<Arc<str>>,
        is_over: impl Fn() -> bool,
    ) {
        while !is_over() {
            let object = self.place.object_id.clone();
            let chunk = match self.next().await {
                Ok(chunk) => chunk,
                Err(error) => return tracing::warn!(%actor, object, %error, "an object cannot be read to its end"),
            };
            let (is_last, argument) = (chunk.is_last, codec::encode(&chunk));
            match caller.call(actor, operation::RECEIVE_CHUNK, argument.into(), None, trace.clone()).await {
                Ok(reply) => match codec::decode::<ChunkResponse>(&reply) {
                    Ok(reply) if !reply.cancel_download && !is_last => {}
                    Ok(_) => return,
                    Err(error) => {
                        return tracing::warn!(%actor, object, %error, "the answer to a chunk cannot be read");
                    }
                },
                Err(error) => {
                    return tracing::warn!(%actor, object, error = error.message, "an actor does not take a chunk");
                }
            }
        }
    }
}
