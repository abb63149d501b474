//! Tells those who wait for the next event of a stream that there may be one.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
};

use tokio::sync::watch;

/// Who waits, by stream.
#[derive(Debug, Default)]
pub(super) struct Wakes(Mutex<HashMap<String, watch::Sender<()>>>);

impl Wakes {
    /// What changes with each event that this process adds to the stream.
    pub(super) fn of(&self, stream: &str) -> watch::Receiver<()> {
        let mut streams = self.streams();
        streams.retain(|_, sender| sender.receiver_count() > 0);
        streams.entry(stream.to_owned()).or_insert_with(|| watch::Sender::new(())).subscribe()
    }

    /// Wakes those who wait for that stream.
    pub(super) fn wake(&self, stream: &str) {
        if let Some(sender) = self.streams().get(stream) {
            sender.send_replace(());
        }
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<()>>> {
        self.0.lock().expect("nothing panics under this lock")
    }
}
