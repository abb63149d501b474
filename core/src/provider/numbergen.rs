//! Random numbers and GUIDs, from the platform's randomness.

use std::sync::Arc;

use bytes::Bytes;
use wisteria_contracts::{
    codec,
    numbergen::{CONTRACT, RangeLimit, operation},
};

use super::{LinkRefused, Provider, ProviderCall, ProviderDescription, ProviderError, ProviderLink, argument};
use crate::{
    identity::PublicKey,
    platform::{BoxFuture, Platform, random_uuid},
};

/// The built-in number generator.
#[derive(Debug)]
pub struct NumberGen {
    platform: Arc<dyn Platform>,
}

impl NumberGen {
    /// A generator on the platform's randomness.
    pub fn new(platform: Arc<dyn Platform>) -> Self {
        Self { platform }
    }

    fn answer(&self, call: &ProviderCall) -> Result<Vec<u8>, ProviderError> {
        match &*call.operation {
            operation::GENERATE_GUID => Ok(codec::encode(&random_uuid(&*self.platform))),
            operation::RANDOM_32 => Ok(codec::encode(&self.random())),
            operation::RANDOM_IN_RANGE => {
                let range: RangeLimit = argument(call)?;
                if range.min > range.max {
                    return Err(ProviderError::BadArgument {
                        operation: call.operation.to_string(),
                        cause: format!("min {} is above max {}", range.min, range.max),
                    });
                }
                Ok(codec::encode(&self.random_in(range)))
            }
            _ => Err(ProviderError::unknown(
                "numbergen",
                call,
                &[operation::GENERATE_GUID, operation::RANDOM_IN_RANGE, operation::RANDOM_32],
            )),
        }
    }

    fn random(&self) -> u32 {
        let mut bytes = [0; 4];
        self.platform.random(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    /// Uniform: draws again where a plain remainder would favour low numbers.
    fn random_in(&self, range: RangeLimit) -> u32 {
        let Some(count) = (range.max - range.min).checked_add(1) else {
            return self.random();
        };
        let unbiased = u32::MAX - u32::MAX % count;
        loop {
            let drawn = self.random();
            if drawn < unbiased {
                return range.min + drawn % count;
            }
        }
    }
}

impl Provider for NumberGen {
    fn describe(&self) -> ProviderDescription {
        ProviderDescription { name: "numbergen", contract: CONTRACT, title: "Number generator", built_in: true }
    }

    fn link(&self, _link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async { Ok(()) })
    }

    fn unlink(&self, _actor: PublicKey, _link_name: Arc<str>) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        let answer = self.answer(&call);
        Box::pin(async { answer.map(Bytes::from) })
    }
}
