//! What a provider keeps for each of its links.

use std::{
    collections::HashMap,
    fmt::{self, Debug, Formatter},
    sync::{Arc, Mutex, MutexGuard},
};

use super::{LinkedActor, ProviderCall, ProviderError};
use crate::identity::PublicKey;

/// Something for each link of a provider, such as a connection that several of them share. Debug shows how many there
/// are: what links say may be secret.
pub struct Links<T>(Mutex<HashMap<LinkedActor, T>>);

impl<T> Links<T> {
    /// Keeps it for a link, and returns what was kept before.
    pub fn put(&self, actor: PublicKey, link_name: Arc<str>, kept: T) -> Option<T> {
        self.all().insert((actor, link_name), kept)
    }

    /// Forgets a link, and returns what was kept for it.
    pub fn remove(&self, actor: PublicKey, link_name: Arc<str>) -> Option<T> {
        self.all().remove(&(actor, link_name))
    }

    /// All of them, with the links they are kept for. Nobody else reads or changes them meanwhile.
    pub fn all(&self) -> MutexGuard<'_, HashMap<LinkedActor, T>> {
        self.0.lock().expect("nothing panics under this lock")
    }
}

impl<T: Clone> Links<T> {
    /// What is kept for the link that a call comes through.
    ///
    /// # Errors
    /// The link has ended since the call was let in.
    pub fn of(&self, call: &ProviderCall) -> Result<T, ProviderError> {
        self.at(&(call.actor, call.link_name.clone()))
    }

    /// What is kept for a link.
    ///
    /// # Errors
    /// There is no such link, or no more.
    pub fn at(&self, link: &LinkedActor) -> Result<T, ProviderError> {
        let kept = self.all().get(link).cloned();
        kept.ok_or_else(|| ProviderError::Failed("the link has just ended; put it again".to_owned()))
    }
}

impl<T> Default for Links<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Debug for Links<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} links", self.all().len())
    }
}
