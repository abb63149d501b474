//! Random numbers and GUIDs, from the platform's randomness.

use std::sync::Arc;

use bytes::Bytes;
use rmp::encode::{write_str, write_uint};
use wisteria_contracts::numbergen::{CONTRACT, RangeLimit, operation};

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
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "numbergen",
        contract: CONTRACT,
        title: "Number generator",
        built_in: true,
        values: &[],
    };

    /// A generator on the platform's randomness.
    pub fn new(platform: Arc<dyn Platform>) -> Self {
        Self { platform }
    }

    /// The reply, which is written by hand: an encoder of any type would be a part of every tab host.
    fn answer(&self, call: &ProviderCall) -> Result<Vec<u8>, ProviderError> {
        let mut reply = Vec::new();
        match &*call.operation {
            operation::GENERATE_GUID => {
                write_str(&mut reply, &random_uuid(&*self.platform)).ok();
            }
            operation::RANDOM_32 => {
                write_uint(&mut reply, self.random().into()).ok();
            }
            operation::RANDOM_IN_RANGE => {
                let range: RangeLimit = argument(call)?;
                if range.min > range.max {
                    return Err(ProviderError::BadArgument {
                        operation: call.operation.to_string(),
                        cause: format!("min {} is above max {}", range.min, range.max),
                    });
                }
                write_uint(&mut reply, self.random_in(range).into()).ok();
            }
            _ => {
                return Err(ProviderError::unknown(
                    "numbergen",
                    call,
                    &[operation::GENERATE_GUID, operation::RANDOM_IN_RANGE, operation::RANDOM_32],
                ));
            }
        }
        Ok(reply)
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
        Self::DESCRIPTION
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

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, fmt::Debug, sync::Mutex, time::Duration};

    use serde::{Serialize, de::DeserializeOwned};
    use wisteria_contracts::codec;

    use super::*;
    use crate::identity::KeyKind;

    /// Draws these numbers, one after the other.
    #[derive(Debug)]
    struct Drawn(Mutex<VecDeque<u32>>);

    impl Platform for Drawn {
        fn now(&self) -> Duration {
            unreachable!("numbers need no time")
        }

        fn unix_time(&self) -> Duration {
            unreachable!("numbers need no time")
        }

        fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
            unreachable!("numbers need no time")
        }

        fn spawn(&self, _: BoxFuture<'static, ()>) {
            unreachable!("numbers need no tasks")
        }

        fn random(&self, buffer: &mut [u8]) {
            let mut drawn = self.0.lock().expect("nothing panics under this lock");
            for bytes in buffer.chunks_mut(4) {
                bytes.copy_from_slice(&drawn.pop_front().expect("drawn too often").to_le_bytes());
            }
        }
    }

    fn ask(drawn: &[u32], operation: &str, argument: &impl Serialize) -> Result<Vec<u8>, ProviderError> {
        let drawn = Drawn(Mutex::new(drawn.iter().copied().collect()));
        NumberGen::new(Arc::new(drawn)).answer(&ProviderCall {
            actor: PublicKey::from_bytes(KeyKind::Module, [0; 32]),
            link_name: "default".into(),
            operation: operation.into(),
            context: crate::call::CallContext::root(Duration::ZERO),
            payload: codec::encode(argument).into(),
        })
    }

    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "expectations read best as plain values")]
    fn check<T: DeserializeOwned + PartialEq + Debug>(
        drawn: &[u32],
        operation: &str,
        argument: &impl Serialize,
        expected: T,
    ) {
        let reply = ask(drawn, operation, argument).expect("answered");
        assert_eq!(codec::decode::<T>(&reply).expect("decodes"), expected);
    }

    fn range(min: u32, max: u32) -> RangeLimit {
        RangeLimit { min, max }
    }

    #[test]
    fn both_ends_of_a_range_are_drawn() {
        check(&[0], operation::RANDOM_IN_RANGE, &range(1, 6), 1);
        check(&[5], operation::RANDOM_IN_RANGE, &range(1, 6), 6);
        check(&[7], operation::RANDOM_IN_RANGE, &range(3, 3), 3);
        check(&[u32::MAX], operation::RANDOM_IN_RANGE, &range(0, u32::MAX), u32::MAX);
        check(&[9], operation::RANDOM_32, &(), 9);
    }

    #[test]
    fn what_would_favour_low_numbers_is_drawn_again() {
        // 2³² is four more than a multiple of six.
        check(&[u32::MAX, u32::MAX - 3, 1], operation::RANDOM_IN_RANGE, &range(1, 6), 2);
        check(&[u32::MAX - 4], operation::RANDOM_IN_RANGE, &range(1, 6), 6);
    }

    #[test]
    fn a_guid_is_a_uuid_of_version_4() {
        let guid = "00000000-0000-4000-bfff-ffffffffffff";
        check(&[0, 0, u32::MAX, u32::MAX], operation::GENERATE_GUID, &(), guid.to_owned());
    }

    #[test]
    fn an_empty_range_and_an_unknown_operation_are_named() {
        let refused = |operation, part: &str| {
            let error = ask(&[], operation, &range(2, 1)).expect_err("refused").to_string();
            assert!(error.contains(part), "{error}");
        };
        refused(operation::RANDOM_IN_RANGE, "min 2 is above max 1");
        refused("NumberGen.Roll", "it has: NumberGen.GenerateGuid");
    }
}
