//! The contracts' shapes are, byte for byte, those of the published interface crates.

use std::{collections::HashMap, fmt::Debug};

use serde::{Serialize, de::DeserializeOwned};
use wisteria_contracts::{
    blobstore,
    codec::{decode, encode},
    httpclient, httpserver, keyvalue, logging, messaging, numbergen, sqldb,
};

/// Both write the same bytes, and each reads back what it wrote from them.
fn check<Ours, Theirs>(ours: &Ours, theirs: &Theirs)
where
    Ours: Serialize + DeserializeOwned + Debug + PartialEq,
    Theirs: Serialize + DeserializeOwned + Debug + PartialEq,
{
    let bytes = encode(ours);
    let their_bytes = wasmbus_rpc::common::serialize(theirs).expect("their shape serialises");
    assert_eq!(bytes, their_bytes, "{ours:?}");
    assert_eq!(&decode::<Ours>(&their_bytes).expect("we read theirs"), ours);
    let read: Theirs = wasmbus_rpc::common::deserialize(&bytes).expect("they read ours");
    assert_eq!(&read, theirs);
}

fn text(text: &str) -> String {
    text.to_owned()
}

#[test]
fn key_value() {
    use wasmcloud_interface_keyvalue as theirs;
    check(
        &keyvalue::IncrementRequest { key: text("k"), value: -70_000 },
        &theirs::IncrementRequest { key: text("k"), value: -70_000 },
    );
    check(
        &keyvalue::GetResponse { value: text("v"), exists: true },
        &theirs::GetResponse { value: text("v"), exists: true },
    );
    check(
        &keyvalue::SetRequest { key: text("k"), value: text("v"), expires: 300 },
        &theirs::SetRequest { key: text("k"), value: text("v"), expires: 300 },
    );
    check(
        &keyvalue::ListAddRequest { list_name: text("l"), value: text("v") },
        &theirs::ListAddRequest { list_name: text("l"), value: text("v") },
    );
    check(
        &keyvalue::ListDelRequest { list_name: text("l"), value: text("v") },
        &theirs::ListDelRequest { list_name: text("l"), value: text("v") },
    );
    check(
        &keyvalue::ListRangeRequest { list_name: text("l"), start: 0, stop: -1 },
        &theirs::ListRangeRequest { list_name: text("l"), start: 0, stop: -1 },
    );
    check(
        &keyvalue::SetAddRequest { set_name: text("s"), value: text("v") },
        &theirs::SetAddRequest { set_name: text("s"), value: text("v") },
    );
    check(
        &keyvalue::SetDelRequest { set_name: text("s"), value: text("v") },
        &theirs::SetDelRequest { set_name: text("s"), value: text("v") },
    );
}

#[test]
fn http_server() {
    use wasmcloud_interface_httpserver as theirs;
    let header: HashMap<_, _> = [(text("accept"), vec![text("a"), text("b")])].into();
    check(
        &httpserver::HttpRequest {
            method: text("POST"),
            path: text("/p"),
            query_string: text("q=1"),
            header: header.clone(),
            body: vec![0, 200, 255],
        },
        &theirs::HttpRequest {
            method: text("POST"),
            path: text("/p"),
            query_string: text("q=1"),
            header: header.clone(),
            body: vec![0, 200, 255],
        },
    );
    check(
        &httpserver::HttpResponse { status_code: 404, header: header.clone(), body: vec![1] },
        &theirs::HttpResponse { status_code: 404, header, body: vec![1] },
    );
}

#[test]
fn logging_entries() {
    check(
        &logging::LogEntry { level: text("info"), text: text("t") },
        &wasmcloud_interface_logging::LogEntry { level: text("info"), text: text("t") },
    );
}

#[test]
fn number_ranges() {
    check(
        &numbergen::RangeLimit { min: 1, max: u32::MAX },
        &wasmcloud_interface_numbergen::RangeLimit { min: 1, max: u32::MAX },
    );
}

#[test]
fn messages_with_and_without_reply_subject() {
    use wasmcloud_interface_messaging as theirs;
    for reply_to in [None, Some(text("r"))] {
        check(
            &messaging::PubMessage { subject: text("s"), reply_to: reply_to.clone(), body: vec![255] },
            &theirs::PubMessage { subject: text("s"), reply_to: reply_to.clone(), body: vec![255] },
        );
        check(
            &messaging::SubMessage { subject: text("s"), reply_to: reply_to.clone(), body: vec![255] },
            &theirs::SubMessage { subject: text("s"), reply_to: reply_to.clone(), body: vec![255] },
        );
        check(
            &messaging::ReplyMessage { subject: text("s"), reply_to: reply_to.clone(), body: vec![] },
            &theirs::ReplyMessage { subject: text("s"), reply_to, body: vec![] },
        );
    }
    check(
        &messaging::RequestMessage { subject: text("s"), body: vec![1], timeout_ms: 2_000 },
        &theirs::RequestMessage { subject: text("s"), body: vec![1], timeout_ms: 2_000 },
    );
}

#[test]
fn http_client() {
    use wasmcloud_interface_httpclient as theirs;
    let headers: HashMap<_, _> = [(text("accept"), vec![text("a"), text("b")])].into();
    check(
        &httpclient::HttpRequest {
            method: text("PUT"),
            url: text("https://example.org/?q=1"),
            headers: headers.clone(),
            body: vec![0, 200, 255],
        },
        &theirs::HttpRequest {
            method: text("PUT"),
            url: text("https://example.org/?q=1"),
            headers: headers.clone(),
            body: vec![0, 200, 255],
        },
    );
    check(&httpclient::HttpRequest::default(), &theirs::HttpRequest::default());
    check(
        &httpclient::HttpResponse { status_code: 404, header: headers.clone(), body: vec![1] },
        &theirs::HttpResponse { status_code: 404, header: headers, body: vec![1] },
    );
}

#[test]
fn chunks_of_blobs() {
    use wasmcloud_interface_blobstore as theirs;
    let chunk = blobstore::Chunk {
        object_id: text("o"),
        container_id: text("c"),
        bytes: vec![0, 255],
        offset: u64::MAX,
        is_last: true,
    };
    let their_chunk = theirs::Chunk {
        object_id: text("o"),
        container_id: text("c"),
        bytes: vec![0, 255],
        offset: u64::MAX,
        is_last: true,
    };
    check(&chunk, &their_chunk);
    check(&blobstore::ChunkResponse { cancel_download: true }, &theirs::ChunkResponse { cancel_download: true });
    for optional in [None, Some(text("x"))] {
        check(
            &blobstore::PutObjectRequest {
                chunk: chunk.clone(),
                content_type: optional.clone(),
                content_encoding: optional.clone(),
            },
            &theirs::PutObjectRequest {
                chunk: their_chunk.clone(),
                content_type: optional.clone(),
                content_encoding: optional.clone(),
            },
        );
        check(
            &blobstore::PutObjectResponse { stream_id: optional.clone() },
            &theirs::PutObjectResponse { stream_id: optional.clone() },
        );
        check(
            &blobstore::PutChunkRequest { chunk: chunk.clone(), stream_id: optional.clone(), cancel_and_remove: true },
            &theirs::PutChunkRequest {
                chunk: their_chunk.clone(),
                stream_id: optional.clone(),
                cancel_and_remove: true,
            },
        );
        check(
            &blobstore::GetObjectResponse {
                success: true,
                error: optional.clone(),
                initial_chunk: optional.as_ref().map(|_| chunk.clone()),
                content_length: 70_000,
                content_type: optional.clone(),
                content_encoding: optional.clone(),
            },
            &theirs::GetObjectResponse {
                success: true,
                error: optional.clone(),
                initial_chunk: optional.as_ref().map(|_| their_chunk.clone()),
                content_length: 70_000,
                content_type: optional.clone(),
                content_encoding: optional.clone(),
            },
        );
    }
    for range in [None, Some(1 << 40)] {
        check(
            &blobstore::GetObjectRequest {
                object_id: text("o"),
                container_id: text("c"),
                range_start: range,
                range_end: range,
            },
            &theirs::GetObjectRequest {
                object_id: text("o"),
                container_id: text("c"),
                range_start: range,
                range_end: range,
            },
        );
    }
}

#[test]
fn containers_and_listings_of_blobs() {
    use wasmbus_rpc::Timestamp;
    use wasmcloud_interface_blobstore as theirs;
    check(
        &blobstore::ContainerObject { container_id: text("c"), object_id: text("o") },
        &theirs::ContainerObject { container_id: text("c"), object_id: text("o") },
    );
    check(
        &blobstore::RemoveObjectsRequest { container_id: text("c"), objects: vec![text("o"), text("p")] },
        &theirs::RemoveObjectsRequest { container_id: text("c"), objects: vec![text("o"), text("p")] },
    );
    for optional in [None, Some(text("x"))] {
        let time = optional.as_ref().map(|_| blobstore::Timestamp { sec: 1_700_000_000, nsec: 999_999_999 });
        let their_time = optional.as_ref().map(|_| Timestamp { sec: 1_700_000_000, nsec: 999_999_999 });
        check(
            &blobstore::ContainerMetadata { container_id: text("c"), created_at: time },
            &theirs::ContainerMetadata { container_id: text("c"), created_at: their_time },
        );
        check(
            &blobstore::ItemResult { key: text("k"), success: false, error: optional.clone() },
            &theirs::ItemResult { key: text("k"), success: false, error: optional.clone() },
        );
        check(
            &blobstore::ListObjectsRequest {
                container_id: text("c"),
                start_with: optional.clone(),
                continuation: optional.clone(),
                end_with: optional.clone(),
                end_before: optional.clone(),
                max_items: optional.as_ref().map(|_| 70_000),
            },
            &theirs::ListObjectsRequest {
                container_id: text("c"),
                start_with: optional.clone(),
                continuation: optional.clone(),
                end_with: optional.clone(),
                end_before: optional.clone(),
                max_items: optional.as_ref().map(|_| 70_000),
            },
        );
        check(
            &blobstore::ListObjectsResponse {
                objects: vec![blobstore::ObjectMetadata {
                    object_id: text("o"),
                    container_id: text("c"),
                    content_length: 1 << 40,
                    last_modified: time,
                    content_type: optional.clone(),
                    content_encoding: optional.clone(),
                }],
                is_last: true,
                continuation: optional.clone(),
            },
            &theirs::ListObjectsResponse {
                objects: vec![theirs::ObjectMetadata {
                    object_id: text("o"),
                    container_id: text("c"),
                    content_length: 1 << 40,
                    last_modified: their_time,
                    content_type: optional.clone(),
                    content_encoding: optional.clone(),
                }],
                is_last: true,
                continuation: optional,
            },
        );
    }
}

#[test]
fn statements_and_results_of_sql() {
    use wasmcloud_interface_sqldb as theirs;
    for optional in [None, Some(text("x"))] {
        let parameters = optional.as_ref().map(|_| vec![vec![0x18, 0xff], vec![0xf6]]);
        let error = optional.as_ref().map(|_| sqldb::SqlDbError { code: text("c"), message: text("m") });
        let their_error = optional.as_ref().map(|_| theirs::SqlDbError { code: text("c"), message: text("m") });
        check(
            &sqldb::Statement { database: optional.clone(), parameters: parameters.clone(), sql: text("SELECT ?") },
            &theirs::Statement { database: optional.clone(), parameters, sql: text("SELECT ?") },
        );
        check(
            &sqldb::ExecuteResult { rows_affected: 1 << 40, error: error.clone() },
            &theirs::ExecuteResult { rows_affected: 1 << 40, error: their_error.clone() },
        );
        check(
            &sqldb::QueryResult {
                num_rows: 1 << 40,
                columns: vec![sqldb::Column { ordinal: 1, name: text("n"), db_type: text("INT4") }],
                rows: vec![0x81, 0x81, 0x01],
                error,
            },
            &theirs::QueryResult {
                num_rows: 1 << 40,
                columns: vec![theirs::Column { ordinal: 1, name: text("n"), db_type: text("INT4") }],
                rows: vec![0x81, 0x81, 0x01],
                error: their_error,
            },
        );
    }
}

/// What the parameters of a statement and the rows of a result hold, as the published crate writes and reads it.
#[test]
fn values_of_sql_are_cbor() {
    use wasmcloud_interface_sqldb::minicbor;
    let value = minicbor::to_vec("é").expect("text serialises");
    assert_eq!(value, [0x62, 0xc3, 0xa9]);
    let rows = [0x82, 0x82, 0x01, 0x61, b'a', 0x82, 0x20, 0x61, b'b'];
    let read: Vec<(i64, String)> = minicbor::decode(&rows).expect("they read rows");
    assert_eq!(read, [(1, text("a")), (-1, text("b"))]);
}
