//! What a host gives each actor: its own defaults, or what the starter asked for, up to the host's ceilings.

use super::config::HostLimits;
use crate::{
    engine::ModuleLimits,
    error::{ErrorCode, LatticeError},
    lattice::control::ActorLimits,
};

/// The bounds of one actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Fuel per call.
    pub(super) fuel: u64,
    /// Calls that may wait for it.
    pub(super) mailbox: usize,
    /// Longest chain of calls that it may be in.
    pub(super) depth: usize,
    /// Bytes of the payload of a host call, either way.
    pub(super) payload: usize,
    /// What its module may claim.
    pub(super) module: ModuleLimits,
}

impl HostLimits {
    /// What modules may claim here at most, for which engines are to have room.
    pub fn most_of_modules(&self) -> ModuleLimits {
        let [_, memory, table, ..] = self.ceilings();
        ModuleLimits { memory_bytes: memory, table_elements: table, ..self.module }
    }

    /// The bounds of an actor whose starter asked for these.
    ///
    /// # Errors
    /// One is above what this host gives.
    pub(super) fn grant(&self, asked: &ActorLimits) -> Result<Bounds, LatticeError> {
        let (mut values, ceilings) = (self.defaults(), self.ceilings());
        for (at, asked) in asked.values().into_iter().enumerate() {
            let Some(asked) = asked else {
                continue;
            };
            if asked > ceilings[at] {
                return Err(above(ActorLimits::NAMES[at], asked, ceilings[at]));
            }
            values[at] = asked;
        }
        let [fuel, memory_bytes, table_elements, mailbox, depth, payload] = values;
        let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        Ok(Bounds {
            fuel,
            mailbox: size(mailbox),
            depth: size(depth),
            payload: size(payload),
            module: ModuleLimits { memory_bytes, table_elements, ..self.module },
        })
    }

    /// How many instances an actor may have whose starter asked for so many.
    ///
    /// # Errors
    /// There may not be as many on this host.
    pub(super) fn grant_instances(&self, asked: Option<usize>) -> Result<usize, LatticeError> {
        let most = self.instances.max(1);
        match asked {
            Some(asked) if asked > most => Err(above("instances", asked as u64, most as u64)),
            Some(asked) => Ok(asked.max(1)),
            None => Ok(self.default_max_instances.clamp(1, most)),
        }
    }

    fn own(&self) -> [u64; 6] {
        let ModuleLimits { memory_bytes, table_elements, .. } = self.module;
        let [mailbox, depth, payload] = [self.mailbox, self.depth, self.payload_bytes].map(|value| value as u64);
        [self.fuel, memory_bytes, table_elements, mailbox, depth, payload]
    }

    fn ceilings(&self) -> [u64; 6] {
        let (own, named) = (self.own(), self.most.values());
        std::array::from_fn(|at| named[at].unwrap_or(own[at]))
    }

    fn defaults(&self) -> [u64; 6] {
        let (own, ceilings) = (self.own(), self.ceilings());
        std::array::from_fn(|at| own[at].min(ceilings[at]))
    }
}

fn above(name: &str, asked: u64, ceiling: u64) -> LatticeError {
    LatticeError::new(
        ErrorCode::LimitRefused,
        format!(
            "{name} of {asked} is above {ceiling}, the most that this host gives an actor; ask for less, or start the \
             host with: wisteria up --max-{name} {asked} (in a page: limits)"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_gets_what_was_asked_for_up_to_the_ceiling_and_else_the_default() {
        let limits = HostLimits {
            fuel: 100,
            depth: 32,
            most: ActorLimits { fuel: Some(500), depth: Some(8), ..ActorLimits::default() },
            ..HostLimits::default()
        };
        let fuel = |fuel| limits.grant(&ActorLimits { fuel, ..ActorLimits::default() }).map(|bounds| bounds.fuel);
        assert_eq!(fuel(None), Ok(100));
        assert_eq!(fuel(Some(1)), Ok(1));
        assert_eq!(fuel(Some(500)), Ok(500));
        let error = fuel(Some(501)).expect_err("above");
        assert_eq!(error.code, ErrorCode::LimitRefused);
        assert!(error.message.contains("500") && error.message.contains("--max-fuel 501"), "{error}");
        let bounds = limits.grant(&ActorLimits::default()).expect("nothing was asked for");
        assert_eq!(bounds.depth, 8, "a ceiling holds for the default, too");
        let more = ActorLimits { memory: Some(limits.module.memory_bytes + 1), ..ActorLimits::default() };
        assert!(limits.grant(&more).is_err(), "without a ceiling the default is one");
    }

    #[test]
    fn instances_are_bounded_by_those_of_the_host() {
        let limits = HostLimits { instances: 4, ..HostLimits::default() };
        assert_eq!(limits.grant_instances(None), Ok(4));
        assert_eq!(limits.grant_instances(Some(0)), Ok(1));
        assert_eq!(limits.grant_instances(Some(4)), Ok(4));
        assert_eq!(limits.grant_instances(Some(5)).expect_err("too many").code, ErrorCode::LimitRefused);
    }
}
