//! What all providers of `wasmcloud:blobstore` do alike: the operations, their bounds, and the way of chunks.

use std::{
    fmt::{self, Debug, Formatter},
    sync::Arc,
};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::Semaphore;
use wisteria_contracts::{
    blobstore::{
        ContainerObject, GetObjectRequest, GetObjectResponse, ItemResult, ListObjectsRequest, ListObjectsResponse,
        PutObjectRequest, PutObjectResponse, RemoveObjectsRequest, operation,
    },
    codec,
};
use wisteria_core::{
    host::ActorCaller,
    identity::PublicKey,
    platform::Platform,
    provider::{LinkValue, LinkedActor, Links, ProviderCall, ProviderError, ProviderLink, ValueKind},
};

use super::{
    downloads::Chunks,
    names::{check_container, check_object, no_container, no_object},
    store::{ContentKind, Outcome, Store, Upload, Wanted},
    uploads::Uploads,
};

/// How large an object may become.
pub(super) const MAX_OBJECT: LinkValue =
    LinkValue::new("MAX_OBJECT", ValueKind::Size, "how large an object may become", "64Mi").or("1Gi");

/// How many objects a link may be reading at a time, beyond their first chunks.
const MOST_DOWNLOADS: usize = 16;

/// How many objects a listing has at most.
const MOST_LISTED: u32 = 1_000;

const OPERATIONS: [&str; 12] = [
    operation::CONTAINER_EXISTS,
    operation::CREATE_CONTAINER,
    operation::GET_CONTAINER_INFO,
    operation::LIST_CONTAINERS,
    operation::REMOVE_CONTAINERS,
    operation::OBJECT_EXISTS,
    operation::GET_OBJECT_INFO,
    operation::LIST_OBJECTS,
    operation::REMOVE_OBJECTS,
    operation::PUT_OBJECT,
    operation::PUT_CHUNK,
    operation::GET_OBJECT,
];

/// The links of a provider, each to a store.
pub(super) struct Blobs<S: Store> {
    name: &'static str,
    platform: Arc<dyn Platform>,
    caller: ActorCaller,
    links: Links<Arc<Linked<S>>>,
}

struct Linked<S: Store> {
    store: Arc<S>,
    uploads: Arc<Uploads<S::Upload>>,
    downloads: Arc<Semaphore>,
}

impl<S: Store> Debug for Blobs<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct(self.name).field("links", &self.links).finish_non_exhaustive()
    }
}

impl<S: Store> Blobs<S> {
    pub(super) fn new(name: &'static str, platform: Arc<dyn Platform>, caller: ActorCaller) -> Self {
        Self { name, platform, caller, links: Links::default() }
    }

    /// Links an actor to a store.
    pub(super) async fn link(&self, link: ProviderLink, store: Arc<S>) {
        let max_object = link.values.size(MAX_OBJECT.name).expect("it has a default");
        let uploads = Uploads::new(max_object, self.platform.clone());
        let linked = Arc::new(Linked { store, uploads, downloads: Arc::new(Semaphore::new(MOST_DOWNLOADS)) });
        let before = self.links.put(link.actor, link.link_name, linked);
        if let Some(before) = before {
            before.uploads.end().await;
        }
    }

    pub(super) async fn unlink(&self, actor: PublicKey, link_name: Arc<str>) {
        let removed = self.links.remove(actor, link_name);
        if let Some(linked) = removed {
            linked.uploads.end().await;
        }
    }

    /// The stores that are linked, each once.
    pub(super) fn stores(&self) -> Vec<Arc<S>> {
        let mut stores: Vec<Arc<S>> = Vec::new();
        for linked in self.links.all().values() {
            if !stores.iter().any(|known| Arc::ptr_eq(known, &linked.store)) {
                stores.push(linked.store.clone());
            }
        }
        stores
    }

    /// The store of a link.
    pub(super) fn store_of(&self, link: &LinkedActor) -> Option<Arc<S>> {
        self.links.all().get(link).map(|linked| linked.store.clone())
    }

    pub(super) async fn invoke(&self, call: ProviderCall) -> Outcome<Bytes> {
        let linked = self.links.of(&call)?;
        let store = &*linked.store;
        match &*call.operation {
            operation::CONTAINER_EXISTS => {
                let container = named_container(&call)?;
                reply(&store.container(&container).await?.is_some())
            }
            operation::CREATE_CONTAINER => {
                store.create(&named_container(&call)?).await?;
                Ok(Bytes::new())
            }
            operation::GET_CONTAINER_INFO => {
                let container = named_container(&call)?;
                reply(&store.container(&container).await?.ok_or_else(|| no_container(&container))?)
            }
            operation::LIST_CONTAINERS => reply(&store.containers().await?),
            operation::REMOVE_CONTAINERS => {
                let names: Vec<String> = argument(&call)?;
                let mut failed = Vec::new();
                for name in names {
                    let removed = match check_container(&name) {
                        Ok(()) => store.remove_container(&name).await,
                        refused => refused,
                    };
                    note(&mut failed, name, removed)?;
                }
                reply(&failed)
            }
            operation::OBJECT_EXISTS => {
                let place = named_object(&call)?;
                reply(&store.object(&place).await?.is_some())
            }
            operation::GET_OBJECT_INFO => {
                let place = named_object(&call)?;
                reply(&store.object(&place).await?.ok_or_else(|| ProviderError::Failed(no_object(&place)))?)
            }
            operation::LIST_OBJECTS => reply(&list(store, argument(&call)?).await?),
            operation::REMOVE_OBJECTS => {
                let RemoveObjectsRequest { container_id, objects } = argument(&call)?;
                let mut failed = Vec::new();
                for object_id in objects {
                    let place = ContainerObject { container_id: container_id.clone(), object_id };
                    let removed = match check_object(&place) {
                        Ok(()) => store.remove(&place).await,
                        refused => refused,
                    };
                    note(&mut failed, place.object_id, removed)?;
                }
                reply(&failed)
            }
            operation::PUT_OBJECT => reply(&put(&linked, argument(&call)?).await?),
            operation::PUT_CHUNK => {
                linked.uploads.go_on(argument(&call)?).await?;
                Ok(Bytes::new())
            }
            operation::GET_OBJECT => {
                let response = self.get(&linked, argument(&call)?, &call).await?;
                reply(&response)
            }
            _ => Err(ProviderError::unknown(self.name, &call, &OPERATIONS)),
        }
    }

    /// The first chunk of an object; the others are sent.
    async fn get(
        &self,
        linked: &Arc<Linked<S>>,
        request: GetObjectRequest,
        call: &ProviderCall,
    ) -> Outcome<GetObjectResponse> {
        let place = ContainerObject { container_id: request.container_id, object_id: request.object_id };
        check_object(&place)?;
        let (from, to) = (request.range_start.unwrap_or(0), request.range_end);
        if to.is_some_and(|to| to < from) {
            return Err(ProviderError::Failed("`rangeEnd` lies before `rangeStart`; exchange them".to_owned()));
        }
        let Some(reading) = linked.store.read(&place, from, to).await? else {
            return Ok(GetObjectResponse { error: Some(no_object(&place)), ..GetObjectResponse::default() });
        };
        let (info, length) = (reading.info.clone(), reading.length);
        let mut chunks = Chunks::new(place, reading, from);
        let first = chunks.next().await?;
        if !first.is_last {
            let room = linked.downloads.clone().try_acquire_owned().map_err(|_| {
                ProviderError::Failed(format!(
                    "{MOST_DOWNLOADS} objects are being read through this link already; read this one after one of them"
                ))
            })?;
            let (link, caller, actor) = (Arc::downgrade(linked), self.caller.clone(), call.actor);
            let trace = call.context.trace.clone();
            self.platform.spawn(Box::pin(async move {
                chunks.send(caller, actor, trace, || link.strong_count() == 0).await;
                drop(room);
            }));
        }
        Ok(GetObjectResponse {
            success: true,
            error: None,
            initial_chunk: Some(first),
            content_length: length,
            content_type: info.content_type,
            content_encoding: info.content_encoding,
        })
    }
}

async fn put<S: Store>(linked: &Linked<S>, request: PutObjectRequest) -> Outcome<PutObjectResponse> {
    let PutObjectRequest { chunk, content_type, content_encoding } = request;
    let place = ContainerObject { container_id: chunk.container_id, object_id: chunk.object_id };
    check_object(&place)?;
    if chunk.offset != 0 {
        return Err(ProviderError::Failed(format!(
            "the first chunk of object \"{}\" starts at {}; start at 0",
            place.object_id, chunk.offset
        )));
    }
    let length = chunk.bytes.len() as u64;
    linked.uploads.check_size(&place, length)?;
    if linked.store.container(&place.container_id).await?.is_none() {
        return Err(no_container(&place.container_id));
    }
    let room = match chunk.is_last {
        true => linked.uploads.turn().await?,
        false => linked.uploads.room()?,
    };
    let mut upload = linked.store.upload(&place, ContentKind { content_type, content_encoding }).await?;
    if let Err(error) = upload.write(Bytes::from(chunk.bytes)).await {
        upload.abort().await;
        return Err(error);
    }
    if chunk.is_last {
        upload.finish().await?;
        return Ok(PutObjectResponse::default());
    }
    Ok(PutObjectResponse { stream_id: Some(linked.uploads.begin(place, upload, length, room)) })
}

async fn list(store: &impl Store, request: ListObjectsRequest) -> Outcome<ListObjectsResponse> {
    check_container(&request.container_id)?;
    let limit = request.max_items.unwrap_or(MOST_LISTED).min(MOST_LISTED) as usize;
    if limit == 0 {
        return Err(ProviderError::Failed("`maxItems` is 0; ask for one at least".to_owned()));
    }
    let (prefix, after) = match request.continuation {
        None => (request.start_with.unwrap_or_default(), None),
        // Both are names without control characters.
        Some(continuation) => match continuation.split_once('\n') {
            Some((prefix, after)) => (prefix.to_owned(), Some(after.to_owned())),
            None => {
                return Err(ProviderError::Failed(
                    "`continuation` is none that a listing has answered; begin without".to_owned(),
                ));
            }
        },
    };
    if store.container(&request.container_id).await?.is_none() {
        return Err(no_container(&request.container_id));
    }
    let wanted = Wanted { prefix, after, limit };
    let (mut objects, mut more) = store.list(&request.container_id, &wanted).await?;
    let is_wanted = |name: &str| {
        request.end_with.as_deref().is_none_or(|last| name <= last)
            && request.end_before.as_deref().is_none_or(|end| name < end)
    };
    let wanted_count = objects.iter().take_while(|object| is_wanted(&object.object_id)).count();
    if wanted_count < objects.len() {
        objects.truncate(wanted_count);
        more = false;
    }
    let last = objects.last().filter(|_| more);
    let continuation = last.map(|last| format!("{}\n{}", wanted.prefix, last.object_id));
    Ok(ListObjectsResponse { objects, is_last: !more, continuation })
}

/// Notes what could not be removed. What fails for all of them fails the call.
fn note(failed: &mut Vec<ItemResult>, key: String, removed: Outcome<()>) -> Outcome<()> {
    match removed {
        Ok(()) => {}
        Err(ProviderError::Failed(why)) => failed.push(ItemResult { key, success: false, error: Some(why) }),
        Err(other) => return Err(other),
    }
    Ok(())
}

fn named_container(call: &ProviderCall) -> Outcome<String> {
    let name: String = argument(call)?;
    check_container(&name)?;
    Ok(name)
}

fn named_object(call: &ProviderCall) -> Outcome<ContainerObject> {
    let place: ContainerObject = argument(call)?;
    check_object(&place)?;
    Ok(place)
}

fn argument<T: DeserializeOwned>(call: &ProviderCall) -> Outcome<T> {
    codec::decode(&call.payload)
        .map_err(|cause| ProviderError::BadArgument { operation: call.operation.to_string(), cause: cause.to_string() })
}

/// # Errors
/// None; it is what operations end with.
fn reply<T: Serialize>(value: &T) -> Outcome<Bytes> {
    Ok(codec::encode(value).into())
}
