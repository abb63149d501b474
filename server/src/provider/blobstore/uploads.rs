//! The objects that one link is writing in chunks: so many at most, and none for longer than it goes on.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, Weak},
    time::Duration,
};

use bytes::Bytes;
use data_encoding::HEXLOWER;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wisteria_contracts::blobstore::{ContainerObject, PutChunkRequest};
use wisteria_core::{
    error::{ErrorCode, LatticeError},
    platform::Platform,
    provider::ProviderError,
};

use super::store::{Outcome, Upload};

/// How many objects a link may be writing at a time: in chunks, and as many whole ones beside them.
const MOST: usize = 8;

/// How many whole objects of a link wait for their turn at most.
const MOST_WAITING: usize = 256;

/// How long an object waits for its next chunk.
const IDLE: Duration = Duration::from_secs(60);

/// What one link is writing, by stream.
pub(super) struct Uploads<U> {
    open: Mutex<HashMap<String, Arc<Open<U>>>>,
    room: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    waiting: Semaphore,
    /// The largest object, in bytes.
    max_object: u64,
    platform: Arc<dyn Platform>,
}

struct Open<U> {
    place: ContainerObject,
    used: Mutex<Duration>,
    /// What is written, and how many bytes of it; gone once it has ended.
    state: tokio::sync::Mutex<Option<(U, u64)>>,
    _room: OwnedSemaphorePermit,
}

/// Room for one more.
pub(super) struct Room(OwnedSemaphorePermit);

impl<U: Upload> Uploads<U> {
    pub(super) fn new(max_object: u64, platform: Arc<dyn Platform>) -> Arc<Self> {
        let [room, turns] = [(); 2].map(|()| Arc::new(Semaphore::new(MOST)));
        let waiting = Semaphore::new(MOST_WAITING);
        Arc::new(Self { open: Mutex::default(), room, turns, waiting, max_object, platform })
    }

    /// Room for an object that is written at once, when it is its turn: those before it are done soon.
    pub(super) async fn turn(&self) -> Outcome<Room> {
        let _waiting = self.waiting.try_acquire().map_err(|_| {
            ProviderError::Named(LatticeError::new(
                ErrorCode::Overloaded,
                format!("{MOST_WAITING} objects wait to be written through this link already; send fewer at once"),
            ))
        })?;
        Ok(Room(self.turns.clone().acquire_owned().await.expect("it is never closed")))
    }

    /// Room for one more in chunks, if there is any.
    pub(super) fn room(&self) -> Outcome<Room> {
        let room = self.room.clone().try_acquire_owned();
        room.map(Room).map_err(|_| {
            ProviderError::Failed(format!(
                "{MOST} objects are being written through this link already; finish or cancel one of them first"
            ))
        })
    }

    /// Whether an object may become that large.
    pub(super) fn check_size(&self, place: &ContainerObject, bytes: u64) -> Outcome<()> {
        match bytes <= self.max_object {
            true => Ok(()),
            false => Err(ProviderError::Failed(format!(
                "object \"{}\" would be larger than {} bytes; write less, or have its link say a larger MAX_OBJECT",
                place.object_id, self.max_object
            ))),
        }
    }

    /// Keeps an object whose first bytes are written, and returns what its stream is called.
    pub(super) fn begin(self: &Arc<Self>, place: ContainerObject, upload: U, written: u64, room: Room) -> String {
        let mut id = [0; 16];
        self.platform.random(&mut id);
        let id = HEXLOWER.encode(&id);
        let (used, state) = (Mutex::new(self.platform.now()), tokio::sync::Mutex::new(Some((upload, written))));
        self.open().insert(id.clone(), Arc::new(Open { place, used, state, _room: room.0 }));
        self.platform.spawn(Box::pin(forget_when_idle(Arc::downgrade(self), id.clone())));
        id
    }

    /// Goes on with an object.
    pub(super) async fn go_on(&self, request: PutChunkRequest) -> Outcome<()> {
        let chunk = request.chunk;
        let place = ContainerObject { container_id: chunk.container_id, object_id: chunk.object_id };
        let (id, open) = self.find(request.stream_id.as_deref(), &place)?;
        *open.used.lock().expect("nothing panics under this lock") = self.platform.now();
        let mut state = open.state.lock().await;
        // Taken away, so that a call which ends in the middle of a chunk leaves nothing to go on with.
        let Some((mut upload, written)) = state.take() else {
            return Err(no_stream(&place));
        };
        if request.cancel_and_remove {
            self.open().remove(&id);
            upload.abort().await;
            return Ok(());
        }
        if chunk.offset != written {
            *state = Some((upload, written));
            return Err(ProviderError::Failed(format!(
                "object \"{}\" has {written} bytes so far, and the chunk starts at {}; send the one that starts there",
                place.object_id, chunk.offset
            )));
        }
        let grown = written.saturating_add(chunk.bytes.len() as u64);
        let outcome = match self.check_size(&place, grown) {
            Ok(()) => upload.write(Bytes::from(chunk.bytes)).await,
            refused => refused,
        };
        if outcome.is_ok() && !chunk.is_last {
            *state = Some((upload, grown));
            return Ok(());
        }
        // It has ended, well or not.
        self.open().remove(&id);
        match outcome {
            Ok(()) => upload.finish().await,
            Err(error) => {
                upload.abort().await;
                Err(error)
            }
        }
    }

    /// Gives up all of them.
    pub(super) async fn end(&self) {
        let open: Vec<_> = self.open().drain().map(|(_, open)| open).collect();
        for open in open {
            open.abort().await;
        }
    }

    /// The stream that is meant. Without its name, there must be one for the object alone.
    fn find(&self, id: Option<&str>, place: &ContainerObject) -> Outcome<(String, Arc<Open<U>>)> {
        let open = self.open();
        let mut found = open.iter().filter(|(name, one)| one.place == *place && id.is_none_or(|id| id == *name));
        match (found.next(), found.next()) {
            (Some((id, open)), None) => Ok((id.clone(), open.clone())),
            _ => Err(no_stream(place)),
        }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<String, Arc<Open<U>>>> {
        self.open.lock().expect("nothing panics under this lock")
    }
}

impl<U: Upload> Open<U> {
    async fn abort(&self) {
        if let Some((upload, _)) = self.state.lock().await.take() {
            upload.abort().await;
        }
    }
}

fn no_stream(place: &ContainerObject) -> ProviderError {
    ProviderError::Failed(format!(
        "no such stream writes object \"{}\" of container \"{}\", or it waited longer than {} s for a chunk; begin again \
         with Blobstore.PutObject",
        place.object_id,
        place.container_id,
        IDLE.as_secs()
    ))
}

async fn forget_when_idle<U: Upload>(uploads: Weak<Uploads<U>>, id: String) {
    loop {
        let Some(here) = uploads.upgrade() else {
            return;
        };
        let Some(open) = here.open().get(&id).cloned() else {
            return;
        };
        let used = *open.used.lock().expect("nothing panics under this lock");
        let rest = (used + IDLE).saturating_sub(here.platform.now());
        if rest.is_zero() {
            here.open().remove(&id);
            open.abort().await;
            return;
        }
        let sleep = here.platform.sleep(rest);
        drop((here, open));
        sleep.await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::FutureExt;

    use super::{MOST, MOST_WAITING, Outcome, Upload, Uploads};
    use crate::platform::NativePlatform;

    struct Nowhere;

    impl Upload for Nowhere {
        async fn write(&mut self, _: bytes::Bytes) -> Outcome<()> {
            Ok(())
        }

        async fn finish(self) -> Outcome<()> {
            Ok(())
        }

        async fn abort(self) {}
    }

    #[tokio::test]
    async fn so_many_whole_objects_wait_for_their_turn_and_one_more_is_refused_at_once() {
        let uploads = Uploads::<Nowhere>::new(1, Arc::new(NativePlatform::current()));
        let mut writing = Vec::new();
        for _ in 0..MOST {
            writing.push(uploads.turn().await.expect("there is room"));
        }
        let mut waiting: Vec<_> = (0..MOST_WAITING).map(|_| Box::pin(uploads.turn())).collect();
        assert!(waiting.iter_mut().all(|turn| turn.now_or_never().is_none()));
        let refusal = uploads.turn().await.err().expect("refused").to_string();
        assert!(refusal.contains("256 objects wait"), "{refusal}");
        drop(writing);
        for turn in waiting {
            turn.await.expect("its turn has come");
        }
    }
}
