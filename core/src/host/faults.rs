//! Faults that somebody puts into a host on purpose, to see what the lattice does about them.

use std::{
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use litemap::LiteMap;

use super::{serve::or_default, state::HostState};
use crate::{
    error::{ErrorCode, LatticeError},
    identity::PublicKey,
    lattice::control::Fault,
    platform,
};

/// Links that can be slow at once.
const SLOW_LINKS: usize = 1024;
/// How slow a link can be made.
const LONGEST_DELAY: Duration = Duration::from_secs(60);
/// For how long a host can be cut off.
const LONGEST_CUT: Duration = Duration::from_secs(300);

/// Actor, contract and link name.
type Slowed = (PublicKey, Arc<str>, Arc<str>);

/// The faults of a host.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// Whether any link is slow; asked with each call.
    any: AtomicBool,
    slow: RwLock<LiteMap<Slowed, Duration>>,
}

impl Faults {
    /// How much longer a call through a link takes.
    pub(super) fn delay(&self, actor: PublicKey, contract: &Arc<str>, link_name: &Arc<str>) -> Option<Duration> {
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        let slow = self.slow.read().expect("nothing panics under this lock");
        slow.get(&(actor, contract.clone(), link_name.clone())).copied()
    }

    fn slow(&self, link: Slowed, delay: Duration) -> Result<(), LatticeError> {
        let mut slow = self.slow.write().expect("nothing panics under this lock");
        slow.remove(&link);
        if slow.len() >= SLOW_LINKS {
            return Err(bad(format!("{SLOW_LINKS} links are slow already; end some of them by a delay of 0")));
        }
        if !delay.is_zero() {
            slow.insert(link, delay);
        }
        self.any.store(!slow.is_empty(), Ordering::Relaxed);
        Ok(())
    }
}

impl HostState {
    /// Refuses a fault that makes no sense here.
    pub(super) fn check_fault(&self, fault: &Fault) -> Result<(), LatticeError> {
        let within = |what: &str, millis: Option<u64>, longest: Duration| {
            let millis = millis.ok_or_else(|| bad(format!("a fault of kind \"{}\" needs {what}", fault.kind)))?;
            match millis <= platform::millis(longest) {
                true => Ok(()),
                false => Err(bad(format!("{what} is {millis}; it can be {} at most", platform::millis(longest)))),
            }
        };
        match fault.kind.as_str() {
            "slow-link" => within("delay_ms", fault.delay_ms, LONGEST_DELAY).and_then(|()| read_actor(fault).map(drop)),
            "cut-off" if !self.bus.can_be_cut_off() => Err(LatticeError::new(
                ErrorCode::Unsupported,
                format!("host {} runs the lattice's broker and has no connection to lose; stop it instead", self.id()),
            )),
            "cut-off" => within("for_ms", fault.for_ms, LONGEST_CUT),
            other => Err(bad(format!("there is no fault \"{other}\"; there are slow-link and cut-off"))),
        }
    }

    /// Puts a fault in that was checked.
    pub(super) fn put_fault(&self, fault: &Fault) -> Result<(), LatticeError> {
        self.check_fault(fault)?;
        if fault.kind == "slow-link" {
            let name = or_default(&fault.link_name);
            let link = (read_actor(fault)?, fault.contract_id.as_str().into(), name.into());
            return self.faults.slow(link, Duration::from_millis(fault.delay_ms.unwrap_or_default()));
        }
        self.bus.cut_off(Duration::from_millis(fault.for_ms.unwrap_or_default()));
        Ok(())
    }

    /// Waits as long as a slow link takes.
    pub(super) async fn suffer(&self, delay: Option<Duration>) {
        if let Some(delay) = delay {
            self.platform.sleep(delay).await;
        }
    }
}

fn read_actor(fault: &Fault) -> Result<PublicKey, LatticeError> {
    fault.actor_id.parse().map_err(|error| bad(format!("actor_id is no key: {error}")))
}

fn bad(cause: String) -> LatticeError {
    LatticeError::new(ErrorCode::BadRequest, cause)
}
