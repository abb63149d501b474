//! Changes of the same key one after the other, so that those of one host need not find out from the server.

use std::hash::{DefaultHasher, Hash, Hasher};

use tokio::sync::{Mutex, MutexGuard};

/// How many changes a link has under way at most, each of another key.
const TURNS: usize = 64;

/// Whose turn it is.
#[derive(Debug)]
pub(in super::super) struct Turns([Mutex<()>; TURNS]);

impl Turns {
    /// Waits for the turn of a key, which lasts until the answer is dropped.
    pub(in super::super) async fn of(&self, key: &str) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let turn = usize::try_from(hasher.finish() % TURNS as u64).expect("it is below their number");
        self.0[turn].lock().await
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}
