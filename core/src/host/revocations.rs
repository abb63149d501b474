//! What no longer counts on the lattice, as far as a host knows.

use std::sync::{
    RwLock,
    atomic::{AtomicBool, Ordering},
};

use litemap::LiteMap;

use super::state::HostState;
use crate::{
    error::{ErrorCode, LatticeError},
    identity::PublicKey,
    lattice::control::{RevocationList, read_json},
    metadata::Revocation,
};

/// The latest word on each key and token.
#[derive(Debug, Default)]
pub(super) struct Revocations {
    known: RwLock<LiteMap<Subject, Revocation>>,
    /// Whether any key is revoked: calls where none is need not look.
    any_key: AtomicBool,
}

/// What a revocation is about.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Key(PublicKey),
    Token(String),
}

impl Revocations {
    /// Takes note of one, unless a later one is known.
    fn learn(&self, revocation: Revocation) {
        let subject = match revocation.subject.parse() {
            Ok(key) => Subject::Key(key),
            Err(_) => Subject::Token(revocation.subject.clone()),
        };
        let mut known = self.known.write().expect("nothing panics under this lock");
        if known.get(&subject).is_some_and(|known| known.stamp >= revocation.stamp) {
            return;
        }
        known.insert(subject, revocation);
        let is_key = |(subject, known): (&Subject, &Revocation)| known.revoked && matches!(subject, Subject::Key(_));
        self.any_key.store(known.iter().any(is_key), Ordering::Release);
    }

    fn find(&self, key: PublicKey) -> Option<Revocation> {
        if !self.any_key.load(Ordering::Acquire) {
            return None;
        }
        let known = self.known.read().expect("nothing panics under this lock");
        known.get(&Subject::Key(key)).filter(|known| known.revoked).cloned()
    }

    fn all(&self) -> Vec<Revocation> {
        self.known.read().expect("nothing panics under this lock").values().cloned().collect()
    }
}

impl HostState {
    /// Takes note of what the lattice says.
    pub(crate) fn learn_revocation(&self, revocation: Revocation) {
        self.revocations.learn(revocation);
    }

    /// All that is known.
    pub(super) fn all_revocations(&self) -> Vec<Revocation> {
        self.revocations.all()
    }

    /// Asks the lattice for what was said while this host was away.
    pub(super) async fn pull_revocations(&self) -> Result<(), LatticeError> {
        let subject = self.subjects.metadata("revocations.get");
        let list: RevocationList = read_json(&self.ask_keeper(subject, "revocations").await?)?;
        for revocation in list.revocations {
            self.learn_revocation(revocation);
        }
        Ok(())
    }

    /// Refuses an actor whose own key, or whose account, is revoked.
    pub(crate) fn check_not_revoked(&self, actor: PublicKey, issuer: Option<PublicKey>) -> Result<(), LatticeError> {
        let (what, revocation) = match self.revocations.find(actor) {
            Some(revocation) => ("actor", revocation),
            None => match issuer.and_then(|issuer| self.revocations.find(issuer)) {
                Some(revocation) => ("account", revocation),
                None => return Ok(()),
            },
        };
        let why = revocation.reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
        Err(LatticeError::new(
            ErrorCode::Revoked,
            format!(
                "the {what} {0} was revoked{why}, so actor {actor} is not run and not served; if it is to count again: \
                 wisteria unrevoke {0}",
                revocation.subject
            ),
        ))
    }

    /// Refuses calls of an actor that runs elsewhere, on a host that may not have heard yet.
    pub(crate) fn check_origin(&self, origin: PublicKey) -> Result<(), LatticeError> {
        let issuer = || {
            let claims = self.claims.read().expect("nothing panics under this lock");
            claims.get(&origin).and_then(|claims| claims.iss.parse().ok())
        };
        match self.revocations.any_key.load(Ordering::Acquire) {
            true => self.check_not_revoked(origin, issuer()),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{identity::KeyKind, metadata::Clock};

    #[test]
    fn the_later_word_counts_in_whichever_order_it_is_heard() {
        let key = PublicKey::from_bytes(KeyKind::Module, [1; 32]);
        let clock = Clock::new(PublicKey::from_bytes(KeyKind::Host, [1; 32]));
        let say = |revoked| Revocation {
            subject: key.to_string(),
            revoked,
            reason: None,
            stamp: clock.tick(Duration::from_secs(1)),
        };
        let (revoked, restored) = (say(true), say(false));
        for order in [[&revoked, &restored], [&restored, &revoked]] {
            let known = Revocations::default();
            order.into_iter().for_each(|word| known.learn(word.clone()));
            assert_eq!(known.find(key), None);
        }
        let known = Revocations::default();
        known.learn(revoked.clone());
        assert_eq!(known.find(key), Some(revoked));
    }
}
