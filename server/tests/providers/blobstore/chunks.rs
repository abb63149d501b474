//! Objects that are too large to go at once, in both directions.

use serde::{Serialize, de::DeserializeOwned};
use wisteria_contracts::{
    blobstore::{
        Chunk, ChunkResponse, ContainerObject, GetObjectRequest, GetObjectResponse, ObjectMetadata, PutChunkRequest,
        PutObjectRequest, PutObjectResponse, operation,
    },
    codec,
};

use crate::{
    hosted::{Calls, Hosted},
    linked::invoke,
};

const KIBI: usize = 1 << 10;

/// Calls the provider as the actor.
pub(super) async fn ask<T: DeserializeOwned>(
    hosted: &Hosted,
    operation: &str,
    argument: &impl Serialize,
) -> Result<T, String> {
    let reply = invoke(&*hosted.provider, operation, codec::encode(argument)).await?;
    Ok(codec::decode(&reply).expect("a reply of that shape"))
}

fn place(name: &str) -> ContainerObject {
    ContainerObject { container_id: "large".to_owned(), object_id: name.to_owned() }
}

pub(super) fn chunk(name: &str, offset: usize, bytes: &[u8], is_last: bool) -> Chunk {
    let ContainerObject { container_id, object_id } = place(name);
    Chunk { object_id, container_id, bytes: bytes.to_vec(), offset: offset as u64, is_last }
}

/// Writes an object in pieces of that size; nobody sees it before the last one.
async fn write(hosted: &Hosted, name: &str, content: &[u8], size: usize) {
    let begin = PutObjectRequest { chunk: chunk(name, 0, &content[..size], false), ..PutObjectRequest::default() };
    let begun: PutObjectResponse = ask(hosted, operation::PUT_OBJECT, &begin).await.expect("begun");
    let stream_id = begun.stream_id.expect("it goes on");
    let mut offset = size;
    while offset < content.len() {
        let exists: bool = ask(hosted, operation::OBJECT_EXISTS, &place(name)).await.expect("answered");
        assert!(!exists, "nothing is seen of {name} at {offset}");
        let end = (offset + size).min(content.len());
        let chunk = chunk(name, offset, &content[offset..end], end == content.len());
        let next = PutChunkRequest { chunk, stream_id: Some(stream_id.clone()), cancel_and_remove: false };
        ask::<()>(hosted, operation::PUT_CHUNK, &next).await.expect("written");
        offset = end;
    }
}

/// Reads a range of an object: the first chunk from the reply, the others as they come. Ends after so many of those.
async fn read(hosted: &Hosted, calls: &mut Calls, name: &str, range: [Option<u64>; 2], most: usize) -> Vec<Chunk> {
    let [range_start, range_end] = range;
    let ContainerObject { container_id, object_id } = place(name);
    let request = GetObjectRequest { object_id, container_id, range_start, range_end };
    let response: GetObjectResponse = ask(hosted, operation::GET_OBJECT, &request).await.expect("answered");
    assert!(response.success, "{response:?}");
    let mut chunks = vec![response.initial_chunk.expect("the first")];
    while !chunks.last().expect("one at least").is_last && chunks.len() <= most {
        let answer = ChunkResponse { cancel_download: chunks.len() == most };
        chunks.push(calls.answer(operation::RECEIVE_CHUNK, &answer).await);
    }
    chunks
}

/// All bytes of chunks that follow each other from that position on.
fn joined(chunks: &[Chunk], from: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for chunk in chunks {
        assert_eq!(chunk.offset, (from + bytes.len()) as u64, "in order, without gaps");
        assert!(chunk.bytes.len() <= 256 * KIBI);
        bytes.extend_from_slice(&chunk.bytes);
    }
    bytes
}

/// What no two places of have the same neighbours.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// All that must hold of a provider, linked as the last case left it.
pub(super) async fn check_all(hosted: &Hosted, which: &str) {
    ask::<()>(hosted, operation::CREATE_CONTAINER, &"large").await.expect("made");
    let mut calls = hosted.calls();
    let all = content(700 * KIBI + 123);
    write(hosted, "a", &all, 300 * KIBI).await;
    let chunks = read(hosted, &mut calls, "a", [None, None], usize::MAX - 1).await;
    assert_eq!(chunks.len(), 3, "{which}");
    assert!(joined(&chunks, 0) == all, "{which}: what was written is read");

    let range = [Some(100_000), Some(500_000)];
    let chunks = read(hosted, &mut calls, "a", range, usize::MAX - 1).await;
    assert!(joined(&chunks, 100_000) == all[100_000..=500_000], "{which}: the last byte is included");

    // The actor has enough after the second chunk; what comes next is the first of another object.
    let chunks = read(hosted, &mut calls, "a", [None, None], 1).await;
    assert!(chunks.len() == 2 && !chunks[1].is_last, "{which}");
    write(hosted, "b", &all[..400 * KIBI], 399 * KIBI).await;
    let chunks = read(hosted, &mut calls, "b", [None, None], usize::MAX - 1).await;
    assert_eq!(chunks[1].object_id, "b", "{which}: a reading that was cancelled sends no more");
    assert!(joined(&chunks, 0) == all[..400 * KIBI], "{which}");

    // Larger than what any store takes at once.
    let huge = content(19 << 20);
    write(hosted, "huge", &huge, 5 << 20).await;
    let info: ObjectMetadata = ask(hosted, operation::GET_OBJECT_INFO, &place("huge")).await.expect("it is there");
    assert_eq!(info.content_length, huge.len() as u64, "{which}");
    let from = huge.len() - 300 * KIBI;
    let chunks = read(hosted, &mut calls, "huge", [Some(from as u64), None], usize::MAX - 1).await;
    assert!(joined(&chunks, from) == huge[from..], "{which}: the end is where it was written");
}
