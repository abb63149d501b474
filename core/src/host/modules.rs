//! Fetches a module's bytes from whoever offers them on the bus.

use bytes::{Bytes, BytesMut};
use sha2::{Digest, Sha256};

use super::{dispatch::bus_failed, state::HostState};
use crate::{
    bus::message,
    error::{ErrorCode, LatticeError},
    lattice::module_transfer::{OFFSET, REFERENCE_PREFIX, TOTAL},
    text::HEX_LOWER,
};

impl HostState {
    /// The module behind a reference, `wisteria://module/{SHA-256 in hex}`.
    pub(super) async fn fetch_module(&self, reference: &str) -> Result<Bytes, LatticeError> {
        let hash = reference.strip_prefix(REFERENCE_PREFIX).filter(|hash| is_sha256(hash)).ok_or_else(|| {
            LatticeError::new(
                ErrorCode::BadRequest,
                format!(
                    "this host cannot load \"{reference}\"; it loads modules that a client offers, as \
                     `wisteria start actor FILE` does"
                ),
            )
        })?;
        let mut module = BytesMut::new();
        loop {
            let mut request = message(self.subjects.module(hash), Bytes::new());
            request.headers.insert(OFFSET, module.len().to_string());
            let reply = self
                .bus
                .request(request, self.config.limits.deadline)
                .await
                .map_err(|error| bus_failed(&error, format_args!("the client that offers module {hash}")))?;
            let total: usize = reply.headers.get(TOTAL).and_then(|total| total.parse().ok()).unwrap_or(0);
            self.check_module_size(total)?;
            module.extend_from_slice(&reply.payload);
            if reply.payload.is_empty() || module.len() >= total {
                break;
            }
        }
        match HEX_LOWER.encode(&Sha256::digest(&module)) == hash {
            true => Ok(module.freeze()),
            false => Err(LatticeError::new(
                ErrorCode::InvalidModule,
                format!("the bytes offered as module {hash} have another hash; offer the file again"),
            )),
        }
    }

    /// Refuses a module above the limit.
    pub(super) fn check_module_size(&self, bytes: usize) -> Result<(), LatticeError> {
        let limit = self.config.limits.module_bytes;
        match bytes > limit {
            true => Err(LatticeError::new(
                ErrorCode::InvalidModule,
                format!("a module of {bytes} bytes is above the limit of {limit}; strip it or optimise it for size"),
            )),
            false => Ok(()),
        }
    }
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
